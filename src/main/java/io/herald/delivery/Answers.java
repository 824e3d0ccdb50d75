package io.herald.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;

/** Reads providers' answers. */
final class Answers {

    private Answers() {}

    /**
     * The JSON of an answer, if it is JSON. Stray characters before the JSON are skipped, because one provider sends them.
     */
    static Optional<JsonNode> parse(ObjectMapper json, String body) {
        if (body == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(json.readTree(body.substring(firstBrace(body)))).filter(tree -> !tree.isMissingNode());
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    private static int firstBrace(String body) {
        for (int i = 0; i < body.length(); i++) {
            if (body.charAt(i) == '{' || body.charAt(i) == '[') {
                return i;
            }
        }
        return 0;
    }
}
