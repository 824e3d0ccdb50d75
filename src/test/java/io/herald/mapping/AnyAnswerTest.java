package io.herald.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.delivery.Outcome;
import io.herald.schema.Fault;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a provider answers, its templates make something well-formed of it: every answer of the examples, with each of
 * its values in turn replaced by one of another kind.
 */
class AnyAnswerTest {

    private static final List<JsonNode> ODD = Stream.of(
                    "null",
                    "true",
                    "0",
                    "17.5",
                    "\"\"",
                    "\" \"",
                    "\"odd\"",
                    "[]",
                    "{}",
                    "[null]",
                    "[17, \"odd\"]",
                    "[[\"odd\"]]",
                    "[{\"field\": 17, \"message\": {}}]",
                    "{\"message\": [], \"code\": {}}",
                    "{\"odd\": [\"odd\", 17]}",
                    "{\"odd/~\": \"odd\"}")
            .map(AnyAnswerTest::json)
            .toList();
    private static final Set<String> OUTCOME =
            Set.of("state", "providerCustomerId", "providerStatus", "urls", "risk", "error");

    private static Mappings mappings;

    @BeforeAll
    static void load() {
        List<String> mistakes = new ArrayList<>();
        mappings = Mappings.load(Example::text, Example.providers(), Clock.systemUTC(), mistakes);
        assertThat(mistakes).as("mistakes in the mappings").isEmpty();
    }

    @ParameterizedTest
    @MethodSource("answered")
    void anyAnswerBecomesAnOutcome(Example example) {
        int status = example.response().path("status").asInt();
        odd(example.response().get("body")).forEach(answer -> {
            String what = example + " with the answer " + answer;
            ObjectNode outcome = outcome(example, status, answer, what);
            assertThat(OUTCOME)
                    .as(what)
                    .containsAll(
                            outcome.properties().stream().map(Map.Entry::getKey).toList());
            assertTextOrAbsent(outcome, "providerCustomerId", what);
            assertTextOrAbsent(outcome, "state", what);
            JsonNode error = outcome.path("error");
            assertTextOrAbsent(error, "code", what);
            assertTextOrAbsent(error, "reason", what);
            assertThat(error.path("message").isMissingNode()
                            || error.path("message").isTextual())
                    .as(what + ": message")
                    .isTrue();
            assertHasWords(Outcome.of(status, outcome, example.isUpdate()), what);
            error.path("fields").forEach(field -> {
                assertThat(field.path("pointer").isTextual()).as(what).isTrue();
                assertThat(field.path("pointer").textValue()).as(what).matches("(/([^~]|~[01])*)?");
                assertThat(field.path("message").isTextual()).as(what).isTrue();
            });
            outcome.path("urls")
                    .forEach(url -> assertThat(url.isTextual()).as(what).isTrue());
        });
    }

    @ParameterizedTest
    @MethodSource("lookedUp")
    void anyLookUpBecomesCandidates(Example example) {
        odd(example.find().get("answer")).forEach(answer -> {
            String what = example + " with the answer " + answer;
            ObjectNode found;
            try {
                found = mappings.of(example.provider()).find(answer, example.request());
            } catch (MappingFailedException e) {
                throw new AssertionError(what + ": " + e.getMessage(), e);
            }
            assertThat(found.has("next")).as(what).isEqualTo(found.path("next").isInt());
            found.path("candidates").forEach(candidate -> {
                assertThat(candidate.path("same").isBoolean()).as(what).isTrue();
                assertTextOrAbsent(candidate, "providerCustomerId", what);
                if (candidate.path("same").booleanValue()) {
                    assertThat(candidate.path("providerCustomerId").textValue())
                            .as(what)
                            .isNotBlank();
                }
            });
        });
    }

    /** Each of them would take minutes, or gigabytes, if a part of it were looked at anew for each other part. */
    @Test
    void anAnswerThatRepeatsItselfCostsNoMoreThanItsLength() {
        String message = "x".repeat(500_000);
        ObjectNode keys = json("{}").deepCopy();
        keys.put("message", message).withObject("/source").put("key", "a,".repeat(250_000));
        ObjectNode deep = json("{}").deepCopy();
        ObjectNode key = deep.withObject("/source/key");
        for (int i = 0; i < 90; i++) {
            key = key.putObject("k".repeat(1_000));
        }
        for (int i = 0; i < 5_000; i++) {
            key.put("leaf" + i, "is refused");
        }
        JsonNode customers = json("{}").<ObjectNode>deepCopy().put("message", "connected customer".repeat(55_000));

        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            assertThat(error("bridge-xyz", keys).path("message").textValue()).isEqualTo(message);
            assertThat(error("bridge-xyz", deep).path("fields").valueStream())
                    .allSatisfy(field ->
                            assertThat(field.path("pointer").textValue()).hasSizeLessThan(2_000));
            assertThat(error("fraudspect", customers).has("fields")).isFalse();
        });
    }

    private static JsonNode error(String provider, JsonNode answer) {
        return mappings.of(provider).outcome(400, answer, null).path("error");
    }

    /** One of a million takes minutes to read, and JSLT counts in long. */
    @Test
    void aPageIsOfNineDigitsAtMost() {
        String digits = "1".repeat(30);
        JsonNode page = json("""
                {"status": "success", "data": [], "pagination": {"current_page": "%1$s", "last_page": "2%1$s"}}
                """.formatted(digits));

        assertThat(mappings.of("yativo").find(page, json("{}")).has("next")).isFalse();
    }

    static Stream<Example> answered() {
        return MappingExamplesTest.answered();
    }

    static Stream<Example> lookedUp() {
        return MappingExamplesTest.lookedUp();
    }

    private static ObjectNode outcome(Example example, int status, JsonNode answer, String what) {
        try {
            return mappings.of(example.provider()).outcome(status, answer, example.link());
        } catch (MappingFailedException e) {
            throw new AssertionError(what + ": " + e.getMessage(), e);
        }
    }

    private static void assertHasWords(ObjectNode report, String what) {
        assertThat(report.path("state").asText().equals("delivered")
                        || !report.at("/error/message").asText().isBlank())
                .as(what + " has words, the provider's or ours")
                .isTrue();
    }

    private static void assertTextOrAbsent(JsonNode object, String field, String what) {
        if (object.has(field)) {
            assertThat(object.get(field).isTextual()).as(what + ": " + field).isTrue();
            assertThat(object.get(field).textValue()).as(what + ": " + field).isNotEmpty();
        }
    }

    /** The answer with each value in turn, itself among them, replaced by each odd one. */
    private static Stream<JsonNode> odd(JsonNode answer) {
        if (answer == null) {
            return ODD.stream();
        }
        return Stream.concat(ODD.stream(), pointers("", answer).flatMap(pointer -> ODD.stream()
                .map(odd -> replaced(answer, pointer, odd))));
    }

    private static Stream<String> pointers(String pointer, JsonNode node) {
        List<String> pointers = new ArrayList<>();
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                pointers.add(pointer + "/" + i);
            }
        } else {
            node.fieldNames().forEachRemaining(name -> pointers.add(Fault.child(pointer, name)));
        }
        return pointers.stream()
                .flatMap(child ->
                        Stream.concat(Stream.of(child), pointers(child, node.at(child.substring(pointer.length())))));
    }

    private static JsonNode replaced(JsonNode answer, String pointer, JsonNode odd) {
        JsonNode copy = answer.deepCopy();
        int last = pointer.lastIndexOf('/');
        String name = pointer.substring(last + 1).replace("~1", "/").replace("~0", "~");
        if (copy.at(pointer.substring(0, last)) instanceof ArrayNode array) {
            array.set(Integer.parseInt(name), odd);
        } else {
            ((ObjectNode) copy.at(pointer.substring(0, last))).set(name, odd);
        }
        return copy;
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
