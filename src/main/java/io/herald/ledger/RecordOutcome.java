package io.herald.ledger;

import io.herald.schema.Fault;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What became of one record of a dropped file.
 *
 * @param position in the file, from 1
 * @param line in the file, from 1, where it begins
 * @param reference its customer's; none if it was refused without one, or erased since
 * @param message that it became, unless it was refused or erased since
 * @param faults why it was refused; empty if it was accepted
 */
public record RecordOutcome(
        long position,
        long line,
        Optional<String> reference,
        Optional<UUID> message,
        List<Fault> faults,
        List<Delivery> deliveries) {

    /**
     * One of its message's deliveries.
     *
     * @param state the {@link io.herald.delivery.State#word()}
     * @param reason why it was not delivered, a word of {@link io.herald.delivery.Reason}
     */
    public record Delivery(String provider, String state, Optional<String> reason) {}
}
