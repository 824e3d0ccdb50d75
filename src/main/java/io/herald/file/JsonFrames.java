package io.herald.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * The elements of an array, or the one object that the file is. Jackson finds where they end, without keeping what is in
 * them; what is kept are the bytes that it read meanwhile. Where the text is not JSON, nothing after that place can be told.
 */
final class JsonFrames implements Frames {

    private static final int DEEPEST = 100_000;

    /** Of a number or a name: too long for a customer, which says so itself, but no end of the file. */
    private static final int LONGEST = 1 << 20;

    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CHARSET_DETECTION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNumberLength(LONGEST)
                    .maxNameLength(LONGEST)
                    .build())
            .build();

    private final Window window;
    private final JsonParser parser;
    private final int most;
    private boolean begun;
    private boolean inArray;
    private boolean ended;

    /** @param most bytes of a record */
    JsonFrames(InputStream in, int most) throws IOException {
        this.window = new Window(in, most);
        this.parser = JSON.createParser(window);
        this.most = most;
    }

    @Override
    public Frame next() throws IOException {
        if (ended) {
            return null;
        }
        try {
            JsonToken token = parser.nextToken();
            if (!begun) {
                begun = true;
                inArray = token == JsonToken.START_ARRAY;
                if (inArray) {
                    token = parser.nextToken();
                } else {
                    return token == null ? last(1, "has no JSON in it") : record(token);
                }
            }
            if (inArray && token != JsonToken.END_ARRAY) {
                return record(token);
            }
            ended = true;
            boolean more = inArray ? parser.nextToken() != null : token != null;
            return more
                    ? last(line(), "stands after the end of the JSON; a customer a line is a file named .ndjson")
                    : null;
        } catch (StreamConstraintsException e) {
            return last(
                    parser.currentLocation().getLineNr(),
                    "is nested too deep, or has too long a name or number; nothing after that in the file can be read");
        } catch (JsonProcessingException | CharConversionException e) {
            return last(
                    parser.currentLocation().getLineNr(),
                    "is not JSON, at column " + parser.currentLocation().getColumnNr()
                            + "; nothing after that in the file can be read");
        }
    }

    /** What is wrong is so in the file as it was dropped: the content says at its end whether that is what was read. */
    private Frame last(long line, String fault) throws IOException {
        ended = true;
        window.in.transferTo(OutputStream.nullOutputStream());
        return Frame.faulty(line, fault);
    }

    private long line() {
        return parser.currentTokenLocation().getLineNr();
    }

    private Frame record(JsonToken token) throws IOException {
        long line = line();
        if (token != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return Frame.faulty(line, "is not an object");
        }
        int column = parser.currentTokenLocation().getColumnNr();
        window.keepFrom(parser.currentTokenLocation().getByteOffset());
        parser.skipChildren();
        byte[] bytes = window.take(parser.currentLocation().getByteOffset());
        return bytes == null ? Frame.faulty(line, Frame.tooLarge(most)) : Frame.of(line, column, bytes);
    }

    /** The bytes that the parser reads, of which those of the current record are kept. */
    private static final class Window extends InputStream {

        private static final int CHUNK = 8192;
        private static final long NOTHING = -1;

        private final InputStream in;
        private final int most;
        private byte[] kept = new byte[2 * CHUNK];
        private int length;
        private long start;
        private long from = NOTHING;
        private boolean tooMany;

        Window(InputStream in, int most) {
            this.in = in;
            this.most = most;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException("the parser reads many at once");
        }

        @Override
        public int read(byte[] buffer, int offset, int wanted) throws IOException {
            int read = in.read(buffer, offset, Math.min(wanted, CHUNK));
            if (read > 0) {
                add(buffer, offset, read);
            }
            return read;
        }

        private void add(byte[] bytes, int offset, int count) {
            forget(from == NOTHING || tooMany ? length : (int) (from - start));
            if (from != NOTHING && !tooMany && length > most) {
                tooMany = true;
                forget(length);
            }
            if (length + count > kept.length) {
                kept = Arrays.copyOf(kept, Math.max(2 * kept.length, length + count));
            }
            System.arraycopy(bytes, offset, kept, length, count);
            length += count;
        }

        private void forget(int first) {
            if (first > 0) {
                length -= first;
                System.arraycopy(kept, first, kept, 0, length);
                start += first;
            }
        }

        /** What is read from that offset on is kept. */
        void keepFrom(long offset) {
            from = offset;
        }

        /** What was kept, up to that offset; null if it is too much. */
        byte[] take(long to) {
            byte[] taken = tooMany || to - from > most
                    ? null
                    : Arrays.copyOfRange(kept, (int) (from - start), (int) (to - start));
            from = NOTHING;
            tooMany = false;
            return taken;
        }
    }
}
