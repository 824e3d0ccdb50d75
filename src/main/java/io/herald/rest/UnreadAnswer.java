package io.herald.rest;

import io.herald.inflight.InFlight;
import io.netty.buffer.Unpooled;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;

/**
 * An answer that is made and waits in memory until its caller reads it, which may be never: it is weighed as the caller's, and at a
 * deadline the connection is broken, with all its calls.
 */
final class UnreadAnswer {

    private UnreadAnswer() {}

    /** Over HTTP/1.1 one call may follow another although no answer is read: then it waits, and no more of them are read. */
    static void waitForThoseBefore(RoutingContext call) {
        HttpServerResponse response = call.response();
        if (call.request().version() == HttpVersion.HTTP_2 || !response.writeQueueFull()) {
            call.next();
            return;
        }
        ConnectionBase connection = (ConnectionBase) call.request().connection();
        connection.doPause();
        response.drainHandler(drained -> {
            response.drainHandler(null);
            connection.doResume();
            call.next();
        });
    }

    /** Sees to the answer of a call, which is not made yet. */
    static void count(RoutingContext call, String caller, InFlight inFlight, long deadlineMillis) {
        HttpServerRequest request = call.request();
        ConnectionBase connection = (ConnectionBase) request.connection();
        Promise<Void> gone = Promise.promise();
        call.addEndHandler(made -> {
            if (request.version() != HttpVersion.HTTP_2) {
                // sent, or failed, when all before it is
                connection.writeToChannel(Unpooled.EMPTY_BUFFER, sent -> gone.tryComplete());
            } else if (!request.isEnded()) {
                // turned away; the stream stays open for what else comes
                return;
            }
            if (gone.future().isComplete()) {
                return;
            }
            long bytes = call.response().bytesWritten();
            inFlight.answerWaits(caller, bytes);
            // Vert.x' own close waits until all is sent
            long deadline = call.vertx().setTimer(deadlineMillis, passed -> connection
                    .channelHandlerContext()
                    .close());
            gone.future().onComplete(sent -> {
                call.vertx().cancelTimer(deadline);
                inFlight.answerIsGone(caller, bytes);
            });
        });
        if (request.version() == HttpVersion.HTTP_2) {
            // the stream is closed when all is sent; of a call that breaks off the end handlers are told otherwise too
            call.response().closeHandler(closed -> gone.tryComplete());
        }
    }
}
