package io.herald.intake;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** An {@code Idempotency-Key} that cannot be one, or that stands for another customer already; nothing was accepted. */
@RegisterForReflection
public final class IdempotencyKeyException extends Exception {

    private final boolean taken;

    private IdempotencyKeyException(String message, boolean taken) {
        super(message);
        this.taken = taken;
    }

    static IdempotencyKeyException malformed() {
        return new IdempotencyKeyException(
                "Idempotency-Key: send it once, with 1 to 255 visible ASCII characters", false);
    }

    static IdempotencyKeyException taken() {
        return new IdempotencyKeyException("Idempotency-Key: another customer was sent under this key before", true);
    }

    /** Whether it stands for another customer. */
    public boolean isTaken() {
        return taken;
    }
}
