package io.herald.start;

import io.herald.start.Condition.Operation;
import io.herald.start.RoutePart.Block;
import io.herald.start.RoutePart.Going;
import io.herald.start.RoutePart.Step;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Follows one operation on all its ways through routes: through each choice by what is known of the operation, and both ways where
 * that is not known.
 *
 * @param <S> where a message may stand between two steps
 */
abstract class Walk<S> {

    /** A step that must not come where a message stands. */
    static final class WrongOrder extends Exception {

        private static final long serialVersionUID = 1;

        WrongOrder(Step step, String what) {
            super(step.place() + ": " + what, null, false, false);
        }
    }

    private final Map<String, List<RoutePart>> routes;
    private final Operation operation;
    private final Set<String> mistakes;

    /**
     * @param routes by the names that they begin with
     * @param mistakes takes what is wrong, with file, line and column; who goes wrong is not followed any further
     */
    Walk(Map<String, List<RoutePart>> routes, Operation operation, Set<String> mistakes) {
        this.routes = routes;
        this.operation = operation;
        this.mistakes = mistakes;
    }

    /** Where a message stands after a step. */
    abstract S after(Step step, S before) throws WrongOrder;

    /** Where one stands that is split off. */
    abstract S splitOff(S before);

    /**
     * Where the message stands that others were split off from.
     *
     * @param last where the last of these stands
     */
    abstract S joined(S before, S last);

    /** Where messages may stand when they have been through a route. */
    final Set<S> through(String route, Set<S> before) {
        return after(routes.getOrDefault(route, List.of()), before, Set.of(route));
    }

    /** @param from the routes that went there */
    private Set<S> after(List<RoutePart> parts, Set<S> before, Set<String> from) {
        Set<S> standings = before;
        for (RoutePart part : parts) {
            standings = after(part, standings, from);
        }
        return standings;
    }

    private Set<S> after(RoutePart part, Set<S> before, Set<String> from) {
        if (part instanceof Step step) {
            return after(step, before);
        }
        if (part instanceof Block block) {
            return after(block, before, from);
        }
        String route = ((Going) part).route();
        return from.contains(route)
                ? before
                : after(routes.getOrDefault(route, List.of()), before, RoutePart.and(from, route));
    }

    private Set<S> after(Step step, Set<S> before) {
        Set<S> after = new LinkedHashSet<>();
        for (S standing : before) {
            try {
                after.add(after(step, standing));
            } catch (WrongOrder e) {
                mistakes.add(e.getMessage());
            }
        }
        return after;
    }

    private Set<S> after(Block block, Set<S> before, Set<String> from) {
        return switch (block.key()) {
            case "choice" -> afterOneOf(block.parts(), before, from);
            case "loop" -> afterEachRound(block.parts(), before, from);
            case "split" -> afterEachSplit(block.parts(), before, from);
            default -> afterOneOf(List.of(block), before, from);
        };
    }

    private Set<S> afterOneOf(List<RoutePart> ways, Set<S> before, Set<String> from) {
        Set<S> after = new LinkedHashSet<>();
        for (RoutePart part : ways) {
            if (part instanceof Block way) {
                if (way.condition().takenBy().contains(operation)) {
                    after.addAll(after(way.parts(), before, from));
                }
                if (!way.condition().leftBy().contains(operation)) {
                    return after;
                }
            }
        }
        return all(before, after);
    }

    private Set<S> afterEachRound(List<RoutePart> parts, Set<S> before, Set<String> from) {
        Set<S> after = before;
        Set<S> more = all(before, after(parts, before, from));
        while (more.size() > after.size()) {
            after = more;
            more = all(after, after(parts, after, from));
        }
        return after;
    }

    private Set<S> afterEachSplit(List<RoutePart> parts, Set<S> before, Set<String> from) {
        Set<S> after = new LinkedHashSet<>(before);
        for (S whole : before) {
            Set<S> rounds = Set.of(whole);
            Set<S> more = rounds;
            do {
                rounds = more;
                more = new LinkedHashSet<>(rounds);
                for (S earlier : rounds) {
                    for (S last : after(parts, Set.of(splitOff(earlier)), from)) {
                        more.add(joined(whole, last));
                    }
                }
            } while (more.size() > rounds.size());
            after.addAll(rounds);
        }
        return after;
    }

    private static <S> Set<S> all(Set<S> some, Set<S> others) {
        Set<S> all = new LinkedHashSet<>(some);
        all.addAll(others);
        return all;
    }
}
