package io.herald.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * One accepted canonical customer.
 *
 * @param id UUID version 7; version 5, of its file and position, if it was a record of a file
 * @param sequence the order of acceptance
 * @param reference the caller's own id of the customer
 * @param acceptedAt when it was handed to the ledger, in UTC; for a record of a file, when the ledger wrote it
 * @param canonical the customer, parsed and normalised once; shared by all its deliveries, never changed
 * @param targets the providers it goes to
 * @param takes how often its delivery was taken up from the ledger: what has it in hand from an earlier time is too late
 * @param trace the {@code traceparent} of the span that shows its acceptance
 */
public record Message(
        UUID id,
        long sequence,
        String reference,
        Instant acceptedAt,
        JsonNode canonical,
        List<String> targets,
        int takes,
        Optional<String> trace) {

    /** A message that was accepted just now, in no trace. */
    public Message(
            UUID id, long sequence, String reference, Instant acceptedAt, JsonNode canonical, List<String> targets) {
        this(id, sequence, reference, acceptedAt, canonical, targets, 0, Optional.empty());
    }

    /** The turn of each of its deliveries. */
    public Turn turn() {
        return new Turn(reference, sequence, takes);
    }
}
