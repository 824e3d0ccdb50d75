package io.herald.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.AbstractKeyword;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonValidator;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationContext;
import com.networknt.schema.ValidatorTypeCode;
import java.util.HashSet;
import java.util.Set;

/**
 * {@code uniqueItems}. The library's own keeps the entries in a hash set, and compares each with all before it where a caller has
 * chosen entries of one hash; of texts, which have an order, a hash set makes a tree then.
 */
final class UniqueItems extends AbstractKeyword {

    private static final String NAME = ValidatorTypeCode.UNIQUE_ITEMS.getValue();

    private static final ObjectWriter TEXT = JsonMapper.builder()
            .enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
            .build()
            .writer();

    UniqueItems() {
        super(NAME);
    }

    @Override
    public JsonValidator newValidator(
            SchemaLocation location, JsonNodePath path, JsonNode wanted, JsonSchema parent, ValidationContext context) {
        return new OneMessage(
                location,
                path,
                this,
                wanted,
                (execution, node, root, instance) -> wanted.booleanValue() && node.isArray() && !isUnique(node));
    }

    private static boolean isUnique(JsonNode entries) {
        Set<String> texts = new HashSet<>();
        return entries.valueStream().allMatch(entry -> texts.add(text(entry)));
    }

    private static String text(JsonNode entry) {
        try {
            return TEXT.writeValueAsString(entry);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("what was read as JSON cannot be written", e);
        }
    }
}
