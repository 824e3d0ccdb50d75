package io.herald.start;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What the route files define and what they name of each other, collected while they are read one by one, and held against
 * each other when all are.
 */
final class RouteNames {

    /** The template of the route for a delivery; each provider has a route that is made from it. */
    static final String DELIVER = "deliver";

    /** The template of the route that looks up and sends; each provider has a route that is made from it. */
    static final String SEND = "send";

    /** The parameter of both templates: the provider's id. */
    static final String PARAMETER = "id";

    private static final String ANY_PROVIDER = "{{" + PARAMETER + "}}";

    /** The end of the name of a look-up's route; only a provider whose customers are looked up has one. */
    static final String FIND = "-find";

    /** The end of the name of a log-in's route; only a provider that wants a log-in has one. */
    static final String LOG_IN = "-log-in";

    /** The ends of the names of a provider's routes that the templates and {@code authorize} go to. */
    static final List<String> GONE_TO = List.of("-request", "-call", FIND, LOG_IN);

    /** The configuration of all routes that name none. */
    static final String OTHERS = "*";

    private record Named(String name, String place) {}

    private final List<String> providers;
    private final List<String> mistakes;
    private final Map<String, String> routes = new LinkedHashMap<>();
    private final Map<String, String> beginnings = new LinkedHashMap<>();
    private final Set<String> configurations = new TreeSet<>();
    private final Set<String> templates = new TreeSet<>();
    private final List<Named> destinations = new ArrayList<>();
    private final List<Named> wantedConfigurations = new ArrayList<>();
    private final Map<String, ProviderFile> files = new LinkedHashMap<>();

    /** Whether all files so far could be read as YAML: if not, nobody knows what the others would have defined. */
    private boolean complete = true;

    /**
     * @param providers the ids of the providers that have routes
     * @param mistakes takes what is wrong, with file, line and column
     */
    RouteNames(List<String> providers, List<String> mistakes) {
        this.providers = providers;
        this.mistakes = mistakes;
    }

    /** A file could not be read. */
    void areIncomplete() {
        complete = false;
    }

    /** A route of a file has this id. */
    void route(String id, String place) {
        String earlier = routes.putIfAbsent(id, place);
        if (earlier != null) {
            mistakes.add(place + ": there is a route '" + id + "' already, in " + earlier);
        }
    }

    /** A route begins with {@code direct:} and this name. */
    void beginning(String name, String place) {
        ofEach(name).forEach(beginning -> {
            String earlier = beginnings.putIfAbsent(beginning, place);
            if (earlier != null) {
                mistakes.add(place + ": a route begins with direct:" + beginning + " already, in " + earlier);
            }
        });
    }

    /** A step goes to {@code direct:} and this name. The look-up that a template goes to is not there for each provider. */
    void destination(String name, String place) {
        if (!name.equals(ANY_PROVIDER + FIND)) {
            ofEach(name).forEach(destination -> destinations.add(new Named(destination, place)));
        }
    }

    /** There is a route configuration of this id. */
    void configuration(String id) {
        configurations.add(id);
    }

    /** A route goes by the route configuration of this id. */
    void wantsConfiguration(String id, String place) {
        wantedConfigurations.add(new Named(id, place));
    }

    /** There is a route template of this id. */
    void template(String id) {
        templates.add(id);
    }

    /** There is this file of a provider. */
    void file(ProviderFile file) {
        files.put(file.provider(), file);
    }

    /** The names that a name in a template stands for, one for each provider; any other name stands for itself. */
    Stream<String> ofEach(String name) {
        return name.contains(ANY_PROVIDER)
                ? providers.stream().map(id -> name.replace(ANY_PROVIDER, id))
                : Stream.of(name);
    }

    /** To be called after all files: checks the names that one file uses and another one defines. */
    void checkNames() {
        if (!complete) {
            return;
        }
        destinations.stream()
                .filter(destination -> !beginnings.containsKey(destination.name()))
                .forEach(destination ->
                        mistakes.add(destination.place() + ": no route begins with direct:" + destination.name()));
        wantedConfigurations.stream()
                .filter(wanted -> !configurations.contains(wanted.name()))
                .forEach(wanted ->
                        mistakes.add(wanted.place() + ": there is no routeConfiguration '" + wanted.name() + "'"));
        providers.stream()
                .flatMap(id -> Stream.of(id, id + "-" + SEND))
                .filter(routes::containsKey)
                .forEach(id -> mistakes.add(
                        routes.get(id) + ": the id '" + id + "' is that of a route which each provider has"));
        files.values().stream()
                .flatMap(file -> file.beginnings().stream())
                .filter(beginning -> !beginning.endsWith(FIND)
                        && destinations.stream()
                                .noneMatch(destination -> destination.name().equals(beginning)))
                .forEach(beginning -> mistakes.add(beginnings.get(beginning) + ": nothing goes to direct:" + beginning
                        + (beginning.endsWith(LOG_IN)
                                ? "; the method 'authorize' of the bean 'delivery' does, and puts the token on a call"
                                : "")));
        if (!configurations.contains(OTHERS)) {
            mistakes.add("routes/error-handlers.camel.yaml: there is no routeConfiguration '*'; without it a failure is"
                    + " neither tried again nor recorded");
        }
        Stream.of(DELIVER, SEND)
                .filter(template -> !templates.contains(template))
                .forEach(template -> mistakes.add("routes/customer.camel.yaml: there is no routeTemplate '" + template
                        + "', which each provider has a route of"));
    }

    /**
     * To be called after all files: checks the fields that are filled into paths and queries.
     *
     * @param mayHave whether a request to a provider may have a field
     */
    void checkFields(BiPredicate<String, String> mayHave) {
        files.values().forEach(file -> file.checkFields(mayHave));
    }

    /**
     * To be called after all files: checks that something keeps each provider from making two customers of a create that comes
     * again, and that only one thing does: a look-up, a key that it remembers, or that such a create is an update there. With a
     * look-up a key decides nothing, so it may be sent or not.
     *
     * @param isToBeLookedUp whether there should be a look-up, though its route may be missing
     * @param lifetime how long a provider remembers a key, if that is set
     * @param isUpsert whether a create that comes again is an update
     */
    void checkCreates(
            Predicate<String> isToBeLookedUp,
            Function<String, Optional<Duration>> lifetime,
            Predicate<String> isUpsert) {
        if (!complete) {
            return;
        }
        for (String id : providers) {
            boolean finds = beginnings.containsKey(id + FIND);
            Optional<Duration> remembered = lifetime.apply(id);
            if (isUpsert.test(id) && (finds || remembered.isPresent())) {
                mistakes.add("provider." + id + ".upsert: " + id + " has "
                        + (finds ? "a look-up" : "an idempotency-lifetime")
                        + ", which is for a provider that does not take a create that comes again for an update");
            } else if (!finds && !isToBeLookedUp.test(id)) {
                checkKey(id, remembered, isUpsert.test(id));
            }
        }
        files.forEach((id, file) -> file.placesOf("readFurtherAnswer").stream()
                .filter(place -> !isUpsert.test(id))
                .forEach(place -> mistakes.add(place
                        + ": a second call is only for a provider where a create that comes again is an update, provider."
                        + id + ".upsert=true: when it fails, both are sent again")));
    }

    /**
     * To be called after all files: checks that each update says whose it is.
     *
     * @param usesLink whether the template of a provider's request has its id of the customer
     * @param isUpsert whether a create that comes again is an update
     */
    void checkUpdates(Predicate<String> usesLink, Predicate<String> isUpsert) {
        files.forEach((id, file) -> file.updatesWithoutName().stream()
                .filter(place -> !usesLink.test(id) && !isUpsert.test(id))
                .forEach(place -> mistakes.add(place
                        + ": an update does not say which customer it is of: its path has no '{id}', and mappings/" + id
                        + "/request.jslt no '$link'")));
    }

    private void checkKey(String id, Optional<Duration> remembered, boolean isUpsert) {
        List<String> keys = files.get(id).placesOf("idempotencyKey");
        if (remembered.isEmpty() && !keys.isEmpty()) {
            mistakes.add(keys.get(keys.size() - 1) + ": how long the provider remembers the key is not set, provider."
                    + id
                    + ".idempotency-lifetime"
                    + (isUpsert ? "; where a create that comes again is an update, none is needed: leave it out" : ""));
        } else if (remembered.isEmpty() && !isUpsert) {
            mistakes.add("routes/providers/" + id
                    + ".camel.yaml: nothing keeps a create that comes again from making a second"
                    + " customer: set provider." + id + ".upsert=true where it is an update, provider." + id
                    + ".idempotency-lifetime where a key is honoured (0s where nothing can tell), or add the route "
                    + id
                    + FIND + " and find.jslt");
        } else if (remembered.filter(time -> !time.isZero()).isPresent() && keys.isEmpty()) {
            mistakes.add(
                    "provider." + id + ".idempotency-lifetime: routes/providers/" + id
                            + ".camel.yaml sends no idempotencyKey; a create that may have arrived would be sent again without one");
        } else if (remembered.filter(time -> !time.isZero()).isPresent()) {
            files.get(id)
                    .createsWithoutKey()
                    .forEach(place -> mistakes.add(place
                            + ": a create can come here without the header of 'idempotencyKey'; one that may have arrived would be"
                            + " sent again without it"));
        }
    }

    /** Whether a provider's customers are looked up; empty if a file could not be read, so that nobody knows. */
    Optional<Boolean> finds(String provider) {
        return complete ? Optional.of(beginnings.containsKey(provider + FIND)) : Optional.empty();
    }
}
