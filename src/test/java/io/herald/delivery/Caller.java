package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.restassured.RestAssured;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;

/** Somebody who submits customers to the Herald under test, many at once if need be. */
public final class Caller {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final AtomicInteger LAST = new AtomicInteger();

    private Caller() {}

    /**
     * The answer to a submission.
     *
     * @param status of HTTP
     * @param body the report
     */
    public record Report(int status, JsonNode body) {

        /** What became of one delivery. */
        public JsonNode delivery(String provider) {
            return StreamSupport.stream(body.path("deliveries").spliterator(), false)
                    .filter(delivery -> delivery.path("provider").asText().equals(provider))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("no delivery to " + provider + " in " + body));
        }

        /** State and reason of one delivery, as {@code dead/unclear}; the state alone where there is no error. */
        public String outcome(String provider) {
            JsonNode delivery = delivery(provider);
            String state = delivery.path("state").asText();
            JsonNode reason = delivery.path("error").path("reason");
            return reason.isMissingNode() ? state : state + "/" + reason.asText();
        }

        /** How often one delivery was sent. */
        public int attempts(String provider) {
            return delivery(provider).path("attempts").asInt();
        }
    }

    /** A reference that no other test uses, and that is no part of another one. */
    public static String reference(String label) {
        return label + "-" + LAST.incrementAndGet() + "-end";
    }

    /** The address of the customers made here: that of the reference, with the sandbox's magic value before the {@code @}. */
    public static String email(String reference, String magic) {
        return reference.toLowerCase(Locale.ROOT) + (magic.isEmpty() ? "" : "+" + magic) + "@example.com";
    }

    /** A person for these providers only; for all of them if none is named. */
    public static ObjectNode person(String reference, String magic, String... targets) {
        ObjectNode person = Customers.person(reference, email(reference, magic));
        if (targets.length > 0) {
            List.of(targets).forEach(person.putArray("targets")::add);
        }
        return person;
    }

    /** Submits a customer, and waits for its deliveries. */
    public static Report deliver(ObjectNode customer) {
        return submit(customer).join();
    }

    /** Submits a customer; completes when its deliveries are done. */
    public static CompletableFuture<Report> submit(ObjectNode customer) {
        HttpRequest request = HttpRequest.newBuilder(uri("/v1/customers"))
                .header("Content-Type", "application/json")
                .header("Prefer", "wait=30")
                .POST(BodyPublishers.ofString(customer.toString()))
                .build();
        return CLIENT.sendAsync(request, BodyHandlers.ofString())
                .thenApply(answer -> new Report(answer.statusCode(), json(answer.body())));
    }

    /** What Herald knows of a customer. */
    public static JsonNode customer(String reference) {
        HttpRequest request =
                HttpRequest.newBuilder(uri("/v1/customers/" + reference)).build();
        return CLIENT.sendAsync(request, BodyHandlers.ofString())
                .thenApply(answer -> json(answer.body()))
                .join();
    }

    private static URI uri(String path) {
        return URI.create(RestAssured.baseURI + ":" + RestAssured.port + path);
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException("not JSON: " + text, e);
        }
    }
}
