package io.herald.start;

import io.herald.file.Partner;
import io.herald.mapping.Mappings;
import io.herald.provider.Providers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.eclipse.microprofile.config.Config;

/** Finds what is wrong with route files before any of them is loaded. */
final class RouteFiles {

    private static final Pattern PROVIDER_FILE = Pattern.compile("providers/([^/]+)\\.camel\\.yaml$");
    private static final Pattern PARTNER_FILE = Pattern.compile("(^|[:/])sftp\\.camel\\.yaml$");
    private static final Pattern PLACEHOLDER =
            Pattern.compile("\\{\\{\\??([A-Za-z0-9._-]+)(:[^}]*)?}}|\\$\\{properties:([A-Za-z0-9._-]+)(:[^}]*)?}");
    private static final Pattern OF_PROVIDER = Pattern.compile("provider\\.([^.]+)\\.");
    private static final Pattern JSON_SPECIAL = Pattern.compile("[\"\\\\\\p{Cntrl}]");

    /**
     * A property that a route names.
     *
     * @param late whether it is read with each message, in an expression, and not when the route is loaded
     * @param optional whether the route says what is there without it
     */
    private record Placeholder(String property, boolean late, boolean optional) {

        static Placeholder of(Matcher found) {
            boolean late = found.group(3) != null;
            return new Placeholder(found.group(late ? 3 : 1), late, found.group(late ? 4 : 2) != null);
        }
    }

    private final CamelContext context;
    private final Config config;
    private final Providers providers;
    private final Partner partner;
    private final Beans beans;

    RouteFiles(CamelContext context, Config config, Providers providers, Partner partner, Beans beans) {
        this.context = context;
        this.config = config;
        this.providers = providers;
        this.partner = partner;
        this.beans = beans;
    }

    /** What an editor opens: the file's path, without the scheme that Camel puts before it. */
    static String place(Resource file) {
        return file.getLocation().replaceFirst("^(file|classpath):", "");
    }

    /** Whose route file it is; null for a common one. */
    static String provider(Resource file) {
        Matcher name = PROVIDER_FILE.matcher(file.getLocation().replace('\\', '/'));
        return name.find() ? name.group(1) : null;
    }

    /**
     * Reads every file.
     *
     * @param finds whether a provider has a template of what it is asked when a customer is looked up; empty if nobody knows
     * @param mappings of all providers
     * @param mistakes takes what is wrong, with file, line and column
     * @return the files to load: all but those of disabled providers, and that of the partner's server where there is none
     */
    List<Resource> check(
            List<Resource> files, Function<String, Optional<Boolean>> finds, Mappings mappings, List<String> mistakes) {
        List<Resource> active = new ArrayList<>();
        Set<String> missing = new HashSet<>();
        providers.ids().forEach(id -> missing.add("provider." + id + ".url"));
        List<String> withFile = files.stream()
                .map(RouteFiles::provider)
                .filter(Objects::nonNull)
                .filter(providers::isEnabled)
                .toList();
        RouteNames names = new RouteNames(withFile, mistakes);
        RouteCheck check = new RouteCheck(context, beans, names, providers::isKnown, mistakes);
        for (Resource file : files) {
            String provider = provider(file);
            if (provider != null && !providers.isEnabled(provider)) {
                if (!providers.isKnown(provider)) {
                    mistakes.add(place(file) + ": there is no property provider." + provider
                            + ".url; set it, or set provider." + provider + ".enabled=false");
                }
                continue;
            }
            if (!partner.isThere()
                    && PARTNER_FILE
                            .matcher(file.getLocation().replace('\\', '/'))
                            .find()) {
                continue;
            }
            active.add(file);
            String text = text(file);
            checkPlaceholders(file, provider, text, missing, mistakes);
            checkSyntax(file, mistakes);
            check.check(place(file), provider, text);
        }
        names.checkNames();
        names.checkFields(mappings::mayHave);
        names.checkCreates(
                id -> finds.apply(id).orElse(false),
                id -> providers.of(id).idempotencyLifetime(),
                id -> providers.of(id).upsert());
        names.checkUpdates(mappings::namesCustomer, id -> providers.of(id).upsert());
        withFile.forEach(id -> checkLookUp(id, finds, names, mistakes));
        providers.ids().stream()
                .filter(id -> !withFile.contains(id))
                .forEach(id ->
                        mistakes.add("provider." + id + ": there is no file routes/providers/" + id + ".camel.yaml"));
        return active;
    }

    /** A provider whose customers are looked up has both the route and the template. */
    private static void checkLookUp(
            String id, Function<String, Optional<Boolean>> finds, RouteNames names, List<String> mistakes) {
        Optional<Boolean> template = finds.apply(id);
        Optional<Boolean> route = names.finds(id);
        if (template.isEmpty() || route.isEmpty() || template.equals(route)) {
            return;
        }
        mistakes.add(
                template.get()
                        ? "routes/providers/" + id + ".camel.yaml: no route begins with direct:" + id
                                + "-find, which mappings/" + id + "/find.jslt is there for"
                        : "mappings/" + id + "/find.jslt: the file is missing, and direct:" + id + "-find is there");
    }

    /** Tells each missing property once, where it is first needed; the URLs are told with the other settings. */
    private void checkPlaceholders(
            Resource file, String provider, String text, Set<String> missing, List<String> mistakes) {
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            Matcher found = PLACEHOLDER.matcher(lines[i]);
            while (found.find()) {
                String place = place(file) + ":" + (i + 1) + ":" + (found.start() + 1);
                mistakeIn(Placeholder.of(found), provider, missing)
                        .ifPresent(mistake -> mistakes.add(place + ": " + mistake));
            }
        }
    }

    private Optional<String> mistakeIn(Placeholder placeholder, String provider, Set<String> missing) {
        String property = placeholder.property();
        boolean isTemplateParameter = provider == null && property.indexOf('.') < 0;
        if (isTemplateParameter) {
            return Optional.empty();
        }
        String value = config.getOptionalValue(property, String.class).orElse("");
        Matcher owner = OF_PROVIDER.matcher(property);
        if (provider != null && owner.lookingAt() && !owner.group(1).equals(provider)) {
            return Optional.of(RouteCheck.ofAnother(property, owner.group(1), provider));
        }
        if (value.isBlank() && !placeholder.optional()) {
            return missing.add(property) ? Optional.of(absent(property)) : Optional.empty();
        }
        if (value.contains("{{") || value.contains("}}")) {
            return Optional.of(
                    "the property " + property + " has '{{' or '}}' in it, which Camel takes for another property");
        }
        if (placeholder.late() && JSON_SPECIAL.matcher(value).find()) {
            return Optional.of(
                    "the property " + property + " has a quotation mark, a backslash or a control character in it");
        }
        return Optional.empty();
    }

    private String absent(String property) {
        String written = config.getConfigValue(property).getRawValue();
        return "the property " + property
                + (written != null && written.contains("${")
                        ? " has '${' in it, which stands for another property, and that is not set; where it is meant as it is, write '$${'"
                        : " is required and not set");
    }

    private void checkSyntax(Resource file, List<String> mistakes) {
        try {
            for (RoutesBuilder builder : PluginHelper.getRoutesLoader(context).findRoutesBuilders(file)) {
                ((RouteBuilder) builder).configure();
            }
        } catch (Exception e) {
            mistakes.add(Mistake.of(place(file), e));
        }
    }

    static String text(Resource file) {
        try (InputStream in = file.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("cannot read " + file.getLocation(), e);
        }
    }
}
