package io.herald.ledger;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.sqlite.SQLiteErrorCode;

/** What differs between the databases that a ledger can stand in. */
public enum Dialect {
    /** SQLite, in the data directory of one program. */
    EMBEDDED(null, false, failed -> failed.getErrorCode() == SQLiteErrorCode.SQLITE_BUSY.code),

    /**
     * PostgreSQL, shared by replicas. Each group of writes takes a lock that all replicas share: what one of them writes
     * comes wholly before or after what another one writes, and sequences are given in the order of acceptance; so each has to see
     * what was committed before it got the lock, whatever isolation the server begins with. A commit answers when it is on
     * the server's disk at least, also where the server would answer sooner. A replica
     * that hangs while it has the lock loses it, with all that it has not committed, before the others lose patience. In the
     * middle of a batch it is not idle for the server, so from PostgreSQL 17 on the time with the lock is bounded too.
     */
    POSTGRESQL(
            """
            set transaction isolation level read committed;
            set local idle_in_transaction_session_timeout = '5s';
            set local lock_timeout = '8s';
            set local statement_timeout = '10s';
            select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off';
            select pg_advisory_xact_lock(4836251);
            select set_config('transaction_timeout', '7s', true)
              where current_setting('server_version_num')::int >= 170000
            """,
            true,
            // lock_not_available, query_canceled
            failed -> Set.of("55P03", "57014").contains(String.valueOf(failed.getSQLState())));

    private final String beginGroup;
    private final boolean leavesInDoubt;
    private final Predicate<SQLException> hasWaitedInVain;

    Dialect(String beginGroup, boolean leavesInDoubt, Predicate<SQLException> hasWaitedInVain) {
        this.beginGroup = beginGroup;
        this.leavesInDoubt = leavesInDoubt;
        this.hasWaitedInVain = hasWaitedInVain;
    }

    /** The one that a value of {@code herald.ledger} names. */
    public static Optional<Dialect> named(String name) {
        return Arrays.stream(values())
                .filter(dialect -> dialect.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst();
    }

    /** Whether what was committed may be durable although the commit failed: the connection was lost before the answer came. */
    boolean leavesInDoubt() {
        return leavesInDoubt;
    }

    /** Whether a write failed because it waited in vain for what somebody else has locked. */
    boolean hasWaitedInVain(Throwable failed) {
        return failed instanceof SQLException sql && hasWaitedInVain.test(sql);
    }

    /** What a group of writes begins with. */
    Optional<String> beginGroup() {
        return Optional.ofNullable(beginGroup);
    }
}
