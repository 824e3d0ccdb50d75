package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.query;

import io.herald.ledger.DroppedFile.Kept;
import io.herald.ledger.DroppedFile.State;
import io.herald.schema.Fault;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The dropped files in the ledger: how far each was read, what became of its records, and which program has it in hand. Its
 * records are kept in the order of the file, so that those that are kept are its first ones.
 */
@Singleton
public final class FileLedger {

    private static final String COLUMNS =
            "select id, name, filed_as, digest, run, state, note, size, bytes, records, refused,"
                    + " begun_at, read_at, reported_at, moved from file ";

    /** Else another program has taken it over, or it has ended. */
    private static final String IS_READ_HERE = " and state = 'reading' and reader = ?";

    /** A file whose reader has ended is anybody's. */
    private static final String IS_MINE = "(reader = ? or reader not in (select id from replica))";

    /** So many records are forgotten in one write: others wait behind it. */
    private static final int BATCH = 5000;

    private final Database database;
    private final Ledger ledger;
    private final Sealing sealing;
    private final Clock clock;
    private final String me;

    FileLedger(Database database, Ledger ledger, Sealing sealing, Replica replica, Clock clock) {
        this.database = database;
        this.ledger = ledger;
        this.sealing = sealing;
        this.clock = clock;
        this.me = replica.id();
    }

    /**
     * Takes something that only one program at a time may do; again, if this one has it.
     *
     * @return whether nobody else does it
     */
    public boolean claim(String name) {
        return database.write(connection -> execute(
                                connection,
                                "insert into claim (name, owner) values (?, ?) on conflict (name)"
                                        + " do update set owner = excluded.owner where claim.owner = excluded.owner",
                                name,
                                me)
                        > 0)
                .join();
    }

    /** Gives up what {@link #claim} took. */
    public void release(String name) {
        database.write(connection -> execute(connection, "delete from claim where name = ? and owner = ?", name, me))
                .join();
    }

    private record Row(DroppedFile file, boolean moved) {}

    /**
     * Begins to read a file, or goes on with it: then its first records are kept already. One that stands as {@link
     * State#READ} was read to its end, and only has to leave the inbox; so does a duplicate.
     *
     * @param inInbox whether a file of that name is in the inbox
     * @param names to file it under, of which the first is taken that no other file has
     */
    public DroppedFile begin(DroppedFile.Arrival arrival, Predicate<String> inInbox, Supplier<Stream<String>> names) {
        return database.write(connection -> begin(connection, arrival, inInbox, names))
                .join();
    }

    private DroppedFile begin(
            Connection connection,
            DroppedFile.Arrival arrival,
            Predicate<String> inInbox,
            Supplier<Stream<String>> names)
            throws SQLException {
        List<Row> same =
                query(connection, COLUMNS + "where digest = ? order by id desc", FileLedger::row, arrival.digest());
        Optional<DroppedFile> left = same.stream()
                .filter(row -> !row.moved())
                .map(Row::file)
                .filter(file -> file.name().equals(arrival.name())
                        || file.state() == State.READING && !inInbox.test(file.name()))
                .findFirst();
        if (left.isPresent()) {
            return goOn(connection, left.get(), arrival.name());
        }
        Optional<DroppedFile> sent = same.stream()
                .map(Row::file)
                .filter(file -> file.state() == State.READ || file.state() == State.READING)
                .findFirst();
        if (sent.isPresent() && !arrival.again()) {
            String note = "its content is that of " + sent.get().filedAs()
                    + "; a name that ends in .again, before its extension, has it sent again";
            return insert(connection, arrival, 0, State.DUPLICATE, Optional.of(note), names);
        }
        int run = sent.map(earlier -> earlier.run() + 1).orElse(0);
        return insert(connection, arrival, run, State.READING, Optional.empty(), names);
    }

    private DroppedFile goOn(Connection connection, DroppedFile file, String name) throws SQLException {
        execute(connection, "update file set name = ?, reader = ? where id = ?", name, me, file.id());
        execute(
                connection,
                "update file set records = (select count(*) from record where file = id),"
                        + " refused = (select count(faults) from record where file = id) where id = ? and state = 'reading'",
                file.id());
        return query(connection, COLUMNS + "where id = ?", FileLedger::row, file.id())
                .get(0)
                .file();
    }

    private DroppedFile insert(
            Connection connection,
            DroppedFile.Arrival arrival,
            int run,
            State state,
            Optional<String> note,
            Supplier<Stream<String>> names)
            throws SQLException {
        long now = clock.millis();
        String filedAs = names.get()
                .filter(name -> !isTaken(connection, name))
                .findFirst()
                .orElseThrow();
        return query(
                        connection,
                        "insert into file (name, filed_as, digest, run, state, note, reader, size, begun_at, read_at)"
                                + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                                + " returning id, name, filed_as, digest, run, state, note, size, bytes, records, refused,"
                                + " begun_at, read_at, reported_at, moved",
                        FileLedger::row,
                        arrival.name(),
                        filedAs,
                        arrival.digest(),
                        run,
                        state.word(),
                        note.orElse(null),
                        me,
                        arrival.size(),
                        now,
                        state == State.READING ? null : now)
                .get(0)
                .file();
    }

    private static boolean isTaken(Connection connection, String filedAs) {
        try {
            return !query(connection, "select 1 from file where filed_as = ?", row -> true, filedAs)
                    .isEmpty();
        } catch (SQLException e) {
            throw new LedgerException("the ledger cannot be read", e);
        }
    }

    /** Keeps why a file cannot even be begun; its digest is empty. */
    public DroppedFile fail(DroppedFile.Arrival arrival, String why, Supplier<Stream<String>> names) {
        return database.write(connection -> {
                    Optional<Row> left = query(
                                    connection,
                                    COLUMNS + "where digest = '' and name = ? and not moved",
                                    FileLedger::row,
                                    arrival.name())
                            .stream()
                            .findFirst();
                    return left.isPresent()
                            ? left.get().file()
                            : insert(connection, arrival, 0, State.FAILED, Optional.of(why), names);
                })
                .join();
    }

    /**
     * Accepts a record: its message waits from then on to be taken up and delivered.
     *
     * @param id of the message
     * @return what came of it, when it is durable
     */
    public CompletableFuture<Kept> accept(DroppedFile.Place place, UUID id, NewMessage customer) {
        Ledger.Waiting message = ledger.new Waiting(id, customer);
        return keep(
                place,
                connection -> execute(
                        connection,
                        "insert into record (file, position, line, sequence) values (?, ?, ?, ?)",
                        place.file(),
                        place.position(),
                        place.line(),
                        message.insert(connection)));
    }

    /**
     * Keeps why a record was refused.
     *
     * @param reference of its customer, if it has one
     * @return what came of it, when it is durable
     */
    public CompletableFuture<Kept> refuse(DroppedFile.Place place, Optional<String> reference, List<Fault> faults) {
        byte[] sealed = sealing.faults(place, Fault.most(faults));
        return keep(
                place,
                connection -> execute(
                        connection,
                        "insert into record (file, position, line, reference, faults) values (?, ?, ?, ?, ?)",
                        place.file(),
                        place.position(),
                        place.line(),
                        reference.orElse(null),
                        sealed));
    }

    private CompletableFuture<Kept> keep(DroppedFile.Place place, GroupCommit.Write<?> write) {
        return database.write(connection -> {
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

    /** Keeps how far a file was read, for those who ask. */
    public void progress(long id, long bytes, long records, long refused) {
        database.write(connection -> execute(
                connection,
                "update file set bytes = ?, records = ?, refused = ? where id = ?" + IS_READ_HERE,
                bytes,
                records,
                refused,
                id,
                me));
    }

    /** Keeps that a file was read to its end. */
    public void end(long id, State state, Optional<String> note, long bytes, long records, long refused) {
        database.write(connection -> execute(
                        connection,
                        "update file set state = ?, note = ?, bytes = ?, records = ?, refused = ?, read_at = ? where id = ?"
                                + IS_READ_HERE,
                        state.word(),
                        note.orElse(null),
                        bytes,
                        records,
                        refused,
                        clock.millis(),
                        id,
                        me))
                .join();
    }

    /** Keeps of all files that were read and have left the inbox that they have, where a program ended before it did. */
    public void settleWhatLeft(Predicate<String> inInbox) {
        database
                .all(COLUMNS + "where not moved and state <> 'reading' and " + IS_MINE, row -> row(row).file(), me)
                .stream()
                .filter(file -> !inInbox.test(file.name()))
                .forEach(file -> moved(file.id()));
    }

    /** Keeps that a file has left the inbox. */
    public void moved(long id) {
        database.write(connection -> execute(connection, "update file set moved = true where id = ?", id))
                .join();
    }

    /** So many files, the newest first, and before that one if it is given. */
    public List<DroppedFile> list(OptionalLong before, int most) {
        return database.all(
                COLUMNS + "where id < ? order by id desc limit ?",
                row -> row(row).file(),
                before.orElse(Long.MAX_VALUE),
                most);
    }

    /** The files that this program read, or that nobody else does, whose reports are not written. */
    public List<DroppedFile> toReport() {
        return database.all(
                COLUMNS + "where read_at is not null and reported_at is null and " + IS_MINE + " order by read_at",
                row -> row(row).file(),
                me);
    }

    /** The first record of a file, from a position on, with a delivery that has not ended; none if there is none. */
    public OptionalLong firstOpen(long id, long from) {
        return database
                .all(
                        "select r.position from record r where r.file = ? and r.position >= ?"
                                + " and exists (select 1 from delivery d where d.sequence = r.sequence"
                                + " and d.state in ('pending', 'retrying')) order by r.position limit 1",
                        row -> row.getLong(1),
                        id,
                        from)
                .stream()
                .mapToLong(Long::longValue)
                .findFirst();
    }

    /** So many records of a file, in its order, after a position. */
    public List<RecordOutcome> outcomes(long id, long after, int most) {
        record Line(RecordOutcome outcome, Optional<RecordOutcome.Delivery> delivery) {}
        List<Line> lines = database.all(
                "select r.position, r.line, coalesce(m.reference, r.reference), m.id, r.faults, d.provider, d.state, d.reason"
                        + " from record r left join message m on m.sequence = r.sequence"
                        + " left join delivery d on d.sequence = m.sequence"
                        + " where r.file = ? and r.position > ? and r.position <= ? order by r.position, d.provider",
                row -> new Line(
                        new RecordOutcome(
                                row.getLong(1),
                                row.getLong(2),
                                Optional.ofNullable(row.getString(3)),
                                Optional.ofNullable(row.getString(4)).map(UUID::fromString),
                                faults(new DroppedFile.Place(id, row.getLong(1), row.getLong(2)), row.getBytes(5)),
                                new ArrayList<>()),
                        Optional.ofNullable(row.getString(6))
                                .map(provider -> new RecordOutcome.Delivery(
                                        provider, string(row, 7), Optional.ofNullable(string(row, 8))))),
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

    private static String string(ResultSet row, int column) {
        try {
            return row.getString(column);
        } catch (SQLException e) {
            throw new LedgerException("the ledger cannot be read", e);
        }
    }

    private List<Fault> faults(DroppedFile.Place place, byte[] sealed) {
        if (sealed == null) {
            return List.of();
        }
        try {
            return sealing.openFaults(place, sealed);
        } catch (IllegalStateException e) {
            return List.of(
                    new Fault("", "was refused for what is sealed with a payload key that is not used any more"));
        }
    }

    /** Whether a file's report is written. */
    public boolean isReported(long id) {
        return database.one("select 1 from file where id = ? and reported_at is not null", row -> true, id)
                .isPresent();
    }

    /** Whether the report of a file that was filed under that name was written by then. */
    public boolean isReportedBefore(String filedAs, Instant then) {
        return database.one(
                        "select 1 from file where filed_as = ? and reported_at <= ?",
                        row -> true,
                        filedAs,
                        then.toEpochMilli())
                .isPresent();
    }

    /** Keeps that a file's report is written, and forgets its records. */
    public void reported(long id) {
        database.write(connection ->
                        execute(connection, "update file set reported_at = ? where id = ?", clock.millis(), id))
                .join();
        forget(id);
    }

    /** Forgets the records of files whose reports are written, if a program ended before it did. */
    public void forgetReported() {
        database.all(
                        "select id from file where reported_at is not null"
                                + " and exists (select 1 from record where record.file = file.id)",
                        row -> row.getLong(1))
                .forEach(this::forget);
    }

    private void forget(long id) {
        int forgotten;
        do {
            forgotten = database.write(connection -> execute(
                            connection,
                            "delete from record where file = ? and position <= " + BATCH
                                    + " + (select min(position) from record where file = ?)",
                            id,
                            id))
                    .join();
        } while (forgotten > 0);
    }

    private static Row row(ResultSet row) throws SQLException {
        return new Row(
                new DroppedFile(
                        row.getLong(1),
                        row.getString(2),
                        row.getString(3),
                        row.getString(4),
                        row.getInt(5),
                        State.of(row.getString(6)),
                        Optional.ofNullable(row.getString(7)),
                        row.getLong(8),
                        row.getLong(9),
                        row.getLong(10),
                        row.getLong(11),
                        Instant.ofEpochMilli(row.getLong(12)),
                        instant(row, 13),
                        instant(row, 14)),
                row.getBoolean(15));
    }

    private static Optional<Instant> instant(ResultSet row, int column) throws SQLException {
        long millis = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(Instant.ofEpochMilli(millis));
    }
}
