package io.herald.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.herald.schema.Fault;
import java.text.Normalizer;
import java.util.List;

/**
 * Brings names, lines, cities and descriptions to NFC and trims them, in the tree itself, so that whoever maps the
 * customer, and whoever compares two, sees one spelling.
 */
final class Normalisation {

    /**
     * UAX #15 section 13, Stream-Safe Text Format. Bringing a longer run into order takes time in proportion to its
     * square, which a hostile caller could use; no script needs more.
     */
    private static final int MAX_MARKS_IN_A_ROW = 30;

    private static final List<String> NAMES = List.of("firstName", "middleName", "lastName");
    private static final List<String> BUSINESS = List.of("legalName", "tradeName", "description");

    private final List<Fault> faults;

    private Normalisation(List<Fault> faults) {
        this.faults = faults;
    }

    /** @param faults where to put what cannot be normalised */
    static void apply(JsonNode customer, List<Fault> faults) {
        Normalisation normalisation = new Normalisation(faults);
        normalisation.fields(customer.path("person"), "/person", NAMES);
        normalisation.fields(customer.path("person").path("transliterated"), "/person/transliterated", NAMES);
        normalisation.fields(customer.path("business"), "/business", BUSINESS);
        normalisation.address(customer.path("address"), "/address");
        normalisation.address(customer.path("business").path("physicalAddress"), "/business/physicalAddress");
        normalisation.descriptions(customer.path("identifiers"), "/identifiers");
        normalisation.descriptions(customer.path("documents"), "/documents");
        normalisation.fields(customer.path("profile"), "/profile", List.of("accountPurposeOther"));
    }

    private void address(JsonNode address, String at) {
        place(address, at);
        place(address.path("transliterated"), at + "/transliterated");
    }

    private void place(JsonNode place, String at) {
        fields(place, at, List.of("city"));
        if (place.path("lines") instanceof ArrayNode lines) {
            for (int i = 0; i < lines.size(); i++) {
                if (lines.get(i).isTextual()) {
                    lines.set(i, normal(lines.get(i).textValue(), at + "/lines/" + i));
                }
            }
        }
    }

    private void descriptions(JsonNode entries, String at) {
        for (int i = 0; i < entries.size(); i++) {
            fields(entries.path(i), at + '/' + i, List.of("description"));
        }
    }

    private void fields(JsonNode object, String at, List<String> names) {
        if (object instanceof ObjectNode fields) {
            for (String name : names) {
                JsonNode value = fields.path(name);
                if (value.isTextual()) {
                    fields.set(name, normal(value.textValue(), at + '/' + name));
                }
            }
        }
    }

    private TextNode normal(String text, String at) {
        if (pilesUpMarks(text)) {
            faults.add(new Fault(at, "has more than " + MAX_MARKS_IN_A_ROW + " combining marks in a row"));
            return TextNode.valueOf(text);
        }
        return TextNode.valueOf(trim(Normalizer.normalize(text, Normalizer.Form.NFC)));
    }

    private static boolean pilesUpMarks(String text) {
        int inARow = 0;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            inARow = isMark(c) ? inARow + 1 : 0;
            if (inARow > MAX_MARKS_IN_A_ROW) {
                return true;
            }
            i += Character.charCount(c);
        }
        return false;
    }

    private static boolean isMark(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            default -> false;
        };
    }

    /** Without white space at its ends; {@link String#strip()} would leave the no-break spaces. */
    private static String trim(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isSpace(text.charAt(start))) {
            start++;
        }
        while (end > start && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }
}
