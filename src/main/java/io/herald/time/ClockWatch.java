package io.herald.time;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/** Notices that the clock was set, forward or back. What erases for good does not believe one that was just set. */
public final class ClockWatch {

    private static final Duration TOLERANCE = Duration.ofMinutes(1);

    private final Clock clock;
    private Instant askedAt;
    private long askedAtNanos;

    public ClockWatch(Clock clock) {
        this.clock = clock;
        this.askedAt = clock.instant();
        this.askedAtNanos = System.nanoTime();
    }

    /** Whether it was set, by more than a minute, since the last check; the first time, since there is this watch. */
    public synchronized boolean checkWhetherSet() {
        Instant now = clock.instant();
        long nanos = System.nanoTime();
        Duration by = Duration.between(askedAt, now).minusNanos(nanos - askedAtNanos);
        askedAt = now;
        askedAtNanos = nanos;
        return by.abs().compareTo(TOLERANCE) > 0;
    }
}
