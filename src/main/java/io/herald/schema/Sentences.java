package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * What to say when a keyword refuses a value. Made from the schema alone, so that no value can get in. A schema's own
 * sentence for a keyword, in its {@code message}, goes first.
 */
final class Sentences {

    static final String OVERRIDES = "message";

    private Sentences() {}

    /**
     * @param schema the schema object that has the keyword; anything else (a boolean schema) when there is none
     * @param keyword the keyword that refused
     */
    static String of(JsonNode schema, String keyword) {
        JsonNode own = schema.path(OVERRIDES).path(keyword);
        return own.isTextual() ? own.textValue() : standard(keyword, schema.path(keyword));
    }

    private static String standard(String keyword, JsonNode wanted) {
        return switch (keyword) {
            case "required", "dependentRequired" -> "is required";
            case "additionalProperties", "unevaluatedProperties" -> "is not a known field";
            case "propertyNames" -> "has a name that is not allowed";
            case "type" -> "must be " + types(wanted);
            case "enum" -> "must be one of " + list(wanted);
            case "const" -> "must be " + literal(wanted);
            case "pattern" -> "must match the pattern " + wanted.textValue();
            case "format" -> {
                Formats.Known format = Formats.named(wanted.textValue());
                yield format == null ? "does not have the format that is asked for" : format.expectation();
            }
            case "minLength" ->
                wanted.intValue() == 1 ? "must not be empty" : "must have at least " + count(wanted, "character");
            case "maxLength" -> "must have at most " + count(wanted, "character");
            case "minItems" -> "must have at least " + count(wanted, "entry");
            case "maxItems" -> "must have at most " + count(wanted, "entry");
            case "minProperties" -> "must have at least " + count(wanted, "field");
            case "maxProperties" -> "must have at most " + count(wanted, "field");
            case "uniqueItems" -> "must not have the same entry twice";
            case "minimum" -> "must be at least " + literal(wanted);
            case "maximum" -> "must be at most " + literal(wanted);
            case "exclusiveMinimum" -> "must be more than " + literal(wanted);
            case "exclusiveMaximum" -> "must be less than " + literal(wanted);
            case "multipleOf" -> "must be a multiple of " + literal(wanted);
            case "contains", "minContains" -> "lacks an entry that is asked for";
            case "maxContains" -> "has too many entries of one kind";
            case "items", "prefixItems", "unevaluatedItems" -> "has an entry that is not allowed";
            case "anyOf" -> "fits none of the forms that are allowed";
            case "oneOf" -> "must fit exactly one of the forms that are allowed";
            case MinimumAge.NAME -> "must be the birth date of someone at least " + literal(wanted) + " years old";
            default -> "is not allowed here";
        };
    }

    private static String types(JsonNode wanted) {
        List<String> names = new ArrayList<>();
        for (JsonNode type : wanted.isArray() ? wanted : List.of(wanted)) {
            names.add(
                    switch (type.asText()) {
                        case "object" -> "an object";
                        case "array" -> "a list";
                        case "string" -> "a string";
                        case "integer" -> "a whole number";
                        case "number" -> "a number";
                        case "boolean" -> "true or false";
                        default -> type.asText();
                    });
        }
        return String.join(" or ", names);
    }

    private static String list(JsonNode values) {
        return String.join(
                ", ",
                StreamSupport.stream(values.spliterator(), false)
                        .map(Sentences::literal)
                        .toList());
    }

    private static String literal(JsonNode value) {
        return value.isTextual() ? value.textValue() : value.toString();
    }

    private static String count(JsonNode number, String noun) {
        String plural = noun.endsWith("y") ? noun.substring(0, noun.length() - 1) + "ies" : noun + "s";
        return literal(number) + ' ' + (number.intValue() == 1 ? noun : plural);
    }
}
