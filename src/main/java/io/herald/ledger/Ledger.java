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
     * @return completes when it is durable
     */
    public CompletableFuture<Void> record(
            Message message, String provider, ObjectNode outcome, int attempts, long durationMillis, boolean unclear) {
        String state = outcome.get("state").textValue();
        JsonNode id = outcome.path("providerCustomerId");
        byte[] sealed = cipher.seal(purpose(message.sequence(), provider), bytes(outcome));
        long now = clock.millis();
        return writes.submit(
                connection -> {
                    update(
                            connection,
                            message.sequence(),
                            provider,
                            state,
                            attempts,
                            unclear,
                            durationMillis,
                            now,
                            sealed);
                    if (id.isTextual()) {
                        link(connection, message.reference(), provider, id.textValue(), now);
                        erase(connection, message.sequence());
                    }
                    return null;
                },
                done -> {});
    }

    private static void update(
            Connection connection,
            long sequence,
            String provider,
            String state,
            int attempts,
            boolean unclear,
            long durationMillis,
            long now,
            byte[] outcome)
            throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("update delivery set state = ?, attempts = ?, unclear = ?, duration_ms = ?,"
                        + " updated_at = ?, outcome = ? where sequence = ? and provider = ?")) {
            update.setString(1, state);
            update.setInt(2, attempts);
            update.setInt(3, unclear ? 1 : 0);
            update.setLong(4, durationMillis);
            update.setLong(5, now);
            update.setBytes(6, outcome);
            update.setLong(7, sequence);
            update.setString(8, provider);
            update.executeUpdate();
        }
    }

    private static void link(Connection connection, String reference, String provider, String id, long now)
            throws SQLException {
        try (PreparedStatement upsert =
                connection.prepareStatement("insert into link (reference, provider, provider_customer_id, updated_at)"
                        + " values (?, ?, ?, ?) on conflict (reference, provider)"
                        + " do update set provider_customer_id = excluded.provider_customer_id,"
                        + " updated_at = excluded.updated_at")) {
            upsert.setString(1, reference);
            upsert.setString(2, provider);
            upsert.setString(3, id);
            upsert.setLong(4, now);
            upsert.executeUpdate();
        }
    }

    private static void erase(Connection connection, long sequence) throws SQLException {
        try (PreparedStatement update = connection.prepareStatement("update message set payload = null"
                + " where sequence = ? and not exists"
                + " (select 1 from delivery where sequence = ? and state <> 'delivered')")) {
            update.setLong(1, sequence);
            update.setLong(2, sequence);
            update.executeUpdate();
        }
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
     * Since when an earlier message may have created the customer without our knowing: its try had an unclear ending, or
     * its outcome was never kept, because Herald ended first.
     *
     * @param sequence that of the message in hand
     */
    public Optional<Instant> mayBeCreatedSince(String reference, String provider, long sequence) {
        return one(
                "select d.updated_at from delivery d join message m on m.sequence = d.sequence where m.reference = ?"
                        + " and d.provider = ? and d.sequence < ? and (d.unclear = 1 or d.state = 'pending')"
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
        try (Connection connection = dataSource.getConnection();
                PreparedStatement query = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                query.setObject(i + 1, parameters[i]);
            }
            try (ResultSet rows = query.executeQuery()) {
                List<T> all = new ArrayList<>();
                while (rows.next()) {
                    all.add(mapper.map(rows));
                }
                return all;
            }
        } catch (SQLException e) {
            throw new LedgerException("the ledger cannot be read", e);
        }
    }

    @PreDestroy
    void close() {
        writes.close();
    }
}
