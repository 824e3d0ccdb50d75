package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.LedgerException;
import io.herald.mapping.MappingFailedException;
import io.herald.mapping.Mappings;
import io.herald.privacy.Thrown;
import io.herald.provider.AnswerTooLargeException;
import io.herald.provider.BreakerOpenException;
import io.herald.provider.NotSentException;
import io.herald.provider.RetryAfter;
import io.herald.token.LogInFailedException;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Clock;
import org.apache.camel.ExpressionEvaluationException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.language.bean.RuntimeBeanExpressionException;
import org.jboss.logging.Logger;

/** Tells what a failure of a delivery means. */
@Singleton
final class Failures {

    private static final Logger LOG = Logger.getLogger(Failures.class);

    private static final String TOO_LARGE = "the provider answered with success, and with more than herald.answer.max";

    private final Mappings mappings;
    private final Clock clock;

    Failures(Mappings mappings, Clock clock) {
        this.mappings = mappings;
        this.clock = clock;
    }

    Failure of(Delivery delivery, Throwable thrown) {
        if (thrown instanceof HttpOperationFailedException answered) {
            return ofAnswer(delivery, answered);
        }
        if (thrown instanceof UnreadableAnswerException answered) {
            return Failure.transientUnclear(thrown, answered.outcome());
        }
        if (thrown instanceof UnclearException unclear && unclear.mayPass()) {
            return Failure.transientUnclear(thrown, unclear(State.RETRYING, unclear.getMessage()));
        }
        if (thrown instanceof AnswerTooLargeException) {
            return ofTooLarge(delivery, thrown);
        }
        if (thrown instanceof LookUpWaitsException early) {
            Failure known = delivery.failure();
            return Failure.tooEarly(
                    early,
                    known != null && known.waits() ? known.outcome() : unclear(State.RETRYING, early.getMessage()));
        }
        if (thrown instanceof BreakerOpenException open) {
            return Failure.calledOff(thrown, open);
        }
        if (thrown instanceof LogInFailedException logIn) {
            return logIn.getCause() instanceof BreakerOpenException open
                    ? Failure.calledOff(logIn, open)
                    : ofLogIn(logIn);
        }
        if (thrown instanceof IOException io) {
            return ofConnection(io);
        }
        if (thrown instanceof LedgerException || thrown.getCause() instanceof LedgerException) {
            ObjectNode outcome = Outcome.failed(
                    State.RETRYING, "ledger_unavailable", Reason.UNAVAILABLE, "Herald's own ledger cannot be used now");
            return Failure.transientUnsent(thrown, outcome);
        }
        if (thrown instanceof ExpressionEvaluationException && delivery.phase() == Delivery.Phase.PREPARING) {
            return Failure.transientUnsent(thrown, refusedBefore("could not be read"));
        }
        if (thrown instanceof ExpressionEvaluationException && delivery.phase() == Delivery.Phase.FINDING) {
            return Failure.transientUnclear(
                    thrown,
                    unclear(State.RETRYING, "the answer to a call before that of the customer could not be read"));
        }
        return Failure.lasting(thrown, lasting(delivery, thrown));
    }

    private Failure ofAnswer(Delivery delivery, HttpOperationFailedException answered) {
        int status = answered.getStatusCode();
        boolean mayHaveArrived = status < 400 || status >= 500 || status == 408;
        JsonNode answer = Answers.parseError(answered.getResponseBody()).orElse(NullNode.instance);
        ObjectNode fragment;
        try {
            fragment = mappings.of(delivery.getProvider()).outcome(status, answer, delivery.getLink());
        } catch (MappingFailedException e) {
            return new Failure(answered, lasting(delivery, e), false, mayHaveArrived, 0);
        }
        ObjectNode told = Outcome.of(delivery, status, fragment);
        ObjectNode outcome = meaning(delivery, status, told);
        return new Failure(
                answered,
                outcome,
                State.of(Outcome.state(outcome)) == State.RETRYING,
                mayHaveArrived || Outcome.isFor(Reason.UNCLEAR, told),
                RetryAfter.millis(answered.getResponseHeaders(), clock));
    }

    /** What the provider's word is for the customer, where it was not said to the customer's own call, or not to its first try. */
    private static ObjectNode meaning(Delivery delivery, int status, ObjectNode told) {
        if (delivery.isUnclear() && Outcome.isFor(Reason.DUPLICATE, told)) {
            // a reason to look the customer up
            return unclear(
                    State.RETRYING, "the provider has such a customer, or makes it, and an earlier try may be why");
        }
        boolean waits = State.of(Outcome.state(told)) == State.RETRYING;
        if (delivery.phase() == Delivery.Phase.PREPARING && !waits) {
            return refusedBefore("was answered with status " + status);
        }
        if (delivery.phase() == Delivery.Phase.FINDING && !waits) {
            return unclear(State.RETRYING, "the look-up after an unclear ending was answered with status " + status);
        }
        return told;
    }

    /** What one is told whose call before that of the customer, such as for a session, failed: it says nothing of the customer. */
    private static ObjectNode refusedBefore(String why) {
        return Outcome.failed(
                State.RETRYING,
                "refused_before_request",
                Reason.UNAVAILABLE,
                "a call before that of the customer " + why);
    }

    private static Failure ofTooLarge(Delivery delivery, Throwable thrown) {
        if (delivery.phase() == Delivery.Phase.FINDING) {
            return new Failure(thrown, unclear(State.DEAD, "the answer to the look-up is too large"), false, false, 0);
        }
        ObjectNode outcome = Outcome.failed(State.DEAD, Reason.UNREADABLE_ANSWER, TOO_LARGE);
        return Failure.transientUnclear(thrown, outcome);
    }

    private static Failure ofLogIn(LogInFailedException logIn) {
        boolean refused = logIn.isCredentialRefused();
        ObjectNode outcome = Outcome.failed(
                State.RETRYING,
                refused ? "log_in_refused" : "log_in_failed",
                refused ? Reason.UNAUTHORIZED : Reason.UNAVAILABLE,
                logIn.getMessage());
        if (logIn.getStatus() > 0) {
            outcome.withObject("/error").put("httpStatus", logIn.getStatus());
        }
        return new Failure(
                logIn, outcome, !refused, false, logIn.getRetryAfter().toMillis());
    }

    private static Failure ofConnection(IOException io) {
        boolean sent = !(io instanceof NotSentException);
        Throwable why = sent ? io : io.getCause();
        boolean late = why instanceof SocketTimeoutException;
        ObjectNode outcome = Outcome.failed(
                State.RETRYING,
                late ? "timeout" : "connection_failed",
                late ? Reason.TIMEOUT : Reason.UNAVAILABLE,
                late
                        ? "no answer in time"
                        : "the connection failed: " + why.getClass().getSimpleName());
        return sent ? Failure.transientUnclear(io, outcome) : Failure.transientUnsent(io, outcome);
    }

    private static ObjectNode lasting(Delivery delivery, Throwable thrown) {
        // what a method throws that an expression calls with arguments
        Throwable why = thrown instanceof RuntimeBeanExpressionException ? thrown.getCause() : thrown;
        if (why instanceof NotMappableException refused) {
            return Outcome.notMappable(refused.faults());
        }
        if (why instanceof UnclearException unclear) {
            return unclear(State.DEAD, unclear.getMessage());
        }
        if (why instanceof MappingFailedException mapping) {
            return Outcome.failed(State.DEAD, "mapping_failed", Reason.NOT_MAPPABLE, mapping.getMessage());
        }
        LOG.errorf(
                "Delivery of message %s to %s failed unexpectedly: %s",
                delivery.getMessage().id(), delivery.getProvider(), Thrown.described(thrown));
        return Outcome.failed(
                State.DEAD,
                "internal_error",
                Reason.UNCLEAR,
                "an unexpected error: " + thrown.getClass().getName());
    }

    private static ObjectNode unclear(State state, String message) {
        return Outcome.failed(state, Reason.UNCLEAR, message);
    }
}
