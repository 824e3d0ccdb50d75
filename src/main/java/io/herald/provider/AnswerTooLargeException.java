package io.herald.provider;

import java.io.IOException;

/** A provider's answer was larger than {@code herald.answer.max}; what it did is not known. */
public final class AnswerTooLargeException extends IOException {

    /** @param limit in bytes */
    AnswerTooLargeException(int limit) {
        super("the answer is larger than " + limit + " bytes");
    }
}
