package io.herald.ledger;

import static io.herald.ledger.Database.execute;

import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** What stands in the ledger, for those who watch: answered from indexes, but each answer walks all of one. */
@Singleton
public final class LedgerState {

    /** The state of what is in nobody's hands: it waits for another try, or behind one that does. */
    public static final String WAITING = "waiting";

    private final Database database;
    private final Clock clock;

    LedgerState(Database database, Clock clock) {
        this.database = database;
        this.clock = clock;
    }

    /**
     * The deliveries of a provider in a state.
     *
     * @param state {@code retrying}, {@code dead}, {@code rejected}, or {@link #WAITING}
     * @param oldest when the oldest of their messages was accepted
     */
    public record Standing(String provider, String state, long count, Instant oldest) {}

    private record Count(String provider, String state, long count, long first) {}

    /** All that waits or did not succeed, by provider and state; those of which there is none are absent. */
    public List<Standing> standings() {
        List<Count> counts = new ArrayList<>(database.all(
                "select provider, state, count(*), min(sequence) from delivery"
                        + " where state in ('rejected', 'dead', 'retrying') group by state, provider",
                row -> new Count(row.getString(1), row.getString(2), row.getLong(3), row.getLong(4))));
        counts.addAll(database.all(
                "select provider, count(*), min(sequence) from delivery"
                        + " where owner is null and state in ('pending', 'retrying') group by provider",
                row -> new Count(row.getString(1), WAITING, row.getLong(2), row.getLong(3))));
        return counts.stream()
                .map(count -> new Standing(count.provider(), count.state(), count.count(), acceptedAt(count.first())))
                .toList();
    }

    private Instant acceptedAt(long sequence) {
        return database.one(
                        "select accepted_at from message where sequence = ?",
                        row -> Instant.ofEpochMilli(row.getLong(1)),
                        sequence)
                .orElseThrow();
    }

    /**
     * Writes something that means nothing, to see whether it can be kept; returns when it is durable.
     *
     * @throws LedgerException if it cannot be kept, or not in so much time, or next to nothing is left of the disk
     */
    public void writeSomething(Duration patience) {
        database.requireRoom();
        long now = clock.millis();
        database.write(
                connection -> execute(
                        connection,
                        "insert into probe (id, written_at) values (1, ?)"
                                + " on conflict (id) do update set written_at = excluded.written_at",
                        now),
                patience);
    }

    /** Whether the thread runs that writes to the ledger. */
    public boolean isWriterAlive() {
        return database.isWriterAlive();
    }

    /** The bytes that are left of the disk of an embedded ledger; empty for a database server, which minds its own. */
    public OptionalLong freeBytes() {
        return database.freeBytes();
    }
}
