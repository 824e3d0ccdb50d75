package io.herald.rest;

import io.herald.rest.Operation.Body;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;

/** What the head of a call tells of its body, which is still to come. */
final class ComingBody {

    private ComingBody() {}

    /** What the contract wants of the call. */
    static Body wanted(HttpServerRequest request) {
        return Operation.of(request).map(Operation::body).orElse(Body.NONE);
    }

    /** Over HTTP/2 a call whose body has no length leaves open whether one comes, also where nobody takes it. */
    static boolean mayBeUnwanted(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_2
                && !request.isEnded()
                && !request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                && wanted(request) == Body.NONE;
    }

    /**
     * How large it is at most, in bytes; 0 if none comes, or if it is dropped as it comes.
     *
     * @param most of a body whose length is open
     */
    static long bytes(HttpServerRequest request, long most) {
        if (request.isEnded()) {
            return 0;
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null) {
            return Long.parseLong(length);
        }
        boolean comes = request.version() == HttpVersion.HTTP_2
                ? wanted(request) != Body.NONE && mayGoOn(request)
                : request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
        return comes ? most : 0;
    }

    /** Whether a call over HTTP/2 brings more than its head. Of a connection that began as HTTP/1.1 the first does not tell. */
    private static boolean mayGoOn(HttpServerRequest request) {
        if (request.bytesRead() > 0 || request.streamId() == 1 && !request.isSSL()) {
            return true;
        }
        Http2Stream stream = ((ConnectionBase) request.connection())
                .channel().pipeline().get(Http2ConnectionHandler.class).connection().stream(request.streamId());
        return stream != null && stream.state().remoteSideOpen();
    }

    /**
     * Whether what comes is declared as JSON. Where a body is optional, one whose length is open may be nothing, which is not
     * declared.
     */
    static boolean isJson(HttpServerRequest request) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        return type == null
                ? wanted(request) == Body.OPTIONAL && !request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                : type.split(";", 2)[0].strip().equalsIgnoreCase("application/json");
    }
}
