package io.herald.delivery;

import jakarta.enterprise.inject.Alternative;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Herald's clock in the profiles that name it: it goes as the system's, and can be put forward. One that is a test's own can
 * be put back too; that of a running Herald is shared by the tests of a suite.
 */
@Alternative
@Singleton
public class MovableClock extends Clock {

    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);

    public void putForward(Duration by) {
        ahead.accumulateAndGet(by, Duration::plus);
    }

    public void putBack(Duration by) {
        putForward(by.negated());
    }

    @Override
    public Instant instant() {
        return Clock.systemUTC().instant().plus(ahead.get());
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        if (!zone.normalized().equals(ZoneOffset.UTC)) {
            throw new UnsupportedOperationException("Herald goes by UTC only");
        }
        return this;
    }
}
