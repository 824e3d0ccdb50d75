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
import java.util.Set;

/**
 * {@code anyOf} or {@code oneOf}. By itself each tells the faults of all its branches, which is confusing where only one
 * of them need be mended; in a schema that has its own sentence for the keyword, that sentence is the one fault.
 */
final class OneSentence extends AbstractKeyword {

    private final ValidatorTypeCode standard;

    OneSentence(ValidatorTypeCode standard) {
        super(standard.getValue());
        this.standard = standard;
    }

    @Override
    public JsonValidator newValidator(
            SchemaLocation location,
            JsonNodePath path,
            JsonNode branches,
            JsonSchema parent,
            ValidationContext context) {
        JsonValidator validator = standard.newValidator(location, path, branches, parent, context);
        boolean hasSentence = parent.getSchemaNode().path(Sentences.OVERRIDES).has(getValue());
        return hasSentence ? new Validator(location, path, this, branches, validator) : validator;
    }

    private static final class Validator extends OneMessage {

        private final JsonValidator standard;

        Validator(
                SchemaLocation location,
                JsonNodePath path,
                OneSentence keyword,
                JsonNode branches,
                JsonValidator standard) {
            super(location, path, keyword, branches);
            this.standard = standard;
        }

        @Override
        public Set<ValidationMessage> validate(
                ExecutionContext context, JsonNode node, JsonNode root, JsonNodePath instance) {
            Set<ValidationMessage> messages = standard.validate(context, node, root, instance);
            return messages.isEmpty() ? messages : message(node, instance);
        }

        @Override
        public void preloadJsonSchema() {
            standard.preloadJsonSchema();
        }
    }
}
