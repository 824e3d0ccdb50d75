package io.herald.start;

import io.herald.provider.Providers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
    private static final Pattern PLACEHOLDER =
            Pattern.compile("\\{\\{\\??([A-Za-z0-9._-]+)(:[^}]*)?}}|\\$\\{properties:([A-Za-z0-9._-]+)(:[^}]*)?}");
    private static final Pattern JSON_SPECIAL = Pattern.compile("[\"\\\\\\p{Cntrl}]");

    private final CamelContext context;
    private final Config config;
    private final Providers providers;

    RouteFiles(CamelContext context, Config config, Providers providers) {
        this.context = context;
        this.config = config;
        this.providers = providers;
    }

    /**
     * Reads every file.
     *
     * @param mistakes takes what is wrong, with file, line and column
     * @return the files to load: all but those of disabled providers
     */
    List<Resource> check(List<Resource> files, List<String> mistakes) {
        List<Resource> active = new ArrayList<>();
        List<String> withFile = new ArrayList<>();
        for (Resource file : files) {
            Matcher provider = PROVIDER_FILE.matcher(file.getLocation().replace('\\', '/'));
            if (provider.find()) {
                withFile.add(provider.group(1));
                if (!providers.isEnabled(provider.group(1))) {
                    if (!providers.isKnown(provider.group(1))) {
                        mistakes.add(file.getLocation() + ": there is no property provider." + provider.group(1)
                                + ".url; set it, or set provider." + provider.group(1) + ".enabled=false");
                    }
                    continue;
                }
            }
            active.add(file);
            checkPlaceholders(file, mistakes);
            checkSyntax(file, mistakes);
        }
        providers.ids().stream()
                .filter(id -> !withFile.contains(id))
                .forEach(id ->
                        mistakes.add("provider." + id + ": there is no file routes/providers/" + id + ".camel.yaml"));
        return active;
    }

    private void checkPlaceholders(Resource file, List<String> mistakes) {
        String[] lines = text(file).split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            Matcher placeholder = PLACEHOLDER.matcher(lines[i]);
            while (placeholder.find()) {
                boolean late = placeholder.group(3) != null;
                String property = placeholder.group(late ? 3 : 1);
                boolean optional = placeholder.group(late ? 4 : 2) != null;
                String value = config.getOptionalValue(property, String.class).orElse("");
                String place = file.getLocation() + ":" + (i + 1) + ":" + (placeholder.start() + 1);
                if (value.isBlank() && !optional) {
                    mistakes.add(place + ": the property " + property + " is required and not set");
                } else if (late && JSON_SPECIAL.matcher(value).find()) {
                    mistakes.add(place + ": the property " + property
                            + " has a quotation mark, a backslash or a control character in it");
                }
            }
        }
    }

    private void checkSyntax(Resource file, List<String> mistakes) {
        try {
            for (RoutesBuilder builder : PluginHelper.getRoutesLoader(context).findRoutesBuilders(file)) {
                ((RouteBuilder) builder).configure();
            }
        } catch (Exception e) {
            mistakes.add(Mistake.of(file.getLocation(), e));
        }
    }

    private static String text(Resource file) {
        try (InputStream in = file.getInputStream()) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("cannot read " + file.getLocation(), e);
        }
    }
}
