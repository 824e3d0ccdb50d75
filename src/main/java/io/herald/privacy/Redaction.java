package io.herald.privacy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Removes one customer's field values from a provider's words, also as they stand in a URL, in JSON and in HTML. For one delivery,
 * and one thread.
 *
 * <ul>
 *   <li>Values of five characters or more are removed wherever they stand; but those that look like a code of a closed list, where
 *       the field is not one that is filled in freely, as whole words only, because the names of fields are made of such codes
 *       ({@code account_purpose_other}).
 *   <li>Shorter ones are removed as whole words only.
 *   <li>Blanks may be others or more; letters and digits in groups may be grouped otherwise.
 *   <li>What only says of what type something is stays, and so do references and roles of connections: with them the provider
 *       says whom it does not know.
 *   <li>A long value, such as an image, is known by its beginning, a data URI also by that of its content: from there on all is
 *       removed, and so it is from two hundred characters of base64 on that are not within another value.
 * </ul>
 */
public final class Redaction {

    private static final String MASK = "***";
    private static final int SHORT = 5;
    private static final int LONGEST_TEXT = 2000;
    /** Of each field at fault, because there are many. */
    private static final int LONGEST_OF_FIELD = 500;

    private static final int LONGEST_WORTH_LOOKING_FOR = 2048;

    /** Seven digits or more, however they are grouped. */
    private static final Pattern NUMBER = Pattern.compile("\\+?[0-9](?:[ ().-]{0,2}[0-9]){6,}+");

    private static final int LONGEST_NUMBER = 64;

    private static final String GAP = "[\\h().\u2010-\u2013-]{0,2}";

    private static final Pattern CODE = Pattern.compile("[a-z_]+|[A-Z_]+");

    /** Parts of a canonical customer that are filled in freely, but for {@link #CLOSED}. */
    private static final Set<String> FREE = Set.of("person", "business", "contact", "address", "attributes");

    private static final Set<String> CLOSED = Set.of("legalForm");

    /** Fields of its other parts that are. */
    private static final Set<String> FREE_FIELDS = Set.of("number", "description", "occupation", "accountPurposeOther");

    /** Letters and digits, in groups or not, such as the number of a passport; a provider may group them otherwise. */
    private static final Pattern GROUPED =
            Pattern.compile("(?=[^0-9]*[0-9])(?=.{7,64}$)[\\p{L}0-9]++(?:[\\h().-]{1,2}[\\p{L}0-9]++)*");

    private static final Pattern BLANKS = Pattern.compile("[\\s\\p{Z}]+");
    private static final String SOME_BLANKS = "[\\s\\p{Z}]++";
    private static final Pattern TYPE = Pattern.compile("[a-z_-]+|[A-Z_]+");
    private static final Set<String> TYPES = Set.of("type", "customer_type", "targets");
    private static final int BEGINNING = 32;
    private static final String DATA_URI = "data:";

    /** A part of a document, wherever it was cut out, also as it stands in a URL and in JSON. */
    private static final String BASE64 = "(?<base64>(?<![A-Za-z0-9+/=_%\\\\-])[A-Za-z0-9+/=_%\\\\-]{200,}+)";

    /** To look for more values than that, or for more characters in all their spellings, would cost more than the words are worth. */
    private static final int MOST_VALUES = 1_000;

    private static final int MOST_CHARACTERS = 200_000;

    /** Of all values, in characters; compiled it takes some 20 bytes for each. What may be grouped otherwise has 21 for one of its own. */
    private static final int LONGEST_PATTERN = 400_000;

    /** Characters of the different words of one delivery's outcomes that are looked at; to look at all could take minutes. */
    private static final int MOST_OF_WORDS = 100_000;

    private final boolean tooMuch;
    private final Optional<Pattern> values;
    private final Optional<Pattern> beginnings;
    private final Map<String, String> redacted = new HashMap<>();
    private int charactersOfWords;

    private Redaction(Set<String> values, Set<String> free, Set<String> beginnings) {
        Optional<Set<String>> spelledValues = spelled(values);
        Set<String> spelledFree = spelled(free).orElse(Set.of());
        Optional<Set<String>> spelledBeginnings = spelled(beginnings);
        Optional<String> anyValue = spelledValues
                .map(all -> anyOf(all.stream().map(value -> pattern(value, !spelledFree.contains(value)))))
                .filter(any -> any.length() <= LONGEST_PATTERN);
        this.tooMuch = anyValue.isEmpty() || spelledBeginnings.isEmpty();
        this.values = anyValue.filter(any -> !any.isEmpty()).map(Redaction::compiled);
        this.beginnings = spelledBeginnings
                .map(all -> anyOf(Stream.concat(all.stream().map(Pattern::quote), Stream.of(BASE64))))
                .map(Redaction::compiled);
    }

    /** All spellings, the longest first; none if they are too many to look for. */
    private static Optional<Set<String>> spelled(Set<String> values) {
        if (values.size() > MOST_VALUES) {
            return Optional.empty();
        }
        Set<String> spelled = new TreeSet<>(
                Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()));
        int characters = 0;
        for (String value : values) {
            for (String spelling : Spelling.of(value)) {
                characters += spelling.length();
                spelled.add(spelling);
            }
            if (characters > MOST_CHARACTERS) {
                return Optional.empty();
            }
        }
        return Optional.of(spelled);
    }

    private static String anyOf(Stream<String> patterns) {
        return patterns.distinct().collect(Collectors.joining("|"));
    }

    private static Pattern compiled(String pattern) {
        return Pattern.compile(pattern, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    }

    /** @param trees where the values stand: the canonical customer and the request made of it; null ones are ignored */
    public static Redaction of(JsonNode... trees) {
        Set<String> values = new HashSet<>();
        Set<String> free = new HashSet<>();
        Set<String> beginnings = new HashSet<>();
        for (JsonNode tree : trees) {
            if (tree != null) {
                collect(tree, values, beginnings);
                FREE.forEach(part -> collect(without(CLOSED, tree.path(part)), free, beginnings));
                FREE_FIELDS.forEach(field -> tree.findValues(field).forEach(value -> collect(value, free, beginnings)));
            }
        }
        Set<String> connections = Stream.of(trees)
                .filter(Objects::nonNull)
                .flatMap(tree -> tree.path("connections").valueStream())
                .flatMap(JsonNode::valueStream)
                .map(value -> value.asText().toLowerCase(Locale.ROOT))
                .collect(Collectors.toSet());
        values.removeIf(value -> connections.contains(value.toLowerCase(Locale.ROOT)) && !free.contains(value));
        return new Redaction(values, free, beginnings);
    }

    private static JsonNode without(Set<String> names, JsonNode part) {
        return part instanceof ObjectNode fields ? fields.deepCopy().without(names) : part;
    }

    private static void collect(JsonNode node, Set<String> values, Set<String> beginnings) {
        if (node.isObject()) {
            node.properties().stream()
                    .filter(field -> !(TYPES.contains(field.getKey()) && isType(field.getValue())))
                    .forEach(field -> collect(field.getValue(), values, beginnings));
        } else if (node.isArray()) {
            node.forEach(child -> collect(child, values, beginnings));
        } else if (node.isTextual() || node.isNumber()) {
            String value = node.asText();
            collect(value, 0, values, beginnings);
            if (value.regionMatches(true, 0, DATA_URI, 0, DATA_URI.length())) {
                collect(value, value.indexOf(',') + 1, values, beginnings);
            }
        }
    }

    private static void collect(String value, int from, Set<String> values, Set<String> beginnings) {
        if (value.length() - from > LONGEST_WORTH_LOOKING_FOR) {
            beginnings.add(value.substring(from, from + BEGINNING));
        } else if (!value.substring(from).isBlank()) {
            values.add(value.substring(from));
        }
    }

    private static boolean isType(JsonNode value) {
        return value.isArray()
                ? value.valueStream().allMatch(Redaction::isType)
                : value.isTextual() && TYPE.matcher(value.textValue()).matches();
    }

    /** @param mayBeCode whether it may be of a closed list, if it looks so */
    private static String pattern(String spelled, boolean mayBeCode) {
        // a pattern that begins with blanks would look at each of many to the end of all
        String value = spelled.strip();
        if (value.length() <= LONGEST_NUMBER && NUMBER.matcher(value).matches()) {
            return value.replaceAll("[^0-9+]", "")
                    .replace("+", "\\+")
                    .replaceAll("(?<=[0-9])(?=[0-9])", Matcher.quoteReplacement(GAP));
        }
        if (GROUPED.matcher(value).matches()) {
            return value.codePoints()
                    .filter(Character::isLetterOrDigit)
                    .mapToObj(Character::toString)
                    .collect(Collectors.joining(GAP));
        }
        String quoted = Stream.of(BLANKS.split(value, -1)).map(Pattern::quote).collect(Collectors.joining(SOME_BLANKS));
        return value.length() < SHORT || mayBeCode && CODE.matcher(value).matches()
                ? "(?<![\\p{L}\\p{N}_])" + quoted + "(?![\\p{L}\\p{N}_])"
                : quoted;
    }

    /**
     * That text without the customer's values, cut to a length that a report can carry; nothing of it where the values are too
     * many to look for.
     */
    public String redact(String words) {
        if (tooMuch) {
            return MASK;
        }
        StringBuilder left = new StringBuilder();
        int at = 0;
        Matcher beginning = beginnings.orElseThrow().matcher(words);
        boolean begins = beginning.find();
        if (values.isPresent()) {
            Matcher found = values.get().matcher(words);
            while (left.length() < LONGEST_TEXT && found.find(at) && !(begins && beginning.start() <= found.start())) {
                left.append(words, at, found.start()).append(MASK);
                at = found.end();
                while (begins && beginning.end() <= at && beginning.group("base64") != null) {
                    begins = beginning.find(beginning.start() + 1);
                }
            }
        }
        int end = begins ? Math.max(at, beginning.start()) : words.length();
        left.append(words, at, Math.min(end, at + LONGEST_TEXT));
        if (begins) {
            left.append(MASK);
        }
        left.setLength(Math.min(left.length(), LONGEST_TEXT));
        return left.toString();
    }

    /**
     * Redacts the provider's words in the {@code error} of an outcome, the same words once in all outcomes; nothing is left of
     * further ones past {@value #MOST_OF_WORDS} characters.
     */
    public void redactError(ObjectNode outcome) {
        if (outcome.get("error") instanceof ObjectNode error) {
            redactField(error, "code", LONGEST_TEXT);
            redactField(error, "message", LONGEST_TEXT);
            error.path("fields").forEach(field -> {
                redactField((ObjectNode) field, "pointer", LONGEST_OF_FIELD);
                redactField((ObjectNode) field, "message", LONGEST_OF_FIELD);
            });
        }
    }

    private void redactField(ObjectNode object, String field, int most) {
        if (object.path(field).isTextual()) {
            String left = redacted.computeIfAbsent(object.get(field).textValue(), this::redactOnce);
            object.put(field, left.substring(0, Math.min(left.length(), most)));
        }
    }

    private String redactOnce(String words) {
        if (words.length() > MOST_OF_WORDS - charactersOfWords) {
            return MASK;
        }
        charactersOfWords += words.length();
        return redact(words);
    }
}
