package io.herald.provider;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** The enabled providers and their settings. */
@Singleton
public final class Providers {

    private final TreeMap<String, ProviderConfig.Provider> enabled = new TreeMap<>();
    private final TreeMap<String, ProviderConfig.Provider> all;

    public Providers(ProviderConfig config) {
        all = new TreeMap<>(config.byId());
        all.forEach((id, provider) -> {
            if (provider.enabled()) {
                enabled.put(id, provider);
            }
        });
    }

    /** Ids of the enabled providers, in alphabetical order. */
    public List<String> ids() {
        return List.copyOf(enabled.keySet());
    }

    public boolean isEnabled(String id) {
        return enabled.containsKey(id);
    }

    /** Whether that id is configured, enabled or not. */
    public boolean isKnown(String id) {
        return all.containsKey(id);
    }

    /**
     * The settings of an enabled provider.
     *
     * @throws IllegalArgumentException if there is none of that id
     */
    public ProviderConfig.Provider of(String id) {
        ProviderConfig.Provider provider = enabled.get(id);
        if (provider == null) {
            throw new IllegalArgumentException("no enabled provider '" + id + "'");
        }
        return provider;
    }

    /** How long a request may wait for its slot, when all that the provider may have at once go before it. */
    public Duration longestQueue(String id) {
        ProviderConfig.Provider provider = of(id);
        return provider.rate()
                .map(rate -> Pace.interval(rate).multipliedBy(provider.maxConnections()))
                .orElse(Duration.ZERO);
    }

    /** What is wrong with the settings, a line each, no value of a credential among them. */
    public List<String> mistakes() {
        List<String> mistakes = new ArrayList<>();
        if (enabled.isEmpty()) {
            mistakes.add("no provider is enabled");
        }
        enabled.forEach((id, provider) -> {
            String property = "provider." + id + ".url";
            provider.url()
                    .ifPresentOrElse(
                            url -> BaseUrl.check(property, url, mistakes),
                            () -> mistakes.add(property + ": required and not set"));
            if (provider.maxConnections() < 1) {
                mistakes.add("provider." + id + ".max-connections: must be at least 1");
            }
            if (provider.retry().attempts() < 1) {
                mistakes.add("provider." + id + ".retry.attempts: must be at least 1");
            }
            breakerMistakes("provider." + id + ".breaker.", provider.breaker(), mistakes);
            if (provider.rate().isPresent() && !(provider.rate().get() > 0)) {
                mistakes.add("provider." + id + ".rate: must be more than 0");
            }
        });
        return mistakes;
    }

    private static void breakerMistakes(String prefix, ProviderConfig.Breaker breaker, List<String> mistakes) {
        if (Breaker.share(breaker).isEmpty()) {
            mistakes.add(prefix + "failures: must be a percentage, more than 0% and at most 100%");
        }
        if (breaker.window() < 1) {
            mistakes.add(prefix + "window: must be at least 1");
        }
        if (breaker.delay().toMillis() < 1) {
            mistakes.add(prefix + "delay: must be at least 1ms");
        }
    }
}
