package io.herald.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.mapping.Mappings;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostors;
import io.herald.provider.Neighbours;
import io.herald.sandbox.Received;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Good customers that chance has changed, in their fields and in their text: each is taken or refused in words, none ends in a
 * 5xx or hangs, and no provider is sent what breaks its schema.
 */
@QuarkusTest
@TestProfile(Neighbours.class)
class RandomMessagesTest extends AmongImpostors {

    private static final int PREVIEWS = Integer.getInteger("herald.random.messages", 2_500);
    private static final int SUBMISSIONS = PREVIEWS / 5;
    private static final int AT_ONCE = 8;
    private static final long SEED = Long.getLong("herald.test.seed", 20_261_121L);
    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final String STRAY = "{}[],:\"\\0-.eE\u0000\u00e9 \t";
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "a",
            "Ann",
            "\u00e9t\u00e9",
            "\u0441\u0435\u0440\u0433\u0435\u0439",
            "\u738b\u5c0f\u660e",
            "\u0645\u062d\u0645\u062f",
            "\ud83d\ude00",
            "\u0000",
            "a\r\nb",
            "\ufeff",
            "\u202e",
            "e\u0301",
            "PO Box 12",
            "a".repeat(1_024),
            "a".repeat(1_025),
            "1995-01-10",
            "2090-01-01",
            "0000-00-00",
            "2024-02-30",
            "2026-01-02T03:04:05Z",
            "US",
            "USA",
            "US-NY",
            "TZ",
            "ZZ",
            "+255700000000",
            "jane@example.com",
            "person",
            "business",
            "passport",
            "https://example.com",
            "data:image/png;base64,aW1hZ2U=",
            "data:;base64,",
            "${body}",
            "null",
            "12",
            "-1e5");

    @Inject
    Mappings mappings;

    private final Random random = new Random(SEED);

    @BeforeEach
    void tellTheSeed() {
        System.out.println("The seed of RandomMessagesTest: " + SEED + "; another: -Dherald.test.seed=");
    }

    @Test
    void eachIsShownOrRefused() throws IOException {
        List<JsonNode> good = good();
        List<String> bodies = Stream.generate(() -> body(good)).limit(PREVIEWS).toList();

        Map<Integer, Integer> counts = new TreeMap<>();
        each(bodies, body -> herald.sending("/v1/preview", body), (body, answer) -> {
            counts.merge(answer.status(), 1, Integer::sum);
            assertThat(answer.status()).as(body).isIn(200, 400, 413, 422);
            for (JsonNode delivery : answer.json().path("deliveries")) {
                assertThat(delivery.has("request")).as(body).isNotEqualTo(delivery.has("error"));
                if (delivery.has("request")) {
                    assertThat(mappings.of(delivery.path("provider").textValue())
                                    .check(delivery.path("request")))
                            .as(body)
                            .isEmpty();
                } else {
                    assertThat(delivery.at("/error/reason").textValue())
                            .as(body)
                            .isEqualTo("not_mappable");
                    assertThat(delivery.at("/error/code").textValue()).as(body).isEqualTo("not_mappable");
                }
            }
        });
        assertThat(counts.get(200)).as("%s", counts).isGreaterThan(PREVIEWS / 10);
        assertThat(counts.get(422)).as("%s", counts).isGreaterThan(PREVIEWS / 10);
        assertThat(counts.get(400)).as("%s", counts).isGreaterThan(PREVIEWS / 50);
        for (String provider : Impostors.PROVIDERS) {
            assertThat(impostors.of(provider).requests()).as(provider).isZero();
        }
    }

    /** The sandbox refuses what breaks its own schemas, which are written from the providers' pages, with 400 or 422. */
    @Test
    void noProviderIsSentWhatBreaksItsSchema() throws IOException {
        List<JsonNode> good = good();
        List<String> bodies = new ArrayList<>();
        for (int i = 0; i < SUBMISSIONS; i++) {
            ObjectNode customer = customer(good).put("reference", "CUST-random-" + i);
            if (customer.path("contact").has("email")) {
                customer.withObject("/contact").put("email", "random-" + i + "@example.com");
            }
            customer.remove("connections");
            bodies.add(customer.toString());
        }

        List<String> pending = new ArrayList<>();
        each(bodies, body -> herald.sending("/v1/customers", body), (body, answer) -> {
            assertThat(answer.status()).as(body).isIn(200, 202, 207, 400, 422);
            if (answer.status() == 202) {
                pending.add(answer.json().path("message").asText());
            }
            for (JsonNode delivery : answer.json().path("deliveries")) {
                assertThat(delivery.at("/error/reason").asText("none"))
                        .as("%s: %s", body, delivery)
                        .isIn("none", "not_mappable", "duplicate");
            }
        });
        pending.forEach(message -> await().atMost(BOUND).until(() -> herald.report(message)
                .path("deliveries")
                .valueStream()
                .noneMatch(delivery -> delivery.path("state").asText().equals("pending"))));
        int sent = 0;
        for (String provider : Impostors.PROVIDERS) {
            for (Received request : impostors.sandbox().requests(provider)) {
                sent++;
                assertThat(request.answered())
                        .as("%s %s: %s", provider, request.path(), request.json())
                        .isNotIn(400, 404, 405, 415, 422);
            }
        }
        assertThat(sent).isGreaterThan(SUBMISSIONS / 4);
    }

    private interface Check {
        void accept(String body, Api.Answer answer);
    }

    /** A few at a time; each answer comes within the client's own time-out. */
    private static void each(List<String> bodies, Function<String, CompletableFuture<Api.Answer>> call, Check check) {
        for (int i = 0; i < bodies.size(); i += AT_ONCE) {
            List<String> some = bodies.subList(i, Math.min(bodies.size(), i + AT_ONCE));
            List<CompletableFuture<Api.Answer>> answers =
                    some.stream().map(call).toList();
            for (int k = 0; k < some.size(); k++) {
                check.accept(some.get(k), answers.get(k).join());
            }
        }
    }

    /** The canonical customers of all examples. */
    private static List<JsonNode> good() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("mappings"))) {
            List<JsonNode> good = new ArrayList<>();
            for (Path file : files.filter(file -> file.endsWith("canonical.json"))
                    .sorted()
                    .toList()) {
                JsonNode customer = JSON.readTree(Files.readAllBytes(file));
                if (customer.toString().length() < Neighbours.BODY_MAX / 2) {
                    good.add(customer);
                }
            }
            assertThat(good).hasSizeGreaterThan(20);
            return good;
        }
    }

    /** A customer with up to three changes, and now and then one in its text. */
    private String body(List<JsonNode> good) {
        String text = customer(good).toString();
        return random.nextInt(6) == 0 ? damaged(text) : text;
    }

    private ObjectNode customer(List<JsonNode> good) {
        ObjectNode customer = (ObjectNode) any(good).deepCopy();
        customer.remove("targets");
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            change(anyContainer(customer), good);
        }
        return customer;
    }

    private void change(JsonNode container, List<JsonNode> good) {
        if (container instanceof ObjectNode object) {
            List<String> names = new ArrayList<>();
            object.fieldNames().forEachRemaining(names::add);
            String name = names.isEmpty() || random.nextInt(8) == 0 ? any(TEXTS) : any(names);
            if (random.nextInt(4) == 0) {
                object.remove(name);
            } else {
                object.set(name, value(good));
            }
        } else if (container instanceof ArrayNode array) {
            switch (random.nextInt(4)) {
                case 0 -> array.removeAll();
                case 1 -> array.add(value(good));
                default -> {
                    if (array.isEmpty()) {
                        array.add(value(good));
                    } else if (random.nextBoolean()) {
                        array.set(random.nextInt(array.size()), value(good));
                    } else {
                        array.add(array.get(0).deepCopy());
                    }
                }
            }
        }
    }

    private JsonNode value(List<JsonNode> good) {
        JsonNodeFactory node = JsonNodeFactory.instance;
        return switch (random.nextInt(12)) {
            case 0 -> node.nullNode();
            case 1 -> node.booleanNode(random.nextBoolean());
            case 2 -> node.numberNode(random.nextLong());
            case 3 -> node.numberNode(random.nextInt(100));
            case 4 -> node.numberNode(random.nextGaussian());
            case 5 -> node.arrayNode().add(any(TEXTS));
            case 6 -> node.objectNode().put(any(TEXTS), any(TEXTS));
            case 7 -> anyContainer(any(good)).deepCopy();
            default -> node.textNode(any(TEXTS));
        };
    }

    /** The root, or an object or array somewhere below. */
    private JsonNode anyContainer(JsonNode root) {
        List<JsonNode> all = new ArrayList<>();
        collect(root, all);
        return any(all);
    }

    private static void collect(JsonNode node, List<JsonNode> all) {
        if (node.isContainerNode()) {
            all.add(node);
            node.forEach(child -> collect(child, all));
        }
    }

    /** The text, cut, doubled in part, or with a character that does not belong there. */
    private String damaged(String text) {
        int at = random.nextInt(text.length());
        int until = Math.min(text.length(), at + random.nextInt(40));
        return switch (random.nextInt(4)) {
            case 0 -> text.substring(0, at);
            case 1 -> text.substring(0, until) + text.substring(at);
            case 2 -> text.substring(0, at) + text.substring(until);
            default -> text.substring(0, at) + STRAY.charAt(random.nextInt(STRAY.length())) + text.substring(at);
        };
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
