package io.herald.canonical;

/**
 * The body is not JSON text that can be taken. The message says what is wrong and where (line and column, both from one,
 * the column in characters) and holds nothing of the body.
 */
public final class NotJsonException extends RuntimeException {

    NotJsonException(String message) {
        super(message);
    }
}
