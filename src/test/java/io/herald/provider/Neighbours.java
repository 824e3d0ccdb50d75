package io.herald.provider;

import io.herald.SandboxResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Herald with an {@link Impostor} before each provider, and with small limits. fraudspect is there to be bad beside many:
 * wide, and one attempt. yativo is there to be bad alone: a second attempt, for which it must look the customer up. The
 * deadlines of these two are short, but longer than the second between two bytes of a dripping answer.
 */
public final class Neighbours implements QuarkusTestProfile {

    /** The width of each provider: its deliveries at once and its connections. */
    public static final Map<String, Integer> WIDTH =
            Map.of("xbridge", 8, "yativo", 8, "fraudspect", 25, "bridge-xyz", 6);

    /** At once; two hundred in the soak. */
    static final int MESSAGES = Integer.getInteger("herald.neighbours", 50);

    /** {@code herald.in-flight.max} */
    public static final int IN_FLIGHT = MESSAGES + 70;

    /** {@code herald.in-flight.max-bytes} */
    public static final int IN_FLIGHT_BYTES = 3 * 1024 * 1024;

    /** {@code herald.body.max}, in bytes. */
    public static final int BODY_MAX = 64 * 1024;

    /** {@code herald.wait.max}, in milliseconds. */
    public static final long WAIT_MAX = 4_000;

    /** The deadlines of a call to the two that are there to be bad, in milliseconds. */
    public static final Map<String, Long> DEADLINE = Map.of("fraudspect", 3_000L, "yativo", 2_000L);

    @Override
    public Map<String, String> getConfigOverrides() {
        Map<String, String> settings = new HashMap<>(Map.of(
                "herald.body.max",
                Integer.toString(BODY_MAX),
                "herald.answer.max",
                "256K",
                "herald.in-flight.max",
                Integer.toString(IN_FLIGHT),
                "herald.in-flight.max-bytes",
                Integer.toString(IN_FLIGHT_BYTES),
                "herald.wait.max",
                WAIT_MAX + "ms"));
        settings.put("herald.park.poll", "1h");
        // a quick machine makes more calls than one caller may
        settings.put("herald.caller.rate", "100000");
        for (String provider : Impostors.PROVIDERS) {
            String prefix = "provider." + provider + ".";
            settings.put(prefix + "max-connections", WIDTH.get(provider).toString());
            settings.put(prefix + "request-timeout", DEADLINE.getOrDefault(provider, 30_000L) + "ms");
            settings.put(prefix + "retry.attempts", provider.equals("fraudspect") ? "1" : "2");
            settings.put(prefix + "retry.initial-delay", "20ms");
            settings.put(prefix + "breaker.window", "100000");
            settings.put(prefix + "find.settle", "20ms");
            settings.put(prefix + "park.schedule", "1h");
        }
        return settings;
    }

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(Resource.class));
    }

    @Override
    public boolean disableGlobalTestResources() {
        return true;
    }

    /** Starts the impostors, and points Herald at them. */
    public static final class Resource implements QuarkusTestResourceLifecycleManager {

        private Impostors impostors;

        @Override
        public Map<String, String> start() {
            impostors = new Impostors();
            Map<String, String> settings = SandboxResource.settings(impostors.sandbox());
            for (String provider : Impostors.PROVIDERS) {
                settings.put("provider." + provider + ".url", impostors.url(provider));
            }
            return settings;
        }

        @Override
        public void inject(TestInjector injector) {
            injector.injectIntoFields(impostors, new TestInjector.MatchesType(Impostors.class));
        }

        @Override
        public void stop() {
            impostors.close();
        }
    }
}
