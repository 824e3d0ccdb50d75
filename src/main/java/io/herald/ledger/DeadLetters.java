package io.herald.ledger;

import static io.herald.ledger.Database.integer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * The deliveries in the ledger that did not succeed, what came of their tries, and their customers: to be looked at.
 * {@link Replays} replays and discards them.
 */
@Singleton
public final class DeadLetters {

    /** The states of what can be listed. */
    public static final Set<String> LISTED = Set.of("dead", "rejected", "retrying");

    /** The condition of the index {@code delivery_failed}, which SQLite uses only for a query that repeats it. */
    private static final String IS_INDEXED = " and d.state in ('rejected', 'dead', 'retrying')";

    private static final String LETTERS = """
            select m.id as message, d.sequence, d.provider, d.reference, d.state, d.outcome, d.attempts, d.updated_at,
              m.source, d.reason, d.http_status
            from delivery d join message m on m.sequence = d.sequence
            """;

    /** A delivery that is a dead letter or was one: it is in one of these states, or was replayed. */
    private static final String IS_OR_WAS_DEAD =
            " and (d.source = 'replay' or d.state in ('dead', 'rejected', 'retrying', 'discarded'))";

    /** The rows that have the customer of a delivery, where that may still be delivered. */
    private static final String OF_CUSTOMER = " from message m join delivery d on d.sequence = m.sequence"
            + " where d.sequence = ? and d.provider = ? and d.state not in ('delivered', 'discarded')";

    private final Database database;
    private final Sealing sealing;
    private final ObjectMapper json;

    DeadLetters(Database database, Sealing sealing, ObjectMapper json) {
        this.database = database;
        this.sealing = sealing;
        this.json = json;
    }

    /**
     * Lists the dead letters that match, the newest first.
     *
     * @param after the place in the list after which to begin; empty to begin with the newest
     * @param most how many at most
     */
    public List<DeadLetter> list(DeadLetter.Filter filter, Optional<DeadLetter.Cursor> after, int most) {
        List<Object> parameters = new ArrayList<>();
        String sql = LETTERS + where(filter, parameters);
        if (after.isPresent()) {
            sql += " and (d.sequence, d.provider) < (?, ?)";
            parameters.add(after.get().sequence());
            parameters.add(after.get().provider());
        }
        parameters.add(most);
        return database.all(
                sql + " order by d.sequence desc, d.provider desc limit ?", this::deadLetter, parameters.toArray());
    }

    /** A delivery that is a dead letter, or was one. */
    public Optional<DeadLetter> find(DeadLetter.Id id) {
        return database.one(
                LETTERS + " where m.id = ? and d.provider = ?" + IS_OR_WAS_DEAD,
                this::deadLetter,
                id.message().toString(),
                id.provider());
    }

    /** The reference of a delivery, if there is one of that id, in whatever state. */
    public Optional<String> referenceOf(DeadLetter.Id id) {
        return database.one(
                "select d.reference from delivery d join message m on m.sequence = d.sequence where m.id = ? and d.provider = ?",
                row -> row.getString(1),
                id.message().toString(),
                id.provider());
    }

    /** The tries of a delivery, the first one first. */
    public List<Attempt> attempts(DeadLetter letter) {
        return database.all(
                "select at, duration_ms, http_status, reason, words from attempt where sequence = ? and provider = ? order by id",
                row -> attempt(letter, row),
                letter.sequence(),
                letter.id().provider());
    }

    /**
     * The customer that a replay would deliver: as it was accepted, or as it was corrected. Empty if it was erased, and once
     * the delivery is delivered or discarded.
     */
    public Optional<JsonNode> customer(DeadLetter letter) {
        return database.one(
                        "select coalesce(d.correction, m.payload), d.correction is not null" + OF_CUSTOMER,
                        row -> new KeptCustomer(row.getBytes(1), row.getBoolean(2)),
                        letter.sequence(),
                        letter.id().provider())
                .filter(kept -> kept.sealed() != null)
                .map(kept -> customer(letter, kept));
    }

    /** How large {@link #customer} is, in bytes as it is kept; 0 if there is none. */
    public long customerSize(DeadLetter letter) {
        return database.one(
                        "select coalesce(length(d.correction), length(m.payload), 0)" + OF_CUSTOMER,
                        row -> row.getLong(1),
                        letter.sequence(),
                        letter.id().provider())
                .orElse(0L);
    }

    /** @param sealed null if it was erased */
    private record KeptCustomer(byte[] sealed, boolean corrected) {}

    static String where(DeadLetter.Filter filter, List<Object> parameters) {
        if (filter.states().isEmpty() || !LISTED.containsAll(filter.states())) {
            throw new IllegalArgumentException("no dead letter is in that state");
        }
        StringBuilder where =
                new StringBuilder(" where d.state in ('" + String.join("', '", filter.states()) + "')" + IS_INDEXED);
        filter.provider().ifPresent(provider -> {
            where.append(" and d.provider = ?");
            parameters.add(provider);
        });
        filter.reason().ifPresent(reason -> {
            where.append(" and d.reason = ?");
            parameters.add(reason);
        });
        return where.toString();
    }

    private DeadLetter deadLetter(ResultSet row) throws SQLException {
        DeadLetter.Id id = new DeadLetter.Id(UUID.fromString(row.getString("message")), row.getString("provider"));
        long sequence = row.getLong("sequence");
        return new DeadLetter(
                id,
                sequence,
                row.getString("reference"),
                row.getString("state"),
                error(sequence, id.provider(), row),
                row.getInt("attempts"),
                Instant.ofEpochMilli(row.getLong("updated_at")),
                row.getString("source"));
    }

    /**
     * The error of an outcome. If that was sealed with a payload key that is no longer used, it is made of what is kept in
     * clear.
     */
    private Optional<ObjectNode> error(long sequence, String provider, ResultSet row) throws SQLException {
        byte[] outcome = row.getBytes("outcome");
        if (outcome == null) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable((ObjectNode)
                    sealing.openOutcome(sequence, provider, outcome).get("error"));
        } catch (IllegalStateException e) {
            String reason = row.getString("reason");
            ObjectNode error = json.createObjectNode().put("code", reason).put("reason", reason);
            integer(row, "http_status").ifPresent(status -> error.put("httpStatus", status));
            return Optional.of(error.put("message", "it was sealed with a payload key that is not used any more"));
        }
    }

    private Attempt attempt(DeadLetter letter, ResultSet row) throws SQLException {
        byte[] sealed = row.getBytes("words");
        ObjectNode words = sealed == null
                ? json.createObjectNode()
                : sealing.openWords(letter.sequence(), letter.id().provider(), sealed);
        return new Attempt(
                Instant.ofEpochMilli(row.getLong("at")),
                row.getLong("duration_ms"),
                integer(row, "http_status"),
                Optional.ofNullable(words.path("code").textValue()),
                Optional.ofNullable(row.getString("reason")),
                Optional.ofNullable(words.path("message").textValue()));
    }

    private JsonNode customer(DeadLetter letter, KeptCustomer kept) {
        return kept.corrected()
                ? sealing.openCorrection(letter.sequence(), letter.id().provider(), kept.sealed())
                : sealing.openPayload(letter.id().message(), kept.sealed());
    }
}
