package io.herald.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;

/** Reads providers' answers. */
final class Answers {

    private static final int STRAY_CHARACTERS = 64;

    private Answers() {}

    /**
     * The JSON of an answer, if it is JSON and nothing follows. A few stray characters before it are skipped, because one
     * provider sends them; a page of HTML is no JSON, whatever stands in its scripts.
     */
    static Optional<JsonNode> parse(ObjectMapper json, String body) {
        if (body == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(json.reader(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                            .readTree(withoutStray(body)))
                    .filter(tree -> !tree.isMissingNode());
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    /** The answer from its JSON on. */
    static String withoutStray(String body) {
        return body.substring(start(body));
    }

    private static int start(String body) {
        for (int i = 0; i < Math.min(body.length(), STRAY_CHARACTERS); i++) {
            char c = body.charAt(i);
            if (c == '{' || c == '[') {
                return i;
            }
            if (c == '<') {
                return 0;
            }
        }
        return 0;
    }
}
