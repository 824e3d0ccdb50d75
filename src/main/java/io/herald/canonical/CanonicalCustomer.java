package io.herald.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A canonical customer that has been read, normalised and found good. Its tree is shared by all who map it, and must not
 * be changed.
 *
 * @param tree the whole message; names, lines, cities and descriptions are in NFC and trimmed
 */
public record CanonicalCustomer(JsonNode tree) {

    private static final Pattern REFERENCE = Pattern.compile("[^\\p{Cc}\\p{Cs}]+");

    /** Whether a customer may have that reference, by whatever schema. Not every database can be asked for others, such as a NUL. */
    public static boolean isReference(String text) {
        return REFERENCE.matcher(text).matches();
    }

    /** The caller's own id of the customer. */
    public String reference() {
        return tree.path("reference").textValue();
    }

    /** The providers that the message names, in its order; empty when it names none, which means every enabled one. */
    public Optional<List<String>> targets() {
        JsonNode targets = tree.path("targets");
        return targets.isMissingNode()
                ? Optional.empty()
                : Optional.of(targets.valueStream().map(JsonNode::textValue).toList());
    }

    /** The reference only: the rest is the customer's own. */
    @Override
    public String toString() {
        return "CanonicalCustomer[" + reference() + ']';
    }
}
