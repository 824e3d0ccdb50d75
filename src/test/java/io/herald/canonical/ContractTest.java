package io.herald.canonical;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.herald.schema.SchemaCheck;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The OpenAPI contract is sound, says the same as the canonical schema, and its examples are true. */
class ContractTest {

    private static final Path FILE = Path.of("src/main/resources/META-INF/openapi.yaml");
    private static final String COMPONENT = "#/components/schemas/";
    private static final JsonNode CONTRACT = contract();

    @Test
    void theParserThatCamelUsesFindsNothingWrong() throws IOException {
        SwaggerParseResult result =
                new OpenAPIV3Parser().readContents(Files.readString(FILE), List.of(), new ParseOptions());
        assertThat(result.getMessages()).isEmpty();
        OpenAPI contract = result.getOpenAPI();
        assertThat(contract.getOpenapi()).startsWith("3.1");
        Set<String> operations = contract.getPaths().entrySet().stream()
                .flatMap(path -> path.getValue().readOperationsMap().entrySet().stream()
                        .map(operation -> operation.getValue().getOperationId() + ": " + operation.getKey() + ' '
                                + path.getKey()))
                .collect(Collectors.toSet());
        assertThat(operations)
                .containsExactlyInAnyOrder(
                        "submitCustomer: POST /v1/customers",
                        "previewCustomer: POST /v1/preview",
                        "showMessage: GET /v1/messages/{id}",
                        "showCustomer: GET /v1/customers/{reference}",
                        "eraseCustomer: DELETE /v1/customers/{reference}",
                        "listFiles: GET /v1/files",
                        "listDeadLetters: GET /v1/dead-letters",
                        "replayDeadLetters: POST /v1/dead-letters/replay",
                        "showDeadLetter: GET /v1/dead-letters/{id}",
                        "discardDeadLetter: DELETE /v1/dead-letters/{id}",
                        "replayDeadLetter: POST /v1/dead-letters/{id}/replay");
    }

    @Test
    void everyReferenceLeadsSomewhere() {
        List<String> references = new ArrayList<>();
        collectReferences(CONTRACT, references);
        assertThat(references).hasSizeGreaterThan(50);
        assertThat(references).allSatisfy(reference -> assertThat(
                        CONTRACT.at(reference.substring(1)).isMissingNode())
                .as("%s leads nowhere", reference)
                .isFalse());
    }

    private static void collectReferences(JsonNode node, List<String> references) {
        if (node.path("$ref").isTextual()) {
            references.add(node.path("$ref").textValue());
        }
        node.forEach(child -> collectReferences(child, references));
    }

    /** A definition {@code name} of the schema file is the component {@code Name} of the contract. */
    static Stream<Arguments> canonicalParts() throws IOException {
        JsonNode schema = new ObjectMapper()
                .readTree(Path.of("mappings/canonical/customer.schema.json").toFile());
        return Stream.concat(
                Stream.of(arguments("CanonicalCustomer", schema)),
                schema.path("$defs").properties().stream()
                        .map(definition -> arguments(component(definition.getKey()), definition.getValue())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("canonicalParts")
    void theContractSaysTheSameAsTheCanonicalSchema(String component, JsonNode schema) {
        assertThat(CONTRACT.at("/components/schemas/" + component)).isEqualTo(asComponent(schema));
    }

    /** Without what OpenAPI has no use for, and with references to components. */
    private static JsonNode asComponent(JsonNode schema) {
        if (schema instanceof ArrayNode list) {
            ArrayNode copy = JsonNodeFactory.instance.arrayNode();
            list.forEach(entry -> copy.add(asComponent(entry)));
            return copy;
        }
        if (!(schema instanceof ObjectNode object)) {
            return schema;
        }
        ObjectNode copy = JsonNodeFactory.instance.objectNode();
        object.properties().forEach(entry -> {
            switch (entry.getKey()) {
                case "$schema", "$defs", "$comment", "message" -> {}
                case "$ref" ->
                    copy.put(
                            "$ref",
                            COMPONENT + component(entry.getValue().textValue().substring("#/$defs/".length())));
                default -> copy.set(entry.getKey(), asComponent(entry.getValue()));
            }
        });
        return copy;
    }

    private static String component(String definition) {
        return Character.toUpperCase(definition.charAt(0)) + definition.substring(1);
    }

    static Stream<Arguments> examples() {
        return Stream.of(
                arguments("Person", "CanonicalCustomer"),
                arguments("Business", "CanonicalCustomer"),
                arguments("Delivered", "Report"),
                arguments("Pending", "Report"),
                arguments("Partial", "Report"),
                arguments("Preview", "Preview"),
                arguments("CustomerStatus", "CustomerStatus"),
                arguments("Files", "Files"),
                arguments("DeadLetters", "DeadLetters"),
                arguments("DeadLetter", "DeadLetter"));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void anExampleFitsItsSchema(String example, String schema) {
        JsonNode value = CONTRACT.at("/components/examples/" + example + "/value");
        assertThat(value.isObject()).isTrue();
        assertThat(check(schema, value)).isEmpty();
    }

    @Test
    void everyExampleIsChecked() {
        Set<String> checked = examples().map(row -> (String) row.get()[0]).collect(Collectors.toSet());
        assertThat(checked)
                .isEqualTo(CONTRACT.at("/components/examples").properties().stream()
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toSet()));
    }

    @Test
    void theExamplesOfProblemsFitTheirSchema() {
        int checked = 0;
        for (JsonNode response : CONTRACT.at("/components/responses")) {
            JsonNode content = response.path("content").path("application/problem+json");
            assertThat(content.at("/schema/$ref").textValue()).isEqualTo(COMPONENT + "Problem");
            if (content.has("example")) {
                assertThat(check("Problem", content.path("example"))).isEmpty();
                checked++;
            }
        }
        assertThat(checked).isEqualTo(6);
    }

    @ParameterizedTest
    @MethodSource("customers")
    void theExamplesOfCustomersAreTaken(JsonNode customer) {
        assertThat(Samples.faults(customer)).isEmpty();
    }

    static Stream<JsonNode> customers() {
        return Stream.of("Person", "Business").map(name -> CONTRACT.at("/components/examples/" + name + "/value"));
    }

    private static List<?> check(String component, JsonNode value) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        schema.put("$ref", "#/$defs/" + component);
        schema.set("$defs", withLocalReferences(CONTRACT.at("/components/schemas")));
        return SchemaCheck.compile("openapi.yaml", schema.toString(), Samples.CLOCK)
                .check(value);
    }

    private static JsonNode withLocalReferences(JsonNode schemas) {
        JsonNode copy = schemas.deepCopy();
        copy.findParents("$ref").forEach(parent -> ((ObjectNode) parent)
                .set("$ref", TextNode.valueOf(parent.path("$ref").textValue().replace(COMPONENT, "#/$defs/"))));
        return copy;
    }

    private static JsonNode contract() {
        try {
            return new ObjectMapper(new YAMLFactory()).readTree(FILE.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
