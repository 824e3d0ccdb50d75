package io.herald.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Meter.MeterProvider;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Counts and times what happens, for {@code /q/metrics}; docs/metrics.md says what each one means. Every label has few
 * values: what a template made up beside Herald's own words is {@code other}.
 */
@Singleton
public final class Meters {

    /** Where a word is none of Herald's. */
    public static final String OTHER = "other";

    /** The reason of what succeeded. */
    public static final String NONE = "none";

    private static final Duration[] BUCKETS = Arrays.stream(
                    new long[] {5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000})
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);
    private static final Duration[] SHORT_BUCKETS = Arrays.stream(new long[] {1, 2, 5, 10, 25, 50, 100, 500, 2_000})
            .mapToObj(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterProvider<Counter> deliveries;
    private final MeterProvider<Counter> attempts;
    private final MeterProvider<Counter> logIns;
    private final MeterProvider<Counter> intake;
    private final MeterProvider<Timer> whole;
    private final MeterProvider<Timer> steps;
    private final Map<Timed, Timer> found = new ConcurrentHashMap<>();
    private final Timer committed;
    private final Timer notCommitted;

    /** What a timer is of; to look one up by its labels costs more than what it does. */
    private record Timed(String provider, Step step) {}

    public Meters(MeterRegistry registry) {
        deliveries = Counter.builder("herald.deliveries").withRegistry(registry);
        attempts = Counter.builder("herald.attempts").withRegistry(registry);
        logIns = Counter.builder("herald.log.ins").withRegistry(registry);
        intake = Counter.builder("herald.intake").withRegistry(registry);
        whole = Timer.builder("herald.delivery.duration")
                .serviceLevelObjectives(BUCKETS)
                .withRegistry(registry);
        steps = Timer.builder("herald.step.duration")
                .serviceLevelObjectives(BUCKETS)
                .withRegistry(registry);
        MeterProvider<Timer> commits = Timer.builder("herald.ledger.commit.duration")
                .serviceLevelObjectives(SHORT_BUCKETS)
                .withRegistry(registry);
        committed = commits.withTags("kept", "true");
        notCommitted = commits.withTags("kept", "false");
    }

    /**
     * The ledger has a new outcome of a delivery.
     *
     * @param state one of Herald's words
     * @param reason one of Herald's words, or {@link #OTHER}, or {@link #NONE}
     * @param millis how long it took since it was in hand
     */
    public void recorded(String provider, String state, String reason, long millis) {
        deliveries
                .withTags("provider", provider, "state", state, "reason", reason)
                .increment();
        whole.withTags("provider", provider).record(Duration.ofMillis(millis));
    }

    /** A try has ended, for a reason as of {@link #recorded}. */
    public void tried(String provider, String reason) {
        attempts.withTags("provider", provider, "reason", reason).increment();
    }

    /** So many nanoseconds went by in a step. */
    public void took(String provider, Step step, long nanos) {
        found.computeIfAbsent(
                        new Timed(provider, step), timed -> steps.withTags("provider", provider, "step", step.word()))
                .record(nanos, TimeUnit.NANOSECONDS);
    }

    /** A log-in has ended. */
    public void loggedIn(String provider, boolean renewal, LogIn answer) {
        logIns.withTags("provider", provider, "kind", renewal ? "renewal" : "new", "answer", answer.word())
                .increment();
    }

    /** A source was answered. */
    public void taken(String source, IntakeAnswer answer) {
        intake.withTags("source", source, "answer", answer.word()).increment();
    }

    /** A group of writes to the ledger has ended. */
    public void committed(boolean kept, long nanos) {
        (kept ? committed : notCommitted).record(Duration.ofNanos(nanos));
    }
}
