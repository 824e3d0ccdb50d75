package io.herald.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * How far a delivery got.
 *
 * @param outcome as the report shows it
 * @param attempts how often its request was sent, or was about to be
 * @param tries those since the last record, each with how it ended
 * @param durationMillis from acceptance until now
 * @param unclearSince since when the provider may have created the customer without our knowing
 * @param parks how many steps of its provider's schedule are used up
 * @param dueAt when a parked delivery is tried again; empty if it has ended
 * @param trace the {@code traceparent} of its span, from which its next take-up goes on
 * @param newLink the provider's id of the customer, if it was another one before, or none was known
 */
public record Progress(
        ObjectNode outcome,
        int attempts,
        List<Attempt> tries,
        long durationMillis,
        Optional<Instant> unclearSince,
        int parks,
        Optional<Instant> dueAt,
        Optional<String> trace,
        Optional<NewLink> newLink) {

    /**
     * What a provider calls a customer from now on.
     *
     * @param mayBeShared whether it matters to nobody if another reference has it too, because customers are told apart by our
     *     reference there
     */
    public record NewLink(String providerCustomerId, boolean mayBeShared) {}
}
