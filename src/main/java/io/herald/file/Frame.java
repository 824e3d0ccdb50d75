package io.herald.file;

/**
 * The bytes of one record, as they stand in the file; whether they are a record is not known yet.
 *
 * @param line of the file, from 1, where they begin
 * @param column of that line, from 1, where they begin
 * @param last line of the file that they reach to, where a quotation mark too many could have made it later; else {@code line}
 * @param bytes null if they could not be told or were too many; then there is a fault
 * @param fault what is wrong, a sentence without its subject; or null
 */
record Frame(long line, int column, long last, byte[] bytes, String fault) {

    static Frame of(long line, int column, byte[] bytes) {
        return new Frame(line, column, line, bytes, null);
    }

    static Frame faulty(long line, String fault) {
        return new Frame(line, 1, line, null, fault);
    }

    static String tooLarge(int most) {
        return "is larger than intake.file.max-line allows, " + most + " bytes";
    }

    /** What is wrong with it, and what else went with it. */
    String refusal(String what) {
        return last == line
                ? what
                : what + "; it goes on to line " + last + ", and nothing there is read as a record of its own";
    }
}
