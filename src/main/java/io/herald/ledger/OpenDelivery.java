package io.herald.ledger;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * A delivery that has not ended, as the ledger keeps it.
 *
 * @param payload the customer, sealed
 * @param parks how often it was parked
 * @param unclear whether the provider may have created the customer without our knowing
 * @param updatedAt when it last changed
 * @param request what was sent, or was about to be; to be sent again as it is
 */
public record OpenDelivery(
        long sequence,
        UUID message,
        String reference,
        Instant acceptedAt,
        byte[] payload,
        String provider,
        int attempts,
        int parks,
        boolean unclear,
        Instant updatedAt,
        Optional<byte[]> request) {}
