package io.herald.query;

/** A query that cannot be answered; the message says what a parameter may be, and not what it was. */
public final class BadQueryException extends Exception {

    public BadQueryException(String message) {
        super(message);
    }
}
