package io.herald.delivery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.provider.BreakerOpenException;
import java.net.SocketTimeoutException;
import java.util.Set;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * What a failed try means.
 *
 * @param cause what was thrown
 * @param outcome the delivery's outcome if it is not tried again
 * @param isTransient whether another try may help
 * @param mayHaveArrived whether the provider may have done what was asked
 * @param retryAfterMillis how long the provider asks us to wait; 0 if it does not say
 * @param isCalledOff whether nothing was sent, because the provider's breaker is open, Herald stops, or it is too early to look up
 */
record Failure(
        Throwable cause,
        ObjectNode outcome,
        boolean isTransient,
        boolean mayHaveArrived,
        long retryAfterMillis,
        boolean isCalledOff) {

    /** What a gateway answers that did not get the provider's answer in time: RFC 9110, 15.6.5, and Cloudflare's. */
    private static final Set<Integer> GATEWAY_TIME_OUTS = Set.of(504, 524);

    /** RFC 9110, 15.5.1 and 15.5.21. */
    private static final Set<Integer> OF_CONTENT = Set.of(400, 422);

    Failure(Throwable cause, ObjectNode outcome, boolean isTransient, boolean mayHaveArrived, long retryAfterMillis) {
        this(cause, outcome, isTransient, mayHaveArrived, retryAfterMillis, false);
    }

    /** Another try does not help; the provider may have done what was asked. */
    static Failure lasting(Throwable cause, ObjectNode outcome) {
        return new Failure(cause, outcome, false, true, 0);
    }

    /** Another try may help; the provider may have done what was asked. */
    static Failure transientUnclear(Throwable cause, ObjectNode outcome) {
        return new Failure(cause, outcome, true, true, 0);
    }

    /** Another try may help; nothing was sent. */
    static Failure transientUnsent(Throwable cause, ObjectNode outcome) {
        return new Failure(cause, outcome, true, false, 0);
    }

    /** Nothing was sent, because the provider's breaker is open, or Herald stops. */
    static Failure calledOff(Throwable cause, BreakerOpenException open) {
        ObjectNode outcome = Outcome.failed(
                State.RETRYING,
                open.isStopping() ? "herald_stopped" : "breaker_open",
                Reason.UNAVAILABLE,
                open.getMessage());
        return new Failure(cause, outcome, false, false, open.millisToProbe(), true);
    }

    /** Nothing was sent, because it is too early to look up what may have arrived. */
    static Failure tooEarly(LookUpWaitsException cause, ObjectNode outcome) {
        return new Failure(cause, outcome, false, false, cause.millis(), true);
    }

    /** The same, with the further tries called off. */
    Failure endedBy(Throwable calledOff) {
        return new Failure(calledOff, outcome, false, false, retryAfterMillis);
    }

    /** Whether the provider may be at work still, because no answer came in time. */
    boolean isTimeOut() {
        return cause instanceof SocketTimeoutException
                || cause instanceof HttpOperationFailedException answered
                        && GATEWAY_TIME_OUTS.contains(answered.getStatusCode());
    }

    /**
     * Whether the provider itself refused what the request holds: not a proxy on the way, and not because of the credential or
     * the path.
     */
    boolean isOfContent() {
        return cause instanceof HttpOperationFailedException answered
                && OF_CONTENT.contains(answered.getStatusCode())
                && is(State.REJECTED)
                && Outcome.hasProvidersCode(outcome);
    }

    /** Whether the delivery may be tried later. */
    boolean waits() {
        return is(State.RETRYING);
    }

    private boolean is(State state) {
        return state.word().equals(Outcome.state(outcome));
    }
}
