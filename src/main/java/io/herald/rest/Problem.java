package io.herald.rest;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.schema.Fault;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.List;

/** A problem document (RFC 9457). */
final class Problem {

    static final String MEDIA_TYPE = "application/problem+json";

    private Problem() {}

    /** @param detail what is wrong and what to do about it; never a value that was sent */
    static ObjectNode of(int status, String detail) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("type", "about:blank")
                .put("title", HttpResponseStatus.valueOf(status).reasonPhrase())
                .put("status", status)
                .put("detail", detail);
    }

    static ObjectNode of(int status, String detail, List<Fault> faults) {
        return of(status, detail).set("errors", Fault.toJson(faults));
    }
}
