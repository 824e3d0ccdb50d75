package io.herald.lane;

import io.herald.SandboxResource;
import io.herald.delivery.MovableClock;
import io.herald.trace.Collector;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Herald whose deliveries are parked for minutes by a clock that the test puts forward: nothing is due before the test says
 * so. The quick attempts are few and take no time. Its traces are collected.
 */
public class ParkedForMinutes implements QuarkusTestProfile {

    /** How long each step of every provider's schedule takes. */
    static final List<Duration> SCHEDULE = List.of(Duration.ofMinutes(1), Duration.ofMinutes(2), Duration.ofMinutes(4));

    /** How often a delivery is tried before it is parked. */
    static final int ATTEMPTS = 2;

    @Override
    public Map<String, String> getConfigOverrides() {
        Map<String, String> config = new HashMap<>();
        config.put("herald.park.poll", "50ms");
        config.put("provider.fraudspect.trace", "true");
        for (String provider : List.of("xbridge", "yativo", "fraudspect", "bridge-xyz")) {
            String prefix = "provider." + provider;
            config.put(prefix + ".park.schedule", "1m,2m,4m");
            config.put(prefix + ".find.settle", "50ms");
            config.put(prefix + ".retry.attempts", Integer.toString(ATTEMPTS));
            config.put(prefix + ".retry.initial-delay", "10ms");
            config.put(prefix + ".retry.max-delay", "10ms");
            config.put(prefix + ".retry.budget", "12s");
        }
        // only fraudspect's breaker is there to be opened; the others stay closed however many tests there are
        for (String provider : List.of("xbridge", "yativo", "bridge-xyz")) {
            config.put("provider." + provider + ".breaker.window", "100000");
        }
        return config;
    }

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(MovableClock.class);
    }

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(SandboxResource.class), new TestResourceEntry(Collector.class));
    }

    @Override
    public boolean disableGlobalTestResources() {
        return true;
    }
}
