package io.herald;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** A YAML document as a tree, and the line on which each of its parts begins. */
final class LocatedYaml {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Map<String, Integer> lines = new HashMap<>();
    private JsonNode tree = JSON.missingNode();

    private LocatedYaml() {}

    /** @throws org.snakeyaml.engine.v2.exceptions.YamlEngineException if it is not YAML */
    static LocatedYaml read(String text) {
        LocatedYaml yaml = new LocatedYaml();
        Optional<Node> root = new Compose(LoadSettings.builder().build()).composeString(text);
        root.ifPresent(node -> yaml.tree = yaml.convert("", node));
        return yaml;
    }

    JsonNode tree() {
        return tree;
    }

    /** The line, from 1, of the first of these JSON pointers that there is; of its key where it has one. */
    int line(String... pointers) {
        for (String pointer : pointers) {
            if (lines.containsKey(pointer)) {
                return lines.get(pointer);
            }
        }
        return 1;
    }

    private JsonNode convert(String pointer, Node node) {
        lines.putIfAbsent(pointer, lineOf(node));
        if (node instanceof MappingNode mapping) {
            ObjectNode object = JSON.objectNode();
            for (NodeTuple entry : mapping.getValue()) {
                String key = ((ScalarNode) entry.getKeyNode()).getValue();
                String below = pointer + "/" + key;
                lines.put(below, lineOf(entry.getKeyNode()));
                object.set(key, convert(below, entry.getValueNode()));
            }
            return object;
        }
        if (node instanceof SequenceNode sequence) {
            ArrayNode array = JSON.arrayNode();
            for (int i = 0; i < sequence.getValue().size(); i++) {
                array.add(convert(pointer + "/" + i, sequence.getValue().get(i)));
            }
            return array;
        }
        return scalar((ScalarNode) node);
    }

    private static JsonNode scalar(ScalarNode scalar) {
        Tag tag = scalar.getTag();
        if (tag.equals(Tag.BOOL)) {
            return JSON.booleanNode(Boolean.parseBoolean(scalar.getValue()));
        }
        if (tag.equals(Tag.INT)) {
            return JSON.numberNode(Long.parseLong(scalar.getValue()));
        }
        if (tag.equals(Tag.FLOAT)) {
            return JSON.numberNode(Double.parseDouble(scalar.getValue()));
        }
        return tag.equals(Tag.NULL) ? JSON.nullNode() : JSON.textNode(scalar.getValue());
    }

    private static int lineOf(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }
}
