package io.herald.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/**
 * A customer that is to be accepted.
 *
 * @param source where it came from, such as {@code rest} or {@code file customers.csv, record 12}; its first word is what it
 *     waits among
 * @param targets the providers it goes to
 * @param idempotency given if it is to be accepted once only
 * @param repeats whether it must have been accepted before, under its idempotency key
 * @param trace the {@code traceparent} of the span that shows its acceptance
 */
public record NewMessage(
        String reference,
        JsonNode canonical,
        List<String> targets,
        String source,
        Optional<IdempotencyKey> idempotency,
        boolean repeats,
        Optional<String> trace) {

    /** Of no trace. */
    public NewMessage(
            String reference,
            JsonNode canonical,
            List<String> targets,
            String source,
            Optional<IdempotencyKey> idempotency) {
        this(reference, canonical, targets, source, idempotency, false, Optional.empty());
    }

    /** The same, accepted in a trace, if there is one. */
    public NewMessage in(Optional<String> traceparent) {
        return new NewMessage(reference, canonical, targets, source, idempotency, repeats, traceparent);
    }

    /** The same, which is not to be accepted anew. */
    public NewMessage repeated() {
        return new NewMessage(reference, canonical, targets, source, idempotency, true, trace);
    }

    /** The first word of the source. */
    String kind() {
        return source.split(" ", 2)[0];
    }
}
