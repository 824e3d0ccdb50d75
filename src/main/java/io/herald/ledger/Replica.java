package io.herald.ledger;

import jakarta.inject.Singleton;
import java.util.UUID;

/** This running program, as the ledger names it: the owner of the deliveries that it works on. */
@Singleton
final class Replica {

    private final String id = UUID.randomUUID().toString();

    String id() {
        return id;
    }
}
