package io.herald.provider;

import java.io.IOException;

/** Nothing was sent, because the provider had said something on that connection that nobody had asked for. */
final class UnaskedAnswerException extends IOException {

    UnaskedAnswerException() {
        super("there was an answer before anything was asked");
    }
}
