package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.executeAll;
import static io.herald.ledger.Database.finds;
import static io.herald.ledger.Database.instant;
import static io.herald.ledger.Database.query;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.uuid.UuidCreator;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The tables of messages, deliveries and links. What it answers was on disk before it answered.
 *
 * <p>A delivery that has not ended is either in the hands of one running program, its owner, or waits here for one. Of a
 * lane, all that is in hand is in the hands of one program, and comes before all that waits.
 */
@Singleton
public final class Ledger {

    /** A lane with a delivery that the program does not have in hand. */
    private static final String LANE_WAITS = "exists (select 1 from delivery where provider = ? and reference = ?"
            + " and state in ('pending', 'retrying') and (owner is null or owner <> ?))";

    private static final String NEW_DELIVERY =
            "(?, ?, ?, ?, 'pending', ?, case when " + LANE_WAITS + " then null else cast(? as text) end)";

    private static final String NEW_DELIVERY_THAT_WAITS = "(?, ?, ?, ?, 'pending', ?, null)";

    /** What deliveries wait among in the ledger; these take turns. */
    private static final List<String> SOURCES = List.of("rest", "file", "replay");

    private static final String IS_DUE = " and owner is null and state in ('pending', 'retrying') and due_at <= ?";

    private static final int DUE_PAGE = 64;

    /** So many are postponed, or woken, in one write: others wait behind it. */
    private static final int MOST_POSTPONED = 1024;

    /** What waits beyond a time, made due. */
    static final String WAKE = "update delivery set due_at = 0 where provider = ? and sequence in"
            + " (select sequence from delivery where provider = ? and source in ('" + String.join("', '", SOURCES)
            + "')"
            + " and owner is null and state in ('pending', 'retrying') and due_at > ? limit " + MOST_POSTPONED + ")";

    /** So long what waits behind another one that waits is left alone, unless that one is taken. */
    private static final Duration BEHIND = Duration.ofMinutes(10);

    /**
     * What waits only for what is before it in its lane. An update that was under way when a program ended waits until that
     * request must have ended too.
     */
    static final String WAITS_FOR_ITS_TURN = "(state = 'pending' and (request is null or unclear_since is not null))";

    /** What waits next in the lane of one that is taken. */
    private static final String NEXT =
            "update delivery set due_at = 0 where provider = ? and owner is null and " + WAITS_FOR_ITS_TURN
                    + " and due_at > ? and sequence = (select min(e.sequence) from delivery e where e.provider = ? and e.reference = ?"
                    + " and e.state in ('pending', 'retrying') and e.sequence > ?)";

    private static final String IN_ITS_LANE = " from delivery e where e.provider = d.provider"
            + " and e.reference = d.reference and e.state in ('pending', 'retrying')";

    /**
     * A page of what is due, after a place; whether each is the next of its lane, whether it waits for its turn only, when the first of
     * that lane is due, if it is not in hand, and whether the one before it waits too.
     */
    private static final String DUE = "select d.sequence, d.reference, d.provider, d.source,"
            + " case when length(d.correction) > m.size then length(d.correction) else m.size end,"
            + " d.generation, d.attempts, d.parks, d.takes + 1, d.sent_at, d.unclear_since, d.trace, d.due_at,"
            + " not exists (select 1" + IN_ITS_LANE + " and (e.sequence < d.sequence or e.owner is not null)),"
            + " (d.state = 'pending' and (d.request is null or d.unclear_since is not null)),"
            + " (select case when e.owner is null then e.due_at else 0 end" + IN_ITS_LANE
            + " order by e.sequence limit 1),"
            + " (select e.owner is null" + IN_ITS_LANE
            + " and e.sequence < d.sequence order by e.sequence desc limit 1)"
            + " from delivery d join message m on m.sequence = d.sequence where d.provider = ? and d.source = ?"
            + IS_DUE + " and (d.due_at, d.sequence) > (?, ?) order by d.due_at, d.sequence limit ?";

    /**
     * For each provider the last delivery of a reference to it, found from the index: of a customer that comes every minute the
     * earlier ones are not looked at.
     */
    static final String CUSTOMER =
            "with recursive served (id) as (select min(provider) from delivery where reference = ?"
                    + " union all select (select min(d.provider) from delivery d where d.reference = ? and d.provider > served.id)"
                    + " from served where served.id is not null), newest (provider, sequence) as materialized (select served.id,"
                    + " (select max(e.sequence) from delivery e where e.provider = served.id and e.reference = ?) from served)"
                    + " select d.provider, l.provider_customer_id, m.id, d.state, d.updated_at from newest n"
                    + " join delivery d on d.sequence = n.sequence and d.provider = n.provider"
                    + " join message m on m.sequence = d.sequence"
                    + " left join link l on l.reference = d.reference and l.provider = d.provider order by d.provider";

    /** A delivery that the program has had in hand since it took it for the so-manieth time. */
    static final String IN_HAND = "sequence = ? and provider = ? and owner = ? and takes = ?";

    private static final String WHETHER_IN_HAND = "select 1 from delivery where " + IN_HAND;

    /** The link of a customer, or what may have created it without our knowing: of one that is linked no delivery is read. */
    static final String KNOWN =
            "select provider_customer_id, null, null, null, null from link where reference = ? and provider = ?"
                    + " union all select null, d.sequence, d.unclear_since, d.look_up,"
                    + " d.attempts > 0 or d.request is not null"
                    + " from (select 1 where not exists (select 1 from link where reference = ? and provider = ?)) unlinked"
                    + " cross join delivery d where d.provider = ? and d.reference = ? and d.unclear_since is not null"
                    + " and (d.sequence <> ? or d.request is null)";

    private static final String TAKEN_OVER = "the delivery was taken over by another program";

    private final Database database;
    private final Sealing sealing;
    private final Clock clock;
    private final Replica replica;
    private final String me;
    private final DeliveryWrites writes;

    public Ledger(Database database, Sealing sealing, Replica replica, ObjectMapper json, Clock clock) {
        this.database = database;
        this.sealing = sealing;
        this.clock = clock;
        this.replica = replica;
        this.me = replica.id();
        this.writes = new DeliveryWrites(sealing, json, me);
    }

    /**
     * Keeps a message and its pending deliveries, unless it was accepted before under the same idempotency key.
     *
     * @param inOrder called with each in the order of the sequence, when it is durable
     * @return what became of it, when it is durable
     */
    public CompletableFuture<Accepted> accept(NewMessage customer, Consumer<Accepted> inOrder) {
        UUID id = UuidCreator.getTimeOrderedEpoch();
        Instant now = clock.instant();
        byte[] text = sealing.text(customer.canonical());
        byte[] payload = sealing.payload(id, text);
        Optional<Repetition> key = customer.idempotency().map(given -> repetition(given, text));
        return database.write(
                connection -> {
                    if (key.isPresent()) {
                        Optional<Accepted> earlier = earlier(connection, key.get(), customer);
                        if (earlier.isPresent()) {
                            return earlier.get();
                        }
                        if (customer.repeats()) {
                            throw new LedgerException("the idempotency key was forgotten meanwhile", null);
                        }
                        execute(
                                connection,
                                "insert into idempotency (id, message, digest, kept_at) values (?, ?, ?, ?)",
                                key.get().id(),
                                id.toString(),
                                key.get().sealed(),
                                now.toEpochMilli());
                    }
                    Message message = insert(connection, id, customer, now, text.length, payload);
                    return new Accepted(
                            message, insertDeliveries(connection, message, customer.kind()), Accepted.Kind.NEW);
                },
                inOrder,
                (connection, lost) -> {
                    for (String provider : lost.inHand()) {
                        free(connection, lost.message().sequence(), provider);
                    }
                });
    }

    /** Lets go of what this program has in hand without knowing of it. */
    private void free(Connection connection, long sequence, String provider) throws SQLException {
        execute(
                connection,
                "update delivery set owner = null where sequence = ? and provider = ? and owner = ?",
                sequence,
                provider,
                me);
    }

    /** An idempotency key as it is kept. */
    private record Repetition(String id, byte[] digest, byte[] sealed) {}

    private Repetition repetition(IdempotencyKey given, byte[] text) {
        String id = id(given);
        byte[] digest = PayloadCipher.sha256(text);
        return new Repetition(id, digest, sealing.digest(id, digest));
    }

    private static String id(IdempotencyKey key) {
        return HexFormat.of().formatHex(digest(key.caller() + '\n' + key.key()));
    }

    /** Whether a message was accepted under that key, and the key is still kept. */
    public boolean isTaken(IdempotencyKey key) {
        return database.finds("select 1 from idempotency where id = ?", id(key));
    }

    private Optional<Accepted> earlier(Connection connection, Repetition key, NewMessage customer) throws SQLException {
        return query(
                        connection,
                        "select m.id, m.sequence, m.accepted_at, i.digest from idempotency i join message m on m.id = i.message"
                                + " where i.id = ?",
                        row -> new Accepted(
                                new Message(
                                        UUID.fromString(row.getString(1)),
                                        row.getLong(2),
                                        customer.reference(),
                                        Instant.ofEpochMilli(row.getLong(3)),
                                        customer.canonical(),
                                        customer.targets()),
                                Set.of(),
                                Arrays.equals(sealing.openDigest(key.id(), row.getBytes(4)), key.digest())
                                        ? Accepted.Kind.REPEATED
                                        : Accepted.Kind.CONFLICT),
                        key.id())
                .stream()
                .findFirst();
    }

    private static Message insert(
            Connection connection, UUID id, NewMessage customer, Instant now, int size, byte[] payload)
            throws SQLException {
        long sequence = query(
                        connection,
                        "insert into message (id, reference, accepted_at, source, size, payload, trace) values (?, ?, ?, ?, ?, ?, ?)"
                                + " returning sequence",
                        row -> row.getLong(1),
                        id.toString(),
                        customer.reference(),
                        now.toEpochMilli(),
                        customer.source(),
                        size,
                        payload,
                        customer.trace().orElse(null))
                .get(0);
        return new Message(
                id, sequence, customer.reference(), now, customer.canonical(), customer.targets(), 0, customer.trace());
    }

    /** All in one statement; answers the targets whose deliveries do not wait. */
    private Set<String> insertDeliveries(Connection connection, Message message, String source) throws SQLException {
        if (message.targets().isEmpty()) {
            return Set.of();
        }
        List<Object> parameters = new ArrayList<>();
        for (String provider : message.targets()) {
            parameters.addAll(newDelivery(message, provider, source));
            parameters.addAll(List.of(provider, message.reference(), me, me));
        }
        return query(
                        connection,
                        insertDeliveries(NEW_DELIVERY, message) + " returning provider, owner",
                        row -> row.getString(2) == null ? Optional.<String>empty() : Optional.of(row.getString(1)),
                        parameters.toArray())
                .stream()
                .flatMap(Optional::stream)
                .collect(Collectors.toSet());
    }

    private static List<Object> newDelivery(Message message, String provider, String source) {
        return List.of(
                message.sequence(),
                provider,
                message.reference(),
                source,
                message.acceptedAt().toEpochMilli());
    }

    private static String insertDeliveries(String each, Message message) {
        return "insert into delivery (sequence, provider, reference, source, state, updated_at, owner) values "
                + String.join(", ", Collections.nCopies(message.targets().size(), each));
    }

    /** Keeps a message whose deliveries wait in the ledger until they are taken up; answers its sequence. */
    GroupCommit.Write<Long> waiting(UUID id, NewMessage customer) {
        byte[] text = sealing.text(customer.canonical());
        byte[] payload = sealing.payload(id, text);
        return connection -> {
            Message message = insert(connection, id, customer, clock.instant(), text.length, payload);
            List<Object> parameters = new ArrayList<>();
            message.targets().forEach(provider -> parameters.addAll(newDelivery(message, provider, customer.kind())));
            if (!message.targets().isEmpty()) {
                execute(connection, insertDeliveries(NEW_DELIVERY_THAT_WAITS, message), parameters.toArray());
            }
            return message.sequence();
        };
    }

    /**
     * What is to be known of a request if nothing more is heard of it.
     *
     * @param until when its call has ended; later than now, because it may be under way for long when the program ends
     * @param mayCreate whether the provider may then have created a customer that could be created twice: a key or a look-up
     *     tells. Where it is not so, nothing is sent in the lane before that time
     * @param lookUp what the customer is looked up by
     */
    public record UnderWay(Instant until, boolean mayCreate, Optional<String> lookUp) {}

    /**
     * Keeps a request that is about to be sent.
     *
     * @return when it is durable
     * @throws LedgerException from the future, if the delivery is no longer in this program's hands; then nothing may be sent
     */
    public CompletableFuture<Void> sending(Message message, String provider, KeptRequest request, UnderWay underWay) {
        byte[] sealed = sealing.request(message.sequence(), provider, request.bytes());
        byte[] lookUp = underWay.lookUp()
                .map(text -> sealing.lookUp(message.sequence(), provider, digest(text)))
                .orElse(null);
        return database.write(writes.keeping(new DeliveryWrites.Request(
                        message,
                        provider,
                        sealed,
                        request.link(),
                        clock.millis(),
                        underWay.until().toEpochMilli(),
                        underWay.mayCreate(),
                        lookUp)))
                .thenAccept(kept -> {
                    mustBeOurs(kept);
                    replica.mustBeAlive();
                });
    }

    /**
     * Keeps the link to a customer that a look-up found, before anything is made of it: what it was looked up for is forgotten
     * with the next request.
     *
     * @return when it is durable: whether it was kept; not if the customer belongs to another reference
     * @throws LedgerException from the future, if the delivery is no longer in this program's hands
     */
    public CompletableFuture<Boolean> found(Message message, String provider, String providerCustomerId) {
        long now = clock.millis();
        return database.write(connection -> {
                    if (!finds(connection, WHETHER_IN_HAND, inHand(message, provider))) {
                        return Optional.<Boolean>empty();
                    }
                    boolean isFree = !finds(
                            connection, DeliveryWrites.ANOTHERS, provider, providerCustomerId, message.reference());
                    if (isFree) {
                        execute(
                                connection,
                                DeliveryWrites.LINK,
                                DeliveryWrites.linkRow(message, provider, providerCustomerId, now));
                    }
                    return Optional.of(isFree);
                })
                .thenApply(kept -> {
                    mustBeOurs(kept.isPresent());
                    return kept.get();
                });
    }

    private static void mustBeOurs(boolean isOurs) {
        if (!isOurs) {
            throw new LedgerException(TAKEN_OVER, null);
        }
    }

    /**
     * To be asked before a request is sent that was kept for an earlier try.
     *
     * @throws LedgerException if the delivery is no longer in this program's hands; then nothing may be sent
     */
    public void mustBeInHand(Message message, String provider) {
        mustBeOurs(database.finds(WHETHER_IN_HAND, inHand(message, provider)));
        replica.mustBeAlive();
    }

    private Object[] inHand(Message message, String provider) {
        return new Object[] {message.sequence(), provider, me, message.takes()};
    }

    /**
     * Keeps how far a delivery got, and the link if it has a new one, and gives the delivery out of hand. A request that was
     * delivered is no longer kept, and the customer is not when all deliveries of the message were made, or given up.
     *
     * @return when it is durable: whether it was kept
     */
    public CompletableFuture<Recorded> record(Message message, String provider, Progress progress) {
        byte[] sealed = sealing.outcome(message.sequence(), provider, progress.outcome());
        return database.write(
                writes.keeping(new DeliveryWrites.Outcome(message, provider, progress, sealed, clock.millis())));
    }

    /**
     * Writes something that means nothing, to see whether it can be kept.
     *
     * @return when it is durable
     * @throws LedgerException if next to nothing is left of the disk
     */
    public CompletableFuture<Void> writeSomething() {
        database.requireRoom();
        long now = clock.millis();
        return database.write(connection -> {
            execute(
                    connection,
                    "insert into probe (id, written_at) values (1, ?)"
                            + " on conflict (id) do update set written_at = excluded.written_at",
                    now);
            return null;
        });
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
     * @param most how many
     * @param mostBytes how large their customers may be together; one is taken in any case
     * @param inOrder called with them by the one thread that also accepts messages
     * @return when it is durable
     */
    public CompletableFuture<List<OpenDelivery>> take(
            String provider, int most, long mostBytes, Consumer<List<OpenDelivery>> inOrder) {
        long now = clock.millis();
        return database.write(
                connection -> takeNow(connection, provider, most, mostBytes, now), inOrder, (connection, lost) -> {
                    for (OpenDelivery open : lost) {
                        free(connection, open.sequence(), open.provider());
                    }
                });
    }

    /**
     * Makes due what waits for longer than a delivery does: the clock was ahead when that was decided. Returns when that is
     * durable.
     *
     * @param longest how long a delivery to the provider waits at most
     */
    public void wake(String provider, Duration longest) {
        long latest = clock.instant().plus(longest).toEpochMilli();
        int woken;
        do {
            woken = database.write(connection -> execute(connection, WAKE, provider, provider, latest))
                    .join();
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

    /** The first of each source, then the second of each, and so on. */
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

        /** Until when nothing can come of it; now, if it may be the next any moment, or has its own time. */
        long waitsUntil(long now) {
            if (isNext || !waitsForItsTurn) {
                return now;
            }
            return isBehindWaiting ? Math.max(firstDueAt, now + BEHIND.toMillis()) : Math.max(firstDueAt, now);
        }
    }

    /** Those that are next in their lanes. What nothing can come of yet is not looked at again until something may. */
    private static List<OpenDelivery> candidates(
            Connection connection, String provider, String source, int most, long now) throws SQLException {
        List<OpenDelivery> candidates = new ArrayList<>();
        List<Due> page;
        long dueAt = Long.MIN_VALUE;
        long sequence = Long.MIN_VALUE;
        int postponed = 0;
        do {
            page = query(connection, DUE, Ledger::due, provider, source, now, dueAt, sequence, DUE_PAGE);
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
                row.getLong(13),
                row.getBoolean(14),
                row.getBoolean(15),
                row.getLong(16),
                row.getBoolean(17));
    }

    private static OpenDelivery openDelivery(ResultSet row) throws SQLException {
        return new OpenDelivery(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getLong(5),
                row.getInt(6),
                row.getInt(7),
                row.getInt(8),
                row.getInt(9),
                instant(row, 10),
                instant(row, 11),
                Optional.ofNullable(row.getString(12)));
    }

    /**
     * A delivery that a program had in hand.
     *
     * @param takes how often it was taken up
     */
    public record Hold(long sequence, int takes) {}

    /**
     * Gives deliveries out of hand that were not worked on, or whose outcome could not be kept.
     *
     * @param dueAt when they may be taken up again
     */
    public CompletableFuture<Void> giveBack(String provider, Collection<Hold> holds, Instant dueAt) {
        return database.write(connection -> {
            executeAll(
                    connection,
                    "update delivery set owner = null, due_at = ? where " + IN_HAND
                            + " and state in ('pending', 'retrying')",
                    holds.stream()
                            .map(hold ->
                                    new Object[] {dueAt.toEpochMilli(), hold.sequence(), provider, me, hold.takes()})
                            .toList());
            return null;
        });
    }

    /** The message of a delivery that was taken up: the customer that it was corrected to, if it was. */
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

    /**
     * What is known of a customer at a provider.
     *
     * @param providerCustomerId the provider's own id of it, if one is known
     * @param mayBeCreatedSince where none is known, since when another message may have created it without our knowing: its
     *     last try had an unclear ending
     * @param createdBy each request that may have done so and is looked up, those of this message before it was replayed too
     */
    public record Known(
            Optional<String> providerCustomerId, Optional<Instant> mayBeCreatedSince, List<Created> createdBy) {}

    /** A request that may have created a customer without our knowing. */
    public record Created(Optional<byte[]> lookUp) {

        /** Whether who looks the customer up by this text would find what the request created, if it did. */
        public boolean isFoundBy(String text) {
            return lookUp.filter(digest -> Arrays.equals(digest, digest(text))).isPresent();
        }
    }

    private record Unclear(
            Optional<String> providerCustomerId, long sequence, Optional<Instant> since, Optional<Created> created) {}

    /** @param sequence that of the message in hand */
    public Known known(String reference, String provider, long sequence) {
        List<Unclear> rows = database.all(
                KNOWN,
                row -> unclear(row, provider, sequence),
                reference,
                provider,
                reference,
                provider,
                provider,
                reference,
                sequence);
        return new Known(
                rows.stream().flatMap(row -> row.providerCustomerId().stream()).findFirst(),
                rows.stream()
                        .filter(row -> row.sequence() != sequence)
                        .flatMap(row -> row.since().stream())
                        .max(Comparator.naturalOrder()),
                rows.stream().flatMap(row -> row.created().stream()).toList());
    }

    /** @param inHand the sequence of the message in hand */
    private Unclear unclear(ResultSet row, String provider, long inHand) throws SQLException {
        long sequence = row.getLong(2);
        Optional<byte[]> lookUp = Optional.ofNullable(row.getBytes(4));
        boolean isFoundByNothing = sequence != inHand && row.getBoolean(5) && lookUp.isEmpty();
        return new Unclear(
                Optional.ofNullable(row.getString(1)),
                sequence,
                instant(row, 3),
                isFoundByNothing
                        ? Optional.of(new Created(Optional.empty()))
                        : lookUp.map(kept -> created(sequence, provider, kept)));
    }

    /** Where its payload key is not used any more, nothing tells. */
    private Created created(long sequence, String provider, byte[] kept) {
        try {
            return new Created(Optional.of(sealing.openLookUp(sequence, provider, kept)));
        } catch (IllegalStateException e) {
            return new Created(Optional.empty());
        }
    }

    /** What is kept of a message. */
    public Optional<KeptMessage> message(UUID id) {
        return database.one(
                        "select sequence, reference, accepted_at from message where id = ?",
                        row -> new KeptMessage(
                                id, row.getLong(1), row.getString(2), Instant.ofEpochMilli(row.getLong(3)), List.of()),
                        id.toString())
                .map(message -> message.with(database.all(
                        "select provider, state, attempts, duration_ms, outcome from delivery where sequence = ? order by provider",
                        row -> new KeptMessage.Delivery(
                                row.getString(1),
                                row.getString(2),
                                row.getInt(3),
                                row.getLong(4),
                                outcome(message.sequence(), row.getString(1), row.getBytes(5))),
                        message.sequence())));
    }

    private Optional<ObjectNode> outcome(long sequence, String provider, byte[] sealed) {
        return Optional.ofNullable(sealed).map(kept -> sealing.openOutcome(sequence, provider, kept));
    }

    /** For each provider that ever got this customer: its id there, and the last message's state. */
    public List<Link> customer(String reference) {
        return database.all(
                CUSTOMER,
                row -> new Link(
                        row.getString(1),
                        Optional.ofNullable(row.getString(2)),
                        UUID.fromString(row.getString(3)),
                        row.getString(4),
                        Instant.ofEpochMilli(row.getLong(5))),
                reference,
                reference,
                reference);
    }

    private static byte[] digest(String text) {
        return PayloadCipher.sha256(text.getBytes(StandardCharsets.UTF_8));
    }
}
