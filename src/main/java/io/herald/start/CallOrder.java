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
     * @param path the step that set its path to one that is the same for all customers; null if none did
     * @param inHand whether {@code mustBeInHand} was the last step but those that change the message
     * @param call the call whose answer was not read; null if there is none
     */
    record Standing(Sent sent, Step path, boolean inHand, Step call, Content content) {

        private Standing with(Content changed) {
            return new Standing(sent, path, inHand, call, changed);
        }

        private Standing at(Sent further) {
            return new Standing(further, path, false, null, content);
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
        Set<Standing> made = through(request, Set.of(new Standing(Sent.NOT_BEGUN, null, false, null, none)));
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
            case RoutePart.CALL, RoutePart.CALL_WITHOUT_BODY -> called(step, before);
            case RoutePart.CLEAR -> before.with(content.removed(step, true));
            case RoutePart.REMOVE -> before.with(content.removed(step, false));
            case RoutePart.SET_BODY -> before.with(content.made());
            case RoutePart.SET_PATH -> new Standing(before.sent(), null, before.inHand(), before.call(), content);
            case RoutePart.SET_COMMON_PATH ->
                new Standing(before.sent(), step, before.inHand(), before.call(), content);
            case AUTHORIZE, IDEMPOTENCY_KEY -> before.with(content.put(step.name()));
            case KEPT_IDEMPOTENCY_KEY ->
                before.with(new Content(Key.KEPT, content.puts(), content.isClear(), content.isMade()));
            case BYTES_TO_SEND -> begun(step, before);
            case READ_ANSWER -> answered(step, before);
            case READ_FURTHER_ANSWER -> answeredFurther(step, before);
            case MUST_BE_IN_HAND ->
                new Standing(before.sent(), before.path(), true, before.call(), content.put(MUST_BE_IN_HAND));
            default -> before;
        };
    }

    /** Before {@code bytesToSend} it opens something, such as a session; the one after it sends the customer. */
    private Standing called(Step call, Standing before) throws WrongOrder {
        Content content = before.content();
        return switch (before.sent()) {
            case NOT_BEGUN -> before.with(new Content(content.key(), "", content.isClear(), content.isMade()));
            case BEGUN -> {
                if (!content.isClear()) {
                    throw new WrongOrder(
                            call,
                            "'removeHeaders' has to come before it, with \"*\": the headers of what came before would be sent");
                }
                if (content.key() == Key.NONE) {
                    withoutKey.add(call);
                }
                if (before.path() != null) {
                    withoutName.add(before.path());
                }
                yield new Standing(Sent.CALLED, before.path(), false, call, content.called());
            }
            case ANSWERED ->
                calledFurther(
                        call,
                        Sent.CALLED_FURTHER,
                        before,
                        "a further call needs '" + MUST_BE_IN_HAND + "' before it",
                        call);
            default -> calledFurther(call, before.sent(), before, isNotRead(before), before.call());
        };
    }

    private Standing calledFurther(Step call, Sent sent, Standing before, String otherwise, Step wrong)
            throws WrongOrder {
        if (!before.inHand()) {
            throw new WrongOrder(wrong, otherwise);
        }
        if (!before.content().isClear()) {
            throw new WrongOrder(
                    call,
                    "a further call needs 'removeHeaders' before it, with \"*\": the path of the call before would be its own");
        }
        if (call.name().equals(RoutePart.CALL) && !before.content().isMade()) {
            throw new WrongOrder(
                    call,
                    "a further call needs 'setBody' before it, which would be the answer to the call before; or httpMethod: GET");
        }
        if (before.sent() != Sent.CALLED) {
            further.add(call);
        }
        return new Standing(sent, before.path(), false, call, before.content().called());
    }

    private static Standing begun(Step step, Standing before) throws WrongOrder {
        if (before.sent() != Sent.NOT_BEGUN) {
            throw new WrongOrder(
                    step, "'" + BYTES_TO_SEND + "' is taken a second time, which would send the customer twice");
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
        return new WrongOrder(step, "'" + first + "' has to come before '" + step.name() + "'");
    }

    private static String isNotRead(Standing standing) {
        return standing.sent() == Sent.CALLED_FURTHER
                ? "a further call needs '" + READ_FURTHER_ANSWER + "' after it"
                : "nothing reads what this call is answered; one that opens a session comes before '" + BYTES_TO_SEND
                        + "'";
    }
}
