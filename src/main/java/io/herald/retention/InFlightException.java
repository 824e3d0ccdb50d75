package io.herald.retention;

/** A customer cannot be erased while a delivery has not ended. */
public final class InFlightException extends Exception {

    InFlightException(String message) {
        super(message);
    }
}
