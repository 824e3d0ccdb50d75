package io.herald.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.canonical.NotCanonicalException;
import io.herald.canonical.NotJsonException;
import io.herald.intake.OverloadedException;
import io.herald.ledger.LedgerException;
import io.herald.report.NotFoundException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.quarkus.runtime.configuration.MemorySize;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletionException;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Turns everything that keeps a call from its answer into a problem document. */
@Singleton
@Named("problems")
@RegisterForReflection
public final class Problems {

    private static final Logger LOG = Logger.getLogger(Problems.class);
    private static final String RETRY_AFTER_SECONDS = "1";
    private static final String TOO_LARGE = "the body is larger than herald.body.max";

    private final long bodyMax;

    public Problems(@ConfigProperty(name = "herald.body.max", defaultValue = "64M") MemorySize bodyMax) {
        this.bodyMax = bodyMax.asLongValue();
    }

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
        if (thrown instanceof WrongContentTypeException) {
            return Problem.of(415, thrown.getMessage());
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
        LOG.errorf("A call failed unexpectedly: %s", described(thrown));
        return Problem.of(500, "an unexpected error; it is in Herald's log");
    }

    /**
     * Lets a call go on that brings JSON.
     *
     * @throws WrongContentTypeException if it brings anything else
     */
    public void requireJson(@Header(Exchange.CONTENT_TYPE) String contentType) throws WrongContentTypeException {
        if (!isJson(contentType)) {
            throw new WrongContentTypeException();
        }
    }

    /** Answers what is refused before any route sees it, and what is not there. */
    void onRouter(@Observes Router router) {
        router.route("/v1/*")
                .order(Integer.MIN_VALUE)
                .handler(this::beforeItIsRead)
                .failureHandler(Problems::ofFailure);
        router.route().order(Integer.MAX_VALUE).handler(call -> answer(call, 404, "there is nothing here"));
    }

    /** Refuses a body that says it is too large, and keeps a form from being taken apart: its fields would become headers. */
    private void beforeItIsRead(RoutingContext call) {
        MultiMap headers = call.request().headers();
        if (length(headers) > bodyMax) {
            call.response()
                    .putHeader("Connection", "close")
                    .endHandler(ended -> call.request().connection().close());
            answer(call, 413, TOO_LARGE);
            return;
        }
        String contentType = headers.get("Content-Type");
        if (contentType != null && !isJson(contentType)) {
            headers.set("Content-Type", "application/octet-stream");
        }
        call.next();
    }

    private static long length(MultiMap headers) {
        try {
            return Long.parseLong(headers.contains("Content-Length") ? headers.get("Content-Length") : "0");
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static boolean isJson(String contentType) {
        return contentType != null && contentType.split(";", 2)[0].strip().equalsIgnoreCase("application/json");
    }

    private static void ofFailure(RoutingContext call) {
        int status = call.statusCode() < 400 ? 500 : call.statusCode();
        if (call.response().ended() || call.response().headWritten()) {
            return;
        }
        if (status == 500) {
            LOG.errorf("A call failed unexpectedly: %s", described(call.failure()));
        }
        answer(
                call,
                status,
                switch (status) {
                    case 413 -> TOO_LARGE;
                    case 500 -> "an unexpected error; it is in Herald's log";
                    default -> "the request was refused before it was read";
                });
    }

    private static void answer(RoutingContext call, int status, String detail) {
        call.response()
                .setStatusCode(status)
                .putHeader("Content-Type", Problem.MEDIA_TYPE)
                .end(Problem.of(status, detail).toString());
    }

    /** What was thrown and where; not its message, which may quote the caller. */
    private static String described(Throwable thrown) {
        if (thrown == null) {
            return "for no reason that is known";
        }
        StackTraceElement[] trace = thrown.getStackTrace();
        return thrown.getClass().getName() + " at " + (trace.length > 0 ? trace[0] : "an unknown place");
    }
}
