package io.herald.provider;

import java.time.Duration;
import java.time.Instant;

/** The slots in which requests may leave, one in each; all replicas take them from the same place. */
public interface RateSlots {

    /** Nobody has slots that are further ahead than that: the clock was ahead when they were taken, and was set back. */
    static Duration farthest(int slots, Duration interval) {
        return Duration.ofMinutes(1).plus(interval.multipliedBy(100L * slots));
    }

    /**
     * Takes the next slots of a provider that nobody has.
     *
     * @return the first, not before now; the others follow it, an interval apart
     */
    Instant reserve(String provider, Instant now, int slots, Duration interval);
}
