package io.herald.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;

/**
 * A customer as a provider keeps it. Never changed in place: an update makes a new one.
 *
 * @param id the provider's id: a string, or a number where the provider counts
 * @param fields the fields of the requests so far, an update laid over what was there
 * @param connections the customer's connections, kept apart from its fields (fraudspect)
 */
record Customer(JsonNode id, Instant createdAt, Instant updatedAt, ObjectNode fields, ArrayNode connections) {

    private static final int LONGEST = 4096;

    /**
     * The fields of a request as they are kept: a text longer than {@value #LONGEST} characters, such as a document, is
     * kept as its length and SHA-256 only, so that many of them fit into memory.
     */
    static ObjectNode kept(ObjectNode body) {
        ObjectNode kept = JsonNodeFactory.instance.objectNode();
        body.properties().forEach(field -> kept.set(field.getKey(), kept(field.getValue())));
        return kept;
    }

    private static JsonNode kept(JsonNode value) {
        if (value instanceof ObjectNode object) {
            return kept(object);
        }
        if (value instanceof ArrayNode array) {
            ArrayNode kept = JsonNodeFactory.instance.arrayNode();
            array.forEach(element -> kept.add(kept(element)));
            return kept;
        }
        if (value.isTextual() && value.textValue().length() > LONGEST) {
            String text = value.textValue();
            return TextNode.valueOf(
                    text.length() + " characters, SHA-256 " + Digest.of(text.getBytes(StandardCharsets.UTF_8)));
        }
        return value;
    }

    /** A second id of the same customer, for providers that answer with two. The same id always gives the same one. */
    String otherId() {
        return UUID.nameUUIDFromBytes(("other " + id.asText()).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    Customer with(ObjectNode changes, Instant now) {
        ObjectNode merged = fields.deepCopy();
        merged.setAll(changes);
        return new Customer(id, createdAt, now, merged, connections);
    }

    Customer connected(ArrayNode to, Instant now) {
        return new Customer(id, createdAt, now, fields, to);
    }

    ObjectNode toJson() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.set("id", id);
        json.put("otherId", otherId());
        json.put("createdAt", createdAt.toString());
        json.put("updatedAt", updatedAt.toString());
        json.set("fields", fields);
        json.set("connections", connections);
        return json;
    }

    /** What answers are filled from; {@code others} are the fields that are not named in {@code known}. */
    ObjectNode toModel(Set<String> known) {
        ObjectNode model = toJson();
        ArrayNode others = model.putArray("others");
        fields.properties().forEach(field -> {
            if (!known.contains(field.getKey())) {
                others.addObject().put("name", field.getKey()).set("value", field.getValue());
            }
        });
        return model;
    }

    static Customer fromJson(JsonNode json) {
        return new Customer(
                json.get("id"),
                Instant.parse(json.get("createdAt").asText()),
                Instant.parse(json.get("updatedAt").asText()),
                (ObjectNode) json.get("fields"),
                (ArrayNode) json.get("connections"));
    }
}
