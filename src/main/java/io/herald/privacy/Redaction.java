package io.herald.privacy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Removes one customer's field values from a provider's words. Values of five characters or more are removed wherever they
 * stand, shorter ones only as whole words.
 */
public final class Redaction {

    private static final String MASK = "***";
    private static final int SHORT = 5;
    private static final int LONGEST_READ = 8000;
    private static final int LONGEST_TEXT = 2000;
    private static final int LONGEST_WORTH_LOOKING_FOR = 2048;

    private final Pattern values;

    private Redaction(Pattern values) {
        this.values = values;
    }

    /** @param trees where the values stand: the canonical customer and the request made of it; null ones are ignored */
    public static Redaction of(JsonNode... trees) {
        TreeSet<String> values = new TreeSet<>(
                Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()));
        for (JsonNode tree : trees) {
            if (tree != null) {
                collect(tree, values);
            }
        }
        if (values.isEmpty()) {
            return new Redaction(null);
        }
        String alternatives = values.stream().map(Redaction::pattern).collect(Collectors.joining("|"));
        return new Redaction(Pattern.compile(alternatives, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE));
    }

    private static void collect(JsonNode node, TreeSet<String> values) {
        if (node.isContainerNode()) {
            node.forEach(child -> collect(child, values));
        } else if (node.isTextual() || node.isNumber()) {
            String value = node.asText();
            if (!value.isBlank() && value.length() <= LONGEST_WORTH_LOOKING_FOR) {
                values.add(value);
                values.add(URLEncoder.encode(value, StandardCharsets.UTF_8));
                if (value.startsWith("+")) {
                    values.add(value.substring(1));
                }
            }
        }
    }

    private static String pattern(String value) {
        String quoted = Pattern.quote(value);
        return value.length() < SHORT ? "(?<![\\p{L}\\p{N}])" + quoted + "(?![\\p{L}\\p{N}])" : quoted;
    }

    /** That text without the customer's values, cut to a length that a report can carry. */
    public String redact(String text) {
        String bounded = first(text, LONGEST_READ);
        return first(values == null ? bounded : values.matcher(bounded).replaceAll(MASK), LONGEST_TEXT);
    }

    private static String first(String text, int length) {
        return text.length() > length ? text.substring(0, length) : text;
    }

    /** Redacts the provider's words in the {@code error} of an outcome. */
    public void redactError(ObjectNode outcome) {
        if (outcome.get("error") instanceof ObjectNode error) {
            redactField(error, "code");
            redactField(error, "message");
            error.path("fields").forEach(field -> {
                redactField((ObjectNode) field, "pointer");
                redactField((ObjectNode) field, "message");
            });
        }
    }

    private void redactField(ObjectNode object, String field) {
        if (object.path(field).isTextual()) {
            object.put(field, redact(object.get(field).textValue()));
        }
    }
}
