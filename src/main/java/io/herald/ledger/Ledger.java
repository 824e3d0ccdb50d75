package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.finds;
import static io.herald.ledger.Database.query;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.uuid.UuidCreator;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The tables of messages, deliveries and links: how a message is accepted, delivered and reported. What a write reports was on disk before it is reported.
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
     * A delivery that this program has in hand and that was not taken up again since: {@code takes} still is what it was
     * when this program took it.
     */
    static final String IN_HAND = "sequence = ? and provider = ? and owner = ? and takes = ?";

    private static final String WHETHER_IN_HAND = "select 1 from delivery where " + IN_HAND;

    private static final String TAKEN_OVER = "the delivery was taken over by another program";

    private final Database database;
    private final Sealing sealing;
    private final Clock clock;
    private final Replica replica;
    private final String me;
    private final DeliveryWrites writes;
    private final IdempotencyKeys keys;

    public Ledger(Database database, Sealing sealing, Replica replica, ObjectMapper json, Clock clock) {
        this.database = database;
        this.sealing = sealing;
        this.clock = clock;
        this.replica = replica;
        this.me = replica.id();
        this.writes = new DeliveryWrites(sealing, json, me);
        this.keys = new IdempotencyKeys(sealing);
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
        Optional<IdempotencyKeys.Kept> key = customer.idempotency().map(given -> keys.kept(given, text));
        return database.write(
                connection -> {
                    if (key.isPresent()) {
                        Optional<IdempotencyKeys.Earlier> earlier = keys.earlier(connection, key.get());
                        if (earlier.isPresent()) {
                            return accepted(earlier.get(), customer);
                        }
                        if (customer.repeats()) {
                            throw new LedgerException("the idempotency key was forgotten meanwhile");
                        }
                        keys.keep(connection, key.get(), id, now);
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

    private static Accepted accepted(IdempotencyKeys.Earlier earlier, NewMessage customer) {
        Message message = new Message(
                earlier.message(),
                earlier.sequence(),
                customer.reference(),
                earlier.acceptedAt(),
                customer.canonical(),
                customer.targets());
        return new Accepted(message, Set.of(), earlier.isSame() ? Accepted.Kind.REPEATED : Accepted.Kind.CONFLICT);
    }

    /** Whether a message was accepted under that key, and the key is still kept. */
    public boolean isTaken(IdempotencyKey key) {
        return database.finds("select 1 from idempotency where id = ?", IdempotencyKeys.id(key));
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
                .map(text -> sealing.lookUp(message.sequence(), provider, PayloadCipher.sha256(text)))
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
}
