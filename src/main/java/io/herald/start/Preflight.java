package io.herald.start;

import io.herald.caller.Callers;
import io.herald.canonical.CanonicalReader;
import io.herald.file.Inbox;
import io.herald.file.Partner;
import io.herald.ledger.PayloadCipher;
import io.herald.mapping.Mappings;
import io.herald.provider.Providers;
import io.herald.schema.SchemaCheck;
import io.herald.schema.SchemaException;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.PreventFurtherStepsException;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.SmallRyeConfig;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Singleton;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Checks at start all that an integration team edits: properties, routes, templates and schemas. A mistake stops the
 * start, and all of them are told at once.
 */
@Singleton
public final class Preflight {

    private static final Logger LOG = Logger.getLogger(Preflight.class);

    /** In these the providers are the sandbox, and the payload key stands in {@code application.properties}. */
    private static final Set<String> OF_DEVELOPMENT = Set.of("dev", "test");

    private static final String CANONICAL_SCHEMA = "canonical/customer.schema.json";

    private final List<String> mistakes = new ArrayList<>();
    private final List<Resource> routes;
    private final boolean checkOnly;
    private final Providers providers;
    private final MovedProviders movedProviders;
    private final Mappings mappings;
    private final CanonicalReader reader;
    private final PayloadCipher cipher;

    public Preflight(
            Bundle bundle,
            Providers providers,
            Callers callers,
            CamelContext context,
            Config config,
            BeanManager beanManager,
            Clock clock,
            Inbox inbox,
            Partner partner,
            PropertyPairs pairs,
            MovedProviders movedProviders,
            @ConfigProperty(name = "herald.payload-key") Optional<String> payloadKey,
            @ConfigProperty(name = "herald.body.max", defaultValue = "64M") MemorySize bodyMax,
            @ConfigProperty(name = "herald.check", defaultValue = "false") boolean checkOnly) {
        // JSLT's uppercase and lowercase follow it, and in a Turkish one make another letter of an i
        Locale.setDefault(Locale.ROOT);
        this.providers = providers;
        this.movedProviders = movedProviders;
        this.checkOnly = checkOnly;
        checkProfile(config.unwrap(SmallRyeConfig.class).getProfiles());
        mistakes.addAll(providers.mistakes());
        mistakes.addAll(callers.mistakes());
        mistakes.addAll(PropertyLines.mistakes(config));
        PropertyBounds.check(config, providers, mistakes);
        cipher = PayloadKeys.cipher(payloadKey, mistakes);
        mistakes.addAll(pairs.mistakes());
        mistakes.addAll(inbox.mistakes());
        mistakes.addAll(partner.mistakes());
        mistakes.addAll(bundle.mistakes());
        List<Resource> routeFiles = bundle.routeFiles(context);
        PropertyNames names = new PropertyNames(config.unwrap(SmallRyeConfig.class), providers, routeFiles);
        mistakes.addAll(names.mistakes());
        names.warnings().forEach(LOG::warn);
        List<String> inMappings = new ArrayList<>();
        mappings = Mappings.load(bundle::mappingFile, providers.ids(), clock, inMappings);
        inMappings.forEach(mistake -> mistakes.add(bundle.placeOf(mistake)));
        Beans beans = new Beans(
                name -> beanManager.getBeans(name).stream()
                        .map(Bean::getBeanClass)
                        .collect(Collectors.toSet()),
                bound(providers.ids()));
        routes = new RouteFiles(context, config, providers, partner, beans)
                .check(routeFiles, id -> bundle.hasMappingFile(id + "/find.jslt"), mappings, mistakes);
        reader = reader(bundle, (int) Math.min(bodyMax.asLongValue(), Integer.MAX_VALUE), clock, mistakes);
    }

    /**
     * The route files to load.
     *
     * @throws PreventFurtherStepsException if anything is wrong, in a route file, in the ledger or elsewhere; its message, all mistakes a
     *     line each, is what Quarkus prints. And where nothing but the check was asked for, {@code herald.check}: then no
     *     ledger was opened, nothing listens, and the program ends with 0
     */
    List<Resource> routes() {
        refuse(mistakes);
        if (checkOnly) {
            throw new PreventFurtherStepsException(
                    "Herald would start: " + routes.size() + " route files, for " + String.join(", ", providers.ids()),
                    0);
        }
        if (!LaunchMode.current().isDevOrTest()) {
            refuse(movedProviders.keepUrls());
            movedProviders.warnings().forEach(LOG::warn);
        }
        return routes;
    }

    private static void refuse(List<String> mistakes) {
        if (!mistakes.isEmpty()) {
            String count = mistakes.size() == 1 ? "1 mistake" : mistakes.size() + " mistakes";
            throw new PreventFurtherStepsException(
                    "Herald does not start, " + count + ":\n  " + String.join("\n  ", mistakes), 1);
        }
    }

    /** The names that are bound for each provider. */
    static Set<String> bound(List<String> providers) {
        return providers.stream()
                .flatMap(id -> Stream.of(id + "-lanes", id + "-http"))
                .collect(Collectors.toSet());
    }

    @Produces
    @Singleton
    Mappings mappings() {
        return mappings;
    }

    @Produces
    @Singleton
    CanonicalReader reader() {
        return reader;
    }

    @Produces
    @Singleton
    PayloadCipher cipher() {
        return cipher;
    }

    private void checkProfile(List<String> profiles) {
        if (LaunchMode.current().isDevOrTest()) {
            return;
        }
        for (String profile : profiles) {
            if (OF_DEVELOPMENT.contains(profile)) {
                mistakes.add(
                        "quarkus.profile: " + profile
                                + " is of development, where the providers are the sandbox; a packaged Herald needs another one");
            }
        }
    }

    private static CanonicalReader reader(Bundle bundle, int maxBytes, Clock clock, List<String> mistakes) {
        try {
            Optional<String> schema = bundle.mappingFile(CANONICAL_SCHEMA);
            if (schema.isEmpty()) {
                mistakes.add(bundle.placeOf("mappings/" + CANONICAL_SCHEMA + ": the file is missing"));
                return null;
            }
            return new CanonicalReader(
                    SchemaCheck.compile("mappings/" + CANONICAL_SCHEMA, schema.get(), clock), maxBytes, clock);
        } catch (SchemaException e) {
            e.mistakes().forEach(mistake -> mistakes.add(bundle.placeOf(mistake)));
            return null;
        } catch (UncheckedIOException unreadable) {
            mistakes.add(bundle.placeOf(unreadable.getMessage()));
            return null;
        }
    }
}
