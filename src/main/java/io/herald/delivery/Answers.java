package io.herald.delivery;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Optional;

/**
 * Reads providers' answers. One that is nested deeper, or is of more parts, than any provider has reason to send cannot be read: a
 * tree of many small values takes forty times its text, and what templates make of it more.
 */
final class Answers {

    private static final int STRAY_CHARACTERS = 64;
    private static final int MAX_DEPTH = 100;
    private static final int MAX_NAME_LENGTH = 1024;

    /** Names, values and brackets of an answer about one customer, and of one about a page of a hundred. */
    private static final int MAX_TOKENS = 20_000;

    private static final int MAX_TOKENS_OF_PAGE = 100_000;

    /** In characters. A template may repeat a text of an error answer for each field that another one names. */
    static final int LONGEST_TEXT_OF_ERROR = 8_192;

    private static final ObjectReader ANSWER = reader(MAX_TOKENS);
    private static final ObjectReader PAGE = reader(MAX_TOKENS_OF_PAGE);

    private Answers() {}

    private static ObjectReader reader(int maxTokens) {
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxNameLength(MAX_NAME_LENGTH)
                        .maxTokenCount(maxTokens)
                        .maxStringLength(Integer.MAX_VALUE)
                        .build())
                .build();
        return new JsonMapper(factory).reader(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    }

    /**
     * The JSON of an answer of success, if it is JSON that can be read and nothing follows. A few stray characters before it are
     * skipped, because one provider sends them; a page of HTML is no JSON, whatever stands in its scripts.
     */
    static Optional<JsonNode> parse(String body) {
        return parse(ANSWER, body);
    }

    /** As {@link #parse(String)}, of a page of the answer to a look-up. */
    static Optional<JsonNode> parsePage(String body) {
        return parse(PAGE, body);
    }

    /** As {@link #parse(String)}, of an error answer; of a longer text than people are told there is the beginning. */
    static Optional<JsonNode> parseError(String body) {
        return parse(ANSWER, body).map(Answers::cut);
    }

    private static JsonNode cut(JsonNode error) {
        if (error instanceof ObjectNode object) {
            object.properties().forEach(field -> field.setValue(cut(field.getValue())));
        } else if (error instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, cut(array.get(i)));
            }
        } else if (error.isTextual() && error.textValue().length() > LONGEST_TEXT_OF_ERROR) {
            return TextNode.valueOf(error.textValue().substring(0, LONGEST_TEXT_OF_ERROR));
        }
        return error;
    }

    private static Optional<JsonNode> parse(ObjectReader reader, String body) {
        if (body == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(reader.readTree(withoutStray(body))).filter(tree -> !tree.isMissingNode());
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
