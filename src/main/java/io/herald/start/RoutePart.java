package io.herald.start;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A part of a provider's route, as far as the order of its steps goes. */
sealed interface RoutePart {

    /** The name of a step that calls the provider. */
    String CALL = "to";

    /** A call, or a method of the bean {@code delivery}. */
    record Step(String name, String place) implements RoutePart {}

    /** Goes to the route that begins with {@code direct:} and this name, and comes back. */
    record Going(String route) implements RoutePart {}

    /**
     * What has steps below it.
     *
     * @param key such as {@code choice}, whose parts are its ways
     */
    record Block(String key, List<RoutePart> parts) implements RoutePart {

        boolean is(String... keys) {
            return List.of(keys).contains(key);
        }
    }

    /**
     * All parts of a route but its blocks, those of the routes that it goes to among them.
     *
     * @param routes by the names that they begin with
     */
    static List<RoutePart> all(String route, Map<String, List<RoutePart>> routes) {
        return all(new Going(route), routes);
    }

    /** The same below a part. */
    static List<RoutePart> all(RoutePart part, Map<String, List<RoutePart>> routes) {
        return all(part, routes, Set.of()).toList();
    }

    private static Stream<RoutePart> all(RoutePart part, Map<String, List<RoutePart>> routes, Set<String> from) {
        if (part instanceof Block block) {
            return block.parts().stream().flatMap(below -> all(below, routes, from));
        }
        if (part instanceof Going going && !from.contains(going.route())) {
            Set<String> through = and(from, going.route());
            return Stream.concat(
                    Stream.of(part),
                    routes.getOrDefault(going.route(), List.of()).stream().flatMap(next -> all(next, routes, through)));
        }
        return Stream.of(part);
    }

    /** Those and one more. */
    static Set<String> and(Set<String> some, String more) {
        Set<String> all = new HashSet<>(some);
        all.add(more);
        return all;
    }
}
