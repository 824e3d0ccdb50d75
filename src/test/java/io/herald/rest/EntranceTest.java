package io.herald.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The entrance lets in what is in the contract, and nothing else. */
class EntranceTest {

    private static final JsonNode CONTRACT = Contract.load().tree();
    private static final JsonNode PATHS = CONTRACT.path("paths");

    @Test
    void theCallsAreThoseOfTheContract() {
        List<String> words = Stream.concat(
                        PATHS.properties().stream()
                                .flatMap(path -> Stream.of(path.getKey().split("/")))
                                .filter(word -> word.matches("[a-z-]+")),
                        Stream.of("own", "V1", ""))
                .distinct()
                .toList();
        List<String> paths = List.of("/v1");
        for (int depth = 0; depth < 4; depth++) {
            paths = paths.stream()
                    .flatMap(path -> words.stream().map(word -> path + "/" + word))
                    .toList();

            assertThat(paths).allSatisfy(path -> assertThat(Entrance.methodsOf(path))
                    .containsExactlyInAnyOrderElementsOf(methodsInContract(path)));
        }
    }

    @Test
    void eachIsNamedAsInTheContractAndTakesItsBody() {
        List<String> operations = PATHS.properties().stream()
                .flatMap(path -> path.getValue().properties().stream().map(call -> "%s %s %s %s"
                        .formatted(
                                call.getValue()
                                        .path("operationId")
                                        .asText()
                                        .replaceAll("([A-Z])", "_$1")
                                        .toUpperCase(Locale.ROOT),
                                call.getKey().toUpperCase(Locale.ROOT),
                                path.getKey(),
                                body(call.getValue()))))
                .toList();

        assertThat(Operation.values())
                .extracting(call -> "%s %s %s %s".formatted(call, call.method(), call.path(), call.body()))
                .containsExactlyInAnyOrderElementsOf(operations);
    }

    private static Operation.Body body(JsonNode call) {
        JsonNode body = call.path("requestBody");
        if (body.isMissingNode()) {
            return Operation.Body.NONE;
        }
        String reference = body.path("$ref").asText("#").substring(1);
        return (reference.isEmpty() ? body : CONTRACT.at(reference))
                        .path("required")
                        .asBoolean()
                ? Operation.Body.REQUIRED
                : Operation.Body.OPTIONAL;
    }

    /** A path that is in the contract as it is comes before one with a parameter there (OpenAPI 3.1, 4.8.8.2). */
    private static TreeSet<String> methodsInContract(String path) {
        TreeSet<String> methods = new TreeSet<>();
        PATHS.properties().stream()
                .filter(template -> path.matches(template.getKey().replaceAll("\\{[a-z]+}", "[^/]+")))
                .min(Comparator.comparing((Map.Entry<String, JsonNode> template) ->
                        template.getKey().contains("{")))
                .ifPresent(template -> template.getValue()
                        .fieldNames()
                        .forEachRemaining(method -> methods.add(method.toUpperCase(Locale.ROOT))));
        return methods;
    }
}
