package io.herald.ledger;

import java.time.Instant;
import java.util.Optional;

/** Requests of tests. */
final class Requests {

    /** What sends one may create a customer without our knowing. */
    static final Ledger.UnderWay MAY_ARRIVE = new Ledger.UnderWay(Instant.ofEpochMilli(1), true, Optional.empty());

    private Requests() {}

    static KeptRequest create(byte[] bytes) {
        return new KeptRequest(bytes, Optional.empty());
    }
}
