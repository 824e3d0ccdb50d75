package io.herald.report;

/** What was asked for cannot be done as things stand. */
public final class ConflictException extends Exception {

    public ConflictException(String message) {
        super(message);
    }
}
