package io.herald.provider;

import java.io.IOException;

/** A request failed before any byte of it could leave: there was no connection. The cause says why. */
public final class NotSentException extends IOException {

    NotSentException(IOException cause) {
        super("there was no connection to send it over", cause);
    }
}
