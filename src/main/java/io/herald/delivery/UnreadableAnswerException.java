package io.herald.delivery;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** A provider answered with success, but not with a customer's id; what it did is not known. */
@RegisterForReflection
public final class UnreadableAnswerException extends Exception {

    private final int status;

    UnreadableAnswerException(int status) {
        super("status " + status + " without a customer's id");
        this.status = status;
    }

    /** The HTTP status of the answer. */
    public int getStatus() {
        return status;
    }
}
