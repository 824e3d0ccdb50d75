package io.herald.delivery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.quarkus.runtime.annotations.RegisterForReflection;

/** A provider answered with success, but not with a customer's id; what it did is not known. */
@RegisterForReflection
public final class UnreadableAnswerException extends Exception {

    private final transient ObjectNode outcome;

    /** @param outcome what the delivery ends with if the answer stays unreadable */
    UnreadableAnswerException(ObjectNode outcome) {
        super("an answer of success without a customer's id");
        this.outcome = outcome;
    }

    ObjectNode outcome() {
        return outcome;
    }
}
