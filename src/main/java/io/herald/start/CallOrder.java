package io.herald.start;

import static io.herald.start.RoutePart.CALL;

import io.herald.start.RoutePart.Block;
import io.herald.start.RoutePart.Going;
import io.herald.start.RoutePart.Step;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks on each way through the route that sends a customer that its calls and the steps around them come in order: what
 * opens a session, {@code bytesToSend}, the call that sends the customer, {@code readAnswer}; and for each further call
 * {@code mustBeInHand} before it and {@code readFurtherAnswer} after it.
 */
final class CallOrder {

    static final String BYTES_TO_SEND = "bytesToSend";
    static final String READ_ANSWER = "readAnswer";
    private static final String MUST_BE_IN_HAND = "mustBeInHand";
    private static final String READ_FURTHER_ANSWER = "readFurtherAnswer";

    /** How far the customer is sent. */
    private enum Sent {
        NOT_BEGUN,
        BEGUN,
        CALLED,
        ANSWERED,
        CALLED_FURTHER
    }

    /**
     * Where a message may stand between two steps.
     *
     * @param inHand whether {@code mustBeInHand} was the last of these steps
     * @param call the call whose answer was not read; null if there is none
     */
    private record Standing(Sent sent, boolean inHand, Step call) {}

    /** A step that must not come where a message stands. */
    private static final class WrongOrder extends Exception {

        private static final long serialVersionUID = 1;

        WrongOrder(Step step, String what) {
            super(step.place() + ": " + what, null, false, false);
        }
    }

    private final Map<String, List<RoutePart>> routes;

    /** @param routes by the names that they begin with */
    CallOrder(Map<String, List<RoutePart>> routes) {
        this.routes = routes;
    }

    /** What is wrong in a route, with file, line and column. */
    Set<String> mistakes(String route) {
        Set<String> mistakes = new LinkedHashSet<>();
        Set<Standing> ends =
                after(List.of(new Going(route)), at(new Standing(Sent.NOT_BEGUN, false, null)), Set.of(), mistakes);
        for (Standing end : ends) {
            if (end.call() != null) {
                mistakes.add(end.call().place() + ": " + isNotRead(end));
            }
        }
        return mistakes;
    }

    /**
     * Where messages may stand after some parts.
     *
     * @param before where they may stand before
     * @param from the routes that went there
     * @param mistakes takes what is wrong; who goes wrong is not followed any further
     */
    private Set<Standing> after(List<RoutePart> parts, Set<Standing> before, Set<String> from, Set<String> mistakes) {
        Set<Standing> standings = before;
        for (RoutePart part : parts) {
            standings = after(part, standings, from, mistakes);
        }
        return standings;
    }

    private Set<Standing> after(RoutePart part, Set<Standing> before, Set<String> from, Set<String> mistakes) {
        if (part instanceof Step step) {
            return after(step, before, mistakes);
        }
        if (part instanceof Block block) {
            return after(block, before, from, mistakes);
        }
        String route = ((Going) part).route();
        return from.contains(route)
                ? before
                : after(routes.getOrDefault(route, List.of()), before, RoutePart.and(from, route), mistakes);
    }

    private static Set<Standing> after(Step step, Set<Standing> before, Set<String> mistakes) {
        Set<Standing> after = new LinkedHashSet<>();
        for (Standing standing : before) {
            try {
                after.add(after(step, standing));
            } catch (WrongOrder e) {
                mistakes.add(e.getMessage());
            }
        }
        return after;
    }

    private Set<Standing> after(Block block, Set<Standing> before, Set<String> from, Set<String> mistakes) {
        if (block.is("choice")) {
            return afterOneOf(block.parts(), before, from, mistakes);
        }
        if (block.is("when", "otherwise", "filter")) {
            mayBeOfAnUpdate(block, before, mistakes);
            Set<Standing> taken = afterWay(block.parts(), before, from, mistakes);
            return block.is("filter") ? all(before, taken) : taken;
        }
        if (block.is("loop", "split")) {
            return afterEachRound(block.parts(), before, from, mistakes);
        }
        return after(block.parts(), before, from, mistakes);
    }

    /** When it fails, and the delivery is taken up again later, the customer is known by then. */
    private void mayBeOfAnUpdate(Block way, Set<Standing> before, Set<String> mistakes) {
        boolean isOfACreate = way.parts().stream()
                .anyMatch(part -> part instanceof Step step && step.name().equals("isCreate"));
        if (isOfACreate && before.stream().allMatch(standing -> standing.sent() == Sent.ANSWERED)) {
            RoutePart.all(way, routes).stream()
                    .filter(part -> part instanceof Step step && step.name().equals(CALL))
                    .findFirst()
                    .ifPresent(call -> mistakes.add(((Step) call).place()
                            + ": a further call that only a create makes is left out when it has failed and is made later:"
                            + " the customer is known by then"));
        }
    }

    private Set<Standing> afterOneOf(
            List<RoutePart> ways, Set<Standing> before, Set<String> from, Set<String> mistakes) {
        boolean takesOne = ways.stream().anyMatch(way -> way instanceof Block block && block.is("otherwise"));
        Set<Standing> after = takesOne ? Set.of() : before;
        for (RoutePart way : ways) {
            if (way instanceof Block) {
                after = all(after, after(way, before, from, mistakes));
            }
        }
        return after;
    }

    /** What is asked before a way need not let everybody pass who may stand there: it is right if it is right for somebody. */
    private Set<Standing> afterWay(
            List<RoutePart> parts, Set<Standing> before, Set<String> from, Set<String> mistakes) {
        Set<Standing> after = new LinkedHashSet<>();
        Set<String> wrong = new LinkedHashSet<>();
        boolean isRight = before.isEmpty();
        for (Standing standing : before) {
            int earlier = wrong.size();
            Set<Standing> reached = after(parts, at(standing), from, wrong);
            if (wrong.size() == earlier) {
                isRight = true;
                after.addAll(reached);
            }
        }
        if (!isRight) {
            mistakes.addAll(wrong);
        }
        return after;
    }

    private Set<Standing> afterEachRound(
            List<RoutePart> parts, Set<Standing> before, Set<String> from, Set<String> mistakes) {
        Set<Standing> after = before;
        Set<Standing> more = all(before, after(parts, before, from, mistakes));
        while (more.size() > after.size()) {
            after = more;
            more = all(after, after(parts, after, from, mistakes));
        }
        return after;
    }

    private static Standing after(Step step, Standing before) throws WrongOrder {
        return switch (step.name()) {
            case CALL -> called(step, before);
            case BYTES_TO_SEND -> begun(step, before);
            case READ_ANSWER -> answered(step, before);
            case READ_FURTHER_ANSWER -> answeredFurther(step, before);
            case MUST_BE_IN_HAND -> new Standing(before.sent(), true, before.call());
            default -> before;
        };
    }

    /** Before {@code bytesToSend} it opens something, such as a session; the one after it sends the customer. */
    private static Standing called(Step call, Standing before) throws WrongOrder {
        switch (before.sent()) {
            case NOT_BEGUN -> {
                return before;
            }
            case BEGUN -> {
                return new Standing(Sent.CALLED, false, call);
            }
            case ANSWERED -> {
                if (!before.inHand()) {
                    throw new WrongOrder(call, "a further call needs '" + MUST_BE_IN_HAND + "' before it");
                }
                return new Standing(Sent.CALLED_FURTHER, false, call);
            }
            default -> {
                if (!before.inHand()) {
                    throw new WrongOrder(before.call(), isNotRead(before));
                }
                return new Standing(before.sent(), false, call);
            }
        }
    }

    private static Standing begun(Step step, Standing before) throws WrongOrder {
        if (before.sent() != Sent.NOT_BEGUN) {
            throw new WrongOrder(
                    step, "'" + BYTES_TO_SEND + "' is taken a second time, which would send the customer twice");
        }
        return new Standing(Sent.BEGUN, false, null);
    }

    private static Standing answered(Step step, Standing before) throws WrongOrder {
        return switch (before.sent()) {
            case NOT_BEGUN -> throw comesBefore(BYTES_TO_SEND, step);
            case BEGUN ->
                throw new WrongOrder(
                        step, "nothing is called between '" + BYTES_TO_SEND + "' and '" + READ_ANSWER + "'");
            case CALLED -> new Standing(Sent.ANSWERED, false, null);
            case ANSWERED -> throw new WrongOrder(step, "the answer is read already");
            case CALLED_FURTHER -> throw new WrongOrder(before.call(), isNotRead(before));
        };
    }

    private static Standing answeredFurther(Step step, Standing before) throws WrongOrder {
        if (before.sent() != Sent.ANSWERED && before.sent() != Sent.CALLED_FURTHER) {
            throw comesBefore(READ_ANSWER, step);
        }
        return new Standing(Sent.ANSWERED, false, null);
    }

    private static WrongOrder comesBefore(String first, Step step) {
        return new WrongOrder(step, "'" + first + "' has to come before '" + step.name() + "'");
    }

    private static String isNotRead(Standing standing) {
        return standing.sent() == Sent.CALLED_FURTHER
                ? "a further call needs '" + READ_FURTHER_ANSWER + "' after it"
                : "nothing reads what this call is answered; one that opens a session comes before '" + BYTES_TO_SEND
                        + "'";
    }

    private static Set<Standing> at(Standing one) {
        return Set.of(one);
    }

    private static Set<Standing> all(Set<Standing> some, Set<Standing> others) {
        Set<Standing> all = new LinkedHashSet<>(some);
        all.addAll(others);
        return all;
    }
}
