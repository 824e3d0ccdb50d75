package io.herald.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.caller.Issuer;
import io.restassured.RestAssured;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;

/** Calls Herald as a caller does; many calls may be under way at once. */
public final class Api {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final IntSupplier port;
    private final Optional<String> authorization;

    private Api(IntSupplier port, Optional<String> authorization) {
        this.port = port;
        this.authorization = authorization;
    }

    /** The program under test of a {@code QuarkusTest}; asks for its port at each call. */
    public static Api underTest() {
        return new Api(() -> RestAssured.port, Optional.empty());
    }

    /** The packaged program that listens there, on this machine, called by somebody who may do everything. */
    public static Api at(int port) {
        return new Api(() -> port, Optional.of(Issuer.TRUSTED.bearer()));
    }

    /**
     * What came back.
     *
     * @param millis how long it took, in milliseconds
     */
    public record Answer(int status, String body, HttpHeaders headers, long millis) {

        public JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (IOException e) {
                throw new UncheckedIOException("not JSON: " + body, e);
            }
        }

        public String header(String name) {
            return headers.firstValue(name).orElse(null);
        }

        /** The delivery of the report to that provider. */
        public JsonNode delivery(String provider) {
            return Api.delivery(json(), provider);
        }
    }

    /** The delivery of a report to that provider; a missing node if it has none. */
    public static JsonNode delivery(JsonNode report, String provider) {
        for (JsonNode delivery : report.path("deliveries")) {
            if (delivery.path("provider").asText().equals(provider)) {
                return delivery;
            }
        }
        return report.path("deliveries").path("none");
    }

    /** Submits a customer, with more headers as name and value by turns. */
    public CompletableFuture<Answer> submitting(JsonNode customer, String... headers) {
        return sending("POST", "/v1/customers", customer.toString(), headers);
    }

    public Answer submit(JsonNode customer, String... headers) {
        return submitting(customer, headers).join();
    }

    /** Posts that text, JSON or not. */
    public CompletableFuture<Answer> sending(String path, String body) {
        return sending("POST", path, body, new String[0]);
    }

    public Answer preview(JsonNode customer) {
        return sending("POST", "/v1/preview", customer.toString()).join();
    }

    public Answer get(String path) {
        return send("GET", path, null);
    }

    /** The report of a message, now. */
    public JsonNode report(String message) {
        return get("/v1/messages/" + message).json();
    }

    public Answer send(String method, String path, String body, String... headers) {
        return sending(method, path, body, headers).join();
    }

    private CompletableFuture<Answer> sending(String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port.getAsInt() + path))
                .timeout(Duration.ofSeconds(60))
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (body != null && !List.of(headers).contains("Content-Type")) {
            request.header("Content-Type", "application/json");
        }
        authorization.ifPresent(bearer -> request.header("Authorization", bearer));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        long start = System.nanoTime();
        return client.sendAsync(request.build(), BodyHandlers.ofString())
                .thenApply(answer -> answerOf(answer, (System.nanoTime() - start) / 1_000_000));
    }

    private static Answer answerOf(HttpResponse<String> answer, long millis) {
        return new Answer(answer.statusCode(), answer.body(), answer.headers(), millis);
    }
}
