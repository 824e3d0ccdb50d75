package io.herald.ledger;

import java.time.Instant;
import java.util.Optional;

/** Requests of tests. */
final class Requests {

    /** What sends one may create a customer without our knowing. */
    static final Optional<Ledger.MayCreate> MAY_ARRIVE =
            Optional.of(new Ledger.MayCreate(Instant.ofEpochMilli(1), Optional.empty()));

    private Requests() {}

    static KeptRequest create(byte[] bytes) {
        return new KeptRequest(bytes, Optional.empty());
    }
}
