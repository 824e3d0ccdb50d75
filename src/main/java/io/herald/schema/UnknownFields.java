package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.AbstractKeyword;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonValidator;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationContext;
import com.networknt.schema.ValidatorTypeCode;
import java.util.List;
import java.util.Map;
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
        if (!wanted.isBoolean() || wanted.booleanValue()) {
            return ValidatorTypeCode.ADDITIONAL_PROPERTIES.newValidator(location, path, wanted, parent, context);
        }
        JsonNode schema = parent.getSchemaNode();
        List<Pattern> patterns = patterns(schema);
        return new OneMessage(
                location, path, this, wanted, (execution, node, root, instance) -> !of(node, schema, patterns)
                        .isEmpty());
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
}
