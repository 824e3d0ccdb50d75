package io.herald.provider;

import java.io.InterruptedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets a provider's requests go in the order in which they came, each in a slot of its own. A second is taken to be a
 * tenth longer than it is: a quarter of that is for requests that use their slot late, the rest for those that travel
 * longer than others, as over a new connection. So the provider does not see more in a second than the rate.
 */
final class Pace {

    private static final double MICROS_OF_A_SECOND = 1_100_000;
    private static final Duration TOLERANCE = Duration.ofMillis(25);

    /** Slots of so long are reserved at once, so that not every request costs a commit. */
    private static final double BATCH_SECONDS = 0.1;

    private static final int LARGEST_BATCH = 1 << 16;

    private final String provider;
    private final RateSlots slots;
    private final Clock clock;
    private final Duration interval;
    private final int batch;
    private final ReentrantLock turn = new ReentrantLock(true);
    private final CountDownLatch stopped = new CountDownLatch(1);
    private Instant next;
    private int left;

    /** @param rate requests per second */
    Pace(String provider, double rate, RateSlots slots, Clock clock) {
        this.provider = provider;
        this.slots = slots;
        this.clock = clock;
        this.interval = interval(rate);
        this.batch = (int) Math.max(1, Math.min(rate * BATCH_SECONDS, LARGEST_BATCH));
    }

    /** From one slot to the next. */
    static Duration interval(double rate) {
        return Duration.of((long) Math.ceil(MICROS_OF_A_SECOND / rate), ChronoUnit.MICROS);
    }

    /** Waits for a slot. Where they are missed, because to get them or to wake up takes long, more are taken at once. */
    void await() throws InterruptedIOException {
        try {
            turn.lockInterruptibly();
            try {
                if (left > 0 && isClockSetBack()) {
                    left = 0;
                }
                for (int wanted = batch; !goes(); wanted = Math.min(2 * wanted, LARGEST_BATCH)) {
                    next = slots.reserve(provider, clock.instant(), wanted, interval);
                    left = wanted;
                }
            } finally {
                turn.unlock();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while waiting for its slot");
        }
    }

    /** Nobody waits any longer: there is nothing to wait for. */
    void stop() {
        stopped.countDown();
    }

    /** Whether the slots in hand are not of this time. */
    private boolean isClockSetBack() {
        return Duration.between(clock.instant(), next).compareTo(RateSlots.farthest(batch, interval)) > 0;
    }

    /** Waits for the first slot in hand. Who comes late uses up those that have passed, and the one after them. */
    private boolean goes() throws InterruptedException {
        if (stopped.getCount() == 0) {
            return true;
        }
        if (left == 0) {
            return false;
        }
        if (stopped.await(Duration.between(clock.instant(), next).toNanos(), TimeUnit.NANOSECONDS)) {
            return true;
        }
        Duration late = Duration.between(next, clock.instant()).minus(TOLERANCE);
        long used = late.isNegative() ? 1 : 2 + late.dividedBy(interval);
        if (used > left) {
            left = 0;
            return false;
        }
        left -= (int) used;
        next = next.plus(interval.multipliedBy(used));
        return true;
    }
}
