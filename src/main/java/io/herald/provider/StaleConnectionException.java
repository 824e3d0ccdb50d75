package io.herald.provider;

import java.io.IOException;

/** Nothing was sent, because the connection had ended, or the provider had said something on it that nobody had asked for. */
final class StaleConnectionException extends IOException {

    StaleConnectionException() {
        super("the connection had ended, or there was an answer before anything was asked");
    }
}
