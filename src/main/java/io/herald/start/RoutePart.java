package io.herald.start;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A part of a provider's route, as far as the order of its steps goes. */
sealed interface RoutePart {

    /** The name of a step that calls the provider by the method which the headers say. */
    String CALL = "to";

    /** The name of one that calls it by a method of its own, and sends a body. */
    String CALL_WITH_BODY = "to, with a body";

    /** The name of one that sends none. */
    String CALL_WITHOUT_BODY = "to, without a body";

    /** The name of a step that removes all headers. */
    String CLEAR = "removeHeaders";

    /** The name of one that removes some. */
    String REMOVE = "removeHeader";

    /** The name of a step that makes a body. */
    String SET_BODY = "setBody";

    /** The name of one that makes it of the body that is there. */
    String WRAP_BODY = "setBody, of the body";

    /** The name of a step that sets the method of the customer's call. */
    String SET_METHOD = "method";

    /** The name of a step that sets its path to what is the same for all customers. */
    String SET_COMMON_PATH = "path";

    /** The name of one that sets it to what may be that of one customer. */
    String SET_PATH = "path of one";

    /** A call, a method of the bean {@code delivery}, or one of those above. */
    record Step(String name, String place) implements RoutePart {

        boolean isCall() {
            return Set.of(CALL, CALL_WITH_BODY, CALL_WITHOUT_BODY).contains(name);
        }
    }

    /** Goes to the route that begins with {@code direct:} and this name, and comes back. */
    record Going(String route, String place) implements RoutePart {}

    /**
     * What has steps below it.
     *
     * @param key such as {@code choice}, whose parts are its ways
     * @param condition who comes in
     */
    record Block(String key, Condition condition, List<RoutePart> parts) implements RoutePart {}

    /**
     * All parts of a route but its blocks, those of the routes that it goes to among them.
     *
     * @param routes by the names that they begin with
     */
    static List<RoutePart> all(String route, Map<String, List<RoutePart>> routes) {
        return below(routes.getOrDefault(route, List.of()), routes, Set.of(route))
                .toList();
    }

    private static Stream<RoutePart> below(
            List<RoutePart> parts, Map<String, List<RoutePart>> routes, Set<String> from) {
        return parts.stream().flatMap(part -> all(part, routes, from));
    }

    private static Stream<RoutePart> all(RoutePart part, Map<String, List<RoutePart>> routes, Set<String> from) {
        if (part instanceof Block block) {
            return below(block.parts(), routes, from);
        }
        if (part instanceof Going going && !from.contains(going.route())) {
            return Stream.concat(
                    Stream.of(part),
                    below(routes.getOrDefault(going.route(), List.of()), routes, and(from, going.route())));
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
