package io.herald.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.privacy.Thrown;
import io.quarkus.oidc.OIDCException;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.StreamResetException;
import io.vertx.ext.web.RoutingContext;
import java.net.SocketException;
import java.util.Optional;
import org.jboss.logging.Logger;

/** What a call is answered that failed before any route saw it: because of who calls, or in how it is written. */
final class FailedCall {

    private static final Logger LOG = Logger.getLogger(FailedCall.class);
    private static final String NO_BODY = "the body is not written as HTTP wants it";
    private static final String NO_ADDRESS = "the path or the host is not written as HTTP wants it";
    private static final String WHO = "this call needs a bearer token that is good now, and meant for Herald";
    private static final String MAY_NOT = "the token does not have the role that this call needs";

    private FailedCall() {}

    /** What Vert.x finds no route for: Quarkus would log it as an error, with its stack. */
    static void ofNoAddress(RoutingContext call, long bodyMax) {
        switch (call.statusCode()) {
            case 400 -> Refusal.turnAway(call, ComingBody.bytes(call.request(), bodyMax), Problem.of(400, NO_ADDRESS));
            case 404 ->
                Refusal.turnAway(
                        call, ComingBody.bytes(call.request(), bodyMax), Problem.of(404, Entrance.NOTHING_HERE));
            default -> call.next();
        }
    }

    /**
     * Answers a call that failed, if there is still somebody to answer.
     *
     * @param bodyMax how large a body may be, in bytes
     */
    static void answer(RoutingContext call, long bodyMax) {
        Throwable failure = call.failure();
        boolean callerIsGone = failure instanceof HttpClosedException
                || failure instanceof StreamResetException
                || failure instanceof SocketException;
        if (callerIsGone || call.response().ended() || call.response().headWritten()) {
            return;
        }
        Optional<ObjectNode> unknown = unknown(call, failure);
        if (unknown.isPresent()) {
            Refusal.turnAway(call, ComingBody.bytes(call.request(), bodyMax), unknown.get());
        } else if (isNoHttp(failure)) {
            Refusal.breakOff(call, Problem.of(400, NO_BODY));
        } else {
            Refusal.answer(call, unexpected(call, failure));
        }
    }

    /** What is told where it is not known who calls, or where who calls may not. */
    private static Optional<ObjectNode> unknown(RoutingContext call, Throwable failure) {
        if (failure instanceof AuthenticationFailedException) {
            call.response().putHeader("WWW-Authenticate", "Bearer");
            return Optional.of(Problem.of(401, WHO));
        }
        if (failure instanceof ForbiddenException) {
            return Optional.of(Problem.of(403, MAY_NOT));
        }
        if (failure instanceof OIDCException) {
            LOG.errorf("Who calls cannot be found out: %s", failure.getMessage());
            return Optional.of(Problem.of(503, "Herald cannot find out now who calls"));
        }
        return Optional.empty();
    }

    private static ObjectNode unexpected(RoutingContext call, Throwable failure) {
        int status = call.statusCode() < 400 ? 500 : call.statusCode();
        if (status == 500) {
            LOG.errorf("A call failed unexpectedly: %s", Thrown.described(failure));
        }
        return Problem.of(
                status,
                switch (status) {
                    case 413 -> Entrance.TOO_LARGE;
                    case 500 -> "an unexpected error; it is in Herald's log";
                    default -> "the request was refused before it was read";
                });
    }

    /** Whether the body could not be taken apart as HTTP, such as a chunk without a size. */
    private static boolean isNoHttp(Throwable failure) {
        return failure != null
                && failure.getStackTrace().length > 0
                && failure.getStackTrace()[0].getClassName().startsWith("io.netty.handler.codec.");
    }
}
