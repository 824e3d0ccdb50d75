package io.herald.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.schema.Fault;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Where two JSON trees differ: a JSON pointer and both values, per difference. */
record JsonDiff(String pointer, JsonNode expected, JsonNode actual) {

    static List<JsonDiff> between(JsonNode expected, JsonNode actual) {
        List<JsonDiff> differences = new ArrayList<>();
        collect("", expected, actual, differences);
        return differences;
    }

    private static void collect(String pointer, JsonNode expected, JsonNode actual, List<JsonDiff> differences) {
        if (expected.isObject() && actual.isObject()) {
            Set<String> names = new LinkedHashSet<>();
            expected.fieldNames().forEachRemaining(names::add);
            actual.fieldNames().forEachRemaining(names::add);
            names.forEach(
                    name -> collect(Fault.child(pointer, name), expected.path(name), actual.path(name), differences));
        } else if (expected.isArray() && actual.isArray()) {
            for (int i = 0; i < Math.max(expected.size(), actual.size()); i++) {
                collect(pointer + "/" + i, expected.path(i), actual.path(i), differences);
            }
        } else if (!same(expected, actual)) {
            differences.add(new JsonDiff(pointer, expected, actual));
        }
    }

    /** Whether a reader of the JSON texts could not tell them apart: 1 is 1, whatever Java type holds it. */
    static boolean same(JsonNode one, JsonNode other) {
        return one.isNumber() && other.isNumber()
                ? one.decimalValue().compareTo(other.decimalValue()) == 0
                : one.equals(other);
    }

    @Override
    public String toString() {
        return (pointer.isEmpty() ? "(root)" : pointer) + "\n      expected " + shown(expected) + "\n      but was  "
                + shown(actual);
    }

    private static String shown(JsonNode value) {
        return value.isMissingNode() ? "nothing" : value.toString();
    }
}
