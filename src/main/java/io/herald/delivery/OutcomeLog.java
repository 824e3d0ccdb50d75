package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import io.opentelemetry.api.trace.SpanContext;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jboss.logging.MDC;

/**
 * One line for each outcome that the ledger has, in the category {@code io.herald.outcome}: the same as fields, which are
 * what a log in JSON is searched by, and as text. Nothing of a customer but the caller's reference.
 */
final class OutcomeLog {

    private static final Logger LOG = Logger.getLogger("io.herald.outcome");

    /** What a provider's word looks like that can be written to a log; anything else may be a sentence about somebody. */
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.:-]{1,64}");

    private OutcomeLog() {}

    /** @param outcome as the report shows it */
    static void write(Delivery delivery, JsonNode outcome, long millis) {
        JsonNode error = outcome.path("error");
        Map<String, String> fields = new TreeMap<>();
        fields.put("messageId", delivery.getMessage().id().toString());
        fields.put("reference", delivery.getReference());
        fields.put("provider", delivery.getProvider());
        fields.put("state", Outcome.state(outcome));
        fields.put("attempts", Integer.toString(delivery.getAttempts()));
        fields.put("durationMs", Long.toString(millis));
        if (!error.isMissingNode()) {
            fields.put("code", word(error.path("code")));
            fields.put("reason", word(error.path("reason")));
        }
        SpanContext span = delivery.span().getSpanContext();
        if (span.isValid()) {
            fields.put("traceId", span.getTraceId());
            fields.put("spanId", span.getSpanId());
        }
        fields.forEach(MDC::put);
        try {
            LOG.info(fields.get("messageId") + " to " + fields.get("provider") + ": " + fields.get("state")
                    + (error.isMissingNode() ? "" : " (" + fields.get("reason") + ", " + fields.get("code") + ")")
                    + ", attempts " + fields.get("attempts") + ", " + fields.get("durationMs") + " ms");
        } finally {
            fields.keySet().forEach(MDC::remove);
        }
    }

    private static String word(JsonNode told) {
        return WORD.matcher(told.asText()).matches() ? told.asText() : "other";
    }
}
