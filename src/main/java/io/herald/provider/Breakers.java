package io.herald.provider;

import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;

/** The breakers of the enabled providers. */
@Singleton
public final class Breakers {

    private final Map<String, Breaker> breakers = new TreeMap<>();

    public Breakers(Providers providers, Clock clock) {
        providers
                .ids()
                .forEach(id -> breakers.put(id, new Breaker(id, providers.of(id).breaker(), clock)));
    }

    /** From now on no request may be begun. */
    public void stop() {
        breakers.values().forEach(Breaker::stop);
    }

    public Breaker of(String provider) {
        return breakers.get(provider);
    }
}
