package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Reads out of a JSON Schema what types may stand where, in any of its branches. */
final class SchemaTypes {

    private static final List<String> BRANCHES = List.of("then", "else");
    private static final List<String> LISTS_OF_BRANCHES = List.of("allOf", "anyOf", "oneOf");

    private final JsonNode root;

    SchemaTypes(JsonNode root) {
        this.root = root;
    }

    Optional<Set<String>> at(List<String> path) {
        List<JsonNode> here = withBranches(root).toList();
        for (String step : path) {
            List<JsonNode> children = here.stream()
                    .map(schema -> child(schema, step))
                    .filter(child -> !child.isMissingNode())
                    .flatMap(this::withBranches)
                    .toList();
            if (children.isEmpty()) {
                return here.stream().anyMatch(SchemaTypes::isClosed) ? Optional.empty() : Optional.of(Set.of());
            }
            here = children;
        }
        Set<String> types = new TreeSet<>();
        here.forEach(schema -> types(schema).forEach(types::add));
        return Optional.of(types);
    }

    /** The schema, and all that it refers to or consists of; one that nothing satisfies has none. */
    private Stream<JsonNode> withBranches(JsonNode schema) {
        List<JsonNode> parts = new ArrayList<>();
        if (schema.has("$ref")) {
            parts.add(root.at(schema.get("$ref").textValue().substring(1)));
        }
        BRANCHES.stream().filter(schema::has).map(schema::get).forEach(parts::add);
        LISTS_OF_BRANCHES.forEach(list -> schema.path(list).forEach(parts::add));
        return Stream.concat(Stream.of(schema), parts.stream().flatMap(this::withBranches));
    }

    /** What a schema says of a member or an element; one that refuses whatever stands there says nothing. */
    private static JsonNode child(JsonNode schema, String step) {
        JsonNode child = step.startsWith("[")
                ? schema.path("items")
                : schema.path("properties").path(step);
        JsonNode not = child.path("not");
        boolean refusesAll = not.isObject() && not.isEmpty() || not.asBoolean();
        return refusesAll ? MissingNode.getInstance() : child;
    }

    /** Whether it knows all that may stand in what it describes, or it describes what nothing stands in. */
    private static boolean isClosed(JsonNode schema) {
        return schema.path("additionalProperties").isBoolean()
                        && !schema.get("additionalProperties").booleanValue()
                        && !schema.has("patternProperties")
                || types(schema).findAny().isPresent()
                        && !schema.path("type").asText().equals("object");
    }

    private static Stream<String> types(JsonNode schema) {
        JsonNode type = schema.path("type");
        Stream<String> named = type.isTextual()
                ? Stream.of(type.textValue())
                : type.valueStream().map(JsonNode::textValue);
        Stream<JsonNode> values = Stream.concat(schema.path("enum").valueStream(), Stream.of(schema.path("const")))
                .filter(value -> !value.isMissingNode());
        return Stream.concat(
                named, values.map(value -> value.getNodeType().name().toLowerCase(Locale.ROOT)));
    }
}
