package io.herald.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;

/** Reads providers' answers. */
final class Answers {

    private Answers() {}

    /**
     * The JSON of an answer, or a null node if it has none. Stray characters before the JSON are skipped, because one
     * provider sends them.
     */
    static JsonNode parse(ObjectMapper json, String body) {
        if (body == null) {
            return NullNode.instance;
        }
        int start = firstBrace(body);
        try {
            JsonNode tree = json.readTree(body.substring(start));
            return tree.isMissingNode() ? NullNode.instance : tree;
        } catch (JsonProcessingException e) {
            return NullNode.instance;
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
