package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.finds;
import static io.herald.ledger.Database.query;

import io.herald.ledger.DroppedFile.Kept;
import io.herald.schema.Fault;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * What became of the records of dropped files. They are kept in the order of the file, so that those that are kept are
 * always its first ones.
 */
@Singleton
public final class RecordLedger {

    /** About how many records one write forgets at most, so that other writes do not wait long behind it. */
    private static final int BATCH = 5000;

    private final Database database;
    private final Ledger ledger;
    private final Sealing sealing;
    private final String me;

    RecordLedger(Database database, Ledger ledger, Sealing sealing, Replica replica) {
        this.database = database;
        this.ledger = ledger;
        this.sealing = sealing;
        this.me = replica.id();
    }

    /**
     * Accepts a record: its message waits from then on to be taken up and delivered.
     *
     * @param id of the message
     * @return what became of the record; completes when it is durable
     */
    public CompletableFuture<Kept> accept(DroppedFile.Place place, UUID id, NewMessage customer) {
        GroupCommit.Write<Long> message = ledger.waiting(id, customer);
        return keep(
                place,
                connection -> execute(
                        connection,
                        "insert into record (file, position, line, sequence) values (?, ?, ?, ?)",
                        place.file(),
                        place.position(),
                        place.line(),
                        message.apply(connection)));
    }

    /**
     * Keeps why a record was refused.
     *
     * @param readable whether it was JSON, or a row, at least
     * @param reference of its customer, if it has one
     * @return what became of the record; completes when it is durable
     */
    public CompletableFuture<Kept> refuse(
            DroppedFile.Place place, boolean readable, Optional<String> reference, List<Fault> faults) {
        byte[] sealed = sealing.faults(place, Fault.most(faults));
        return keep(
                place,
                connection -> execute(
                        connection,
                        "insert into record (file, position, line, reference, faults, unreadable)"
                                + " values (?, ?, ?, ?, ?, ?)",
                        place.file(),
                        place.position(),
                        place.line(),
                        reference.orElse(null),
                        sealed,
                        !readable));
    }

    private CompletableFuture<Kept> keep(DroppedFile.Place place, GroupCommit.Write<?> write) {
        return database.submit(connection -> {
            if (isTakenOver(connection, place.file())) {
                return Kept.TAKEN_OVER;
            }
            long last = query(
                            connection,
                            "select coalesce(max(position), 0) from record where file = ?",
                            row -> row.getLong(1),
                            place.file())
                    .get(0);
            if (place.position() <= last) {
                return Kept.ALREADY;
            }
            if (place.position() > last + 1) {
                return Kept.OUT_OF_TURN;
            }
            write.apply(connection);
            return Kept.KEPT;
        });
    }

    /**
     * Whether another program has the file, or it has ended. A file that was only let go is not taken over: a record that
     * was on its way by then is still kept in its turn.
     */
    private boolean isTakenOver(Connection connection, long file) throws SQLException {
        return !finds(
                connection,
                "select 1 from file where id = ? and state = 'reading' and reader in (?, " + FileLedger.NOBODY + ")",
                file,
                me);
    }

    /** How many of a file's first {@code records} records were neither JSON nor a row. */
    public long unreadable(DroppedFile file) {
        return database.one(
                        "select count(*) from record where file = ? and position <= ? and unreadable",
                        row -> row.getLong(1),
                        file.id(),
                        file.records())
                .orElseThrow();
    }

    /**
     * The position of a file's first record, from a position on, with a delivery that has not ended; empty if there is none.
     */
    public OptionalLong firstOpen(long id, long from) {
        return database.all("""
                        select r.position from record r where r.file = ? and r.position >= ?
                          and exists (select 1 from delivery d
                            where d.sequence = r.sequence and d.state in ('pending', 'retrying'))
                        order by r.position limit 1
                        """, row -> row.getLong(1), id, from).stream()
                .mapToLong(Long::longValue)
                .findFirst();
    }

    /** Up to {@code most} records of a file, in the order of the file, after a position. */
    public List<RecordOutcome> outcomes(long id, long after, int most) {
        record Line(RecordOutcome outcome, Optional<RecordOutcome.Delivery> delivery) {}
        List<Line> lines = database.all(
                """
                select r.position, r.line, coalesce(m.reference, r.reference) as reference, m.id as message, r.faults,
                  d.provider, d.state, d.reason
                from record r left join message m on m.sequence = r.sequence
                left join delivery d on d.sequence = m.sequence
                where r.file = ? and r.position > ? and r.position <= ? order by r.position, d.provider
                """,
                row -> new Line(
                        new RecordOutcome(
                                row.getLong("position"),
                                row.getLong("line"),
                                Optional.ofNullable(row.getString("reference")),
                                Optional.ofNullable(row.getString("message")).map(UUID::fromString),
                                faults(id, row),
                                new ArrayList<>()),
                        delivery(row)),
                id,
                after,
                after + most);
        List<RecordOutcome> outcomes = new ArrayList<>();
        for (Line line : lines) {
            int last = outcomes.size() - 1;
            if (last < 0 || outcomes.get(last).position() != line.outcome().position()) {
                outcomes.add(line.outcome());
                last++;
            }
            line.delivery().ifPresent(outcomes.get(last).deliveries()::add);
        }
        return outcomes;
    }

    private static Optional<RecordOutcome.Delivery> delivery(ResultSet row) throws SQLException {
        String provider = row.getString("provider");
        return provider == null
                ? Optional.empty()
                : Optional.of(new RecordOutcome.Delivery(
                        provider, row.getString("state"), Optional.ofNullable(row.getString("reason"))));
    }

    private List<Fault> faults(long file, ResultSet row) throws SQLException {
        byte[] sealed = row.getBytes("faults");
        if (sealed == null) {
            return List.of();
        }
        try {
            return sealing.openFaults(
                    new DroppedFile.Place(file, row.getLong("position"), row.getLong("line")), sealed);
        } catch (IllegalStateException e) {
            return List.of(
                    new Fault("", "was refused for what is sealed with a payload key that is not used any more"));
        }
    }

    /** Forgets the records of files whose reports are written, where a program ended before it had forgotten them. */
    public void forgetReported() {
        database.all(
                        "select id from file where reported_at is not null"
                                + " and exists (select 1 from record where record.file = file.id)",
                        row -> row.getLong(1))
                .forEach(this::forget);
    }

    /** Forgets the records of a file. */
    public void forget(long id) {
        int forgotten;
        do {
            forgotten = database.write(connection -> execute(
                    connection,
                    "delete from record where file = ? and position <= " + BATCH
                            + " + (select min(position) from record where file = ?)",
                    id,
                    id));
        } while (forgotten > 0);
    }
}
