package io.herald.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.canonical.NotCanonicalException;
import io.herald.canonical.NotJsonException;
import io.herald.inflight.OverloadedException;
import io.herald.intake.IdempotencyKeyException;
import io.herald.ledger.LedgerException;
import io.herald.ledger.SealedException;
import io.herald.privacy.Thrown;
import io.herald.query.BadQueryException;
import io.herald.report.ConflictException;
import io.herald.report.NotFoundException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import org.apache.camel.CamelExchangeException;
import org.apache.camel.Exchange;
import org.jboss.logging.Logger;

/** Turns everything that a route throws into a problem document. */
@Singleton
@Named("problems")
@RegisterForReflection
public final class Problems {

    private static final Logger LOG = Logger.getLogger(Problems.class);
    static final String RETRY_AFTER_SECONDS = "1";

    /** Answers a call whose route threw. */
    public ObjectNode ofException(Exchange exchange) {
        Throwable thrown = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        while (thrown instanceof CamelExchangeException && thrown.getCause() != null) {
            thrown = thrown.getCause();
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

    static ObjectNode of(Throwable thrown) {
        if (thrown instanceof NotJsonException) {
            return Problem.of(400, thrown.getMessage());
        }
        if (thrown instanceof NotCanonicalException refused) {
            return Problem.of(422, "not a canonical customer; every fault is listed", refused.faults());
        }
        if (thrown instanceof BadQueryException) {
            return Problem.of(400, thrown.getMessage());
        }
        if (thrown instanceof NotFoundException) {
            return Problem.of(404, thrown.getMessage());
        }
        if (thrown instanceof IdempotencyKeyException refused) {
            return Problem.of(refused.isTaken() ? 409 : 400, refused.getMessage());
        }
        if (thrown instanceof ConflictException) {
            return Problem.of(409, thrown.getMessage());
        }
        if (thrown instanceof OverloadedException) {
            return Problem.of(503, "Herald is full: " + thrown.getMessage());
        }
        if (thrown instanceof LedgerException) {
            LOG.errorf("%s: %s", thrown.getMessage(), thrown.getCause());
            return Problem.of(503, "Herald cannot keep or read a message now");
        }
        if (thrown instanceof SealedException) {
            LOG.error(thrown.getMessage());
            return Problem.of(500, thrown.getMessage());
        }
        LOG.errorf("A call failed unexpectedly: %s", Thrown.described(thrown));
        return Problem.of(500, "an unexpected error; it is in Herald's log");
    }
}
