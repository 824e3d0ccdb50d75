package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.LedgerException;
import io.herald.mapping.MappingFailedException;
import io.herald.mapping.Mappings;
import io.herald.provider.AnswerTooLargeException;
import io.herald.provider.BreakerOpenException;
import io.herald.provider.RetryAfter;
import io.herald.token.LogInFailedException;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Clock;
import javax.net.ssl.SSLHandshakeException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.jboss.logging.Logger;

/** Tells what a failure of a delivery means. */
@Singleton
final class Failures {

    private static final Logger LOG = Logger.getLogger(Failures.class);

    private static final String TOO_LARGE = "the provider answered with success, and with more than herald.answer.max";

    private final Mappings mappings;
    private final ObjectMapper json;
    private final Clock clock;

    Failures(Mappings mappings, ObjectMapper json, Clock clock) {
        this.mappings = mappings;
        this.json = json;
        this.clock = clock;
    }

    Failure of(Delivery delivery, Throwable thrown) {
        if (thrown instanceof HttpOperationFailedException answered) {
            return ofAnswer(delivery, answered);
        }
        if (thrown instanceof UnreadableAnswerException answered) {
            return new Failure(thrown, answered.outcome(), true, true, 0);
        }
        if (thrown instanceof AnswerTooLargeException) {
            return ofTooLarge(delivery, thrown);
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
            return new Failure(thrown, outcome, true, false, 0);
        }
        return new Failure(thrown, lasting(delivery, thrown), false, true, 0);
    }

    private Failure ofAnswer(Delivery delivery, HttpOperationFailedException answered) {
        int status = answered.getStatusCode();
        boolean mayHaveArrived = status < 400 || status >= 500 || status == 408;
        JsonNode answer = Answers.parse(json, answered.getResponseBody()).orElse(NullNode.instance);
        ObjectNode fragment;
        try {
            fragment = mappings.of(delivery.getProvider()).outcome(status, answer, delivery.getLink());
        } catch (MappingFailedException e) {
            return new Failure(answered, lasting(delivery, e), false, mayHaveArrived, 0);
        }
        ObjectNode outcome = Outcome.of(status, fragment, delivery.isUpdate());
        boolean isTransient = State.RETRYING.word().equals(outcome.get("state").textValue());
        if (delivery.isUnclear() && isDuplicate(outcome)) {
            outcome = unclear("the provider has such a customer, and an earlier try may have made it");
            isTransient = true;
        }
        if (delivery.step() == Delivery.Step.FINDING && !isTransient) {
            outcome = unclear("the look-up after an unclear ending was answered with status " + status);
        }
        return new Failure(
                answered,
                outcome,
                isTransient,
                mayHaveArrived,
                RetryAfter.millis(answered.getResponseHeaders(), clock));
    }

    /** After an unclear ending of our own a duplicate is a reason to look the customer up. */
    private static boolean isDuplicate(ObjectNode outcome) {
        return Reason.DUPLICATE.word().equals(outcome.at("/error/reason").asText());
    }

    private static Failure ofTooLarge(Delivery delivery, Throwable thrown) {
        if (delivery.step() == Delivery.Step.FINDING) {
            return new Failure(thrown, unclear("the answer to the look-up is too large"), false, false, 0);
        }
        ObjectNode outcome =
                Outcome.failed(State.DEAD, Reason.UNREADABLE_ANSWER.word(), Reason.UNREADABLE_ANSWER, TOO_LARGE);
        return new Failure(thrown, outcome, true, true, 0);
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
        boolean late = io instanceof SocketTimeoutException;
        ObjectNode outcome = Outcome.failed(
                State.RETRYING,
                late ? "timeout" : "connection_failed",
                late ? Reason.TIMEOUT : Reason.UNAVAILABLE,
                late
                        ? "no answer in time"
                        : "the connection failed: " + io.getClass().getSimpleName());
        return new Failure(io, outcome, true, !isBeforeAnyByte(io), 0);
    }

    private static boolean isBeforeAnyByte(IOException io) {
        return io instanceof ConnectException
                || io instanceof ConnectTimeoutException
                || io instanceof ConnectionRequestTimeoutException
                || io instanceof UnknownHostException
                || io instanceof NoRouteToHostException
                || io instanceof SSLHandshakeException;
    }

    private static ObjectNode lasting(Delivery delivery, Throwable thrown) {
        if (thrown instanceof NotMappableException refused) {
            return Outcome.notMappable(refused.faults());
        }
        if (thrown instanceof UnclearException unclear) {
            return unclear(unclear.getMessage());
        }
        if (thrown instanceof MappingFailedException mapping) {
            return Outcome.failed(State.DEAD, "mapping_failed", Reason.NOT_MAPPABLE, mapping.getMessage());
        }
        StackTraceElement[] trace = thrown.getStackTrace();
        LOG.errorf(
                "Delivery of message %s to %s failed unexpectedly: %s at %s",
                delivery.getMessage().id(),
                delivery.getProvider(),
                thrown.getClass().getName(),
                trace.length > 0 ? trace[0] : "an unknown place");
        return Outcome.failed(
                State.DEAD,
                "internal_error",
                Reason.UNCLEAR,
                "an unexpected error: " + thrown.getClass().getName());
    }

    private static ObjectNode unclear(String message) {
        return Outcome.failed(State.DEAD, Reason.UNCLEAR.word(), Reason.UNCLEAR, message);
    }
}
