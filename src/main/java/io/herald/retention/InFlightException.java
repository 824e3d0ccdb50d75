package io.herald.retention;

/** A customer cannot be erased while a delivery may be under way. */
public final class InFlightException extends Exception {

    InFlightException(String message) {
        super(message);
    }
}
