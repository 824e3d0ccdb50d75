package io.herald.ledger;

import java.time.Instant;
import java.util.Optional;

/**
 * A delivery that waited in the ledger and was taken up.
 *
 * @param source what it waited among: one of these does not wait for the others
 * @param size of the customer, or of what it was corrected to, in bytes of JSON
 * @param generation counts its replays
 * @param parks how many steps of its provider's schedule are used up
 * @param takes how often it was taken up, this time included
 * @param sentAt when its request was sent first, or was about to be
 * @param unclearSince since when the provider may have created the customer without our knowing
 * @param trace the {@code traceparent} of the span that it goes on from
 */
public record OpenDelivery(
        long sequence,
        String reference,
        String provider,
        String source,
        long size,
        int generation,
        int attempts,
        int parks,
        int takes,
        Optional<Instant> sentAt,
        Optional<Instant> unclearSince,
        Optional<String> trace) {

    /** As its message has it. */
    public Turn turn() {
        return new Turn(reference, sequence, takes);
    }
}
