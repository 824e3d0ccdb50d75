package io.herald.privacy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Removes one customer's field values from a provider's words, also as they stand in a URL, in JSON and in HTML. Values of five characters or more are removed wherever they
 * stand; shorter ones, and those that look like a code of a closed list, only as whole words, because the names of fields are
 * made of such codes ({@code account_purpose_other}). What says only of what type something is, is not removed.
 */
public final class Redaction {

    private static final String MASK = "***";
    private static final int SHORT = 5;
    private static final int LONGEST_TEXT = 2000;
    private static final int LONGEST_WORTH_LOOKING_FOR = 2048;
    /** A character takes up to nine in a URL. */
    private static final int WINDOW = LONGEST_TEXT + 9 * LONGEST_WORTH_LOOKING_FOR;

    private static final Pattern CODE = Pattern.compile("[a-z_]+|[A-Z_]+");
    private static final Set<String> TYPES = Set.of("type", "customer_type", "targets");

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
        if (node.isObject()) {
            node.properties().stream()
                    .filter(field -> !TYPES.contains(field.getKey()))
                    .forEach(field -> collect(field.getValue(), values));
        } else if (node.isArray()) {
            node.forEach(child -> collect(child, values));
        } else if (node.isTextual() || node.isNumber()) {
            String value = node.asText();
            if (!value.isBlank() && value.length() <= LONGEST_WORTH_LOOKING_FOR) {
                values.add(value);
                values.addAll(Spelling.of(value));
                if (value.startsWith("+")) {
                    values.add(value.substring(1));
                }
            }
        }
    }

    private static String pattern(String value) {
        String quoted = Pattern.quote(value);
        return value.length() < SHORT || CODE.matcher(value).matches()
                ? "(?<![\\p{L}\\p{N}_])" + quoted + "(?![\\p{L}\\p{N}_])"
                : quoted;
    }

    /**
     * That text without the customer's values, cut to a length that a report can carry. Of a long text only so much is
     * searched that no value can reach from there into what is left.
     */
    public String redact(String text) {
        StringBuilder left = new StringBuilder();
        int at = 0;
        if (values != null) {
            Matcher found = values.matcher(text).useTransparentBounds(true);
            while (left.length() < LONGEST_TEXT
                    && found.region(at, Math.min(text.length(), at + WINDOW)).find()) {
                left.append(text, at, found.start()).append(MASK);
                at = found.end();
            }
        }
        left.append(text, at, Math.min(text.length(), at + LONGEST_TEXT));
        left.setLength(Math.min(left.length(), LONGEST_TEXT));
        return left.toString();
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
