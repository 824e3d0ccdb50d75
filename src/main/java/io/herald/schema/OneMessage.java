package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.AbstractJsonValidator;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.Keyword;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationMessage;
import java.util.Set;

/** A validator of Herald's own: whatever is wrong with an instance is one message. */
class OneMessage extends AbstractJsonValidator {

    /** Tells whether anything is wrong with an instance, {@code node}. */
    @FunctionalInterface
    interface Test {

        boolean isWrong(ExecutionContext context, JsonNode node, JsonNode root, JsonNodePath instance);
    }

    private final Test test;

    OneMessage(SchemaLocation location, JsonNodePath path, Keyword keyword, JsonNode wanted, Test test) {
        super(location, path, keyword, wanted);
        this.test = test;
    }

    @Override
    public final Set<ValidationMessage> validate(
            ExecutionContext context, JsonNode node, JsonNode root, JsonNodePath instance) {
        return test.isWrong(context, node, root, instance) ? Set.of(message(node, instance)) : Set.of();
    }

    private ValidationMessage message(JsonNode node, JsonNodePath instance) {
        return ValidationMessage.builder()
                .type(getKeyword())
                .code(getKeyword())
                .message(getKeyword())
                .instanceNode(node)
                .instanceLocation(instance)
                .evaluationPath(getEvaluationPath())
                .schemaLocation(getSchemaLocation())
                .build();
    }
}
