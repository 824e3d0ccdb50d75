package io.herald.provider;

import java.io.IOException;
import java.time.Duration;

/** A request was not sent, because the provider's breaker is open, or Herald stops. */
public final class BreakerOpenException extends IOException {

    private final long millisToProbe;
    private final boolean stopping;

    private BreakerOpenException(String message) {
        super(message);
        this.millisToProbe = 0;
        this.stopping = true;
    }

    static BreakerOpenException stopping() {
        return new BreakerOpenException("Herald was stopped before it was sent");
    }

    BreakerOpenException(Duration toProbe) {
        super("the provider fails too often, and is left alone for a while");
        this.millisToProbe = toProbe.toMillis();
        this.stopping = false;
    }

    /** Whether it was not sent because Herald stops. */
    public boolean isStopping() {
        return stopping;
    }

    /** How long until a request may be let through again; 0 while one is under way that decides. */
    public long millisToProbe() {
        return millisToProbe;
    }
}
