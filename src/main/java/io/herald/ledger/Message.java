package io.herald.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * One accepted canonical customer.
 *
 * @param id UUID version 7
 * @param sequence the order of acceptance
 * @param reference the caller's own id of the customer
 * @param acceptedAt when it was on disk
 * @param canonical the customer, parsed and normalised once; shared by all its deliveries, never changed
 * @param targets the providers it goes to
 */
@RegisterForReflection
public record Message(
        UUID id, long sequence, String reference, Instant acceptedAt, JsonNode canonical, List<String> targets) {}
