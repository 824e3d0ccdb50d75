package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.finds;
import static io.herald.ledger.Database.first;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The tables of messages, deliveries and links. What a write reports was on disk before it is reported.
 *
 * <p>A delivery that has not ended is either in the hands of one running program, its owner, or waits here for one. All
 * deliveries of a lane that are in hand are in the hands of the same program, and are delivered before those that wait.
 */
@Singleton
public final class Ledger {

    /** Whether a lane has a delivery that has not ended and that this program does not have in hand. */
    private static final String LANE_WAITS = "exists (select 1 from delivery where provider = ? and reference = ?"
            + " and state in ('pending', 'retrying') and (owner is null or owner <> ?))";

    private static final String NEW_DELIVERY =
            "(?, ?, ?, ?, 'pending', ?, case when " + LANE_WAITS + " then null else cast(? as text) end)";

    private static final String NEW_DELIVERY_THAT_WAITS = "(?, ?, ?, ?, 'pending', ?, null)";

    /**
     * The last delivery of a reference to each provider. It is found from the index, so that the many earlier deliveries of
     * a customer that comes every minute are not read.
     */
    static final String CUSTOMER = """
            with recursive served (id) as (
              select min(provider) from delivery where reference = ?
              union all
              select (select min(d.provider) from delivery d where d.reference = ? and d.provider > served.id)
              from served where served.id is not null),
            newest (provider, sequence) as materialized (
              select served.id,
                (select max(e.sequence) from delivery e where e.provider = served.id and e.reference = ?)
              from served)
            select d.provider, l.provider_customer_id, m.id, d.state, d.updated_at from newest n
            join delivery d on d.sequence = n.sequence and d.provider = n.provider
            join message m on m.sequence = d.sequence
            left join link l on l.reference = d.reference and l.provider = d.provider
            order by d.provider
            """;

    /**
     * A delivery that this program has in hand and that was not taken up again since: {@code takes} still is what it was
     * when this program took it.
     */
    static final String IN_HAND = "sequence = ? and provider = ? and owner = ? and takes = ?";

    private static final String WHETHER_IN_HAND = "select 1 from delivery where " + IN_HAND;

    /**
     * The link of a customer or, if it has none, the deliveries that may have created the customer without our knowing. No
     * delivery of a customer that has a link is read.
     */
    static final String KNOWN = """
            select provider_customer_id, null as sequence, null as unclear_since, null as look_up, null as was_sent
            from link where reference = ? and provider = ?
            union all
            select null, d.sequence, d.unclear_since, d.look_up, d.attempts > 0 or d.request is not null
            from (select 1 where not exists (select 1 from link where reference = ? and provider = ?)) unlinked
            cross join delivery d where d.provider = ? and d.reference = ? and d.unclear_since is not null
              and (d.sequence <> ? or d.request is null)
            """;

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
     * @param inOrder called with what became of the message when that is durable, before this returns: for all
     *     messages by one thread, in the order of their sequences
     * @return what became of the message, when that is durable
     * @throws LedgerException if the ledger cannot be written; or if the message must repeat an earlier one, see
     *     {@link NewMessage#repeats}, and the idempotency key is no longer kept
     */
    public Accepted accept(NewMessage customer, Consumer<Accepted> inOrder) {
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
                            throw new LedgerException("the idempotency key was forgotten meanwhile");
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
                        free(connection, lost.message().sequence(), provider, me);
                    }
                });
    }

    /**
     * Frees a delivery that is in this program's hands as the ledger has it, but of which the program knows nothing, because
     * the commit seemed to fail.
     */
    static void free(Connection connection, long sequence, String provider, String me) throws SQLException {
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
        return first(
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
                key.id());
    }

    private static Message insert(
            Connection connection, UUID id, NewMessage customer, Instant now, int size, byte[] payload)
            throws SQLException {
        long sequence = query(
                        connection,
                        "insert into message (id, reference, accepted_at, source, size, payload, trace)"
                                + " values (?, ?, ?, ?, ?, ?, ?) returning sequence",
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

    /** Inserts all in one statement; returns the targets whose deliveries this program has in hand. */
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

    /**
     * A write that keeps a message whose deliveries wait in the ledger until they are taken up; its result is the sequence.
     */
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
     * What has to be known about a request that is about to be sent, in case this program ends before it hears the answer.
     *
     * @param until the time by which its call has ended, answered or not
     * @param mayCreate whether the request may create a customer that could be created twice; afterwards its key, or a
     *     look-up, has to tell whether it did. If false, nothing further is sent in the lane before {@code until}
     * @param lookUp the text that the customer would be looked up by; empty where nothing is looked up
     */
    public record UnderWay(Instant until, boolean mayCreate, Optional<String> lookUp) {}

    /**
     * Keeps a request that is about to be sent; returns when it is durable.
     *
     * @throws LedgerException if it cannot be kept, the delivery is no longer in this program's hands, or this program's
     *     lease was not renewed in time; then nothing may be sent
     */
    public void sending(Message message, String provider, KeptRequest request, UnderWay underWay) {
        byte[] sealed = sealing.request(message.sequence(), provider, request.bytes());
        byte[] lookUp = underWay.lookUp()
                .map(text -> sealing.lookUp(message.sequence(), provider, digest(text)))
                .orElse(null);
        mustBeOurs(database.write(writes.keeping(new DeliveryWrites.Request(
                message,
                provider,
                sealed,
                request.link(),
                clock.millis(),
                underWay.until().toEpochMilli(),
                underWay.mayCreate(),
                lookUp))));
        replica.mustBeAlive();
    }

    /**
     * Keeps the link to a customer that a look-up found. That comes before anything else is done with it: the next request
     * that is kept overwrites the note that the customer may exist.
     *
     * @return whether the link was kept, when that is durable; it is not if another reference is linked to that customer
     * @throws LedgerException if it cannot be kept, or the delivery is no longer in this program's hands
     */
    public boolean found(Message message, String provider, String providerCustomerId) {
        long now = clock.millis();
        Optional<Boolean> kept = database.write(connection -> {
            if (!finds(connection, WHETHER_IN_HAND, inHand(message, provider))) {
                return Optional.empty();
            }
            boolean isFree =
                    !finds(connection, DeliveryWrites.ANOTHERS, provider, providerCustomerId, message.reference());
            if (isFree) {
                execute(connection, DeliveryWrites.LINK, message.reference(), provider, providerCustomerId, now);
            }
            return Optional.of(isFree);
        });
        mustBeOurs(kept.isPresent());
        return kept.get();
    }

    private static void mustBeOurs(boolean isOurs) {
        if (!isOurs) {
            throw new LedgerException(TAKEN_OVER);
        }
    }

    /**
     * To be called before bytes leave where {@link #sending} was not called just before: for a request that was kept for an
     * earlier try, for a further call, and after the wait for a slot of the provider's rate.
     *
     * @throws LedgerException if the delivery is no longer in this program's hands, this program's lease was not renewed in
     *     time, or the ledger cannot be read; then nothing may be sent
     */
    public void mustBeInHand(Message message, String provider) {
        mustBeOurs(database.finds(WHETHER_IN_HAND, inHand(message, provider)));
        replica.mustBeAlive();
    }

    private Object[] inHand(Message message, String provider) {
        return new Object[] {message.sequence(), provider, me, message.takes()};
    }

    /**
     * Keeps how far a delivery got, and its new link if it has one, and frees the delivery. When it is delivered its request
     * is erased, and the customer too once all deliveries of the message are delivered or discarded.
     *
     * @return whether it was kept, when that is durable
     * @throws LedgerException if the ledger cannot be written
     */
    public Recorded record(Message message, String provider, Progress progress) {
        byte[] sealed = sealing.outcome(message.sequence(), provider, progress.outcome());
        return database.write(
                writes.keeping(new DeliveryWrites.Outcome(message, provider, progress, sealed, clock.millis())));
    }

    /**
     * What is known of a customer at a provider.
     *
     * @param providerCustomerId the provider's own id of it, if one is known
     * @param mayBeCreatedSince where none is known, since when another message may have created it without our knowing: its
     *     last try had an unclear ending
     * @param createdBy the requests that may have done so, among them those of this message from before it was replayed
     */
    public record Known(
            Optional<String> providerCustomerId, Optional<Instant> mayBeCreatedSince, List<Created> createdBy) {}

    /**
     * A request that may have created a customer without our knowing.
     *
     * @param lookUp a digest of what its customer is looked up by; empty if no look-up can tell any more
     */
    public record Created(Optional<byte[]> lookUp) {

        /** Whether a look-up by this text would find the customer that the request created, if it created one. */
        public boolean isFoundBy(String text) {
            return lookUp.filter(digest -> Arrays.equals(digest, digest(text))).isPresent();
        }
    }

    private record Unclear(
            Optional<String> providerCustomerId, long sequence, Optional<Instant> since, Optional<Created> created) {}

    /**
     * What is known of a customer at a provider.
     *
     * @param sequence that of the message in hand; of its own delivery only what was sent before it was replayed is included
     */
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
        long sequence = row.getLong("sequence");
        Optional<byte[]> lookUp = Optional.ofNullable(row.getBytes("look_up"));
        boolean isFoundByNothing = sequence != inHand && row.getBoolean("was_sent") && lookUp.isEmpty();
        return new Unclear(
                Optional.ofNullable(row.getString("provider_customer_id")),
                sequence,
                instant(row, "unclear_since"),
                isFoundByNothing
                        ? Optional.of(new Created(Optional.empty()))
                        : lookUp.map(kept -> created(sequence, provider, kept)));
    }

    /** Where the payload key that it was sealed with is no longer used, nobody can tell what it is looked up by. */
    private Created created(long sequence, String provider, byte[] kept) {
        try {
            return new Created(Optional.of(sealing.openLookUp(sequence, provider, kept)));
        } catch (IllegalStateException e) {
            return new Created(Optional.empty());
        }
    }

    /** What is kept of a message; empty if there is none of that id. */
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
