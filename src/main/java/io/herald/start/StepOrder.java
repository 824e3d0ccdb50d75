package io.herald.start;

import static io.herald.start.RoutePart.CALL;

import io.herald.start.RoutePart.Block;
import io.herald.start.RoutePart.Going;
import io.herald.start.RoutePart.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Checks that the routes of a provider, and those that they go to, have their steps of the bean {@code delivery}, and in which
 * order they take them and call the provider. In another route or order a request would count as answered that was never sent,
 * a customer be made without its look-up, a preview send something, or the failure of one call be taken for that of another.
 */
final class StepOrder {

    private static final String FIND_LINK = "findLink";
    private static final String MAP = "map";
    private static final String BEGIN_LOOK_UP = "beginLookUp";
    private static final String READ_FOUND = "readFound";
    private static final String SETTLE_FOUND = "settleFound";

    /** What a preview must not do. */
    private static final Set<String> SENDS = Set.of(CALL, CallOrder.BYTES_TO_SEND, "authorize");

    private final String file;
    private final List<String> mistakes;
    private final Map<String, List<RoutePart>> routes = new HashMap<>();
    private final Deque<List<RoutePart>> open = new ArrayDeque<>();

    /**
     * @param file its path
     * @param mistakes takes what is wrong, with file, line and column
     */
    StepOrder(String file, List<String> mistakes) {
        this.file = file;
        this.mistakes = mistakes;
        begins("");
    }

    /** A route begins with {@code direct:} and this name; without one if it begins with something else. */
    void begins(String name) {
        open.clear();
        open.push(routes.computeIfAbsent(name, first -> new ArrayList<>()));
    }

    /** The next step of the route is this method of the bean {@code delivery}. */
    void step(String method, String place) {
        add(new Step(method, place));
    }

    /** The next step of the route calls the provider. */
    void call(String place) {
        step(CALL, place);
    }

    /** The next step of the route goes to {@code direct:} and this name. */
    void goesOnAt(String name) {
        add(new Going(name));
    }

    /** What comes until {@link #blockEnds} is below this key. */
    void blockBegins(String key) {
        List<RoutePart> parts = new ArrayList<>();
        add(new Block(key, parts));
        open.push(parts);
    }

    void blockEnds() {
        open.pop();
    }

    private void add(RoutePart part) {
        open.element().add(part);
    }

    /** Whether a route begins with {@code direct:} and this name. */
    boolean has(String route) {
        return routes.containsKey(route);
    }

    /** To be called when the whole file was read. */
    void check(String provider) {
        String request = provider + "-request";
        if (takes(request, FIND_LINK, MAP)) {
            areInOrder(request, FIND_LINK, MAP);
            mustSendNothing(request);
        }
        String call = provider + "-call";
        if (takes(call, CallOrder.BYTES_TO_SEND, CallOrder.READ_ANSWER)) {
            mistakes.addAll(new CallOrder(routes).mistakes(call));
        }
        String find = provider + RouteNames.FIND;
        if (has(find) && takes(find, BEGIN_LOOK_UP, READ_FOUND, SETTLE_FOUND)) {
            areInOrder(find, BEGIN_LOOK_UP, CALL, READ_FOUND, SETTLE_FOUND);
        }
    }

    /** Whether a route takes all these steps; tells those that it lacks, unless it goes to a route of another file. */
    private boolean takes(String route, String... methods) {
        if (RoutePart.all(route, routes).stream()
                .anyMatch(part -> part instanceof Going going && !has(going.route()))) {
            return false;
        }
        Set<String> there = steps(route).map(Step::name).collect(Collectors.toSet());
        List<String> missing =
                Stream.of(methods).filter(method -> !there.contains(method)).toList();
        missing.forEach(method -> mistakes.add(
                file + ": no step of " + route + " is the method '" + method + "' of the bean 'delivery'"));
        return missing.isEmpty();
    }

    private Stream<Step> steps(String route) {
        return RoutePart.all(route, routes).stream()
                .filter(Step.class::isInstance)
                .map(Step.class::cast);
    }

    /** Each step is there for the first time only after the one before it was. */
    private void areInOrder(String route, String... names) {
        Set<String> seen = new HashSet<>();
        steps(route).forEach(step -> {
            int place = List.of(names).indexOf(step.name());
            if (place > 0 && !seen.contains(names[place - 1])) {
                mistake(step, "'" + names[place - 1] + "' has to come before '" + step.name() + "'");
            }
            seen.add(step.name());
        });
    }

    private void mustSendNothing(String route) {
        steps(route)
                .filter(step -> SENDS.contains(step.name()))
                .forEach(step -> mistake(
                        step,
                        "a preview takes this step too, and must send nothing: it belongs to the route that sends"));
    }

    private void mistake(Step step, String what) {
        mistakes.add(step.place() + ": " + what);
    }
}
