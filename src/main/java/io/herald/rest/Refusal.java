package io.herald.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;

/** Answers a call that no route sees, whether or not all of it has come, with a problem document. */
final class Refusal {

    /** A rest of so many bytes is taken off a connection sooner than another connection is made. */
    static final long SMALL = 64 * 1024;

    /** How long a caller that was turned away may go on sending until its connection is broken. */
    private static final long PATIENCE_MILLIS = Duration.ofSeconds(30).toMillis();

    private static final String TOO_SLOW = "the body did not come within herald.body.deadline";

    private Refusal() {}

    /**
     * Answers at once, and drops the body as it comes: a connection that is closed with bytes unread takes the answer with it, and
     * many a caller reads only when it has sent everything. The answer is whole before it is ended, because HTTP/1.1
     * stops reading there.
     *
     * @param bytes how large the body is at most
     */
    static void turnAway(RoutingContext call, long bytes, ObjectNode problem) {
        HttpServerRequest request = call.request();
        HttpServerResponse response = headed(call, problem);
        Buffer document = Buffer.buffer(problem.toString());
        if (request.isEnded()) {
            response.end(document);
            return;
        }
        if (request.version() == HttpVersion.HTTP_2) {
            response.end(document);
            request.handler(dropped -> {}).resume();
            return;
        }
        boolean lasts = bytes <= SMALL && !request.headers().contains(HttpHeaders.EXPECT);
        if (!lasts) {
            response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(document.length()))
                .write(document);
        long patience = call.vertx()
                .setTimer(PATIENCE_MILLIS, passed -> request.connection().close());
        request.end().onComplete(allRead -> {
            call.vertx().cancelTimer(patience);
            if (allRead.succeeded()) {
                response.end();
            }
            if (!lasts) {
                request.connection().close();
            }
        });
        request.handler(dropped -> {}).resume();
    }

    /**
     * A body that drips would keep its permit for as long as its caller likes. What of it has come is dropped; the connection is
     * of no more use.
     */
    static void giveUpOn(RoutingContext call) {
        HttpServerRequest request = call.request();
        HttpServerResponse response = call.response();
        if (request.isEnded() || response.ended()) {
            return;
        }
        request.handler(dropped -> {}).endHandler(ignored -> {}).exceptionHandler(gone -> {});
        ObjectNode problem = Problem.of(408, TOO_SLOW);
        if (request.version() == HttpVersion.HTTP_2) {
            answer(call, problem);
            return;
        }
        response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        headed(call, problem).end(problem.toString()).onComplete(sent -> request.connection()
                .close());
    }

    /** Answers a call whose rest cannot be read. Over HTTP/1.1 Vert.x ends the connection then, with what is not sent yet. */
    static void breakOff(RoutingContext call, ObjectNode problem) {
        if (call.request().version() == HttpVersion.HTTP_2) {
            answer(call, problem);
            return;
        }
        call.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        answer(call, problem);
        call.request().connection().close();
    }

    /** Answers a call of which nothing is to come any more, or nothing that matters. */
    static void answer(RoutingContext call, ObjectNode problem) {
        headed(call, problem).end(problem.toString());
    }

    private static HttpServerResponse headed(RoutingContext call, ObjectNode problem) {
        int status = problem.get("status").intValue();
        if (status == 503) {
            call.response().putHeader(HttpHeaders.RETRY_AFTER, Problems.RETRY_AFTER_SECONDS);
        }
        return call.response().setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, Problem.MEDIA_TYPE);
    }
}
