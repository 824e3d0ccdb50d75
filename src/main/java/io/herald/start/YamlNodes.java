package io.herald.start;

import java.util.stream.Stream;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Finds what is below a node of YAML; null where there is nothing of the wanted kind. */
final class YamlNodes {

    private YamlNodes() {}

    static String place(String file, Node node) {
        Mark mark = node.getStartMark().orElseThrow();
        return file + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
    }

    static String value(ScalarNode node) {
        return node == null ? "" : node.getValue();
    }

    static ScalarNode scalar(MappingNode mapping, String name) {
        return entry(mapping, name) instanceof ScalarNode scalar ? scalar : null;
    }

    static MappingNode child(MappingNode mapping, String name) {
        return entry(mapping, name) instanceof MappingNode child ? child : null;
    }

    static Stream<ScalarNode> keys(MappingNode mapping) {
        return mapping == null
                ? Stream.empty()
                : mapping.getValue().stream()
                        .map(NodeTuple::getKeyNode)
                        .filter(ScalarNode.class::isInstance)
                        .map(ScalarNode.class::cast);
    }

    static Node entry(MappingNode mapping, String name) {
        if (mapping == null) {
            return null;
        }
        for (NodeTuple entry : mapping.getValue()) {
            if (entry.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name)) {
                return entry.getValueNode();
            }
        }
        return null;
    }
}
