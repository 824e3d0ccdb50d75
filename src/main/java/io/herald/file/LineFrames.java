package io.herald.file;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A record a line. In CSV a line break in a quoted cell ends no record (RFC 4180, section 2), and a row of more cells than a
 * file may have columns is not kept: its cells would take many times as much as its bytes. Blank lines are no records.
 */
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
    private long last;
    private int cells;

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
                return new Frame(first, 1, last, null, Frame.tooLarge(most));
            }
            if (cells > CsvColumns.MOST) {
                return new Frame(first, 1, last, null, "has more than " + CsvColumns.MOST + " columns");
            }
            byte[] bytes = record.toByteArray();
            if (!isBlank(bytes)) {
                return new Frame(first, 1, last, bytes, null);
            }
        }
    }

    /** Reads up to the end of a record, and keeps as much of it as a record may have; answers its length, or -1 at the end. */
    private long readRecord() throws IOException {
        record.reset();
        cells = 1;
        long length = 0;
        int b = 0;
        boolean cellBegins = delimiter != NONE;
        boolean quotedCell = false;
        boolean inQuotes = false;
        while (position < limit || fill()) {
            int start = position;
            boolean ended = false;
            while (position < limit && !ended) {
                b = buffer[position++];
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
                if (cellBegins) {
                    quotedCell = false;
                    cells++;
                }
            }
            last = b == '\n' ? line - 1 : line;
            int count = position - start - (ended ? 1 : 0);
            length += count;
            if (length <= most && cells <= CsvColumns.MOST) {
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
        // what was read before is not read again where this fails
        limit = 0;
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
