package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.first;
import static io.herald.ledger.Database.instant;
import static io.herald.ledger.Database.number;
import static io.herald.ledger.Database.query;

import io.herald.ledger.DroppedFile.State;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The dropped files in the ledger: how far each was read, and which program has it in hand. {@link RecordLedger} has their
 * records.
 */
@Singleton
public final class FileLedger {

    private static final String COLUMNS = "id, name, filed_as, digest, run, state, note, size, bytes, records, refused,"
            + " begun_at, read_at, reported_at, moved, inode";

    private static final String FILES = "select " + COLUMNS + " from file ";

    /** A file that this program reads: not if another program has taken it over meanwhile, or it has ended. */
    private static final String IS_READ_HERE = " and state = 'reading' and reader = ?";

    /** A file that this program reads or has read, or whose reader has ended: such a file is anybody's. */
    private static final String IS_MINE = "(reader = ? or reader not in (select id from replica))";

    /**
     * A file whose reading was broken off, and that has not left the inbox: nobody reads it, and it is to be gone on with.
     */
    private static final String IS_BROKEN_OFF =
            "state = 'reading' and not moved and reader <> ? and reader not in (select id from replica)";

    /** Stands for nobody, in the place of a reader. */
    static final String NOBODY = "''";

    private final Database database;
    private final Clock clock;
    private final String me;

    FileLedger(Database database, Replica replica, Clock clock) {
        this.database = database;
        this.clock = clock;
        this.me = replica.id();
    }

    /**
     * Decides what a file in the inbox is: a new one, one to go on with, or one that only has to leave the inbox. It is
     * compared with the rows of the same digest that have not left the inbox and that {@code isReadAlike} accepts.
     *
     * <table>
     * <caption>The result for each such row, and in the last two lines where none of them fits</caption>
     * <tr><th>state of the row</th><th>same inode</th><th>same name</th><th>result</th></tr>
     * <tr><td>reading, by this program or one that has ended</td><td>any</td><td>any</td>
     *     <td>that row, with the name and inode of now: it goes on behind the records that are kept</td></tr>
     * <tr><td>reading, by another program that runs</td><td>any</td><td>any</td>
     *     <td>empty</td></tr>
     * <tr><td>read, failed or duplicate</td><td>yes</td><td>any</td>
     *     <td>that row, with the name of now: it only has to leave the inbox</td></tr>
     * <tr><td>read, failed or duplicate; a file stands where it is filed</td><td>no</td><td>any</td>
     *     <td>does not fit: it has left the inbox, and is marked as moved</td></tr>
     * <tr><td>read, failed or duplicate; none stands there</td><td>no</td><td>yes</td>
     *     <td>that row, with the inode of now: it only has to leave the inbox</td></tr>
     * <tr><td>read, failed or duplicate; none stands there</td><td>no</td><td>no</td>
     *     <td>does not fit</td></tr>
     * <tr><td>none fits; some row of that digest is read, and it is not to be sent {@code again}</td><td></td><td></td>
     *     <td>a new row, duplicate: it only has to leave the inbox</td></tr>
     * <tr><td>none fits otherwise</td><td></td><td></td>
     *     <td>a new row, reading, from the first record on</td></tr>
     * </table>
     *
     * <p>Of several rows that fit, the one with the same inode is taken, otherwise the newest.
     *
     * <p>Before that, rows of another digest are put right. One that was being read under this name is let go: it may be in
     * the inbox under another name. One that has this inode and is no longer read is marked as moved: its content is another
     * one by now.
     *
     * @param isReadAlike whether the content has the same records under that name as under the arrival's
     * @param isFiled whether a file stands where one goes that is filed under that name
     * @param names to file it under; the first is taken that no other file has
     * @return the file as it stands then, of which the first {@code records} records are kept already; empty if another
     *     program reads that content now
     */
    public Optional<DroppedFile> begin(
            DroppedFile.Arrival arrival,
            Predicate<String> isReadAlike,
            Predicate<String> isFiled,
            Supplier<Stream<String>> names) {
        Set<Long> filed = filed(arrival, isFiled);
        String filedAs = free(names);
        return database.write(connection -> begin(connection, arrival, isReadAlike, filed, filedAs));
    }

    /**
     * The rows of the same content for which a file stands where they are filed. Asked before the write: no write waits for
     * a disk.
     */
    private Set<Long> filed(DroppedFile.Arrival arrival, Predicate<String> isFiled) {
        return database
                .all(FILES + "where digest = ? and not moved and state <> 'reading'", FileLedger::row, arrival.digest())
                .stream()
                .filter(file -> isFiled.test(file.filedAs()))
                .map(DroppedFile::id)
                .collect(Collectors.toSet());
    }

    private String free(Supplier<Stream<String>> names) {
        return names.get()
                .filter(name -> !database.finds("select 1 from file where filed_as = ?", name))
                .findFirst()
                .orElseThrow();
    }

    private Optional<DroppedFile> begin(
            Connection connection,
            DroppedFile.Arrival arrival,
            Predicate<String> isReadAlike,
            Set<Long> filed,
            String filedAs)
            throws SQLException {
        letGoOfReplaced(connection, arrival);
        letGoOfChanged(connection, arrival);
        List<DroppedFile> same =
                query(connection, FILES + "where digest = ? order by id desc", FileLedger::row, arrival.digest());
        Optional<DroppedFile> left = inInbox(connection, same, arrival, filed).stream()
                .filter(file -> isReadAlike.test(file.name()))
                .filter(file -> file.state() == State.READING
                        || file.isInInboxAs(arrival)
                        || file.name().equals(arrival.name()))
                .min(Comparator.comparing(file -> !file.isInInboxAs(arrival)));
        if (left.isPresent()) {
            return goOn(connection, left.get(), arrival);
        }
        Optional<DroppedFile> sent =
                same.stream().filter(file -> file.state() == State.READ).findFirst();
        if (sent.isPresent() && !arrival.again()) {
            String note = "its content is that of " + sent.get().filedAs()
                    + "; a name that ends in .again, before its extension, has it sent again";
            return Optional.of(insert(connection, arrival, 0, State.DUPLICATE, Optional.of(note), filedAs));
        }
        return Optional.of(insert(connection, arrival, nextRun(same), State.READING, Optional.empty(), filedAs));
    }

    /**
     * Lets go of a file whose reading was broken off, and in whose place the inbox has another content now: the file may be
     * in the inbox under another name.
     */
    private void letGoOfReplaced(Connection connection, DroppedFile.Arrival arrival) throws SQLException {
        execute(connection, """
                update file set reader = %s, note = 'it was changed or replaced before it was read to its end'
                where name = ? and digest <> ? and state = 'reading' and not moved and %s
                """.formatted(NOBODY, IS_MINE), arrival.name(), arrival.digest(), me);
    }

    /**
     * Marks as moved what is no longer read and is the file that arrives, by its inode: it has another content by now, so
     * the inbox does not have it any more as it was.
     */
    private static void letGoOfChanged(Connection connection, DroppedFile.Arrival arrival) throws SQLException {
        execute(
                connection,
                "update file set moved = true where inode = ? and not moved and digest <> ? and state <> 'reading'",
                arrival.inode(),
                arrival.digest());
    }

    /**
     * Those of the files that have not left the inbox. One that has, but whose program ended before it said so, is marked as
     * moved.
     */
    private static List<DroppedFile> inInbox(
            Connection connection, List<DroppedFile> files, DroppedFile.Arrival arrival, Set<Long> filed)
            throws SQLException {
        List<DroppedFile> inInbox = new ArrayList<>();
        for (DroppedFile file : files) {
            if (!file.moved() && filed.contains(file.id()) && !file.isInInboxAs(arrival)) {
                execute(connection, "update file set moved = true where id = ?", file.id());
            } else if (!file.moved()) {
                inInbox.add(file);
            }
        }
        return inInbox;
    }

    /**
     * The number of the next run of a content: one more than the last run in which a record may have been accepted, or 0.
     */
    private static int nextRun(List<DroppedFile> same) {
        return same.stream()
                        .filter(file -> file.state() == State.READ
                                || file.state() == State.READING
                                || file.records() > file.refused())
                        .mapToInt(DroppedFile::run)
                        .max()
                        .orElse(-1)
                + 1;
    }

    private Optional<DroppedFile> goOn(Connection connection, DroppedFile file, DroppedFile.Arrival arrival)
            throws SQLException {
        int mine = execute(
                connection,
                "update file set name = ?, inode = ?, reader = ? where id = ? and (state <> 'reading' or " + IS_MINE
                        + ")",
                arrival.name(),
                arrival.inode(),
                me,
                file.id(),
                me);
        if (mine == 0) {
            return Optional.empty();
        }
        execute(connection, """
                update file set note = null, records = (select count(*) from record where file = id),
                  refused = (select count(faults) from record where file = id)
                where id = ? and state = 'reading'
                """, file.id());
        return first(connection, FILES + "where id = ?", FileLedger::row, file.id());
    }

    /** Lets go of a file whose reading was broken off: whichever program finds its content next goes on with it. */
    public void letGo(long id) {
        database.write(connection ->
                execute(connection, "update file set reader = " + NOBODY + " where id = ?" + IS_READ_HERE, id, me));
    }

    private DroppedFile insert(
            Connection connection,
            DroppedFile.Arrival arrival,
            int run,
            State state,
            Optional<String> note,
            String filedAs)
            throws SQLException {
        long now = clock.millis();
        return query(
                        connection,
                        "insert into file (name, inode, filed_as, digest, run, state, note, reader, size, begun_at, read_at)"
                                + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) returning " + COLUMNS,
                        FileLedger::row,
                        arrival.name(),
                        arrival.inode(),
                        filedAs,
                        arrival.digest(),
                        run,
                        state.word(),
                        note.orElse(null),
                        me,
                        arrival.size(),
                        now,
                        state == State.READING ? null : now)
                .get(0);
    }

    /**
     * Keeps why a file cannot even be begun; its digest is empty.
     *
     * @param isFiled whether a file stands where one goes that is filed under that name
     * @param names to file it under; the first is taken that no other file has
     * @return the file as it is kept; if it had failed before and is still in the inbox, as it was kept then
     */
    public DroppedFile fail(
            DroppedFile.Arrival arrival, String why, Predicate<String> isFiled, Supplier<Stream<String>> names) {
        Set<Long> filed = filed(arrival, isFiled);
        String filedAs = free(names);
        return database.write(connection -> {
            List<DroppedFile> same = query(
                    connection,
                    FILES + "where digest = '' and name = ? and not moved",
                    FileLedger::row,
                    arrival.name());
            Optional<DroppedFile> left =
                    inInbox(connection, same, arrival, filed).stream().findFirst();
            return left.isPresent()
                    ? left.get()
                    : insert(connection, arrival, 0, State.FAILED, Optional.of(why), filedAs);
        });
    }

    /** Keeps how far a file was read, for those who ask. */
    public void progress(long id, long bytes, long records, long refused) {
        database.submit(connection -> execute(
                connection,
                "update file set bytes = ?, records = ?, refused = ? where id = ?" + IS_READ_HERE,
                bytes,
                records,
                refused,
                id,
                me));
    }

    /**
     * Keeps that a file was read to its end.
     *
     * @return the file as it stands then; empty if it was not this program's to end
     */
    public Optional<DroppedFile> end(
            long id, State state, Optional<String> note, long bytes, long records, long refused) {
        return database.write(connection -> first(
                connection,
                "update file set state = ?, note = ?, bytes = ?, records = ?, refused = ?, read_at = ? where id = ?"
                        + IS_READ_HERE + " returning " + COLUMNS,
                FileLedger::row,
                state.word(),
                note.orElse(null),
                bytes,
                records,
                refused,
                clock.millis(),
                id,
                me));
    }

    /**
     * The files that are no longer read and of which it is not kept that they have left the inbox, except those of other
     * programs that run.
     */
    public List<DroppedFile> toLeave() {
        return database.all(FILES + "where not moved and state <> 'reading' and " + IS_MINE, FileLedger::row, me);
    }

    /** The files whose reading was broken off, and that nobody reads; the note says of one that another took its place. */
    public List<DroppedFile> brokenOff() {
        return database.all(FILES + "where " + IS_BROKEN_OFF, FileLedger::row, me);
    }

    /**
     * Whether it is known what the inbox has under that name. A file whose reading was broken off and that has a note is not
     * what the inbox has there.
     */
    public boolean isKnown(String name) {
        return database.finds(
                "select 1 from file where name = ? and not moved and (note is null or state <> 'reading')", name);
    }

    /** Keeps that a file of {@link #brokenOff} has failed, because it is missing from the inbox. */
    public void failMissing(long id) {
        database.write(connection -> execute(connection, """
                update file set state = 'failed', moved = true,
                  note = coalesce(note, 'it left the inbox before it was read to its end'), read_at = ?,
                  records = (select count(*) from record where record.file = file.id),
                  refused = (select count(faults) from record where record.file = file.id)
                where id = ? and %s
                """.formatted(IS_BROKEN_OFF), clock.millis(), id, me));
    }

    /** Keeps that a file has left the inbox, unless another program has it in hand by now. */
    public void moved(long id) {
        database.write(
                connection -> execute(connection, "update file set moved = true where id = ? and " + IS_MINE, id, me));
    }

    /**
     * Lists the files, the newest first.
     *
     * @param before the id of a file: only older ones are listed; empty to begin with the newest
     * @param most how many at most
     */
    public List<DroppedFile> list(OptionalLong before, int most) {
        return database.all(
                FILES + "where id < ? order by id desc limit ?", FileLedger::row, before.orElse(Long.MAX_VALUE), most);
    }

    /** The files that are no longer read and whose reports are not written, except those of other programs that run. */
    public List<DroppedFile> toReport() {
        return database.all(
                FILES + "where read_at is not null and reported_at is null and " + IS_MINE + " order by read_at",
                FileLedger::row,
                me);
    }

    /** Whether a file's report is written. */
    public boolean isReported(long id) {
        return database.finds("select 1 from file where id = ? and reported_at is not null", id);
    }

    /** Whether the report of a file that was filed under that name was written by then. */
    public boolean isReportedBefore(String filedAs, Instant then) {
        return database.finds(
                "select 1 from file where filed_as = ? and reported_at <= ?", filedAs, then.toEpochMilli());
    }

    /** Keeps that a file's report is written. Its records may be forgotten then. */
    public void reported(long id) {
        database.write(
                connection -> execute(connection, "update file set reported_at = ? where id = ?", clock.millis(), id));
    }

    private static DroppedFile row(ResultSet row) throws SQLException {
        return new DroppedFile(
                row.getLong("id"),
                row.getString("name"),
                row.getString("filed_as"),
                row.getString("digest"),
                row.getInt("run"),
                State.of(row.getString("state")),
                Optional.ofNullable(row.getString("note")),
                row.getLong("size"),
                row.getLong("bytes"),
                row.getLong("records"),
                row.getLong("refused"),
                Instant.ofEpochMilli(row.getLong("begun_at")),
                instant(row, "read_at"),
                instant(row, "reported_at"),
                row.getBoolean("moved"),
                number(row, "inode"));
    }
}
