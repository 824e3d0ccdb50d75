package io.herald.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.uuid.UuidCreator;
import io.agroal.api.AgroalDataSource;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.flywaydb.core.Flyway;

/** The tables of messages, deliveries and links. What it answers was on disk before it answered. */
@Singleton
public final class Ledger {

    private final AgroalDataSource dataSource;
    private final GroupCommit writes;
    private final ObjectMapper json;
    private final PayloadCipher cipher;
    private final Clock clock;

    public Ledger(
            DataDirectory directory,
            AgroalDataSource dataSource,
            Flyway flyway,
            ObjectMapper json,
            PayloadCipher cipher,
            Clock clock) {
        directory.open();
        flyway.migrate();
        this.dataSource = dataSource;
        this.json = json;
        this.cipher = cipher;
        this.clock = clock;
        this.writes = new GroupCommit(dataSource);
    }

    /**
     * Keeps a message and its pending deliveries.
     *
     * @param inOrder called with each message in the order of the sequence, when it is durable
     * @return the message, when it is durable
     */
    public CompletableFuture<Message> accept(
            String reference, JsonNode canonical, List<String> targets, Consumer<Message> inOrder) {
        UUID id = UuidCreator.getTimeOrderedEpoch();
        Instant now = clock.instant();
        byte[] payload = cipher.seal("message " + id, bytes(canonical));
        return writes.submit(
                connection -> {
                    long sequence = insert(connection, id, reference, now, payload, targets);
                    return new Message(id, sequence, reference, now, canonical, targets);
                },
                inOrder);
    }

    private static long insert(
            Connection connection, UUID id, String reference, Instant now, byte[] payload, List<String> targets)
            throws SQLException {
        long sequence;
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into message (id, reference, accepted_at, payload) values (?, ?, ?, ?) returning sequence")) {
            insert.setString(1, id.toString());
            insert.setString(2, reference);
            insert.setLong(3, now.toEpochMilli());
            insert.setBytes(4, payload);
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                sequence = row.getLong(1);
            }
        }
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into delivery"
                        + " (sequence, provider, state, attempts, duration_ms, updated_at) values (?, ?, 'pending', 0, 0, ?)")) {
            for (String provider : targets) {
                insert.setLong(1, sequence);
                insert.setString(2, provider);
                insert.setLong(3, now.toEpochMilli());
                insert.executeUpdate();
            }
        }
        return sequence;
    }

    /**
     * Keeps the outcome of a delivery, and the link if it has one. When all deliveries of the message ended well, the
     * customer itself is no longer kept.
     *
     * @param outcome as the report shows it
     * @param unclear whether the provider may have created the customer without our knowing
     * @param parks how often it was parked
     * @param dueAt when a parked delivery is tried again; null if it has ended
     * @return completes when it is durable
     */
    public CompletableFuture<Void> record(
            Message message,
            String provider,
            ObjectNode outcome,
            int attempts,
            long durationMillis,
            boolean unclear,
            int parks,
            Instant dueAt) {
        String state = outcome.get("state").textValue();
        JsonNode id = outcome.path("providerCustomerId");
        byte[] sealed = cipher.seal(purpose(message.sequence(), provider), bytes(outcome));
        long now = clock.millis();
        return writes.submit(
                connection -> {
                    execute(
                            connection,
                            "update delivery set state = ?, attempts = ?, unclear = ?, parks = ?, due_at = ?,"
                                    + " duration_ms = ?, updated_at = ?, outcome = ?,"
                                    + " request = case when cast(? as integer) = 1 then request end"
                                    + " where sequence = ? and provider = ?",
                            state,
                            attempts,
                            unclear ? 1 : 0,
                            parks,
                            dueAt == null ? null : dueAt.toEpochMilli(),
                            durationMillis,
                            now,
                            sealed,
                            dueAt == null ? 0 : 1,
                            message.sequence(),
                            provider);
                    if (id.isTextual()) {
                        link(connection, message.reference(), provider, id.textValue(), now);
                        erase(connection, message.sequence());
                    }
                    return null;
                },
                done -> {});
    }

    /**
     * Keeps a request that is about to be sent.
     *
     * @param unclear whether, if nothing more is heard of it, the provider may have created the customer
     * @return completes when it is durable
     */
    public CompletableFuture<Void> sending(Message message, String provider, byte[] request, boolean unclear) {
        byte[] sealed = cipher.seal(requestPurpose(message.sequence(), provider), request);
        long now = clock.millis();
        return writes.submit(
                connection -> {
                    execute(
                            connection,
                            "update delivery set request = ?, unclear = ?, updated_at = ? where sequence = ? and provider = ?",
                            sealed,
                            unclear ? 1 : 0,
                            now,
                            message.sequence(),
                            provider);
                    return null;
                },
                done -> {});
    }

    /**
     * Takes deliveries to a provider that nobody works on: those that are due again, and those that were left when Herald ended. Of a
     * lane only the earliest is taken.
     *
     * @param idleSince leaves out pending ones that changed since then: they are worked on, or about to be
     * @param most how many
     * @param mayTake asked for each, by the one thread that also accepts messages, in the order of acceptance; whether it
     *     is taken
     * @return those taken
     */
    public List<OpenDelivery> takeOpen(String provider, Instant idleSince, int most, Predicate<OpenDelivery> mayTake) {
        List<OpenDelivery> taken = new ArrayList<>();
        writes.submit(
                        connection -> query(
                                connection,
                                "select m.sequence, m.id, m.reference, m.accepted_at, m.payload, d.provider, d.attempts,"
                                        + " d.parks, d.unclear, d.updated_at, d.request from delivery d"
                                        + " join message m on m.sequence = d.sequence"
                                        + " where d.provider = ? and (d.state = 'retrying' and d.due_at <= ?"
                                        + " or d.state = 'pending' and d.updated_at <= ?)"
                                        + " and not exists (select 1 from message n join delivery e on e.sequence = n.sequence"
                                        + " where n.reference = m.reference and e.provider = d.provider"
                                        + " and e.sequence < d.sequence and e.state in ('pending', 'retrying'))"
                                        + " order by m.sequence limit ?",
                                this::openDelivery,
                                provider,
                                clock.millis(),
                                idleSince.toEpochMilli(),
                                most),
                        found -> found.stream().filter(mayTake).forEach(taken::add))
                .join();
        return taken;
    }

    /** The references of the lanes of a provider that have deliveries that have not ended. */
    public List<String> openLanes(String provider) {
        return all(
                "select distinct m.reference from delivery d join message m on m.sequence = d.sequence"
                        + " where d.provider = ? and d.state in ('pending', 'retrying')",
                row -> row.getString(1),
                provider);
    }

    /**
     * Asks whether a lane has deliveries that have not ended.
     *
     * @param none called if it has none, by the one thread that also accepts messages
     */
    public void ifNoneOpen(String reference, String provider, Runnable none) {
        writes.submit(
                connection -> query(
                                connection,
                                "select 1 from message m join delivery d on d.sequence = m.sequence"
                                        + " where m.reference = ? and d.provider = ? and d.state in ('pending', 'retrying')"
                                        + " limit 1",
                                row -> true,
                                reference,
                                provider)
                        .isEmpty(),
                empty -> {
                    if (empty) {
                        none.run();
                    }
                });
    }

    /** The message of a delivery that was taken up again. */
    public Message messageOf(OpenDelivery open) {
        return new Message(
                open.message(),
                open.sequence(),
                open.reference(),
                open.acceptedAt(),
                tree(cipher.open("message " + open.message(), open.payload())),
                List.of(open.provider()));
    }

    private OpenDelivery openDelivery(ResultSet row) throws SQLException {
        long sequence = row.getLong(1);
        String provider = row.getString(6);
        return new OpenDelivery(
                sequence,
                UUID.fromString(row.getString(2)),
                row.getString(3),
                Instant.ofEpochMilli(row.getLong(4)),
                row.getBytes(5),
                provider,
                row.getInt(7),
                row.getInt(8),
                row.getInt(9) == 1,
                Instant.ofEpochMilli(row.getLong(10)),
                Optional.ofNullable(row.getBytes(11))
                        .map(kept -> cipher.open(requestPurpose(sequence, provider), kept)));
    }

    private static String requestPurpose(long sequence, String provider) {
        return "request " + sequence + " " + provider;
    }

    private static void link(Connection connection, String reference, String provider, String id, long now)
            throws SQLException {
        execute(
                connection,
                "insert into link (reference, provider, provider_customer_id, updated_at) values (?, ?, ?, ?)"
                        + " on conflict (reference, provider)"
                        + " do update set provider_customer_id = excluded.provider_customer_id,"
                        + " updated_at = excluded.updated_at",
                reference,
                provider,
                id,
                now);
    }

    private static void erase(Connection connection, long sequence) throws SQLException {
        execute(
                connection,
                "update message set payload = null where sequence = ? and not exists"
                        + " (select 1 from delivery where sequence = ? and state <> 'delivered')",
                sequence,
                sequence);
    }

    /** The provider's own id of a customer, if one is known. */
    public Optional<String> linkOf(String reference, String provider) {
        return one(
                "select provider_customer_id from link where reference = ? and provider = ?",
                row -> row.getString(1),
                reference,
                provider);
    }

    /** Whether that id of the provider belongs to a reference other than this one. */
    public boolean isLinkedElsewhere(String provider, String providerCustomerId, String reference) {
        return one(
                        "select 1 from link where provider = ? and provider_customer_id = ? and reference <> ?",
                        row -> true,
                        provider,
                        providerCustomerId,
                        reference)
                .isPresent();
    }

    /**
     * Since when an earlier message may have created the customer without our knowing: its try had an unclear ending.
     *
     * @param sequence that of the message in hand
     */
    public Optional<Instant> mayBeCreatedSince(String reference, String provider, long sequence) {
        return one(
                "select d.updated_at from delivery d join message m on m.sequence = d.sequence where m.reference = ?"
                        + " and d.provider = ? and d.sequence < ? and d.unclear = 1"
                        + " order by d.updated_at desc limit 1",
                row -> Instant.ofEpochMilli(row.getLong(1)),
                reference,
                provider,
                sequence);
    }

    /** What is kept of a message. */
    public Optional<KeptMessage> message(UUID id) {
        return one(
                        "select sequence, reference, accepted_at from message where id = ?",
                        row -> new KeptMessage(
                                id, row.getLong(1), row.getString(2), Instant.ofEpochMilli(row.getLong(3)), List.of()),
                        id.toString())
                .map(message -> message.with(all(
                        "select provider, state, attempts, duration_ms, outcome from delivery where sequence = ? order by provider",
                        row -> new KeptMessage.Delivery(
                                row.getString(1),
                                row.getString(2),
                                row.getInt(3),
                                row.getLong(4),
                                open(message.sequence(), row.getString(1), row.getBytes(5))),
                        message.sequence())));
    }

    /** For each provider that ever got this customer: its id there, and the last message's state. */
    public List<Link> customer(String reference) {
        return all(
                "select d.provider, l.provider_customer_id, m.id, d.state, d.updated_at from delivery d"
                        + " join message m on m.sequence = d.sequence"
                        + " left join link l on l.reference = m.reference and l.provider = d.provider"
                        + " where m.reference = ? and d.sequence = (select max(d2.sequence) from delivery d2"
                        + " join message m2 on m2.sequence = d2.sequence"
                        + " where m2.reference = m.reference and d2.provider = d.provider)"
                        + " order by d.provider",
                row -> new Link(
                        row.getString(1),
                        Optional.ofNullable(row.getString(2)),
                        UUID.fromString(row.getString(3)),
                        row.getString(4),
                        Instant.ofEpochMilli(row.getLong(5))),
                reference);
    }

    private JsonNode tree(byte[] text) {
        try {
            return json.readTree(text);
        } catch (IOException e) {
            throw new LedgerException("a payload in the ledger is not JSON", e);
        }
    }

    private Optional<ObjectNode> open(long sequence, String provider, byte[] sealed) {
        if (sealed == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    json.readerFor(ObjectNode.class).readValue(cipher.open(purpose(sequence, provider), sealed)));
        } catch (IOException e) {
            throw new LedgerException("an outcome in the ledger is not JSON", e);
        }
    }

    private static String purpose(long sequence, String provider) {
        return "outcome " + sequence + " " + provider;
    }

    private byte[] bytes(JsonNode tree) {
        try {
            return json.writeValueAsBytes(tree);
        } catch (IOException e) {
            throw new LedgerException("a payload cannot be written as JSON", e);
        }
    }

    private interface RowMapper<T> {
        T map(ResultSet row) throws SQLException;
    }

    private <T> Optional<T> one(String sql, RowMapper<T> mapper, Object... parameters) {
        return all(sql, mapper, parameters).stream().findFirst();
    }

    private <T> List<T> all(String sql, RowMapper<T> mapper, Object... parameters) {
        try (Connection connection = dataSource.getConnection()) {
            return query(connection, sql, mapper, parameters);
        } catch (SQLException e) {
            throw new LedgerException("the ledger cannot be read", e);
        }
    }

    private static <T> List<T> query(Connection connection, String sql, RowMapper<T> mapper, Object... parameters)
            throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            set(query, parameters);
            try (ResultSet rows = query.executeQuery()) {
                List<T> all = new ArrayList<>();
                while (rows.next()) {
                    all.add(mapper.map(rows));
                }
                return all;
            }
        }
    }

    private static void execute(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            set(statement, parameters);
            statement.executeUpdate();
        }
    }

    private static void set(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
    }

    @PreDestroy
    void close() {
        writes.close();
    }
}
