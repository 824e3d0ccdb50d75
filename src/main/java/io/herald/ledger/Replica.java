package io.herald.ledger;

import static io.herald.ledger.Database.execute;

import io.herald.thread.Threads;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.BeforeDestroyed;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.Reception;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * This running program, as the ledger names it: the owner of the deliveries that it works on. Where others share the ledger
 * it has a lease, which it renews while it lives; the deliveries of a replica whose lease has ended are free again. Leases
 * go by the clock of the database.
 */
@Singleton
final class Replica {

    private static final Logger LOG = Logger.getLogger(Replica.class);
    private static final String NOW = "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
    private static final int RENEWALS_IN_A_LEASE = 5;

    /** Bytes leave only in the first third of a lease, so that their call is answered, or has timed out, before it ends. */
    private static final int SENDING_ENDS_AFTER = 3;

    /** A lease that ends this many times its length ahead was renewed before the database's clock was set back. */
    private static final int BEYOND_ANY_LEASE = 10;

    /** How long a program that stops waits for its last write. */
    private static final Duration LAST_WORDS = Duration.ofSeconds(5);

    private final String id = UUID.randomUUID().toString();
    private final Database database;
    private final boolean alone;
    private final Duration lease;
    private final ScheduledExecutorService renewals =
            Executors.newSingleThreadScheduledExecutor(Threads.named("lease-"));
    private volatile long renewedAt;

    Replica(Database database, @ConfigProperty(name = "herald.replica.lease", defaultValue = "15s") Duration lease) {
        this.database = database;
        this.alone = database.dialect() == Dialect.EMBEDDED;
        this.lease = lease;
        if (alone) {
            database.write(this::begin);
        } else {
            renew();
            long pause = lease.toMillis() / RENEWALS_IN_A_LEASE;
            renewals.scheduleWithFixedDelay(this::tryToRenew, pause, pause, TimeUnit.MILLISECONDS);
        }
    }

    /** Frees what earlier programs had in hand: an embedded ledger has one program at a time. */
    private int begin(Connection connection) throws SQLException {
        execute(connection, "delete from claim");
        return execute(connection, "update delivery set owner = null where owner is not null");
    }

    String id() {
        return id;
    }

    /**
     * To be called before bytes leave.
     *
     * @throws LedgerException if others may soon take over what this program works on, because it could not renew its lease
     */
    void mustBeAlive() {
        if (!alone && System.nanoTime() - renewedAt > lease.toNanos() / SENDING_ENDS_AFTER) {
            throw new LedgerException("this program could not renew its lease in time");
        }
    }

    /** Renews the lease, and frees what dead replicas had in hand. */
    void renew() {
        long begun = System.nanoTime();
        // by the writer: writes that are committed with it may ask before this thread goes on
        int freed = database.write(this::renew, done -> renewedAt = begun, (connection, done) -> {});
        if (freed > 0) {
            LOG.warnf("%d deliveries that another Herald had in hand are free again: its lease has ended", freed);
        }
    }

    private int renew(Connection connection) throws SQLException {
        execute(
                connection,
                "insert into replica (id, alive_till) values (?, " + NOW + " + ?)"
                        + " on conflict (id) do update set alive_till = excluded.alive_till",
                id,
                lease.toMillis());
        shortenLeases(connection, BEYOND_ANY_LEASE * lease.toMillis());
        execute(connection, "delete from replica where alive_till < " + NOW);
        execute(connection, "delete from claim where owner not in (select id from replica)");
        return execute(
                connection,
                "update delivery set owner = null"
                        + " where owner is not null and owner not in (select id from replica)");
    }

    /**
     * Shortens the leases that end too far ahead, because the clock was set back. Otherwise a dead replica would count as
     * alive for as long as that; one that is alive renews its lease in time.
     */
    private static void shortenLeases(Connection connection, long longest) throws SQLException {
        execute(
                connection,
                "update replica set alive_till = " + NOW + " + ? where alive_till > " + NOW + " + ?",
                longest,
                longest);
    }

    private void tryToRenew() {
        try {
            renew();
        } catch (RuntimeException | Error e) {
            LOG.errorf("The lease of this program cannot be renewed: %s", e.getMessage());
        }
    }

    /**
     * Frees what was never sent. What was being sent when the routes were stopped becomes free when the lease ends, because
     * nobody knows yet whether it arrived.
     */
    void leave(@Observes(notifyObserver = Reception.IF_EXISTS) @BeforeDestroyed(ApplicationScoped.class) Object event) {
        renewals.shutdownNow();
        if (alone) {
            return;
        }
        try {
            database.write(this::leave, LAST_WORDS);
        } catch (LedgerException e) {
            LOG.warn("What this program has in hand is free when its lease ends: the ledger cannot be written");
        }
    }

    private Void leave(Connection connection) throws SQLException {
        execute(connection, "update delivery set owner = null where owner = ? and request is null", id);
        execute(connection, "delete from claim where owner = ?", id);
        execute(
                connection,
                "delete from replica where id = ? and not exists (select 1 from delivery where owner = ?)",
                id,
                id);
        return null;
    }

    @PreDestroy
    void stop() {
        renewals.shutdownNow();
    }
}
