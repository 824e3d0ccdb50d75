package io.herald.ledger;

import java.util.Optional;

/** What differs between the databases that a ledger can stand in. */
enum Dialect {
    /** SQLite, in the data directory of one program. */
    EMBEDDED(null),

    /**
     * PostgreSQL, shared by replicas. Each group of writes takes a lock that all replicas share: what one of them writes
     * comes wholly before or after what another one writes, and sequences are given in the order of acceptance.
     */
    POSTGRESQL("select pg_advisory_xact_lock(4836251)");

    private final String beginGroup;

    Dialect(String beginGroup) {
        this.beginGroup = beginGroup;
    }

    /** What a group of writes begins with. */
    Optional<String> beginGroup() {
        return Optional.ofNullable(beginGroup);
    }
}
