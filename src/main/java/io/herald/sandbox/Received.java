package io.herald.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One request as a provider of the sandbox received it.
 *
 * @param method the HTTP method
 * @param path path and query as they came, without the provider's prefix: {@code /v1/kyc/customers}
 * @param headers all headers; the map ignores case
 * @param body the bytes of the body, empty when there was none
 * @param answered the HTTP status of the answer; where the connection was broken instead, that of the answer lost
 */
public record Received(String method, String path, Map<String, List<String>> headers, byte[] body, int answered) {

    /** The first value of a header, in any case. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name)).map(values -> values.get(0));
    }

    /**
     * The body as JSON; a missing node when it is empty.
     *
     * @throws UncheckedIOException when it is not JSON
     */
    public JsonNode json() {
        try {
            return Json.MAPPER.readTree(body);
        } catch (IOException e) {
            throw new UncheckedIOException("the body of " + method + " " + path + " is not JSON", e);
        }
    }
}
