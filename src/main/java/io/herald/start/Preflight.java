package io.herald.start;

import io.herald.caller.Callers;
import io.herald.canonical.CanonicalReader;
import io.herald.file.Inbox;
import io.herald.file.Partner;
import io.herald.ledger.Dialect;
import io.herald.ledger.PayloadCipher;
import io.herald.ledger.ProviderUrls;
import io.herald.mapping.Mappings;
import io.herald.provider.Providers;
import io.herald.schema.SchemaCheck;
import io.herald.schema.SchemaException;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.PreventFurtherStepsException;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.SmallRyeConfig;
import jakarta.enterprise.inject.Instance;
import jakarta.enterprise.inject.Produces;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.inject.Singleton;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
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
    private final Instance<ProviderUrls> urls;
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
            Instance<ProviderUrls> urls,
            @ConfigProperty(name = "herald.payload-key") Optional<String> payloadKey,
            @ConfigProperty(name = "herald.ledger", defaultValue = "embedded") String ledger,
            @ConfigProperty(name = "quarkus.datasource.postgresql.jdbc.url") Optional<String> postgresql,
            @ConfigProperty(name = "herald.replica.lease", defaultValue = "15s") Duration lease,
            @ConfigProperty(name = "herald.body.max", defaultValue = "64M") MemorySize bodyMax,
            @ConfigProperty(name = "herald.wait.max", defaultValue = "30s") Duration waitMax,
            @ConfigProperty(name = "quarkus.http.idle-timeout") Duration idleTimeout,
            @ConfigProperty(name = "herald.check", defaultValue = "false") boolean checkOnly) {
        // JSLT's uppercase and lowercase follow it, and in a Turkish one make another letter of an i
        Locale.setDefault(Locale.ROOT);
        this.providers = providers;
        this.urls = urls;
        this.checkOnly = checkOnly;
        checkProfile(config.unwrap(SmallRyeConfig.class).getProfiles());
        mistakes.addAll(providers.mistakes());
        mistakes.addAll(callers.mistakes());
        mistakes.addAll(PropertyLines.mistakes(config));
        PropertyBounds.check(config, providers, mistakes);
        cipher = PayloadKeys.cipher(payloadKey, mistakes);
        checkLedger(ledger, postgresql);
        checkLease(ledger, lease, providers);
        checkIdleTimeout(idleTimeout, waitMax);
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
                .check(routeFiles, id -> bundle.hasMappingFile(id + "/find.jslt"), mappings::mayHave, mistakes);
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
            checkUrls();
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

    /** Else an update would go to whoever has at another system the id that a customer has at this one. */
    private void checkUrls() {
        List<ProviderUrls.Place> places = providers.ids().stream()
                .map(id -> new ProviderUrls.Place(
                        id,
                        providers.of(id).url().orElseThrow(),
                        providers.of(id).movedFrom()))
                .toList();
        List<String> moved = new ArrayList<>();
        urls.get()
                .keep(places)
                .forEach((id, before) -> moved.add("provider." + id
                        + ".url: the ledger has ids and messages for " + before
                        + ", or another Herald that runs has it. Where that is the same system at its old address, set provider."
                        + id + ".moved-from to that; another system needs another ledger, see docs/deploy.md"));
        refuse(moved);
        urls.get()
                .unknown(providers::isKnown)
                .forEach(id -> LOG.warnf(
                        "The ledger has the ids of customers at %s, which is no provider: under another name each is created a"
                                + " second time, see docs/deploy.md",
                        id));
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

    private void checkLedger(String ledger, Optional<String> postgresql) {
        Optional<Dialect> dialect = Dialect.named(ledger);
        if (dialect.isEmpty()) {
            mistakes.add("herald.ledger: must be embedded or postgresql");
        } else if (dialect.get() == Dialect.POSTGRESQL && postgresql.isEmpty()) {
            mistakes.add("quarkus.datasource.postgresql.jdbc.url: required with herald.ledger=postgresql, and not set");
        }
    }

    /** Else a call of a replica that lost its database may still be under way when another one takes its work over. */
    private void checkLease(String ledger, Duration lease, Providers providers) {
        if (Dialect.named(ledger).filter(Dialect.POSTGRESQL::equals).isEmpty()) {
            return;
        }
        for (String id : providers.ids()) {
            if (providers.of(id).requestTimeout().multipliedBy(3).compareTo(lease.multipliedBy(2)) > 0) {
                mistakes.add("herald.replica.lease: must be at least one and a half times provider." + id
                        + ".request-timeout, which is "
                        + providers.of(id).requestTimeout().toMillis() + " ms");
            }
        }
    }

    /** Else who waits for a report, and sends nothing meanwhile, is cut off. */
    private void checkIdleTimeout(Duration idleTimeout, Duration waitMax) {
        if (idleTimeout.compareTo(waitMax) <= 0) {
            mistakes.add("quarkus.http.idle-timeout: must be longer than herald.wait.max, which is "
                    + waitMax.toMillis() + " ms");
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
