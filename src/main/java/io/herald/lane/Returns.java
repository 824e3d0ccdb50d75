package io.herald.lane;

import io.herald.ledger.Ledger;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Deliveries that go back to the ledger: those that were not worked on, and those whose outcome could not be kept. They are
 * given back in the background, again and again while the ledger cannot be written.
 */
@Singleton
final class Returns {

    /** What was tried and could not be kept is left alone for so long. */
    private static final Duration PAUSE = Duration.ofSeconds(10);

    private record Return(String provider, Collection<Long> sequences, Instant dueAt) {}

    private final Ledger ledger;
    private final Clock clock;
    private final Queue<Return> failed = new ConcurrentLinkedQueue<>();
    private volatile Runnable whenGivenBack = () -> {};

    Returns(Ledger ledger, Clock clock) {
        this.ledger = ledger;
        this.clock = clock;
    }

    /** What is told when deliveries have come back to the ledger, or a place in a lane has become free. */
    void whenGivenBack(Runnable action) {
        whenGivenBack = action;
    }

    /** Gives back what was not worked on. */
    void untouched(String provider, Collection<Long> sequences) {
        giveBack(new Return(provider, sequences, Instant.EPOCH));
    }

    /** Gives back what was worked on in vain. */
    void unkept(String provider, long sequence) {
        unkept(provider, sequence, PAUSE);
    }

    void unkept(String provider, long sequence, Duration pause) {
        giveBack(new Return(provider, List.of(sequence), clock.instant().plus(pause)));
    }

    /** A delivery has ended behind which others may wait in the ledger. */
    void ended() {
        whenGivenBack.run();
    }

    /** Gives back what could not be given back before. */
    void again() {
        List<Return> all = new ArrayList<>();
        for (Return next = failed.poll(); next != null; next = failed.poll()) {
            all.add(next);
        }
        all.forEach(this::giveBack);
    }

    private void giveBack(Return given) {
        if (given.sequences().isEmpty()) {
            return;
        }
        ledger.giveBack(given.provider(), given.sequences(), given.dueAt()).whenComplete((done, failure) -> {
            if (failure == null) {
                whenGivenBack.run();
            } else {
                failed.add(given);
            }
        });
    }
}
