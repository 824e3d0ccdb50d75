package io.herald.ledger;

import java.time.Instant;
import java.util.Optional;

/** Requests of tests. */
final class Requests {

    /** What sends one may create a customer without our knowing. */
    static final Optional<Instant> MAY_ARRIVE = Optional.of(Instant.ofEpochMilli(1));

    private Requests() {}

    static KeptRequest create(byte[] bytes) {
        return new KeptRequest(bytes, Optional.empty());
    }
}
