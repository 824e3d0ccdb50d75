package io.herald.deadletter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;

/** Shows which fields a customer has, and none of their values; but what is Herald's own is left. */
final class Mask {

    private static final List<String> NOT_THE_CUSTOMERS = List.of("reference", "type", "targets");

    private Mask() {}

    static JsonNode of(JsonNode customer) {
        ObjectNode masked = (ObjectNode) masked(customer);
        for (String field : NOT_THE_CUSTOMERS) {
            if (customer.has(field)) {
                masked.set(field, customer.get(field));
            }
        }
        return masked;
    }

    private static JsonNode masked(JsonNode node) {
        if (node.isObject()) {
            ObjectNode object = JsonNodeFactory.instance.objectNode();
            node.properties().forEach(field -> object.set(field.getKey(), masked(field.getValue())));
            return object;
        }
        if (node.isArray()) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            node.forEach(child -> array.add(masked(child)));
            return array;
        }
        return TextNode.valueOf("***");
    }
}
