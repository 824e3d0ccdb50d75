package io.herald.file;

/**
 * The bytes of one record, as they stand in the file; whether they are a record is not known yet.
 *
 * @param line of the file, from 1, where they begin
 * @param bytes null if they could not be told or were too many; then there is a fault
 * @param fault what is wrong, a sentence without its subject; or null
 */
record Frame(long line, byte[] bytes, String fault) {

    static Frame of(long line, byte[] bytes) {
        return new Frame(line, bytes, null);
    }

    static Frame faulty(long line, String fault) {
        return new Frame(line, null, fault);
    }

    static Frame tooLarge(long line, int most) {
        return faulty(line, "is larger than intake.file.max-line allows, " + most + " bytes");
    }
}
