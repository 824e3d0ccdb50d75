package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.schema.Fault;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What happened to a delivery, as the report shows it: an object with {@code state} and, by state, {@code operation}
 * and {@code providerCustomerId}, or {@code error}.
 */
public final class Outcome {

    private static final Pattern ID = Pattern.compile("(?!\\.{1,2}$)[^\\p{Cc}\\p{Cs}]{1,1024}");

    private Outcome() {}

    /**
     * The outcome of a provider's answer.
     *
     * @param status the HTTP status of the answer
     * @param fragment what the provider's {@code response.jslt} made of it; its {@code state} and {@code error.reason}
     *     win over the common classification, and where it has no {@code error.message} there are words of Herald's
     * @param update whether the request changed a customer that was linked already
     */
    public static ObjectNode of(int status, ObjectNode fragment, boolean update) {
        boolean success = status >= 200 && status < 300;
        if (success && isId(fragment.path("providerCustomerId"))) {
            return delivered(fragment, update);
        }
        Classification common = Classification.of(status, update);
        ObjectNode outcome = JsonNodeFactory.instance.objectNode();
        outcome.set(
                "state",
                fragment.path("state").isTextual()
                        ? fragment.get("state")
                        : text(common.state().word()));
        JsonNode told = fragment.path("error");
        ObjectNode error = outcome.putObject("error");
        error.put("code", told.path("code").asText(success ? Reason.UNREADABLE_ANSWER.word() : "http_" + status));
        error.put("reason", told.path("reason").asText(common.reason().word()));
        error.put("httpStatus", status);
        String words = told.path("message").asText();
        error.put("message", words.isBlank() ? withoutWords(status, success) : words);
        if (told.has("fields")) {
            error.set("fields", told.get("fields"));
        }
        return outcome;
    }

    /**
     * Whether that can be an id of a customer: it will stand in paths, where {@code ..} goes elsewhere, however it is encoded, and
     * in the ledger, where not every database keeps a control character or half of a surrogate pair.
     */
    static boolean isId(JsonNode id) {
        return id.isTextual() && ID.matcher(id.textValue()).matches();
    }

    /** A delivery that succeeded, with the parts of a provider's answer that {@code response.jslt} picked. */
    public static ObjectNode delivered(ObjectNode fragment, boolean update) {
        ObjectNode outcome = JsonNodeFactory.instance.objectNode();
        outcome.put("state", State.DELIVERED.word());
        outcome.put("operation", update ? "updated" : "created");
        outcome.setAll(fragment);
        return outcome;
    }

    /** A message that cannot be made into what this provider accepts. */
    public static ObjectNode notMappable(List<Fault> faults) {
        ObjectNode outcome = failed(
                State.REJECTED,
                Reason.NOT_MAPPABLE.word(),
                Reason.NOT_MAPPABLE,
                "the message lacks, or has in another form, what this provider needs");
        var fields = outcome.withObject("/error").putArray("fields");
        Fault.most(faults)
                .forEach(fault ->
                        fields.addObject().put("pointer", fault.pointer()).put("message", fault.message()));
        return outcome;
    }

    /** A delivery that ended, or waits, without an answer of the provider to quote. */
    public static ObjectNode failed(State state, String code, Reason reason, String message) {
        ObjectNode outcome = JsonNodeFactory.instance.objectNode();
        outcome.put("state", state.word());
        outcome.putObject("error")
                .put("code", code)
                .put("reason", reason.word())
                .put("message", message);
        return outcome;
    }

    /**
     * Ends an outcome that could have passed by itself, but did not in all its tries: what the provider called invalid is
     * rejected, anything else needs a person.
     */
    static void exhaust(ObjectNode outcome) {
        ObjectNode error = outcome.withObject("/error");
        if (Reason.INVALID.word().equals(error.path("reason").asText())) {
            outcome.put("state", State.REJECTED.word());
        } else {
            outcome.put("state", State.DEAD.word());
            error.put("reason", Reason.EXHAUSTED.word());
        }
    }

    private static JsonNode text(String word) {
        return JsonNodeFactory.instance.textNode(word);
    }

    private static String withoutWords(int status, boolean success) {
        return success
                ? "the provider answered with success, but not with a customer's id"
                : "the provider answered with status " + status + ", and with no words";
    }
}
