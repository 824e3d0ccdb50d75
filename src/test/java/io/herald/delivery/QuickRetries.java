package io.herald.delivery;

import io.quarkus.test.junit.QuarkusTestProfile;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Herald with short time-outs, retry numbers that are different for each provider, no breaker, and nothing that is parked taken up. */
public class QuickRetries implements QuarkusTestProfile {

    /** The deadline of one call. */
    public static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(2);

    /** How long xbridge's and yativo's look-ups wait after an unclear ending. */
    public static final Duration SETTLE = Duration.ofMillis(300);

    /**
     * One provider's retry numbers.
     *
     * @param attempts tries in all
     */
    record Retry(int attempts, Duration initialDelay, Duration maxDelay, Duration budget) {}

    static final Map<String, Retry> RETRIES = Map.of(
            "xbridge", retry(3, 40, 160, 5_500),
            "yativo", retry(4, 20, 200, 7_500),
            "fraudspect", retry(5, 120, 300, 2_500),
            "bridge-xyz", retry(2, 30, 30, 2_500));

    private static Retry retry(int attempts, int initialMillis, int maxMillis, int budgetMillis) {
        return new Retry(
                attempts,
                Duration.ofMillis(initialMillis),
                Duration.ofMillis(maxMillis),
                Duration.ofMillis(budgetMillis));
    }

    @Override
    public Map<String, String> getConfigOverrides() {
        Map<String, String> config = new HashMap<>();
        config.put("herald.park.poll", "1h");
        config.put("herald.body.deadline", "10s");
        config.put("intake.file.poll", "100ms");
        config.put("intake.file.max-line", "1M");
        config.put("intake.file.max-expanded", "32M");
        RETRIES.forEach((provider, retry) -> {
            String prefix = "provider." + provider;
            config.put(prefix + ".request-timeout", REQUEST_TIMEOUT.toString());
            config.put(prefix + ".breaker.window", "100000");
            config.put(prefix + ".find.settle", SETTLE.toString());
            config.put(prefix + ".retry.attempts", Integer.toString(retry.attempts()));
            config.put(prefix + ".retry.initial-delay", retry.initialDelay().toString());
            config.put(prefix + ".retry.max-delay", retry.maxDelay().toString());
            config.put(prefix + ".retry.budget", retry.budget().toString());
        });
        return config;
    }

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(MovableClock.class);
    }

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(RelayedSandbox.class));
    }

    @Override
    public boolean disableGlobalTestResources() {
        return true;
    }
}
