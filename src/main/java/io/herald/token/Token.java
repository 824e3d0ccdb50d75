package io.herald.token;

import java.time.Duration;
import java.time.Instant;

/** A provider's bearer token; never printed. */
final class Token {

    private final String value;
    private final Instant issuedAt;
    private final Instant expiresAt;
    private final Instant renewAt;

    /**
     * @param lifetime from now on
     * @param margin how long before its end it is renewed; a quarter of its life at most
     */
    Token(String value, Instant now, Duration lifetime, Duration margin) {
        this.value = value;
        this.issuedAt = now;
        this.expiresAt = now.plus(lifetime);
        Duration quarter = lifetime.dividedBy(4);
        this.renewAt = expiresAt.minus(margin.compareTo(quarter) < 0 ? margin : quarter);
    }

    String value() {
        return value;
    }

    Instant issuedAt() {
        return issuedAt;
    }

    boolean isUsable(Instant now) {
        return now.isBefore(expiresAt);
    }

    boolean isDue(Instant now) {
        return !now.isBefore(renewAt);
    }

    @Override
    public String toString() {
        return "a token until " + expiresAt;
    }
}
