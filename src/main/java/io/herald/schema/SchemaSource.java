package io.herald.schema;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The text of a schema, its tree, and where in the text each part of the tree stands. */
final class SchemaSource {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final ObjectMapper MAPPER = new ObjectMapper(FACTORY);

    private final String name;
    private final JsonNode tree;
    private final Map<String, JsonLocation> locations;

    private SchemaSource(String name, JsonNode tree, Map<String, JsonLocation> locations) {
        this.name = name;
        this.tree = tree;
        this.locations = locations;
    }

    /** @throws SchemaException when the text is not JSON, or names a field twice */
    static SchemaSource parse(String name, String text) {
        try (JsonParser parser = FACTORY.createParser(text)) {
            Map<String, JsonLocation> locations = new HashMap<>();
            if (parser.nextToken() == null) {
                throw new SchemaException(List.of(name + ":1:1: the file is empty"));
            }
            locate(parser, "", locations);
            if (parser.nextToken() != null) {
                throw new SchemaException(List.of(
                        position(name, parser.currentTokenLocation()) + ": there is more text after the schema"));
            }
            return new SchemaSource(name, MAPPER.readTree(text), locations);
        } catch (JsonProcessingException e) {
            throw new SchemaException(List.of(position(name, e.getLocation()) + ": " + e.getOriginalMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    JsonNode tree() {
        return tree;
    }

    /** One line: file, line, column and the sentence. */
    String at(String pointer, String sentence) {
        return position(name, locations.get(pointer)) + ": " + sentence;
    }

    /** Where in the file it stands, for sorting. */
    long order(String pointer) {
        JsonLocation location = locations.get(pointer);
        return location == null ? 0 : location.getCharOffset();
    }

    private static void locate(JsonParser parser, String pointer, Map<String, JsonLocation> locations)
            throws IOException {
        locations.put(pointer, parser.currentTokenLocation());
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String child = Fault.child(pointer, parser.currentName());
                parser.nextToken();
                locate(parser, child, locations);
            }
        } else if (parser.currentToken() == JsonToken.START_ARRAY) {
            for (int index = 0; parser.nextToken() != JsonToken.END_ARRAY; index++) {
                locate(parser, pointer + '/' + index, locations);
            }
        }
    }

    private static String position(String name, JsonLocation location) {
        return location == null ? name : name + ':' + location.getLineNr() + ':' + location.getColumnNr();
    }
}
