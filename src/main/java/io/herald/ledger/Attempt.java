package io.herald.ledger;

import java.time.Instant;
import java.util.Optional;

/**
 * One try of a delivery.
 *
 * @param at when it began
 * @param durationMillis until its answer was read, or it failed
 * @param httpStatus of the answer, if there was one
 * @param code the provider's own word; empty for a try that succeeded
 * @param reason ours
 * @param message the provider's own words, without the customer's values
 */
public record Attempt(
        Instant at,
        long durationMillis,
        Optional<Integer> httpStatus,
        Optional<String> code,
        Optional<String> reason,
        Optional<String> message) {}
