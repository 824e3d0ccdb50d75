package io.herald.file;

/** The text of a record is none that can be read. */
final class BadRecordException extends Exception {

    /** @param message what is wrong, a sentence without its subject; holds nothing of the record */
    BadRecordException(String message) {
        super(message);
    }
}
