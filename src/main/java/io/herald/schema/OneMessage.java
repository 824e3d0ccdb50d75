package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.AbstractJsonValidator;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.Keyword;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.ValidationMessage;
import java.util.Set;

/** A validator of Herald's own: whatever is wrong with an instance is one message. */
abstract class OneMessage extends AbstractJsonValidator {

    OneMessage(SchemaLocation location, JsonNodePath path, Keyword keyword, JsonNode wanted) {
        super(location, path, keyword, wanted);
    }

    final Set<ValidationMessage> message(JsonNode node, JsonNodePath instance) {
        return Set.of(ValidationMessage.builder()
                .type(getKeyword())
                .code(getKeyword())
                .message(getKeyword())
                .instanceNode(node)
                .instanceLocation(instance)
                .evaluationPath(getEvaluationPath())
                .schemaLocation(getSchemaLocation())
                .build());
    }
}
