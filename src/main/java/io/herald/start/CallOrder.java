package io.herald.start;

import io.herald.start.Condition.Operation;
import io.herald.start.RoutePart.Step;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks on each way through the route that sends a customer, for a create and for an update, that its calls and the steps around
 * them come in order: what opens a session, {@code bytesToSend}, the call that sends the customer, {@code readAnswer}; and for each
 * further call {@code mustBeInHand} before it and {@code readFurtherAnswer} after it.
 */
final class CallOrder extends Walk<CallOrder.Standing> {

    static final String BYTES_TO_SEND = "bytesToSend";
    static final String READ_ANSWER = "readAnswer";
    static final String AUTHORIZE = "authorize";
    static final String IDEMPOTENCY_KEY = "idempotencyKey";

    /** Somewhere else than in a header, where no step can remove it. */
    static final String KEPT_IDEMPOTENCY_KEY = "idempotencyKey, kept";

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

    /** Whether a message has the idempotency key. */
    private enum Key {
        NONE,
        IN_HEADER,
        KEPT
    }

    /**
     * What a message has.
     *
     * @param puts the last step that put headers on it for the next call; empty if there is none
     * @param isClear whether the headers of the call before were removed
     * @param isMade whether its body is not what the call before was answered
     */
    private record Content(Key key, String puts, boolean isClear, boolean isMade) {

        Content put(String step) {
            return new Content(step.equals(IDEMPOTENCY_KEY) ? Key.IN_HEADER : key, step, isClear, isMade);
        }

        /** @param all whether none is left of the headers */
        Content removed(Step step, boolean all) throws WrongOrder {
            if (!puts.isEmpty()) {
                throw new WrongOrder(
                        step, "removes headers that '" + puts + "' has put on: it has to come before that");
            }
            return new Content(key == Key.KEPT ? key : Key.NONE, puts, all || isClear, isMade);
        }

        /** A call that opens something leaves the headers that it was made with. */
        Content opened() {
            return new Content(key, "", isClear, false);
        }

        Content called() {
            return new Content(key, "", false, false);
        }

        Content made() {
            return new Content(key, puts, isClear, true);
        }
    }

    /**
     * Where a message stands.
     *
     * @param hasMethod whether a step has set the method of the customer's call
     * @param path the step that set its path; null if none has
     * @param inHand whether {@code mustBeInHand} was the last step but those that change the message
     * @param call the call whose answer was not read; null if there is none
     */
    record Standing(Sent sent, boolean hasMethod, Step path, boolean inHand, Step call, Content content) {

        private Standing with(Content changed) {
            return new Standing(sent, hasMethod, path, inHand, call, changed);
        }

        private Standing at(Sent further) {
            return new Standing(further, hasMethod, path, false, null, content);
        }

        private Standing calledBy(Step last, Sent further) {
            return new Standing(further, hasMethod, path, false, last, content.called());
        }

        private Standing goesTo(Step set) {
            return new Standing(sent, hasMethod, set, inHand, call, content);
        }

        private Standing goesByMethod() {
            return new Standing(sent, true, path, inHand, call, content);
        }

        private Standing isInHand() {
            return new Standing(sent, hasMethod, path, true, call, content.put(MUST_BE_IN_HAND));
        }
    }

    private final String file;
    private final Operation operation;
    private final Set<String> mistakes;
    private final Set<Step> withoutKey = new LinkedHashSet<>();
    private final Set<Step> withoutName = new LinkedHashSet<>();
    private final Set<Step> further = new LinkedHashSet<>();

    /**
     * @param file its path
     * @param routes by the names that they begin with
     * @param mistakes takes what is wrong, with file, line and column
     */
    CallOrder(String file, Map<String, List<RoutePart>> routes, Operation operation, Set<String> mistakes) {
        super(routes, operation, mistakes);
        this.file = file;
        this.operation = operation;
        this.mistakes = mistakes;
    }

    /**
     * Tells what is wrong.
     *
     * @param request the route that makes the request
     * @param call the route that sends it
     */
    void check(String request, String call) {
        Content none = new Content(Key.NONE, "", false, false);
        Set<Standing> made = through(request, Set.of(new Standing(Sent.NOT_BEGUN, false, null, false, null, none)));
        for (Standing end : through(call, made)) {
            if (end.call() != null) {
                mistakes.add(end.call().place() + ": " + isNotRead(end));
            } else if (end.sent() != Sent.ANSWERED) {
                mistakes.add(file + ": " + operation.words() + " can come to the end of " + call + " and not be sent");
            }
        }
    }

    /** The calls that send a customer without the idempotency key. */
    Set<Step> withoutKey() {
        return withoutKey;
    }

    /** The steps that set the path of a customer's call to one that is the same for all customers. */
    Set<Step> withoutName() {
        return withoutName;
    }

    /** The calls that come after the customer's own was answered. */
    Set<Step> further() {
        return further;
    }

    @Override
    Standing splitOff(Standing before) {
        return before.with(before.content().made());
    }

    @Override
    Standing joined(Standing before, Standing last) {
        return last.with(before.content());
    }

    @Override
    Standing after(Step step, Standing before) throws WrongOrder {
        Content content = before.content();
        return switch (step.name()) {
            case RoutePart.CALL, RoutePart.CALL_WITH_BODY, RoutePart.CALL_WITHOUT_BODY -> called(step, before);
            case RoutePart.CLEAR -> before.with(content.removed(step, true));
            case RoutePart.REMOVE -> before.with(content.removed(step, false));
            case RoutePart.SET_BODY -> made(step, before);
            case RoutePart.WRAP_BODY -> before.with(content.made());
            case RoutePart.SET_METHOD -> before.goesByMethod();
            case RoutePart.SET_PATH, RoutePart.SET_COMMON_PATH -> before.goesTo(step);
            case AUTHORIZE -> authorized(step, before);
            case IDEMPOTENCY_KEY -> before.with(content.put(step.name()));
            case KEPT_IDEMPOTENCY_KEY ->
                before.with(new Content(Key.KEPT, content.puts(), content.isClear(), content.isMade()));
            case BYTES_TO_SEND -> begun(step, before);
            case READ_ANSWER -> answered(step, before);
            case READ_FURTHER_ANSWER -> answeredFurther(step, before);
            case MUST_BE_IN_HAND -> before.isInHand();
            default -> before;
        };
    }

    /** Before {@code bytesToSend} it opens something, such as a session; the one after it sends the customer. */
    private Standing called(Step call, Standing before) throws WrongOrder {
        return switch (before.sent()) {
            case NOT_BEGUN -> {
                mustHaveBody(call, before);
                yield before.with(before.content().opened());
            }
            case BEGUN -> {
                mustBeTheCustomers(call, before);
                yield before.calledBy(call, Sent.CALLED);
            }
            case ANSWERED -> {
                mustBeInHand(before, call, "a further call needs '" + MUST_BE_IN_HAND + "' before it");
                yield calledFurther(call, before, Sent.CALLED_FURTHER);
            }
            default -> {
                mustBeInHand(before, before.call(), isNotRead(before));
                yield calledFurther(call, before, before.sent());
            }
        };
    }

    private void mustBeTheCustomers(Step call, Standing before) throws WrongOrder {
        if (!call.name().equals(RoutePart.CALL)) {
            throw new WrongOrder(
                    call, "the variable 'method' says how the customer is sent; httpMethod would go before it");
        }
        if (!before.content().isClear()) {
            throw new WrongOrder(
                    call,
                    "'removeHeaders' has to come before it, with \"*\": the headers of what came before would be sent");
        }
        if (before.content().key() == Key.NONE) {
            withoutKey.add(call);
        }
        if (before.path().name().equals(RoutePart.SET_COMMON_PATH)) {
            withoutName.add(before.path());
        }
    }

    private static void mustBeInHand(Standing before, Step wrong, String otherwise) throws WrongOrder {
        if (!before.inHand()) {
            throw new WrongOrder(wrong, otherwise);
        }
    }

    private Standing calledFurther(Step call, Standing before, Sent sent) throws WrongOrder {
        if (!before.content().isClear()) {
            throw new WrongOrder(
                    call,
                    "a further call needs 'removeHeaders' before it, with \"*\": the path of the call before would be its own");
        }
        mustHaveBody(call, before);
        if (before.sent() != Sent.CALLED) {
            further.add(call);
        }
        return before.calledBy(call, sent);
    }

    private static void mustHaveBody(Step call, Standing before) throws WrongOrder {
        if (!call.name().equals(RoutePart.CALL_WITHOUT_BODY)
                && !before.content().isMade()) {
            throw new WrongOrder(
                    call,
                    "another call than the customer's needs 'setBody' before it, or httpMethod: GET; else what was answered before"
                            + " would be sent");
        }
    }

    private static Standing made(Step step, Standing before) throws WrongOrder {
        if (before.sent() == Sent.BEGUN) {
            throw new WrongOrder(step, "would be sent instead of the customer; what is made of it has ${body} in it");
        }
        return before.with(before.content().made());
    }

    /** When the log-in failed after that, the request would count as sent. */
    private static Standing authorized(Step step, Standing before) throws WrongOrder {
        if (before.sent() == Sent.BEGUN) {
            throw comesBefore(AUTHORIZE, step, BYTES_TO_SEND);
        }
        return before.with(before.content().put(AUTHORIZE));
    }

    private Standing begun(Step step, Standing before) throws WrongOrder {
        if (before.sent() != Sent.NOT_BEGUN) {
            throw new WrongOrder(
                    step, "'" + BYTES_TO_SEND + "' is taken a second time, which would send the customer twice");
        }
        if (!before.hasMethod() || before.path() == null) {
            throw new WrongOrder(
                    step,
                    "no step before it sets the variable '" + (before.hasMethod() ? "path" : "method") + "' for "
                            + operation.words());
        }
        return before.at(Sent.BEGUN).with(before.content().put(BYTES_TO_SEND));
    }

    private static Standing answered(Step step, Standing before) throws WrongOrder {
        return switch (before.sent()) {
            case NOT_BEGUN -> throw comesBefore(BYTES_TO_SEND, step);
            case BEGUN ->
                throw new WrongOrder(
                        step, "nothing is called between '" + BYTES_TO_SEND + "' and '" + READ_ANSWER + "'");
            case CALLED -> before.at(Sent.ANSWERED);
            case ANSWERED -> throw new WrongOrder(step, "the answer is read already");
            case CALLED_FURTHER -> throw new WrongOrder(before.call(), isNotRead(before));
        };
    }

    private static Standing answeredFurther(Step step, Standing before) throws WrongOrder {
        if (before.sent() != Sent.ANSWERED && before.sent() != Sent.CALLED_FURTHER) {
            throw comesBefore(READ_ANSWER, step);
        }
        return before.at(Sent.ANSWERED);
    }

    private static WrongOrder comesBefore(String first, Step step) {
        return comesBefore(first, step, step.name());
    }

    private static WrongOrder comesBefore(String first, Step place, String second) {
        return new WrongOrder(place, "'" + first + "' has to come before '" + second + "'");
    }

    private static String isNotRead(Standing standing) {
        return standing.sent() == Sent.CALLED_FURTHER
                ? "a further call needs '" + READ_FURTHER_ANSWER + "' after it"
                : "nothing reads what this call is answered; one that opens a session comes before '" + BYTES_TO_SEND
                        + "'";
    }
}
