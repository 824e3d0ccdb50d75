package io.herald.start;

import io.herald.inflight.InFlight;
import io.herald.lane.Lanes;
import io.herald.provider.Breakers;
import io.herald.provider.ProviderHttp;
import io.herald.shutdown.Stopping;
import io.quarkus.smallrye.health.runtime.ShutdownReadinessCheck;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.health.Readiness;
import org.jboss.logging.Logger;

/**
 * Stops Herald as it should be stopped. Quarkus asks for it first, while it still serves HTTP: from then on nothing is taken,
 * and what is in hand may end within {@code herald.shutdown.timeout}. What has not ended then goes back to the ledger, so that
 * another replica, or the next start, takes it up at once. Where a call is broken off, nobody knows whether it arrived; the ledger
 * knows that since before it left.
 *
 * <p>It takes the place of Quarkus' own bean, which {@code quarkus.arc.exclude-types} leaves out. It is no {@code @Alternative},
 * because then it would be the only readiness check there is.
 */
@Readiness
@Singleton
public final class Drain extends ShutdownReadinessCheck {

    private static final Logger LOG = Logger.getLogger(Drain.class);

    /** So long what was broken off may take to be in the ledger. */
    private static final Duration LAST_WRITES = Duration.ofSeconds(3);

    private static final long PAUSE_MILLIS = 20;

    private final Stopping stopping;
    private final Instance<Lanes> lanes;
    private final Instance<Breakers> breakers;
    private final Instance<ProviderHttp> http;
    private final InFlight inFlight;
    private final Duration patience;

    Drain(
            Stopping stopping,
            Instance<Lanes> lanes,
            Instance<Breakers> breakers,
            Instance<ProviderHttp> http,
            InFlight inFlight,
            @ConfigProperty(name = "herald.shutdown.timeout", defaultValue = "20s") Duration patience) {
        this.stopping = stopping;
        this.lanes = lanes;
        this.breakers = breakers;
        this.http = http;
        this.inFlight = inFlight;
        this.patience = patience;
    }

    @Override
    public void shutdown() {
        super.shutdown();
        stopping.begin();
        int inHand = lanes.get().inHand();
        if (inHand > 0) {
            LOG.infof("Herald stops: %d deliveries in hand have %d s to end", inHand, patience.toSeconds());
        }
        if (within(patience, () -> lanes.get().inHand() == 0 && inFlight.taken() == 0)) {
            return;
        }
        int left = lanes.get().inHand();
        stopping.end();
        breakers.get().stop();
        lanes.get().giveAllBack();
        http.get().breakOff();
        boolean all = within(LAST_WRITES, () -> lanes.get().inHand() == 0);
        LOG.infof(
                "%d deliveries have not ended in time, and go back to the ledger%s",
                left, all ? "" : "; some are still in hand");
    }

    private static boolean within(Duration patience, BooleanSupplier done) {
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (!done.getAsBoolean()) {
                if (System.nanoTime() - end > 0) {
                    return false;
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
