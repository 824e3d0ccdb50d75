package io.herald.deadletter;

/** A query that cannot be answered; the message says what a parameter may be, and not what it was. */
public final class BadQueryException extends Exception {

    BadQueryException(String message) {
        super(message);
    }
}
