package io.herald.ledger;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * What is known of a customer at one provider.
 *
 * @param providerCustomerId the provider's own id, if it has told us one
 * @param message the last message to that provider
 * @param state that of its delivery
 * @param at when the delivery came to that state
 */
public record Link(String provider, Optional<String> providerCustomerId, UUID message, String state, Instant at) {}
