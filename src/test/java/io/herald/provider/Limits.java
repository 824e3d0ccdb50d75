package io.herald.provider;

import io.herald.SandboxResource;
import io.herald.delivery.MovableClock;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Herald with a rate for two providers, one of which wants a log-in, and with a narrow breaker and a schedule of one step for
 * all but yativo, which has the usual ones. Two attempts, and a clock that the tests put forward.
 */
public final class Limits implements QuarkusTestProfile {

    /** Requests a second, to fraudspect and xbridge. */
    static final int RATE = 20;

    /** How many answers a breaker looks at. */
    static final int WINDOW = 6;

    /** How long it stays open. */
    static final Duration DELAY = Duration.ofMinutes(10);

    /** How long what is parked waits. */
    static final Duration STEP = Duration.ofMinutes(30);

    @Override
    public Map<String, String> getConfigOverrides() {
        Map<String, String> settings = new HashMap<>(Map.of("herald.park.poll", "100ms"));
        for (String provider : Impostors.PROVIDERS) {
            String prefix = "provider." + provider + ".";
            if (!provider.equals("yativo")) {
                settings.put(prefix + "breaker.window", Integer.toString(WINDOW));
                settings.put(prefix + "breaker.delay", DELAY.toString());
                settings.put(prefix + "park.schedule", STEP.toString());
            }
            settings.put(prefix + "retry.attempts", "2");
            settings.put(prefix + "retry.initial-delay", "10ms");
            settings.put(prefix + "retry.max-delay", "10ms");
            settings.put(prefix + "find.settle", "10ms");
        }
        for (String provider : new String[] {"fraudspect", "xbridge"}) {
            settings.put("provider." + provider + ".rate", Integer.toString(RATE));
        }
        return settings;
    }

    @Override
    public Set<Class<?>> getEnabledAlternatives() {
        return Set.of(MovableClock.class);
    }

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(SandboxResource.class));
    }

    @Override
    public boolean disableGlobalTestResources() {
        return true;
    }
}
