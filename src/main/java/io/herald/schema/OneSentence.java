package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.AbstractKeyword;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonValidator;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationContext;
import com.networknt.schema.ValidatorTypeCode;

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
        if (!parent.getSchemaNode().path(Sentences.OVERRIDES).has(getValue())) {
            return validator;
        }
        return new OneMessage(location, path, this, branches, (execution, node, root, instance) -> !validator
                .validate(execution, node, root, instance)
                .isEmpty()) {
            @Override
            public void preloadJsonSchema() {
                validator.preloadJsonSchema();
            }
        };
    }
}
