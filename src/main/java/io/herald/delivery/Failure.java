package io.herald.delivery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.camel.http.base.HttpOperationFailedException;

/**
 * What a failed try means.
 *
 * @param cause what was thrown
 * @param outcome the delivery's outcome if it is not tried again
 * @param isTransient whether another try may help
 * @param mayHaveArrived whether the provider may have done what was asked
 * @param retryAfterMillis how long the provider asks us to wait; 0 if it does not say
 */
record Failure(
        Throwable cause, ObjectNode outcome, boolean isTransient, boolean mayHaveArrived, long retryAfterMillis) {

    /** Whether the provider said no to the request. */
    boolean isRefusal() {
        return cause instanceof HttpOperationFailedException
                && State.REJECTED.word().equals(outcome.get("state").textValue());
    }
}
