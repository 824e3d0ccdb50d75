package io.herald.provider;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The enabled providers and their settings. */
@Singleton
public final class Providers {

    /** A regular expression that the id of every provider matches: it stands in targets and in addresses. */
    public static final String ID = "[a-z0-9][a-z0-9-]{0,63}";

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

    /** Ids of the providers that are configured and not enabled. */
    public Set<String> disabledIds() {
        return all.keySet().stream().filter(id -> !isEnabled(id)).collect(Collectors.toSet());
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

    /** The longest that a call takes once its request is in the ledger: the wait for a slot, and {@code request-timeout}. */
    public Duration longestCall(String id) {
        return of(id).requestTimeout().plus(longestQueue(id));
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
            if (!id.matches(ID)) {
                mistakes.add("provider." + id
                        + ": the id must be 1 to 64 of a to z, 0 to 9 and -, the first a letter or digit");
            }
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
            timeMistakes("provider." + id + ".", provider, mistakes);
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
        atLeast(1, prefix + "delay", breaker.delay(), mistakes);
    }

    private static void timeMistakes(String prefix, ProviderConfig.Provider provider, List<String> mistakes) {
        atLeast(1, prefix + "connect-timeout", provider.connectTimeout(), mistakes);
        atLeast(1, prefix + "request-timeout", provider.requestTimeout(), mistakes);
        atLeast(1, prefix + "token-lifetime", provider.tokenLifetime(), mistakes);
        atLeast(
                0,
                prefix + "idempotency-lifetime",
                provider.idempotencyLifetime().orElse(Duration.ZERO),
                mistakes);
        atLeast(0, prefix + "find.settle", provider.find().settle(), mistakes);
        atLeast(0, prefix + "retry.initial-delay", provider.retry().initialDelay(), mistakes);
        atLeast(0, prefix + "retry.max-delay", provider.retry().maxDelay(), mistakes);
        atLeast(0, prefix + "retry.budget", provider.retry().budget(), mistakes);
        atLeast(0, prefix + "park.schedule", Collections.min(provider.park().schedule()), mistakes);
    }

    private static void atLeast(long millis, String property, Duration time, List<String> mistakes) {
        if (time.toMillis() < millis) {
            mistakes.add(property + ": must be at least " + millis + "ms");
        }
    }
}
