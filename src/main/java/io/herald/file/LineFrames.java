package io.herald.file;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/** A record a line. In CSV a line break in a quoted cell ends no record (RFC 4180, section 2). Blank lines are no records. */
final class LineFrames implements Frames {

    private static final int NONE = -1;

    private final InputStream in;
    private final int most;
    private final int delimiter;
    private final byte[] buffer = new byte[1 << 16];
    private final ByteArrayOutputStream record = new ByteArrayOutputStream();
    private int position;
    private int limit;
    private long line = 1;

    private LineFrames(InputStream in, int most, int delimiter) {
        this.in = in;
        this.most = most;
        this.delimiter = delimiter;
    }

    /** @param most bytes of a record */
    static LineFrames ofLines(InputStream in, int most) {
        return new LineFrames(in, most, NONE);
    }

    static LineFrames ofRows(InputStream in, int most, char delimiter) {
        return new LineFrames(in, most, delimiter);
    }

    @Override
    public Frame next() throws IOException {
        while (true) {
            long first = line;
            long length = readRecord();
            if (length < 0) {
                return null;
            }
            if (length > most) {
                return Frame.tooLarge(first, most);
            }
            byte[] bytes = record.toByteArray();
            if (!isBlank(bytes)) {
                return Frame.of(first, bytes);
            }
        }
    }

    /** Reads up to the end of a record, and keeps as much of it as a record may have; answers its length, or -1 at the end. */
    private long readRecord() throws IOException {
        record.reset();
        long length = 0;
        boolean cellBegins = delimiter != NONE;
        boolean quotedCell = false;
        boolean inQuotes = false;
        while (position < limit || fill()) {
            int start = position;
            boolean ended = false;
            while (position < limit && !ended) {
                int b = buffer[position++];
                if (b == '\n') {
                    line++;
                    ended = !inQuotes;
                }
                if (delimiter == NONE) {
                    continue;
                }
                if (b == '"' && (cellBegins || quotedCell)) {
                    quotedCell = true;
                    inQuotes = !inQuotes;
                }
                cellBegins = b == delimiter && !inQuotes;
                quotedCell &= !cellBegins;
            }
            int count = position - start - (ended ? 1 : 0);
            length += count;
            if (length <= most) {
                record.write(buffer, start, count);
            }
            if (ended) {
                return length;
            }
        }
        return length > 0 ? length : -1;
    }

    private boolean fill() throws IOException {
        position = 0;
        limit = Math.max(0, in.read(buffer, 0, buffer.length));
        return limit > 0;
    }

    private static boolean isBlank(byte[] bytes) {
        for (byte b : bytes) {
            if (b != ' ' && b != '\t' && b != '\r') {
                return false;
            }
        }
        return true;
    }
}
