package io.herald.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.http.Request;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** The providers of the sandbox by name: one for each folder of {@code mappings}. */
final class Providers {

    private final Map<String, Provider> providers = new TreeMap<>();

    Providers(Set<String> names, Clock clock, Memory memory) {
        names.forEach(name -> providers.put(name, new Provider(name, clock, memory::add)));
        memory.recall(change -> {
            Provider provider = providers.get(change.path("provider").asText());
            if (provider != null) {
                provider.recall(change);
            }
        });
        memory.rewrite(changes());
    }

    /** @throws IllegalArgumentException when there is none of that name */
    Provider named(String name) {
        Provider provider = providers.get(name);
        if (provider == null) {
            throw new IllegalArgumentException(
                    "the sandbox has no provider " + name + "; it has " + providers.keySet());
        }
        return provider;
    }

    /** The provider that a request is for, by the first part of its path. */
    Optional<Provider> of(Request request) {
        return Optional.ofNullable(providers.get(nameIn(request.getUrl())));
    }

    static String nameIn(String url) {
        int end = 1;
        while (end < url.length() && "/?".indexOf(url.charAt(end)) < 0) {
            end++;
        }
        return url.substring(Math.min(1, url.length()), end);
    }

    void reset() {
        providers.values().forEach(Provider::reset);
    }

    List<ObjectNode> changes() {
        List<ObjectNode> changes = new ArrayList<>();
        providers.values().forEach(provider -> changes.addAll(provider.toChanges()));
        return changes;
    }
}
