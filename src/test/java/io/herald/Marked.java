package io.herald;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Customers that have every field of the canonical schema, each with a value that stands nowhere else: text has the {@link
 * #stem} in it, so that a part of a value is found too; what the schema wants otherwise (phones, dates, numbers, words of a closed
 * list) is remembered. Not looked for: truth values, country codes of two letters, and what only says of what type something is.
 */
final class Marked {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Set<String> NOT_LOOKED_FOR = Set.of("reference", "type", "targets", "role");
    private static final int SHORTEST = 5;

    private static final String COMMON = """
            {"contact": {"email": "EMAIL", "phone": "PHONE"},
             "address": {"lines": ["*", "*"], "city": "*", "subdivision": "TZ-DIGITS3", "postalCode": "*", "country": "TZ",
                         "transliterated": {"lines": ["*", "*"], "city": "*", "postalCode": "*"}},
             "identifiers": [
               {"type": "national_id", "country": "TZ", "number": "*", "expiresOn": "FUTURE", "description": "*",
                "imageFront": "FILE", "imageBack": "FILE"},
               {"type": "passport", "country": "KE", "number": "*"}],
             "verifications": {"governmentIdAt": "INSTANT", "selfieAt": "INSTANT", "safetyCheckAt": "INSTANT"},
             "consents": {"agreementId": "*", "sendKycMail": true},
             "endorsements": ["faster_payments"],
             "attributes": {"segment": "*", "nested": {"deep": ["*", 1.5]}, "score": "NUMBER"}}
            """;

    private static final String PERSON = """
            {"type": "person",
             "person": {"firstName": "*", "middleName": "*", "lastName": "* O'N\\"e\\\\il & Zo\\u00eb", "birthDate": "PAST",
                        "nationality": "TZ", "transliterated": {"firstName": "*", "middleName": "*", "lastName": "*"}},
             "documents": [{"purposes": ["proof_of_source_of_wealth"], "file": "FILE", "description": "*"}],
             "profile": {"accountPurpose": "charitable_donations", "accountPurposeOther": "*", "employmentStatus": "homemaker",
                         "occupation": "CODE", "expectedMonthlyPaymentsUsd": "50000_plus", "sourceOfFunds": "gambling_proceeds",
                         "actingAsIntermediary": true}}
            """;

    private static final String BUSINESS = """
            {"type": "business",
             "business": {"legalName": "*", "tradeName": "*", "description": "* \\n *", "legalForm": "sole_prop",
                          "industries": ["DIGITS6"], "website": "https://CODE.example/CODE",
                          "physicalAddress": {"lines": ["*"], "city": "*", "subdivision": "TZ-DIGITS3", "postalCode": "*",
                            "country": "TZ", "transliterated": {"lines": ["*"], "city": "*", "postalCode": "*"}}},
             "documents": [{"purposes": ["aml_comfort_letter"], "file": "FILE", "description": "*"}],
             "profile": {"accountPurpose": "ecommerce_retail_payments", "accountPurposeOther": "*",
                         "expectedMonthlyPaymentsUsd": "NUMBER", "sourceOfFunds": "pension_retirement",
                         "actingAsIntermediary": true}}
            """;

    private final String stem = "zq" + letters(7);
    private final Set<String> others = new TreeSet<>();
    private int last;

    /** What every text of every customer has in it. */
    String stem() {
        return stem;
    }

    /** A person with that magic value of the sandbox in the e-mail address; for all providers if none is named. */
    ObjectNode person(String reference, String magic, String... targets) {
        return customer(PERSON, reference, magic, targets);
    }

    /** As {@link #person}. */
    ObjectNode business(String reference, String magic, String... targets) {
        return customer(BUSINESS, reference, magic, targets);
    }

    /** The same customer with other names, phone and so on, but the same reference and e-mail address. */
    ObjectNode changed(ObjectNode customer) {
        ObjectNode changed = customer(
                customer.path("type").asText().equals("person") ? PERSON : BUSINESS,
                customer.path("reference").asText(),
                "");
        changed.withObject("/contact").set("email", customer.at("/contact/email"));
        if (customer.has("targets")) {
            changed.set("targets", customer.get("targets"));
        }
        return changed;
    }

    private ObjectNode customer(String template, String reference, String magic, String... targets) {
        ObjectNode customer = JSON.createObjectNode().put("reference", reference);
        customer.setAll((ObjectNode) json(template));
        customer.setAll((ObjectNode) json(COMMON));
        customer.putArray("connections").addObject().put("reference", "LEAK-1").put("role", "shareholder");
        mark(customer, magic);
        if (targets.length > 0) {
            List.of(targets).forEach(customer.putArray("targets")::add);
        }
        remember(customer);
        return customer;
    }

    private void mark(JsonNode node, String magic) {
        if (node instanceof ObjectNode object) {
            object.properties()
                    .forEach(field -> object.set(field.getKey(), marked(field.getKey(), field.getValue(), magic)));
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, marked("", array.get(i), magic));
            }
        }
    }

    private JsonNode marked(String name, JsonNode value, String magic) {
        if (value.isContainerNode()) {
            mark(value, magic);
            return value;
        }
        if (!value.isTextual() || NOT_LOOKED_FOR.contains(name)) {
            return value;
        }
        last++;
        String word = stem + last;
        return switch (value.textValue()) {
            case "EMAIL" -> TextNode.valueOf(word + (magic.isEmpty() ? "" : "+" + magic) + "@example.com");
            case "PHONE" -> TextNode.valueOf("+2557" + digits(9));
            case "PAST" ->
                TextNode.valueOf(LocalDate.of(1930, 1, 1)
                        .plusDays(RANDOM.nextInt(20_000))
                        .toString());
            case "FUTURE" ->
                TextNode.valueOf(LocalDate.of(2060, 1, 1)
                        .plusDays(RANDOM.nextInt(10_000))
                        .toString());
            case "INSTANT" ->
                TextNode.valueOf(LocalDate.of(2001, 1, 1).plusDays(RANDOM.nextInt(3_000)) + "T03:0" + RANDOM.nextInt(10)
                        + ":0" + RANDOM.nextInt(10) + "Z");
            case "NUMBER" -> JSON.getNodeFactory().numberNode(Long.parseLong(digits(9)));
            // in base64 four letters are three bytes
            case "FILE" ->
                TextNode.valueOf("data:image/png;base64," + word + "A".repeat(Math.floorMod(-word.length(), 4)));
            default ->
                TextNode.valueOf(value.textValue()
                        .replace("*", word + " Ab")
                        .replace("CODE", word)
                        .replace("DIGITS6", digits(6))
                        .replace("DIGITS3", digits(3)));
        };
    }

    private void remember(JsonNode node) {
        if (node.isObject()) {
            node.properties().stream()
                    .filter(field -> !NOT_LOOKED_FOR.contains(field.getKey()))
                    .forEach(field -> remember(field.getValue()));
        } else if (node.isArray()) {
            node.forEach(this::remember);
        } else if ((node.isTextual() || node.isNumber())
                && !node.asText().contains(stem)
                && node.asText().length() >= SHORTEST) {
            others.add(node.asText().replace("+", "").toLowerCase(Locale.ROOT));
        }
    }

    /** Where something of any of these customers stands in a text; each value is told once. */
    List<Integer> places(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        List<Integer> places = new ArrayList<>();
        for (int at = lower.indexOf(stem); at >= 0; at = lower.indexOf(stem, at + 1)) {
            places.add(at);
        }
        for (String other : others) {
            for (int at = lower.indexOf(other); at >= 0; at = lower.indexOf(other, at + 1)) {
                if (!isOfAWord(lower, at - 1) && !isOfAWord(lower, at + other.length())) {
                    places.add(at);
                    break;
                }
            }
        }
        return places;
    }

    private static boolean isOfAWord(String text, int at) {
        return at >= 0 && at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_');
    }

    private static String letters(int count) {
        return RANDOM.ints(count, 'a', 'z' + 1)
                .mapToObj(Character::toString)
                .collect(Collectors.joining())
                .toLowerCase(Locale.ROOT);
    }

    private static String digits(int count) {
        return RANDOM.ints(count, 1, 10).mapToObj(Integer::toString).collect(Collectors.joining());
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
