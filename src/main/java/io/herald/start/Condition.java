package io.herald.start;

import static io.herald.start.YamlNodes.child;
import static io.herald.start.YamlNodes.scalar;
import static io.herald.start.YamlNodes.value;

import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.nodes.MappingNode;

/**
 * Whom a way in a provider's route lets in, as far as that can be told without a message.
 *
 * @param takenBy the operations of which some take it
 * @param leftBy those of which some pass it by
 */
record Condition(Set<Operation> takenBy, Set<Operation> leftBy) {

    /** What a delivery does. */
    enum Operation {
        CREATE("a create"),
        UPDATE("an update");

        private final String words;

        Operation(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    static final Condition ALWAYS = new Condition(EnumSet.allOf(Operation.class), Set.of());

    private static final Condition UNKNOWN =
            new Condition(EnumSet.allOf(Operation.class), EnumSet.allOf(Operation.class));

    private static final Pattern IS_UPDATE = Pattern.compile(
            "\\$\\{exchangeProperty\\.delivery\\??\\.(?:update|isUpdate(?:\\(\\))?)}(?:\\s*==\\s*'?true'?)?");

    /** That of a {@code when} or a {@code filter}. */
    static Condition of(MappingNode way) {
        MappingNode expression = child(way, "expression") == null ? way : child(way, "expression");
        MappingNode method = child(expression, "method");
        if (value(scalar(method, "ref")).equals("delivery")) {
            return switch (value(scalar(method, "method"))) {
                case "isCreate" -> only(Operation.CREATE);
                case "isUpdate" -> only(Operation.UPDATE);
                default -> UNKNOWN;
            };
        }
        MappingNode simple = child(expression, "simple");
        return ofSimple(value(simple == null ? scalar(expression, "simple") : scalar(simple, "expression")));
    }

    private static Condition ofSimple(String predicate) {
        boolean isOfUpdates = !predicate.contains("||")
                && Stream.of(predicate.split("&&"))
                        .map(String::strip)
                        .anyMatch(part -> IS_UPDATE.matcher(part).matches());
        if (!isOfUpdates) {
            return UNKNOWN;
        }
        return predicate.contains("&&")
                ? new Condition(EnumSet.of(Operation.UPDATE), EnumSet.allOf(Operation.class))
                : only(Operation.UPDATE);
    }

    private static Condition only(Operation operation) {
        return new Condition(EnumSet.of(operation), EnumSet.complementOf(EnumSet.of(operation)));
    }
}
