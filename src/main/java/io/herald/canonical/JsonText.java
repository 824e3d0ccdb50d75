package io.herald.canonical;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ValueNode;
import java.io.IOException;
import java.math.BigDecimal;

/**
 * Reads JSON text strictly: RFC 8259 in UTF-8, and no name twice in an object and no half of a surrogate pair (I-JSON, RFC
 * 7493). What goes wrong is told by place and kind; a parser's own messages are dropped, because they quote the text.
 */
final class JsonText {

    private static final int MAX_DEPTH = 100;
    private static final int MAX_NUMBER_LENGTH = 100;
    private static final int MAX_NAME_LENGTH = 1024;

    /** Names, values, and brackets. A tree of many small values, and the faults of each, are a hundred times their text. */
    private static final int MAX_TOKENS = 20_000;

    private final ObjectReader reader;

    /** @param maxBytes the longest string */
    JsonText(int maxBytes) {
        JsonFactory factory = JsonFactory.builder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxNumberLength(MAX_NUMBER_LENGTH)
                        .maxNameLength(MAX_NAME_LENGTH)
                        .maxTokenCount(MAX_TOKENS)
                        .maxStringLength(maxBytes)
                        .build())
                .build();
        reader = JsonMapper.builder(factory)
                .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
                .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .nodeFactory(new BoundedNumbers())
                .build()
                .reader();
    }

    /** @throws NotJsonException when it is not such text */
    JsonNode read(byte[] body) {
        Unicode.check(body);
        try (JsonParser parser = reader.createParser(body)) {
            try {
                if (parser.nextToken() == null) {
                    throw new NotJsonException("the body is empty");
                }
                JsonNode tree = reader.readTree(parser);
                if (parser.nextToken() != null) {
                    throw notJson("there is more text after the JSON value", body, parser);
                }
                return tree;
            } catch (OutOfRangeException | NumberFormatException | ArithmeticException e) {
                throw notJson("a number is out of range", body, parser);
            } catch (JsonProcessingException e) {
                throw notJson(kind(e), body, parser);
            }
        } catch (IOException e) {
            throw new NotJsonException("the body cannot be read");
        }
    }

    private static String kind(JsonProcessingException e) {
        if (e instanceof JsonEOFException) {
            return "the text ends too early";
        }
        if (e instanceof MismatchedInputException) {
            return "an object has the same name twice";
        }
        if (e instanceof StreamConstraintsException) {
            return "a limit is passed: " + MAX_DEPTH + " levels of nesting, " + MAX_NUMBER_LENGTH
                    + " characters of a number, " + MAX_NAME_LENGTH + " of a name, " + MAX_TOKENS
                    + " names, values and brackets";
        }
        return "this is not JSON";
    }

    private static NotJsonException notJson(String what, byte[] body, JsonParser parser) {
        return notJson(what, body, parser.currentLocation().getByteOffset());
    }

    static NotJsonException notJson(String what, byte[] body, long offset) {
        int line = 1;
        int column = 1;
        int end = (int) Math.max(0, Math.min(offset, body.length));
        for (int i = 0; i < end; i++) {
            if (body[i] == '\n') {
                line++;
                column = 1;
            } else if ((body[i] & 0xC0) != 0x80) {
                column++;
            }
        }
        return new NotJsonException(what, line, column);
    }

    /**
     * A number of a few characters, 1e999999999, is one of a billion digits to whoever writes it out, as the schema
     * validator does. What a double cannot hold, other programs cannot take either (RFC 8259 section 6).
     */
    private static final class BoundedNumbers extends JsonNodeFactory {

        private static final int MAX_EXPONENT = 308;

        @Override
        public ValueNode numberNode(BigDecimal number) {
            long exponent = (long) number.precision() - number.scale() - 1;
            if (Math.abs(exponent) > MAX_EXPONENT) {
                throw new OutOfRangeException();
            }
            return super.numberNode(number);
        }
    }

    private static final class OutOfRangeException extends RuntimeException {}
}
