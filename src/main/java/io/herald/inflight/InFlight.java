package io.herald.inflight;

import io.quarkus.runtime.configuration.MemorySize;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The messages that are in flight, counted and weighed. Each has a permit from before its body is read until nothing in memory
 * needs it; one that is parked has none. A customer that an operator looks at has one too. An answer that its caller has yet to
 * read has none, and is weighed all the same.
 *
 * <p>A message is weighed by the bytes of its body, as they come over the wire. In memory it is more than that: for a short while
 * the bytes twice, then a tree of JSON, and what is sent to each provider while it is sent. A document, which is one long
 * string, is about six times its bytes at worst; small values cost more, up to some sixty bytes each, but a canonical customer
 * has few. So the heap wants to be some eight times {@code herald.in-flight.max-bytes} where that much is to be expected.
 */
@Singleton
public final class InFlight {

    private final int max;
    private final long maxBytes;
    private int taken;
    private long takenBytes;

    /** By caller, the bytes of bodies that have yet to come. */
    private final Map<String, Long> claimed = new HashMap<>();

    /** By caller, the bytes of answers that it has yet to read. */
    private final Map<String, Long> unread = new HashMap<>();

    public InFlight(
            @ConfigProperty(name = "herald.in-flight.max", defaultValue = "1000") int max,
            @ConfigProperty(name = "herald.in-flight.max-bytes", defaultValue = "256M") MemorySize maxBytes) {
        this.max = max;
        this.maxBytes = maxBytes.asLongValue();
    }

    /**
     * Takes a permit.
     *
     * @param bytes of the message's body; one that is larger than all of them may weigh together is taken when it is
     *     the only one
     * @throws OverloadedException if there is none
     */
    public synchronized Permit take(long bytes) throws OverloadedException {
        long counted = Math.min(bytes, maxBytes);
        if (taken == max) {
            throw new OverloadedException(max + " messages are being worked on");
        }
        if (counted > maxBytes - takenBytes) {
            throw new OverloadedException("of the " + maxBytes + " bytes that may be worked on, too few are free");
        }
        taken++;
        takenBytes += counted;
        return new Permit(new Weight(counted));
    }

    /**
     * As {@link #take(long)}, for a body that has yet to come. What one caller has such bodies claim is at most half of all
     * bytes, so that bodies that never come do not keep the others out; one that is larger is taken when it is the caller's
     * only one.
     *
     * @param bytes the largest the body can be; the caller's claim until {@link Permit#weigh}, or until the last holder
     *     releases it
     */
    public synchronized Permit take(String caller, long bytes) throws OverloadedException {
        long before = claimed.getOrDefault(caller, 0L);
        if (before > 0 && bytes > maxBytes / 2 - before) {
            throw new OverloadedException("of the " + maxBytes
                    + " bytes that may be worked on, your bodies that are on their way claim half");
        }
        Permit permit = take(bytes);
        permit.weight.claims(caller);
        return permit;
    }

    /** As {@link #take(long)}, and waits until there is one. */
    public synchronized Permit takeWhenFree(long bytes) throws InterruptedException {
        while (true) {
            try {
                return take(bytes);
            } catch (OverloadedException e) {
                wait();
            }
        }
    }

    /** Weighs an answer that is in memory until its caller reads it, whether there is room or not. */
    public synchronized void answerWaits(String caller, long bytes) {
        takenBytes += bytes;
        unread.merge(caller, bytes, Long::sum);
    }

    /** Once for each {@link #answerWaits}: the caller has read it, or is gone. */
    public synchronized void answerIsGone(String caller, long bytes) {
        takenBytes -= bytes;
        unread.computeIfPresent(caller, (same, sum) -> sum == bytes ? null : Long.valueOf(sum - bytes));
        notifyAll();
    }

    /** @throws OverloadedException if the answers that this caller has yet to read are more than half of all bytes */
    public synchronized void checkAnswersOf(String caller) throws OverloadedException {
        if (unread.getOrDefault(caller, 0L) > maxBytes / 2) {
            throw new OverloadedException(
                    "of the " + maxBytes + " bytes that may be worked on, answers that you have not read fill half");
        }
    }

    /** How many there are. */
    public int max() {
        return max;
    }

    /** The most bytes of those that are taken. */
    public long maxBytes() {
        return maxBytes;
    }

    /** How many are taken. */
    public synchronized int taken() {
        return taken;
    }

    /** The bytes of those that are taken. */
    public synchronized long takenBytes() {
        return takenBytes;
    }

    private final class Weight {
        private long bytes;
        private int holders = 1;
        private Optional<String> claimant = Optional.empty();

        private Weight(long bytes) {
            this.bytes = bytes;
        }

        private void claims(String caller) {
            claimant = Optional.of(caller);
            claimed.merge(caller, bytes, Long::sum);
        }

        private void claimsNoMore() {
            claimant.ifPresent(caller ->
                    claimed.computeIfPresent(caller, (same, sum) -> sum == bytes ? null : Long.valueOf(sum - bytes)));
            claimant = Optional.empty();
        }
    }

    /** One holder's share of a permit, which is free again when all its holders have released it. */
    public final class Permit {

        private final Weight weight;
        private boolean released;

        private Permit(Weight weight) {
            this.weight = weight;
        }

        /** A share for one more holder; none if this one has released it already. */
        public Optional<Permit> share() {
            synchronized (InFlight.this) {
                if (released) {
                    return Optional.empty();
                }
                weight.holders++;
                return Optional.of(new Permit(weight));
            }
        }

        /**
         * Corrects the weight when the body has come. A body without a length counts as {@code herald.body.max} until then.
         */
        public void weigh(long bytes) {
            synchronized (InFlight.this) {
                if (released) {
                    return;
                }
                weight.claimsNoMore();
                if (bytes < weight.bytes) {
                    takenBytes -= weight.bytes - bytes;
                    weight.bytes = bytes;
                    InFlight.this.notifyAll();
                }
            }
        }

        /** This holder needs it no more; again, it does nothing. */
        public void release() {
            synchronized (InFlight.this) {
                if (released) {
                    return;
                }
                released = true;
                if (--weight.holders == 0) {
                    weight.claimsNoMore();
                    taken--;
                    takenBytes -= weight.bytes;
                    InFlight.this.notifyAll();
                }
            }
        }
    }
}
