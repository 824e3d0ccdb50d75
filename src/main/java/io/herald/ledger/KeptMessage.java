package io.herald.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What the ledger keeps of a message: all that its report needs. */
public record KeptMessage(UUID id, long sequence, String reference, Instant acceptedAt, List<Delivery> deliveries) {

    /**
     * One of its deliveries.
     *
     * @param state the {@link io.herald.delivery.State#word()}
     * @param outcome as the report shows it, once there is one
     */
    public record Delivery(
            String provider, String state, int attempts, long durationMillis, Optional<ObjectNode> outcome) {}

    KeptMessage with(List<Delivery> all) {
        return new KeptMessage(id, sequence, reference, acceptedAt, all);
    }
}
