package io.herald.delivery;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** What may have arrived cannot be seen for longer than a delivery waits in its lane. */
@RegisterForReflection
public final class LookUpWaitsException extends Exception {

    private final long millis;

    /** @param millis until it can be seen */
    LookUpWaitsException(long millis) {
        super("an earlier try may have arrived, and is looked up when that can be seen");
        this.millis = millis;
    }

    long millis() {
        return millis;
    }
}
