package io.herald.delivery;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A look-up would have to wait longer than the delivery may wait in its lane, because it could not see earlier what a try
 * may have created. The delivery is parked until then.
 */
@RegisterForReflection
public final class LookUpWaitsException extends Exception {

    private final long millis;

    /** @param millis how long it is until that can be seen, in milliseconds */
    LookUpWaitsException(long millis) {
        super("an earlier try may have arrived, and is looked up when that can be seen");
        this.millis = millis;
    }

    long millis() {
        return millis;
    }
}
