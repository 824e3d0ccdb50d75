package io.herald.retention;

import io.herald.ledger.Erasure;
import io.herald.provider.Providers;
import io.herald.thread.Threads;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Has what is due erased from the ledger, at the start and every few minutes from then on. */
@Singleton
final class Retention {

    private static final Duration PERIOD = Duration.ofMinutes(5);

    private static final Logger LOG = Logger.getLogger(Retention.class);

    private final Erasure erasure;
    private final Providers providers;
    private final ScheduledExecutorService sweeper =
            Executors.newSingleThreadScheduledExecutor(Threads.named("retention-"));

    Retention(Erasure erasure, Providers providers) {
        this.erasure = erasure;
        this.providers = providers;
    }

    void start(@Observes StartupEvent event) {
        sweeper.scheduleWithFixedDelay(this::sweep, 0, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        sweeper.shutdownNow();
    }

    private void sweep() {
        try {
            erasure.sweep(providers.ids());
        } catch (RuntimeException | Error e) {
            LOG.errorf("What is due for erasure cannot be erased now: %s", e.getMessage());
        }
    }
}
