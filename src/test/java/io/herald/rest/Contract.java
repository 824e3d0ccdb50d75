package io.herald.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.herald.schema.Fault;
import io.herald.schema.SchemaCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;

/** Holds answers against the schemas of the contract; what the contract does not name is a fault here. */
public final class Contract {

    private static final String COMPONENT = "#/components/schemas/";

    private final JsonNode contract;

    private Contract(JsonNode contract) {
        this.contract = contract;
    }

    public static Contract load() {
        try {
            return new Contract(new ObjectMapper(new YAMLFactory())
                    .readTree(
                            Path.of("src/main/resources/META-INF/openapi.yaml").toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    JsonNode tree() {
        return contract;
    }

    /** What is wrong with an answer. */
    public List<Fault> faults(String component, JsonNode answer) {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        schema.put("$ref", "#/$defs/" + component);
        JsonNode definitions = contract.at("/components/schemas").deepCopy();
        strict(definitions);
        schema.set("$defs", definitions);
        return SchemaCheck.compile("openapi.yaml", schema.toString(), Clock.systemUTC())
                .check(answer);
    }

    private static void strict(JsonNode node) {
        if (node instanceof ObjectNode object) {
            if (object.path("$ref").isTextual()) {
                object.put("$ref", object.get("$ref").textValue().replace(COMPONENT, "#/$defs/"));
            }
            if (object.path("type").asText().equals("object")
                    && object.has("properties")
                    && !object.has("additionalProperties")) {
                object.put("additionalProperties", false);
            }
        }
        node.forEach(Contract::strict);
    }
}
