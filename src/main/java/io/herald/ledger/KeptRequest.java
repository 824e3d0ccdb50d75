package io.herald.ledger;

import java.util.Optional;

/**
 * A request as it is kept.
 *
 * @param bytes as they are sent
 * @param link the provider's id of the customer that it was made with; empty if it is a create
 */
public record KeptRequest(byte[] bytes, Optional<String> link) {}
