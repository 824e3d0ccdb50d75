package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.executeAll;
import static io.herald.ledger.Database.instant;
import static io.herald.ledger.Database.query;
import static io.herald.ledger.Ledger.IN_HAND;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** The deliveries that wait in the ledger: finds those that are due, takes them in hand, and gives them back. */
@Singleton
public final class TakeUp {

    /** The sources of deliveries that wait. They take turns, so that many of one source do not hold up the others. */
    private static final List<String> SOURCES = List.of("rest", "file", "replay");

    private static final String IS_DUE = " and owner is null and state in ('pending', 'retrying') and due_at <= ?";

    private static final int DUE_PAGE = 64;

    /** About how many deliveries one write postpones or wakes at most, so that other writes do not wait long behind it. */
    private static final int MOST_POSTPONED = 1024;

    /** Makes due at once what would be due only after a given time. */
    static final String WAKE = """
            update delivery set due_at = 0 where provider = ? and sequence in
              (select sequence from delivery where provider = ? and source in ('%s')
                and owner is null and state in ('pending', 'retrying') and due_at > ? limit %s)
            """.formatted(String.join("', '", SOURCES), MOST_POSTPONED);

    /**
     * How long a delivery is not looked at again when another one of its lane waits before it. If that one is taken, it is
     * looked at sooner.
     */
    private static final Duration BEHIND = Duration.ofMinutes(10);

    /**
     * A delivery that waits for nothing but those before it in its lane. Not one of these is an update that was under way
     * when a program ended: it also waits until that call must have ended.
     */
    static final String WAITS_FOR_ITS_TURN = "(state = 'pending' and (request is null or unclear_since is not null))";

    /** Makes due the delivery that waits next in the lane of one that is taken. */
    private static final String NEXT = """
            update delivery set due_at = 0 where provider = ? and owner is null and %s and due_at > ?
              and sequence = (select min(e.sequence) from delivery e where e.provider = ? and e.reference = ?
                and e.state in ('pending', 'retrying') and e.sequence > ?)
            """.formatted(WAITS_FOR_ITS_TURN);

    private static final String IN_ITS_LANE = "from delivery e where e.provider = d.provider"
            + " and e.reference = d.reference and e.state in ('pending', 'retrying')";

    /**
     * A page of the deliveries that are due, after a given one. It says of each: whether it is the next of its lane; whether
     * it waits for its turn only; when the first delivery of its lane is due, 0 if that one is in hand; and whether the one
     * before it in its lane waits too.
     */
    private static final String DUE = """
            select d.sequence, d.reference, d.provider, d.source,
              case when length(d.correction) > m.size then length(d.correction) else m.size end as bytes,
              d.generation, d.attempts, d.parks, d.takes + 1 as takes, d.sent_at, d.unclear_since, d.trace, d.due_at,
              not exists (select 1 %2$s and (e.sequence < d.sequence or e.owner is not null)) as is_next,
              %3$s as waits_for_its_turn,
              (select case when e.owner is null then e.due_at else 0 end %2$s order by e.sequence limit 1)
                as first_due_at,
              (select e.owner is null %2$s and e.sequence < d.sequence order by e.sequence desc limit 1)
                as is_behind_waiting
            from delivery d join message m on m.sequence = d.sequence where d.provider = ? and d.source = ? %1$s
              and (d.due_at, d.sequence) > (?, ?) order by d.due_at, d.sequence limit ?
            """.formatted(IS_DUE, IN_ITS_LANE, WAITS_FOR_ITS_TURN);

    private final Database database;
    private final Sealing sealing;
    private final String me;
    private final Clock clock;

    TakeUp(Database database, Sealing sealing, Replica replica, Clock clock) {
        this.database = database;
        this.sealing = sealing;
        this.me = replica.id();
        this.clock = clock;
    }

    /** Whether deliveries to a provider wait that may be taken up now. */
    public boolean isAwaited(String provider) {
        long now = clock.millis();
        List<Object> parameters = new ArrayList<>();
        SOURCES.forEach(source -> parameters.addAll(List.of(provider, source, now)));
        String any = SOURCES.stream()
                .map(source -> "(select 1 from delivery where provider = ? and source = ?" + IS_DUE
                        + " order by due_at, sequence limit 1) is not null")
                .collect(Collectors.joining(" or "));
        return database.finds("select 1 where " + any, parameters.toArray());
    }

    /**
     * Takes deliveries to a provider in hand that wait and are due. Of a lane only the earliest is taken, and only if
     * nothing of that lane is in anybody's hands.
     *
     * @param most how many at most
     * @param mostBytes how large their customers may be together, in bytes of JSON; one is taken in any case
     * @param inOrder called with them when that is durable, by the same thread as that of {@link Ledger#accept}: so
     *     acceptance and take-up are in one order
     * @return those that were taken, when that is durable
     * @throws LedgerException if the ledger cannot be written
     */
    public List<OpenDelivery> take(String provider, int most, long mostBytes, Consumer<List<OpenDelivery>> inOrder) {
        long now = clock.millis();
        return database.write(
                connection -> takeNow(connection, provider, most, mostBytes, now), inOrder, (connection, lost) -> {
                    for (OpenDelivery open : lost) {
                        Ledger.free(connection, open.sequence(), open.provider(), me);
                    }
                });
    }

    /**
     * Makes due what would wait for longer than any delivery waits, because the clock was ahead when it was parked. Returns
     * when that is durable.
     *
     * @param longest how long a delivery to the provider waits at most
     */
    public void wake(String provider, Duration longest) {
        long latest = clock.instant().plus(longest).toEpochMilli();
        int woken;
        do {
            woken = database.write(connection -> execute(connection, WAKE, provider, provider, latest));
        } while (woken == MOST_POSTPONED);
    }

    private List<OpenDelivery> takeNow(Connection connection, String provider, int most, long mostBytes, long now)
            throws SQLException {
        List<OpenDelivery> taken = new ArrayList<>();
        long bytes = 0;
        for (OpenDelivery open : candidates(connection, provider, most, now)) {
            bytes += open.size();
            if (taken.size() == most || !taken.isEmpty() && bytes > mostBytes) {
                break;
            }
            taken.add(open);
        }
        executeAll(
                connection,
                "update delivery set owner = ?, takes = ? where sequence = ? and provider = ?",
                taken.stream()
                        .map(open -> new Object[] {me, open.takes(), open.sequence(), provider})
                        .toList());
        executeAll(
                connection,
                NEXT,
                taken.stream()
                        .map(open -> new Object[] {provider, now, provider, open.reference(), open.sequence()})
                        .toList());
        return taken;
    }

    /** The candidates of all sources in turn: the first of each source, then the second of each, and so on. */
    private static List<OpenDelivery> candidates(Connection connection, String provider, int most, long now)
            throws SQLException {
        List<List<OpenDelivery>> sources = new ArrayList<>();
        for (String source : SOURCES) {
            sources.add(candidates(connection, provider, source, most, now));
        }
        List<OpenDelivery> inTurn = new ArrayList<>();
        for (int i = 0; i < most; i++) {
            for (List<OpenDelivery> source : sources) {
                if (i < source.size()) {
                    inTurn.add(source.get(i));
                }
            }
        }
        return inTurn;
    }

    private record Due(
            OpenDelivery open,
            long dueAt,
            boolean isNext,
            boolean waitsForItsTurn,
            long firstDueAt,
            boolean isBehindWaiting) {

        /**
         * Until when it need not be looked at again: now, if it may be the next at any moment, or waits for a time of its
         * own.
         */
        long waitsUntil(long now) {
            if (isNext || !waitsForItsTurn) {
                return now;
            }
            return isBehindWaiting ? Math.max(firstDueAt, now + BEHIND.toMillis()) : Math.max(firstDueAt, now);
        }
    }

    /** The deliveries of a source that are due and next in their lanes. The others are postponed until they may be next. */
    private static List<OpenDelivery> candidates(
            Connection connection, String provider, String source, int most, long now) throws SQLException {
        List<OpenDelivery> candidates = new ArrayList<>();
        List<Due> page;
        long dueAt = Long.MIN_VALUE;
        long sequence = Long.MIN_VALUE;
        int postponed = 0;
        do {
            page = query(connection, DUE, TakeUp::due, provider, source, now, dueAt, sequence, DUE_PAGE);
            List<Object[]> later = new ArrayList<>();
            for (Due due : page) {
                dueAt = due.dueAt();
                sequence = due.open().sequence();
                long until = due.waitsUntil(now);
                if (due.isNext()) {
                    candidates.add(due.open());
                } else if (until > now) {
                    later.add(new Object[] {until, sequence, provider});
                }
            }
            executeAll(connection, "update delivery set due_at = ? where sequence = ? and provider = ?", later);
            postponed += later.size();
        } while (candidates.size() < most && page.size() == DUE_PAGE && postponed < MOST_POSTPONED);
        return candidates;
    }

    private static Due due(ResultSet row) throws SQLException {
        return new Due(
                openDelivery(row),
                row.getLong("due_at"),
                row.getBoolean("is_next"),
                row.getBoolean("waits_for_its_turn"),
                row.getLong("first_due_at"),
                row.getBoolean("is_behind_waiting"));
    }

    private static OpenDelivery openDelivery(ResultSet row) throws SQLException {
        return new OpenDelivery(
                row.getLong("sequence"),
                row.getString("reference"),
                row.getString("provider"),
                row.getString("source"),
                row.getLong("bytes"),
                row.getInt("generation"),
                row.getInt("attempts"),
                row.getInt("parks"),
                row.getInt("takes"),
                instant(row, "sent_at"),
                instant(row, "unclear_since"),
                Optional.ofNullable(row.getString("trace")));
    }

    /**
     * Frees deliveries that this program has in hand: they were not worked on, or their outcome could not be kept. One that
     * was taken up again since is not given back.
     *
     * @param dueAt when they may be taken up again
     * @return completes when that is durable
     */
    public CompletableFuture<Void> giveBack(String provider, Collection<Turn> turns, Instant dueAt) {
        return database.submit(connection -> {
            executeAll(
                    connection,
                    "update delivery set owner = null, due_at = ? where " + IN_HAND
                            + " and state in ('pending', 'retrying')",
                    turns.stream()
                            .map(turn ->
                                    new Object[] {dueAt.toEpochMilli(), turn.sequence(), provider, me, turn.takes()})
                            .toList());
            return null;
        });
    }

    /** The message of a delivery that was taken up, with the corrected customer if an operator has given one. */
    public Message messageOf(OpenDelivery open) {
        return database.one(
                        "select m.id, m.accepted_at, m.payload, d.correction, m.trace from message m"
                                + " join delivery d on d.sequence = m.sequence where m.sequence = ? and d.provider = ?",
                        row -> {
                            UUID id = UUID.fromString(row.getString(1));
                            byte[] correction = row.getBytes(4);
                            return new Message(
                                    id,
                                    open.sequence(),
                                    open.reference(),
                                    Instant.ofEpochMilli(row.getLong(2)),
                                    correction == null
                                            ? sealing.openPayload(id, row.getBytes(3))
                                            : sealing.openCorrection(open.sequence(), open.provider(), correction),
                                    List.of(open.provider()),
                                    open.takes(),
                                    Optional.ofNullable(row.getString(5)));
                        },
                        open.sequence(),
                        open.provider())
                .orElseThrow();
    }

    /** The request that was kept for a delivery that was taken up: to be sent again as it is. */
    public Optional<KeptRequest> requestOf(OpenDelivery open) {
        return database.one(
                        "select request, request_link from delivery where sequence = ? and provider = ?",
                        row -> request(open, row.getBytes(1), row.getString(2)),
                        open.sequence(),
                        open.provider())
                .orElseThrow();
    }

    private Optional<KeptRequest> request(OpenDelivery open, byte[] sealed, String link) {
        return Optional.ofNullable(sealed)
                .map(kept -> new KeptRequest(
                        sealing.openRequest(open.sequence(), open.provider(), kept), Optional.ofNullable(link)));
    }
}
