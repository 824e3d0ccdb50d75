package io.herald.canonical;

/**
 * The body is not JSON text that can be taken. The message says what is wrong and where (line and column, both from one,
 * the column in characters) and holds nothing of the body.
 */
public final class NotJsonException extends RuntimeException {

    private final String what;
    private final int line;
    private final int column;

    /** What is wrong with the text as a whole. */
    NotJsonException(String what) {
        super(what);
        this.what = what;
        this.line = 0;
        this.column = 0;
    }

    NotJsonException(String what, int line, int column) {
        super(what + ", at line " + line + ", column " + column);
        this.what = what;
        this.line = line;
        this.column = column;
    }

    /** The message for somebody who sees the text in a file, where it begins at that line and column. */
    public String inFile(long firstLine, int firstColumn) {
        int before = line == 1 ? firstColumn - 1 : 0;
        return line == 0 ? what : what + ", at line " + (firstLine + line - 1) + ", column " + (before + column);
    }
}
