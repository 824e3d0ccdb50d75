package io.herald.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.canonical.NotCanonicalException;
import io.herald.canonical.NotJsonException;
import io.herald.intake.OverloadedException;
import io.herald.ledger.LedgerException;
import io.herald.report.NotFoundException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletionException;
import org.apache.camel.Exchange;
import org.jboss.logging.Logger;

/** Turns everything that keeps a call from its answer into a problem document. */
@Singleton
@Named("problems")
@RegisterForReflection
public final class Problems {

    private static final Logger LOG = Logger.getLogger(Problems.class);
    private static final String RETRY_AFTER_SECONDS = "1";

    /** Answers a call whose route threw. */
    public ObjectNode ofException(Exchange exchange) {
        Throwable thrown = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (thrown instanceof CompletionException wrapped && wrapped.getCause() != null) {
            thrown = wrapped.getCause();
        }
        ObjectNode problem = of(thrown);
        int status = problem.get("status").intValue();
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        if (status == 503) {
            exchange.getMessage().setHeader("Retry-After", RETRY_AFTER_SECONDS);
        }
        return problem;
    }

    private static ObjectNode of(Throwable thrown) {
        if (thrown instanceof NotJsonException) {
            return Problem.of(400, thrown.getMessage());
        }
        if (thrown instanceof NotCanonicalException refused) {
            return Problem.of(422, "not a canonical customer; every fault is listed", refused.faults());
        }
        if (thrown instanceof NotFoundException) {
            return Problem.of(404, thrown.getMessage());
        }
        if (thrown instanceof OverloadedException) {
            return Problem.of(503, "Herald is full: " + thrown.getMessage());
        }
        if (thrown instanceof LedgerException) {
            LOG.errorf("%s: %s", thrown.getMessage(), thrown.getCause());
            return Problem.of(503, "Herald cannot keep or read a message now");
        }
        StackTraceElement[] trace = thrown.getStackTrace();
        LOG.errorf(
                "A call failed unexpectedly: %s at %s",
                thrown.getClass().getName(), trace.length > 0 ? trace[0] : "an unknown place");
        return Problem.of(500, "an unexpected error; it is in Herald's log");
    }

    /** Answers what is refused before any route sees it: a body too large, a broken request. */
    void onRouter(@Observes Router router) {
        router.route("/v1/*").order(Integer.MIN_VALUE).failureHandler(Problems::ofFailure);
    }

    private static void ofFailure(RoutingContext call) {
        int status = call.statusCode() < 400 ? 500 : call.statusCode();
        if (call.response().ended() || call.response().headWritten()) {
            return;
        }
        if (status == 500) {
            LOG.errorf("A call failed unexpectedly: %s", call.failure());
        }
        String detail =
                switch (status) {
                    case 413 -> "the body is larger than herald.body.max";
                    case 500 -> "an unexpected error; it is in Herald's log";
                    default -> "the request was refused before it was read";
                };
        call.response()
                .setStatusCode(status)
                .putHeader("Content-Type", Problem.MEDIA_TYPE)
                .end(Problem.of(status, detail).toString());
    }
}
