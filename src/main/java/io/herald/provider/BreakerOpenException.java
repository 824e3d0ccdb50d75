package io.herald.provider;

import java.io.IOException;
import java.time.Duration;

/** A request was not sent, because the provider's breaker is open. */
public final class BreakerOpenException extends IOException {

    private final long millisToProbe;

    BreakerOpenException(Duration toProbe) {
        super("the provider fails too often, and is left alone for a while");
        this.millisToProbe = toProbe.toMillis();
    }

    /** How long until a request may be let through again; 0 while one is under way that decides. */
    public long millisToProbe() {
        return millisToProbe;
    }
}
