package io.herald.start;

import io.herald.start.Condition.Operation;
import io.herald.start.RoutePart.Block;
import io.herald.start.RoutePart.Going;
import io.herald.start.RoutePart.Step;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
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
    private static final Set<String> SENDS = Set.of(CallOrder.BYTES_TO_SEND, CallOrder.AUTHORIZE);

    private final String file;
    private final List<String> mistakes;
    private final Map<String, List<RoutePart>> routes = new HashMap<>();
    private final Deque<List<RoutePart>> open = new ArrayDeque<>();
    private Set<Step> createsWithoutKey = Set.of();
    private Set<Step> updatesWithoutName = Set.of();

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

    /** The next step of the route is this method of the bean {@code delivery}, or one that {@link RoutePart} names. */
    void step(String name, String place) {
        add(new Step(name, place));
    }

    /** The next step of the route goes to {@code direct:} and this name. */
    void goesOnAt(String name, String place) {
        add(new Going(name, place));
    }

    /** What comes until {@link #blockEnds} is below this key. */
    void blockBegins(String key, Condition condition) {
        List<RoutePart> parts = new ArrayList<>();
        add(new Block(key, condition, parts));
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
        routes.keySet().forEach(this::mustEnd);
        steps(provider + RouteNames.LOG_IN)
                .filter(step -> step.name().equals(CallOrder.AUTHORIZE))
                .forEach(step -> mistake(step, "a log-in that waits for a token waits for itself"));
        String request = provider + "-request";
        if (takes(request, FIND_LINK, MAP)) {
            areInOrder(request, FIND_LINK, MAP);
            mustSendNothing(request);
        }
        String call = provider + "-call";
        if (takes(call, CallOrder.BYTES_TO_SEND, CallOrder.READ_ANSWER)) {
            checkCalls(request, call);
        }
        String find = provider + RouteNames.FIND;
        if (has(find) && takes(find, BEGIN_LOOK_UP, READ_FOUND, SETTLE_FOUND)) {
            areInOrder(find, BEGIN_LOOK_UP, RoutePart.CALL, READ_FOUND, SETTLE_FOUND);
        }
    }

    private void checkCalls(String request, String call) {
        Set<String> found = new LinkedHashSet<>();
        CallOrder create = new CallOrder(file, routes, Operation.CREATE, found);
        CallOrder update = new CallOrder(file, routes, Operation.UPDATE, found);
        create.check(request, call);
        update.check(request, call);
        mistakes.addAll(found);
        if (found.isEmpty() && create.further().size() > update.further().size()) {
            create.further().removeAll(update.further());
            create.further()
                    .forEach(further -> mistake(
                            further,
                            "a further call that only a create makes is left out when it has failed and is made later: the"
                                    + " customer is known by then"));
        }
        createsWithoutKey = create.withoutKey();
        updatesWithoutName = update.withoutName();
    }

    /** Where a create is sent without the idempotency key. */
    List<String> createsWithoutKey() {
        return createsWithoutKey.stream().map(Step::place).toList();
    }

    /** Where the path of an update is set to one that is the same for all customers. */
    List<String> updatesWithoutName() {
        return updatesWithoutName.stream().map(Step::place).toList();
    }

    private void mustEnd(String route) {
        RoutePart.all(route, routes).stream()
                .filter(part -> part instanceof Going going && going.route().equals(route))
                .forEach(part -> mistakes.add(
                        ((Going) part).place() + ": comes back to direct:" + route + ", and so on without end"));
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
            String name = step.isCall() ? RoutePart.CALL : step.name();
            int place = List.of(names).indexOf(name);
            if (place > 0 && !seen.contains(names[place - 1])) {
                mistake(step, "'" + names[place - 1] + "' has to come before '" + name + "'");
            }
            seen.add(name);
        });
    }

    private void mustSendNothing(String route) {
        steps(route)
                .filter(step -> step.isCall() || SENDS.contains(step.name()))
                .forEach(step -> mistake(
                        step,
                        "a preview takes this step too, and must send nothing: it belongs to the route that sends"));
    }

    private void mistake(Step step, String what) {
        mistakes.add(step.place() + ": " + what);
    }
}
