package io.herald.health;

import io.herald.file.DroppedFiles;
import io.herald.inflight.InFlight;
import io.herald.ledger.LedgerState;
import io.herald.ledger.LedgerState.Standing;
import io.herald.metrics.Meters;
import io.herald.provider.Breaker;
import io.herald.provider.Breakers;
import io.herald.provider.Providers;
import io.herald.thread.Threads;
import io.herald.token.Tokens;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * How Herald stands now, for {@code /q/metrics}. What stands in the ledger is looked at now and then, not when it is asked for,
 * and less often the longer a look takes; replicas that share a ledger tell the same of it.
 */
@Singleton
final class Gauges {

    private static final Logger LOG = Logger.getLogger(Gauges.class);
    private static final Duration PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** A look that takes a second is followed by a pause of a hundred. */
    private static final int LONGER_THAN_A_LOOK = 100;

    private record Row(String provider, String state) {}

    private final MeterRegistry registry;
    private final LedgerState ledger;
    private final Providers providers;
    private final Breakers breakers;
    private final Tokens tokens;
    private final InFlight inFlight;
    private final DroppedFiles files;
    private final Clock clock;
    private final ScheduledExecutorService looks =
            Executors.newSingleThreadScheduledExecutor(Threads.named("ledger-state-"));
    private final List<Gauge> kept = new ArrayList<>();
    private volatile Map<Row, Standing> standings = Map.of();

    Gauges(
            MeterRegistry registry,
            LedgerState ledger,
            Providers providers,
            Breakers breakers,
            Tokens tokens,
            InFlight inFlight,
            DroppedFiles files,
            Clock clock) {
        this.registry = registry;
        this.ledger = ledger;
        this.providers = providers;
        this.breakers = breakers;
        this.tokens = tokens;
        this.inFlight = inFlight;
        this.files = files;
        this.clock = clock;
    }

    void start(@Observes StartupEvent event) {
        keep(Gauge.builder("herald.in.flight.messages", inFlight, InFlight::taken));
        keep(Gauge.builder("herald.in.flight.messages.limit", inFlight, InFlight::max));
        keep(Gauge.builder("herald.in.flight.bytes", inFlight, InFlight::takenBytes));
        keep(Gauge.builder("herald.in.flight.bytes.limit", inFlight, InFlight::maxBytes));
        keep(Gauge.builder("herald.file.bytes", files, DroppedFiles::bytes));
        keep(Gauge.builder("herald.file.read.bytes", files, DroppedFiles::bytesRead));
        if (ledger.freeBytes().isPresent()) {
            keep(Gauge.builder("herald.ledger.disk.free.bytes", ledger, state -> state.freeBytes()
                    .orElse(0)));
        }
        List<String> all = new ArrayList<>(providers.ids());
        all.forEach(this::ofProvider);
        all.add(Meters.OTHER);
        all.forEach(this::ofLedger);
        looks.execute(this::look);
    }

    private void ofProvider(String provider) {
        for (Breaker.State state : Breaker.State.values()) {
            keep(Gauge.builder(
                            "herald.breaker.state", breakers.of(provider), breaker -> breaker.state() == state ? 1 : 0)
                    .tags("provider", provider, "state", state.word()));
        }
        keep(Gauge.builder("herald.token.age.seconds", tokens, held -> held.age(provider)
                        .map(Gauges::seconds)
                        .orElse(Double.NaN))
                .tags("provider", provider));
    }

    private void ofLedger(String provider) {
        standing("herald.waiting", provider, LedgerState.WAITING);
        standing("herald.parked", provider, "retrying");
        for (String state : List.of("dead", "rejected")) {
            standing("herald.dead.letters", provider, state, "state", state);
        }
    }

    private void standing(String name, String provider, String state, String... tags) {
        Row row = new Row(provider, state);
        keep(Gauge.builder(name, this, gauges -> gauges.count(row))
                .tags("provider", provider)
                .tags(tags));
        keep(Gauge.builder(name + ".oldest.age.seconds", this, gauges -> gauges.oldestAge(row))
                .tags("provider", provider)
                .tags(tags));
    }

    /**
     * Until Herald stops. The registry may outlive it, in dev mode and in tests: a gauge that was left there would show the
     * Herald that has gone, and the next one could not register its own.
     */
    private <T> void keep(Gauge.Builder<T> gauge) {
        kept.add(gauge.strongReference(true).register(registry));
    }

    private double count(Row row) {
        Standing standing = standings.get(row);
        return standing == null ? 0 : standing.count();
    }

    private double oldestAge(Row row) {
        Standing standing = standings.get(row);
        return standing == null ? 0 : seconds(Duration.between(standing.oldest(), clock.instant()));
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }

    private void look() {
        long begun = System.nanoTime();
        try {
            Map<Row, Standing> rows = new HashMap<>();
            for (Standing standing : ledger.standings()) {
                String provider = providers.ids().contains(standing.provider()) ? standing.provider() : Meters.OTHER;
                rows.merge(new Row(provider, standing.state()), standing, Gauges::together);
            }
            standings = rows;
        } catch (RuntimeException | Error e) {
            LOG.debugf("What stands in the ledger cannot be looked at now: %s", e.getMessage());
        }
        long took = System.nanoTime() - begun;
        if (!looks.isShutdown()) {
            long pause = Math.min(LONGEST_PAUSE.toNanos(), Math.max(PAUSE.toNanos(), LONGER_THAN_A_LOOK * took));
            looks.schedule(this::look, pause, TimeUnit.NANOSECONDS);
        }
    }

    /** Those of providers that are not enabled are told as one. */
    private static Standing together(Standing one, Standing other) {
        Instant oldest = one.oldest().isBefore(other.oldest()) ? one.oldest() : other.oldest();
        return new Standing(one.provider(), one.state(), one.count() + other.count(), oldest);
    }

    void stop(@Observes ShutdownEvent event) {
        looks.shutdownNow();
        kept.forEach(registry::remove);
    }
}
