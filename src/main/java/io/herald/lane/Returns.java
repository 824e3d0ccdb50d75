package io.herald.lane;

import io.herald.ledger.TakeUp;
import io.herald.ledger.Turn;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Deliveries that go back to the ledger: those that were not worked on, and those whose outcome could not be kept. They are
 * given back in the background, again and again while the ledger cannot be written.
 */
@Singleton
final class Returns {

    /** What was tried and could not be kept is left alone for so long. */
    static final Duration PAUSE = Duration.ofSeconds(10);

    /** Gives deliveries back; completes when that is durable. */
    interface GiveBack {
        CompletableFuture<Void> apply(String provider, List<Turn> turns, Instant dueAt);
    }

    private record Return(String provider, List<Turn> turns, Instant dueAt, Runnable durable) {}

    private final GiveBack ledger;
    private final Clock clock;
    private final Queue<Return> waiting = new ConcurrentLinkedQueue<>();
    private volatile Runnable whenGivenBack = () -> {};

    @Inject
    Returns(TakeUp ledger, Clock clock) {
        this(ledger::giveBack, clock);
    }

    Returns(GiveBack ledger, Clock clock) {
        this.ledger = ledger;
        this.clock = clock;
    }

    /** What is told when deliveries have come back to the ledger, or may be taken up from it at once. */
    void whenGivenBack(Runnable action) {
        whenGivenBack = action;
    }

    /** A pause that is made longer where a delivery was parked for longer: what it sent may be worked on until then. */
    Duration notBefore(Optional<Instant> dueAt, Duration pause) {
        return dueAt.map(due -> Duration.between(clock.instant(), due))
                .filter(until -> until.compareTo(pause) > 0)
                .orElse(pause);
    }

    /**
     * Gives deliveries back.
     *
     * @param pause how long they are left alone
     * @param durable called when the ledger has them
     */
    void giveBack(String provider, List<Turn> turns, Duration pause, Runnable durable) {
        Instant dueAt = pause.isZero() ? Instant.EPOCH : clock.instant().plus(pause);
        giveBack(new Return(provider, turns, dueAt, durable));
    }

    /** As {@link #giveBack}, at once and without waiting for anything: for the thread that writes to the ledger. */
    void giveBackSoon(String provider, Turn turn, Runnable durable) {
        waiting.add(new Return(provider, List.of(turn), Instant.EPOCH, durable));
        whenGivenBack.run();
    }

    /** To be called when something waits in the ledger that may be taken up at once. */
    void wake() {
        whenGivenBack.run();
    }

    /** Gives back what could not be given back before. */
    void again() {
        List<Return> all = new ArrayList<>();
        for (Return next = waiting.poll(); next != null; next = waiting.poll()) {
            all.add(next);
        }
        all.forEach(this::giveBack);
    }

    private void giveBack(Return given) {
        ledger.apply(given.provider(), given.turns(), given.dueAt()).whenComplete((done, failure) -> {
            if (failure == null) {
                given.durable().run();
                whenGivenBack.run();
            } else {
                waiting.add(given);
            }
        });
    }
}
