package io.herald.delivery;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.metrics.Meters;
import io.herald.schema.Fault;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * What happened to a delivery, as the report shows it: an object with {@code state} and, by state, {@code operation}
 * and {@code providerCustomerId}, or {@code error}.
 */
public final class Outcome {

    private static final Logger LOG = Logger.getLogger(Outcome.class);

    /** A page of the provider with a long token in its address fits; in characters of JSON. */
    private static final int LARGEST_PART = 16_384;

    /** The report nests what an outcome has, and Jackson writes no more than a thousand levels. */
    private static final int MAX_DEPTH = 200;

    /**
     * Longer texts are dropped: they were cut on reading, perhaps inside a customer's value, which redaction could then not
     * find.
     */
    private static final int LONGEST_WORDS = Answers.LONGEST_TEXT_OF_ERROR - 1;

    private static final ObjectWriter WRITER = new JsonMapper(JsonFactory.builder()
                    .streamWriteConstraints(StreamWriteConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .build())
            .writer();

    private static final Pattern ID = Pattern.compile("(?!\\.{1,2}$)(?!\\p{Z}*$)[^\\p{Cc}\\p{Cs}]{1,1024}");

    /** The reasons that are more worth telling than that there were many tries. */
    private static final Set<String> STAYING =
            Set.of(Reason.INVALID.word(), Reason.UNCLEAR.word(), Reason.UNREADABLE_ANSWER.word());

    /** The reasons that are told by their own word where the provider has none, and not by the status. */
    private static final Set<String> NAMED =
            Set.of(Reason.UNAUTHORIZED.word(), Reason.FORBIDDEN.word(), Reason.LINK_BROKEN.word());

    /** Fields that the report writes itself; a part of an answer with such a name is left out. */
    private static final Set<String> HERALDS = Set.of("provider", "state", "operation", "error");

    /** The states that a template may tell. */
    private static final Set<String> STATES = Set.of(State.RETRYING.word(), State.REJECTED.word(), State.DEAD.word());

    private Outcome() {}

    /**
     * The outcome of a provider's answer. Of the fields at fault it has so many as are worth keeping, and of a success what is
     * small enough.
     *
     * @param status the HTTP status of the answer
     * @param fragment what the provider's {@code response.jslt} made of it; where there is no id its {@code state}, if it is
     *     {@code retrying}, {@code rejected} or {@code dead}, and {@code error.reason}, if it is a {@link Reason}, win over the common classification, and where
     *     it has no {@code error.message} there are words of Herald's
     * @param update whether the request changed a customer that was linked already
     */
    public static ObjectNode of(int status, ObjectNode fragment, boolean update) {
        boolean success = status >= 200 && status < 300;
        if (success && isId(fragment.path("providerCustomerId"))) {
            return delivered(fragment, update);
        }
        Classification common = Classification.of(status, update);
        ObjectNode outcome = JsonNodeFactory.instance.objectNode();
        String state = fragment.path("state").asText();
        outcome.put("state", STATES.contains(state) ? state : common.state().word());
        JsonNode told = fragment.path("error");
        ObjectNode error = outcome.putObject("error");
        String reason = isReason(told.path("reason"))
                ? told.path("reason").textValue()
                : common.reason().word();
        error.put(
                "code",
                words(told.path("code"))
                        .orElse(success ? Reason.UNREADABLE_ANSWER.word() : codeWithoutWords(status, reason)));
        error.put("reason", reason);
        error.put("httpStatus", status);
        error.put("message", words(told.path("message")).orElse(withoutWords(status, success)));
        putFields(
                error,
                told.path("fields")
                        .valueStream()
                        .map(field -> new Fault(
                                words(field.path("pointer")).orElse(""),
                                words(field.path("message")).orElse("")))
                        .toList());
        return outcome;
    }

    /**
     * As {@link #of(int, ObjectNode, boolean)}, of what a delivery was answered. A {@code state} or {@code error.reason} that is not
     * taken is a mistake in the template, and is told in the log, but for the word, which may be the provider's.
     */
    static ObjectNode of(Delivery delivery, int status, ObjectNode fragment) {
        ObjectNode outcome = of(status, fragment, delivery.isUpdate());
        if (fragment.hasNonNull("state") && !fragment.get("state").equals(outcome.get("state"))) {
            LOG.errorf(
                    "mappings/%s/response.jslt tells a state that is not taken: where there is no customer's id it may be"
                            + " retrying, rejected or dead",
                    delivery.getProvider());
        }
        JsonNode reason = fragment.path("error").path("reason");
        if (outcome.has("error") && !reason.isMissingNode() && !reason.isNull() && !isReason(reason)) {
            LOG.errorf(
                    "mappings/%s/response.jslt tells an error.reason that is not taken: it may be %s",
                    delivery.getProvider(), String.join(", ", Reason.words()));
        }
        return outcome;
    }

    private static boolean isReason(JsonNode told) {
        return told.isTextual() && Reason.words().contains(told.textValue());
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
        fragment.properties().stream()
                .filter(part -> !HERALDS.contains(part.getKey()) && isSmall(part.getValue()))
                .forEach(part -> outcome.set(part.getKey(), part.getValue()));
        return outcome;
    }

    private static boolean isSmall(JsonNode part) {
        try {
            return WRITER.writeValueAsString(part).length() <= LARGEST_PART;
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    /** A message that cannot be made into what this provider accepts. */
    public static ObjectNode notMappable(List<Fault> faults) {
        ObjectNode outcome = failed(
                State.REJECTED,
                Reason.NOT_MAPPABLE,
                "the message lacks, or has in another form, what this provider needs");
        putFields(outcome.withObject("/error"), faults);
        return outcome;
    }

    /**
     * Whether the provider's mapping has a code for what is wrong, and one that says more than its status does: a code that only
     * repeats the status is what many a gateway says.
     */
    static boolean hasProvidersCode(ObjectNode outcome) {
        JsonNode error = outcome.path("error");
        int status = error.path("httpStatus").asInt();
        String code = error.path("code").asText();
        return !code.equals(Integer.toString(status))
                && !code.equals(codeWithoutWords(status, error.path("reason").asText()));
    }

    private static String codeWithoutWords(int status, String reason) {
        return NAMED.contains(reason) ? reason : "http_" + status;
    }

    /** The word of its {@link State}. */
    static String state(JsonNode outcome) {
        return outcome.path("state").asText();
    }

    /** Whether that is the reason of its error. */
    static boolean isFor(Reason reason, JsonNode outcome) {
        return reason.word().equals(outcome.at("/error/reason").asText());
    }

    /** Its reason for a metric or a span: {@link Meters#OTHER} if it is none of Herald's words, {@link Meters#NONE} if it has no error. */
    static String reason(JsonNode outcome) {
        if (!outcome.has("error")) {
            return Meters.NONE;
        }
        String reason = outcome.path("error").path("reason").asText();
        return Reason.words().contains(reason) ? reason : Meters.OTHER;
    }

    /** Whether its error may be in the words of a provider: one that {@link #failed} made is in Herald's own. */
    static boolean quotes(ObjectNode outcome) {
        return outcome.path("error").has("httpStatus");
    }

    private static void putFields(ObjectNode error, List<Fault> faults) {
        if (!faults.isEmpty()) {
            error.set("fields", Fault.toJson(Fault.most(faults)));
        }
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

    /** As {@link #failed(State, String, Reason, String)}, with the reason's word for a code. */
    static ObjectNode failed(State state, Reason reason, String message) {
        return failed(state, reason.word(), reason, message);
    }

    /**
     * Ends an outcome that could have passed by itself, but did not in all its tries: what the provider called invalid is
     * rejected, anything else needs a person, who is told where the provider may have done what was asked.
     */
    static void exhaust(ObjectNode outcome) {
        ObjectNode error = outcome.withObject("/error");
        String reason = error.path("reason").asText();
        outcome.put("state", (Reason.INVALID.word().equals(reason) ? State.REJECTED : State.DEAD).word());
        if (!STAYING.contains(reason)) {
            error.put("reason", Reason.EXHAUSTED.word());
        }
    }

    private static Optional<String> words(JsonNode told) {
        return Optional.of(told)
                .filter(JsonNode::isValueNode)
                .map(value -> value.asText(null))
                .filter(words -> !words.isBlank() && words.length() <= LONGEST_WORDS);
    }

    private static String withoutWords(int status, boolean success) {
        return success
                ? "the provider answered with success, but not with a customer's id"
                : "the provider answered with status " + status + ", without readable words";
    }
}
