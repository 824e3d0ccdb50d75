package io.herald.start;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Checks in which order the routes of a provider take the steps of the bean {@code delivery} and call the provider, as they go
 * from one to the next. In another order a request would count as answered that was never sent, a preview would send
 * something, or the failure of one call be taken for that of another.
 */
final class StepOrder {

    private static final String CALL = "to";
    private static final String BYTES_TO_SEND = "bytesToSend";
    private static final String READ_ANSWER = "readAnswer";
    private static final String MUST_BE_IN_HAND = "mustBeInHand";
    private static final String READ_FURTHER_ANSWER = "readFurtherAnswer";

    /** One of several ways, of which a message takes one. */
    private static final String WAY = "when";

    /** What comes after a call: its answer is read, or it was a call before the customer's. */
    private static final Set<String> READS_OR_BEGINS = Set.of(READ_ANSWER, READ_FURTHER_ANSWER, BYTES_TO_SEND);

    /** What a preview must not do. */
    private static final Set<String> SENDS = Set.of(CALL, BYTES_TO_SEND, "authorize");

    /** @param goesOnAt the name of another route, after {@code direct:}; null for any other step */
    private record Step(String name, String goesOnAt, String place) {}

    private final List<String> mistakes;
    private final Map<String, List<Step>> routes = new LinkedHashMap<>();
    private List<Step> route = new ArrayList<>();

    /** @param mistakes takes what is wrong, with file, line and column */
    StepOrder(List<String> mistakes) {
        this.mistakes = mistakes;
    }

    /** A route begins with {@code direct:} and this name. */
    void begins(String name) {
        route = routes.computeIfAbsent(name, first -> new ArrayList<>());
    }

    /** The next step of the route is this method of the bean {@code delivery}. */
    void step(String method, String place) {
        route.add(new Step(method, null, place));
    }

    /** The next step of the route calls the provider. */
    void call(String place) {
        step(CALL, place);
    }

    /** The next step of the route goes to {@code direct:} and this name. */
    void goesOnAt(String name, String place) {
        route.add(new Step(CALL, name, place));
    }

    /** One of several ways begins. */
    void way(String place) {
        step(WAY, place);
    }

    /** To be called when the whole file was read. */
    void check(String provider) {
        checkRequest(steps(provider + "-request"));
        checkCall(steps(provider + "-call"));
        checkLookUp(steps(provider + RouteNames.FIND));
    }

    /** All steps from the beginning of a route on, those of the routes that it goes to among them. */
    private List<Step> steps(String beginning) {
        return steps(beginning, Set.of()).toList();
    }

    private Stream<Step> steps(String beginning, Set<String> from) {
        if (from.contains(beginning)) {
            return Stream.empty();
        }
        Set<String> until = new HashSet<>(from);
        until.add(beginning);
        return routes.getOrDefault(beginning, List.of()).stream()
                .flatMap(step -> step.goesOnAt() == null ? Stream.of(step) : steps(step.goesOnAt(), until));
    }

    private void checkRequest(List<Step> steps) {
        inOrder(steps, "findLink", "map");
        steps.stream()
                .filter(step -> SENDS.contains(step.name()))
                .forEach(step -> mistake(
                        step,
                        "a preview takes this step too, and must send nothing: it belongs to the route that sends"));
    }

    private void checkLookUp(List<Step> steps) {
        inOrder(steps, "beginLookUp", CALL, "readFound", "settleFound");
    }

    /** Each step is there for the first time only after the one before it was. */
    private void inOrder(List<Step> steps, String... names) {
        Set<String> seen = new HashSet<>();
        for (Step step : steps) {
            int place = List.of(names).indexOf(step.name());
            if (place > 0 && !seen.contains(names[place - 1])) {
                mistake(step, "'" + names[place - 1] + "' has to come before '" + step.name() + "'");
            }
            seen.add(step.name());
        }
    }

    /** A call before {@code bytesToSend} opens something, such as a session; the one after it sends the customer. */
    private void checkCall(List<Step> steps) {
        inOrder(steps, BYTES_TO_SEND, READ_ANSWER, READ_FURTHER_ANSWER);
        for (int i = 0; i < steps.size(); i++) {
            List<Step> before = steps.subList(0, i);
            switch (steps.get(i).name()) {
                case READ_ANSWER -> isOfACall(steps.get(i), before);
                case CALL -> isRead(steps.get(i), before, steps.subList(i + 1, steps.size()));
                default -> {}
            }
        }
    }

    private void isOfACall(Step read, List<Step> before) {
        if (lastOf(before, CALL) < lastOf(before, BYTES_TO_SEND)) {
            mistake(read, "nothing is called between '" + BYTES_TO_SEND + "' and '" + READ_ANSWER + "'");
        }
    }

    private void isRead(Step call, List<Step> before, List<Step> after) {
        String next = after.stream()
                .map(Step::name)
                .filter(READS_OR_BEGINS::contains)
                .findFirst()
                .orElse("");
        int answered = lastOf(before, READ_ANSWER);
        boolean isFurther = answered > lastOf(before, BYTES_TO_SEND)
                && !next.equals(BYTES_TO_SEND)
                && !(next.equals(READ_ANSWER) && lastOf(before, WAY) > answered);
        if (isFurther && lastOf(before, MUST_BE_IN_HAND) < Math.max(answered, lastOf(before, CALL))) {
            mistake(call, "a further call needs '" + MUST_BE_IN_HAND + "' before it");
        } else if (isFurther && !next.equals(READ_FURTHER_ANSWER)) {
            mistake(call, "a further call needs '" + READ_FURTHER_ANSWER + "' after it");
        } else if (next.isEmpty()) {
            mistake(call, "nothing reads what this call is answered");
        }
    }

    private static int lastOf(List<Step> steps, String name) {
        return steps.stream().map(Step::name).toList().lastIndexOf(name);
    }

    private void mistake(Step step, String what) {
        mistakes.add(step.place() + ": " + what);
    }
}
