package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.AbstractKeyword;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonValidator;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationContext;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.ValidatorTypeCode;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * {@code additionalProperties: false}. The library's own keeps a message for each name in a hash set, and compares each with all
 * before it where a caller has chosen names of one hash; here all the names of an object are one message.
 */
final class UnknownFields extends AbstractKeyword {

    private static final String NAME = ValidatorTypeCode.ADDITIONAL_PROPERTIES.getValue();

    UnknownFields() {
        super(NAME);
    }

    @Override
    public JsonValidator newValidator(
            SchemaLocation location, JsonNodePath path, JsonNode wanted, JsonSchema parent, ValidationContext context) {
        return wanted.isBoolean() && !wanted.booleanValue()
                ? new Validator(location, path, this, wanted, parent.getSchemaNode())
                : ValidatorTypeCode.ADDITIONAL_PROPERTIES.newValidator(location, path, wanted, parent, context);
    }

    /** The names of an object's fields that its schema does not know. */
    static List<String> of(JsonNode object, JsonNode schema) {
        return of(object, schema, patterns(schema));
    }

    private static List<String> of(JsonNode object, JsonNode schema, List<Pattern> patterns) {
        JsonNode known = schema.path("properties");
        return object.properties().stream()
                .map(Map.Entry::getKey)
                .filter(name -> !known.has(name)
                        && patterns.stream()
                                .noneMatch(pattern -> pattern.matcher(name).find()))
                .toList();
    }

    private static List<Pattern> patterns(JsonNode schema) {
        return schema.path("patternProperties").properties().stream()
                .map(pattern -> Patterns.compile(pattern.getKey()))
                .toList();
    }

    private static final class Validator extends OneMessage {

        private final JsonNode schema;
        private final List<Pattern> patterns;

        Validator(SchemaLocation location, JsonNodePath path, UnknownFields keyword, JsonNode wanted, JsonNode schema) {
            super(location, path, keyword, wanted);
            this.schema = schema;
            this.patterns = patterns(schema);
        }

        @Override
        public Set<ValidationMessage> validate(
                ExecutionContext context, JsonNode node, JsonNode root, JsonNodePath instance) {
            return of(node, schema, patterns).isEmpty() ? Set.of() : message(node, instance);
        }
    }
}
