package io.herald.start;

import io.herald.provider.Providers;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.Expressions;
import io.smallrye.config.SmallRyeConfig;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.camel.spi.Resource;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Finds the settings that nothing reads, as a rule because their names are misspelt. In a file that is a mistake. Of the
 * environment it is only told, because it has settings of other programs too; what is packaged cannot be edited where Herald
 * runs.
 */
final class PropertyNames {

    static final List<String> OF_HERALD = List.of(
            "herald.answer.max",
            "herald.body.deadline",
            "herald.body.max",
            "herald.caller.rate",
            "herald.check",
            "herald.client-certificate",
            "herald.data-directory",
            "herald.idempotency.retention",
            "herald.in-flight.max",
            "herald.in-flight.max-bytes",
            "herald.ledger",
            "herald.mappings",
            "herald.park.poll",
            "herald.payload-key",
            "herald.replica.lease",
            "herald.retention",
            "herald.routes",
            "herald.sandbox.port",
            "herald.shutdown.timeout",
            "herald.token.margin",
            "herald.traces.endpoint",
            "herald.wait.default",
            "herald.wait.max",
            "intake.file.csv.delimiter",
            "intake.file.directory",
            "intake.file.max-expanded",
            "intake.file.max-line",
            "intake.file.parallel",
            "intake.file.poll",
            "intake.file.report.after",
            "intake.file.retention",
            "intake.sftp.known-hosts",
            "intake.sftp.password",
            "intake.sftp.poll",
            "intake.sftp.private-key",
            "intake.sftp.private-key-passphrase",
            "intake.sftp.url");

    /**
     * The settings of every provider, each below {@code provider.<id>.}; what one provider has besides, its route file
     * refers to.
     */
    static final List<String> OF_EVERY_PROVIDER = List.of(
            "breaker.delay",
            "breaker.failures",
            "breaker.window",
            "connect-timeout",
            "enabled",
            "find.settle",
            "idempotency-lifetime",
            "max-connections",
            "moved-from",
            "park.schedule",
            "rate",
            "request-timeout",
            "retry.attempts",
            "retry.budget",
            "retry.initial-delay",
            "retry.max-delay",
            "token-lifetime",
            "trace",
            "upsert",
            "url");

    private static final Set<String> ROOTS = Set.of("herald", "intake", "provider");

    /** At most this many letters may be wrong in a name that is taken for another one. */
    private static final int NEAR = 2;

    private static final Pattern OF_PROVIDER = Pattern.compile("provider\\.([^.]+)\\.(.+)");
    private static final Pattern GROUP = Pattern.compile("((?:provider\\.)?+[^.]+\\.[^.]+)\\..+");
    private static final Pattern IN_FILE =
            Pattern.compile("PropertiesConfigSource\\[source=file:(?://)?(.+)]((?::\\d+)?)");

    /** Of an element of a list, in the environment. */
    private static final Pattern INDEX = Pattern.compile("_\\d+_$");

    /** What Kubernetes tells of a service to each container of its namespace. */
    private static final Pattern OF_A_SERVICE = Pattern.compile(
            ".+_SERVICE_(?:HOST|PORT(?:_.+)?)|.+_PORT(?:_\\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?");

    /** A name that a route or another property refers to, or the beginning of a name that is put together from parts. */
    private static final Pattern REFERENCE =
            Pattern.compile("(?:\\{\\{[?!]?|\\$\\{(?:properties\\w*:!?)?)([A-Za-z0-9._-]+)(?=(\\{\\{|\\$\\{|))");

    private final SmallRyeConfig config;
    private final Providers providers;
    private final Set<String> withFile = new HashSet<>();
    private final Set<String> referredTo = new HashSet<>();
    private final Set<String> beginnings = new HashSet<>();

    /** @param routeFiles all of them, those of disabled providers too */
    PropertyNames(SmallRyeConfig config, Providers providers, List<Resource> routeFiles) {
        this.config = config;
        this.providers = providers;
        sources()
                .flatMap(source -> source.getProperties().values().stream())
                .filter(Objects::nonNull)
                .forEach(this::refer);
        routeFiles.stream().map(RouteFiles::text).forEach(this::refer);
        routeFiles.stream().map(RouteFiles::provider).filter(Objects::nonNull).forEach(withFile::add);
    }

    /** What is misspelt in files, each with its file and line. */
    List<String> mistakes() {
        return StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                .filter(name -> isOfHerald(root(name)))
                .filter(name -> !isKnown(name.replaceAll("\"|\\[\\d+]$", "")))
                .sorted()
                .flatMap(name -> place(name).stream()
                        .map(place -> place + ": there is no property " + name + "; the nearest is "
                                + nearest(name, known -> known)))
                .toList();
    }

    /** What is to be said of the variables of the environment that are named as Herald's are, and that nothing reads. */
    List<String> warnings() {
        return sources()
                .filter(EnvConfigSource.class::isInstance)
                .flatMap(source -> source.getPropertyNames().stream())
                .filter(this::isUnread)
                .sorted()
                .map(name -> "nothing reads the environment variable " + name + "; the nearest is "
                        + variable(nearest(name, PropertyNames::variable)))
                .toList();
    }

    private boolean isUnread(String variable) {
        String name = INDEX.matcher(variable).replaceFirst("");
        return ROOTS.stream().anyMatch(root -> name.startsWith(variable(root + ".")))
                && !OF_A_SERVICE.matcher(name).matches()
                && !referredTo.contains(name)
                && known().noneMatch(known -> name.equals(variable(known)))
                && beginnings.stream().noneMatch(beginning -> name.startsWith(variable(beginning)))
                && providers.disabledIds().stream().noneMatch(id -> name.startsWith(variable("provider." + id + ".")));
    }

    /** As MicroProfile Config writes a property in the environment. */
    private static String variable(String property) {
        return property.replaceAll("[^A-Za-z0-9*]", "_").toUpperCase(Locale.ROOT);
    }

    private Stream<ConfigSource> sources() {
        return StreamSupport.stream(config.getConfigSources().spliterator(), false);
    }

    private void refer(String text) {
        for (MatchResult found : REFERENCE.matcher(text).results().toList()) {
            (found.group(2).isEmpty() ? referredTo : beginnings).add(found.group(1));
        }
    }

    private boolean isKnown(String name) {
        if (OF_HERALD.contains(name)
                || referredTo.contains(name)
                || beginnings.stream().anyMatch(name::startsWith)) {
            return true;
        }
        Matcher own = OF_PROVIDER.matcher(name);
        if (!own.matches()) {
            return false;
        }
        return withFile.contains(own.group(1))
                ? OF_EVERY_PROVIDER.contains(own.group(2))
                : !isAnotherMeant(own.group(1));
    }

    /**
     * Whether the id of a provider without a route file is that of one with a file, misspelt. A disabled provider needs no
     * file: its id counts as misspelt only if nothing is set for it but that it is disabled.
     */
    private boolean isAnotherMeant(String id) {
        String prefix = "provider." + id + ".";
        boolean isOff = providers.isKnown(id) && !providers.isEnabled(id);
        long settings = sources()
                .flatMap(source -> source.getPropertyNames().stream())
                .filter(name -> name.startsWith(prefix))
                .count();
        return withFile.stream().anyMatch(other -> distance(id, other) <= NEAR) && (!isOff || settings == 1);
    }

    /** The file and the line that a property is set in; empty if it is not set in a file. */
    private Optional<String> place(String name) {
        String location =
                Expressions.withoutExpansion(() -> config.getConfigValue(name)).getLocation();
        return Optional.ofNullable(location)
                .map(IN_FILE::matcher)
                .filter(Matcher::matches)
                .map(file -> file.group(1) + file.group(2));
    }

    /**
     * The nearest of all known names, as these are written. What several of them begin with counts too, such as {@code
     * provider.xbridge.retry.*}.
     */
    private String nearest(String name, UnaryOperator<String> written) {
        return known().flatMap(known -> Stream.of(known, GROUP.matcher(known).replaceFirst("$1.*")))
                .sorted()
                .min(Comparator.comparingInt(known -> distance(name, written.apply(known.replace(".*", "")))))
                .orElseThrow();
    }

    private Stream<String> known() {
        Stream<String> ofProviders =
                withFile.stream().flatMap(id -> OF_EVERY_PROVIDER.stream().map(own -> "provider." + id + "." + own));
        Stream<String> ofRoutes = referredTo.stream().filter(known -> ROOTS.contains(root(known)));
        return Stream.of(OF_HERALD.stream(), ofProviders, ofRoutes).flatMap(known -> known);
    }

    private static boolean isOfHerald(String root) {
        return ROOTS.stream().anyMatch(known -> distance(known, root) <= NEAR);
    }

    private static String root(String name) {
        int end = name.indexOf('.');
        return end < 0 ? name : name.substring(0, end);
    }

    /** After Levenshtein: how many letters have to be added, left out or replaced to make one name into the other. */
    private static int distance(String one, String other) {
        int[] row = IntStream.rangeClosed(0, other.length()).toArray();
        for (int i = 0; i < one.length(); i++) {
            int diagonal = row[0];
            row[0] = i + 1;
            for (int j = 0; j < other.length(); j++) {
                int replaced = diagonal + (one.charAt(i) == other.charAt(j) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.min(replaced, Math.min(row[j], diagonal) + 1);
            }
        }
        return row[other.length()];
    }
}
