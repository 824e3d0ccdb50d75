package io.herald.retention;

import io.herald.ledger.Erasure;
import io.herald.provider.Providers;
import io.herald.thread.Threads;
import io.herald.time.ClockWatch;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Has what is due erased from the ledger, every few minutes. A clock that was set since the last time is not believed until it
 * has gone right for as long: one that is ahead, as after a boot, would erase for good what is to be kept.
 */
@Singleton
final class Retention {

    private static final Duration PERIOD = Duration.ofMinutes(5);

    private static final Logger LOG = Logger.getLogger(Retention.class);

    private final Runnable erasure;
    private final ClockWatch clock;
    private final ScheduledExecutorService sweeper =
            Executors.newSingleThreadScheduledExecutor(Threads.named("retention-"));

    @Inject
    Retention(Erasure erasure, Providers providers, Clock clock) {
        this(() -> erasure.sweep(providers.ids()), clock);
    }

    /** @param erasure erases all that is due */
    Retention(Runnable erasure, Clock clock) {
        this.erasure = erasure;
        this.clock = new ClockWatch(clock);
    }

    void start(@Observes StartupEvent event) {
        sweeper.scheduleWithFixedDelay(this::sweep, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        sweeper.shutdownNow();
    }

    void sweep() {
        if (clock.checkWhetherSet()) {
            LOG.warnf("The clock was set: nothing is erased for the next %d minutes", PERIOD.toMinutes());
            return;
        }
        try {
            erasure.run();
        } catch (RuntimeException | Error e) {
            LOG.errorf("What is due for erasure cannot be erased now: %s", e.getMessage());
        }
    }
}
