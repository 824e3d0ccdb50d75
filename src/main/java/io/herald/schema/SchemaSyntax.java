package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.PatternSyntaxException;

/**
 * Is this a schema that means what it says? JSON Schema lets an unknown keyword pass, so that a typing error silently
 * switches a rule off; here it is a mistake. So is a reference out of the file: nothing is ever loaded.
 */
final class SchemaSyntax {

    private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";
    private static final Set<String> TYPES =
            Set.of("object", "array", "string", "integer", "number", "boolean", "null");

    private record Mistake(String pointer, String sentence) {}

    private final SchemaSource source;
    private final List<Mistake> mistakes = new ArrayList<>();

    private SchemaSyntax(SchemaSource source) {
        this.source = source;
    }

    /** @throws SchemaException with every mistake, in the order of the file */
    static void check(SchemaSource source) {
        SchemaSyntax syntax = new SchemaSyntax(source);
        syntax.schema("", source.tree());
        if (!syntax.mistakes.isEmpty()) {
            throw new SchemaException(syntax.mistakes.stream()
                    .sorted(Comparator.comparingLong((Mistake mistake) -> source.order(mistake.pointer())))
                    .map(mistake -> source.at(mistake.pointer(), mistake.sentence()))
                    .toList());
        }
    }

    private void schema(String pointer, JsonNode schema) {
        if (schema.isBoolean()) {
            return;
        }
        if (!schema.isObject()) {
            mistake(pointer, "a schema must be an object, true or false");
            return;
        }
        schema.properties()
                .forEach(entry -> keyword(Fault.child(pointer, entry.getKey()), entry.getKey(), entry.getValue()));
        schema.path(Sentences.OVERRIDES)
                .fieldNames()
                .forEachRemaining(name -> expect(
                        Fault.child(Fault.child(pointer, Sentences.OVERRIDES), name),
                        schema.has(name),
                        "is a sentence for a keyword that this schema does not have"));
    }

    private void keyword(String at, String keyword, JsonNode value) {
        switch (keyword) {
            case "properties", "patternProperties", "$defs", "dependentSchemas" -> {
                if (expect(at, value.isObject(), "must be an object of schemas")) {
                    value.properties().forEach(entry -> schema(Fault.child(at, entry.getKey()), entry.getValue()));
                    if (keyword.equals("patternProperties")) {
                        value.fieldNames().forEachRemaining(name -> pattern(Fault.child(at, name), name));
                    }
                }
            }
            case "additionalProperties",
                    "propertyNames",
                    "items",
                    "contains",
                    "not",
                    "if",
                    "then",
                    "else",
                    "unevaluatedProperties",
                    "unevaluatedItems" -> schema(at, value);
            case "allOf", "anyOf", "oneOf", "prefixItems" -> {
                if (expect(at, value.isArray() && !value.isEmpty(), "must be a list of schemas, not empty")) {
                    for (int i = 0; i < value.size(); i++) {
                        schema(at + '/' + i, value.get(i));
                    }
                }
            }
            case "type" -> type(at, value);
            case "required" -> strings(at, value);
            case "enum" -> expect(at, value.isArray() && !value.isEmpty(), "must be a list, not empty");
            case "dependentRequired" -> {
                if (expect(at, value.isObject(), "must be an object of lists of field names")) {
                    value.properties().forEach(entry -> strings(Fault.child(at, entry.getKey()), entry.getValue()));
                }
            }
            case "minLength",
                    "maxLength",
                    "minItems",
                    "maxItems",
                    "minProperties",
                    "maxProperties",
                    "minContains",
                    "maxContains",
                    MinimumAge.NAME ->
                expect(at, value.canConvertToInt() && value.intValue() >= 0, "must be a whole number, not below zero");
            case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum" ->
                expect(at, value.isNumber(), "must be a number");
            case "multipleOf" ->
                expect(at, value.isNumber() && value.decimalValue().signum() > 0, "must be a number above zero");
            case "uniqueItems", "deprecated", "readOnly", "writeOnly" ->
                expect(at, value.isBoolean(), "must be true or false");
            case "pattern" -> {
                if (expect(at, value.isTextual(), "must be a string")) {
                    pattern(at, value.textValue());
                }
            }
            case "format" ->
                expect(
                        at,
                        Formats.named(value.asText()) != null,
                        "is not a format that is checked here; those are "
                                + String.join(
                                        ", ",
                                        Formats.ALL.stream()
                                                .map(Formats.Known::name)
                                                .toList()));
            case "$ref" ->
                expect(at, isHere(value), "must point into this file (#/$defs/…), at something that is there");
            case "$schema" -> expect(at, value.asText().equals(DIALECT), "must be " + DIALECT);
            case "$id", "$comment", "title", "description", "contentEncoding", "contentMediaType" ->
                expect(at, value.isTextual(), "must be a string");
            case Sentences.OVERRIDES ->
                expect(
                        at,
                        value.isObject()
                                && !value.isEmpty()
                                && value.valueStream().allMatch(JsonNode::isTextual),
                        "must be an object of sentences, one per keyword");
            case "const", "default" -> {}
            case "examples" -> expect(at, value.isArray(), "must be a list");
            default -> mistake(at, "is not a keyword that is known here");
        }
    }

    private void type(String at, JsonNode value) {
        Iterable<JsonNode> types = value.isArray() ? value : List.of(value);
        for (JsonNode type : types) {
            expect(at, type.isTextual() && TYPES.contains(type.textValue()), "is not a type of JSON Schema");
        }
        expect(at, !value.isArray() || !value.isEmpty(), "must not be empty");
    }

    private void strings(String at, JsonNode value) {
        expect(
                at,
                value.isArray() && value.valueStream().allMatch(JsonNode::isTextual),
                "must be a list of field names");
    }

    private void pattern(String at, String expression) {
        try {
            Patterns.compile(expression);
        } catch (PatternSyntaxException e) {
            mistake(at, "is not a regular expression: " + e.getDescription());
        }
    }

    private boolean isHere(JsonNode reference) {
        String text = reference.asText();
        return text.equals("#")
                || text.startsWith("#/") && !source.tree().at(text.substring(1)).isMissingNode();
    }

    private boolean expect(String at, boolean good, String sentence) {
        if (!good) {
            mistake(at, sentence);
        }
        return good;
    }

    /** @param at pointer to the keyword, whose name starts the sentence */
    private void mistake(String at, String sentence) {
        String keyword =
                at.substring(at.lastIndexOf('/') + 1).replace("~1", "/").replace("~0", "~");
        mistakes.add(new Mistake(at, (at.isEmpty() ? "the file" : '"' + keyword + '"') + ' ' + sentence));
    }
}
