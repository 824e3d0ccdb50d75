package io.herald.mapping;

import io.herald.schema.SchemaCheck;
import io.herald.schema.SchemaException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** The mappings of all providers, compiled at start. */
public final class Mappings {

    private final Map<String, ProviderMapping> providers;

    private Mappings(Map<String, ProviderMapping> providers) {
        this.providers = providers;
    }

    /**
     * Compiles every file of the providers' folders. Nothing is thrown: each mistake becomes an entry of
     * {@code mistakes} that names the file ({@code mappings/xbridge/request.jslt}), line and column where known,
     * and what is wrong; a provider with a mistake is left out.
     *
     * @param source the text of a path relative to the mappings directory, such as {@code xbridge/request.jslt}; throws an
     *     {@link UncheckedIOException}, whose message is the mistake, if the file is there and cannot be read
     * @param providers the folders to load
     * @param clock today, for schema rules about age
     * @param mistakes takes all mistakes of all files
     */
    public static Mappings load(
            Function<String, Optional<String>> source,
            Collection<String> providers,
            Clock clock,
            List<String> mistakes) {
        Map<String, ProviderMapping> loaded = new TreeMap<>();
        for (String provider : providers) {
            load(provider, source, clock, mistakes).ifPresent(mapping -> loaded.put(provider, mapping));
        }
        return new Mappings(loaded);
    }

    /**
     * The mapping of one provider.
     *
     * @throws IllegalArgumentException when that provider was not loaded
     */
    public ProviderMapping of(String provider) {
        ProviderMapping mapping = providers.get(provider);
        if (mapping == null) {
            throw new IllegalArgumentException("no mapping for provider " + provider);
        }
        return mapping;
    }

    /** Whether a request to a provider may have that field; true where a mistake in its mapping leaves it open. */
    public boolean mayHave(String provider, String field) {
        ProviderMapping mapping = providers.get(provider);
        return mapping == null || mapping.mayHave(field);
    }

    /** Whether the body of an update says whose it is; true where a mistake in the mapping leaves it open. */
    public boolean namesCustomer(String provider) {
        ProviderMapping mapping = providers.get(provider);
        return mapping == null || mapping.namesCustomer();
    }

    private static Optional<ProviderMapping> load(
            String provider, Function<String, Optional<String>> source, Clock clock, List<String> mistakes) {
        int before = mistakes.size();
        Template request = template(provider, "request.jslt", true, source, List.of("link"), mistakes);
        SchemaCheck schema = schema(provider + "/request.schema.json", source, clock, mistakes);
        Template response = template(provider, "response.jslt", true, source, List.of("status", "link"), mistakes);
        Template find = template(provider, "find.jslt", false, source, List.of("request"), mistakes);
        return mistakes.size() == before
                ? Optional.of(new ProviderMapping(provider, request, schema, response, find))
                : Optional.empty();
    }

    private static Template template(
            String provider,
            String name,
            boolean required,
            Function<String, Optional<String>> source,
            List<String> variables,
            List<String> mistakes) {
        String file = provider + "/" + name;
        return text(file, required, source, mistakes)
                .flatMap(text -> Template.compile(file, text, source, variables, mistakes))
                .orElse(null);
    }

    private static SchemaCheck schema(
            String file, Function<String, Optional<String>> source, Clock clock, List<String> mistakes) {
        return text(file, true, source, mistakes)
                .map(text -> {
                    try {
                        return SchemaCheck.compile(Position.file(file), text, clock);
                    } catch (SchemaException mistake) {
                        mistakes.addAll(mistake.mistakes());
                        return null;
                    }
                })
                .orElse(null);
    }

    private static Optional<String> text(
            String file, boolean required, Function<String, Optional<String>> source, List<String> mistakes) {
        try {
            Optional<String> text = source.apply(file);
            if (text.isEmpty() && required) {
                mistakes.add(Position.file(file) + ": the file is missing");
            }
            return text;
        } catch (UncheckedIOException unreadable) {
            mistakes.add(unreadable.getMessage());
            return Optional.empty();
        }
    }
}
