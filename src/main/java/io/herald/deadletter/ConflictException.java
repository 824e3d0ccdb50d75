package io.herald.deadletter;

/** What was asked for cannot be done with a dead letter as it stands. */
public final class ConflictException extends Exception {

    ConflictException(String message) {
        super(message);
    }
}
