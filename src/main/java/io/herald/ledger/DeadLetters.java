package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.executeAll;
import static io.herald.ledger.Database.integer;
import static io.herald.ledger.Database.query;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The deliveries in the ledger that did not succeed: lists, replays and discards them. Each decision and what it changes are
 * one write, so that of two operators who act on the same delivery one comes too late, and is told so.
 */
@Singleton
public final class DeadLetters {

    /** The states of what can be listed. */
    public static final Set<String> LISTED = Set.of("dead", "rejected", "retrying");

    /** The states of what can be replayed. */
    public static final Set<String> REPLAYED = Set.of("dead", "rejected");

    /** The condition of the index {@code delivery_failed}, which SQLite uses only for a query that repeats it. */
    private static final String IS_INDEXED = " and d.state in ('rejected', 'dead', 'retrying')";

    /**
     * About how many dead letters one write of {@link #replayAll} looks at, so that other writes do not wait long behind it.
     */
    private static final int BATCH = 1000;

    private static final String LETTERS =
            "select m.id, d.sequence, d.provider, d.reference, d.state, d.outcome, d.attempts,"
                    + " d.updated_at, m.source, d.reason, d.http_status from delivery d join message m on m.sequence = d.sequence";

    /** A delivery that is a dead letter or was one: it is in one of these states, or was replayed. */
    private static final String IS_OR_WAS_DEAD =
            " and (d.source = 'replay' or d.state in ('dead', 'rejected', 'retrying', 'discarded'))";

    private static final String HAS_CUSTOMER = "(d.correction is not null or exists (select 1 from message m"
            + " where m.sequence = d.sequence and m.payload is not null))";

    /** The rows that have the customer of a delivery, where that may still be delivered. */
    private static final String OF_CUSTOMER = " from message m join delivery d on d.sequence = m.sequence"
            + " where d.sequence = ? and d.provider = ? and d.state not in ('delivered', 'discarded')";

    /** Whether a newer delivery of the lane was delivered, or is in hand, and so may be delivered at any moment. */
    private static final String OVERTAKEN = "exists (select 1 from delivery n where n.provider = d.provider"
            + " and n.reference = d.reference and n.sequence > d.sequence"
            + " and (n.state = 'delivered' or n.owner is not null))";

    /** Whether an earlier try may have created the customer without our knowing. */
    private static final String UNCLEAR =
            "(d.unclear_since is not null or d.reason = 'unclear' and d.sent_at is not null)";

    private static final String STANDING =
            "select d.sequence, (select id from message m where m.sequence = d.sequence), d.provider, d.reference, d.state, d.reason, d.http_status, d.owner, d.request is not null,"
                    + " d.sent_at, " + HAS_CUSTOMER + ", " + OVERTAKEN + ", " + UNCLEAR + " from delivery d";

    /** The reason of a delivery that was never tried, because its provider is not enabled. */
    private static final String NEVER_TRIED = "unavailable";

    private static final String PENDING =
            " set state = 'pending', source = 'replay', parks = 0, due_at = 0, updated_at = ?, trace = ?";

    /** As {@link #PENDING}. What was sent before is forgotten, but not that the provider may have the customer. */
    private static final String PENDING_ANEW =
            PENDING + ", generation = generation + 1, request = null, sent_at = null";

    private final Database database;
    private final Sealing sealing;
    private final ObjectMapper json;
    private final Clock clock;

    DeadLetters(Database database, Sealing sealing, ObjectMapper json, Clock clock) {
        this.database = database;
        this.sealing = sealing;
        this.json = json;
        this.clock = clock;
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

    /**
     * Replays a dead or rejected delivery: it is pending again, and is mapped anew and sent under another idempotency key.
     * Where only its former key can tell whether the provider has the customer already, the same request is sent again,
     * under that key, unless it is forced.
     *
     * @param correction the customer to deliver instead
     * @param force whether to replay it also when it was overtaken, or nothing can tell whether the provider has the
     *     customer. In the second case, and when it ended as unclear, the provider is taken not to have the customer. If it
     *     ended because its link was broken, that link is dropped
     * @param trace the {@code traceparent} of what asks for it
     * @return why it was refused; empty when it is durable
     * @throws LedgerException if the ledger cannot be written
     */
    public Optional<DeadLetter.Refusal> replay(
            DeadLetter.Id id,
            DeadLetter.Provider provider,
            Optional<JsonNode> correction,
            boolean force,
            Optional<String> trace) {
        long now = clock.millis();
        return database.write(connection -> {
            List<Standing> found = standing(connection, id);
            if (found.isEmpty()) {
                return Optional.of(DeadLetter.Refusal.UNKNOWN);
            }
            Standing standing = found.get(0);
            Optional<DeadLetter.Refusal> refusal = standing.refusal(provider, correction.isPresent(), force, now);
            if (refusal.isPresent()) {
                return refusal;
            }
            if (force && (standing.needsForce(provider) || standing.isGivenUpAsUnclear())) {
                forgetWhatIsUnclear(connection, standing);
            }
            if (force && standing.hasBrokenLink() && dropLink(connection, standing) && provider.looksUp()) {
                mayBeThere(connection, standing, now);
            }
            boolean tellsByKey = correction.isEmpty() && standing.tellsByKey(provider, now);
            execute(
                    connection,
                    "update delivery" + (tellsByKey && !force ? PENDING : PENDING_ANEW)
                            + ", correction = coalesce(?, correction) where sequence = ? and provider = ?",
                    now,
                    trace.orElse(null),
                    correction
                            .map(customer -> sealing.correction(standing.sequence(), standing.provider(), customer))
                            .orElse(null),
                    standing.sequence(),
                    standing.provider());
            if (correction.isPresent()) {
                eraseAgain(connection, standing.sequence(), now);
            }
            return Optional.empty();
        });
    }

    /** Has a message that was erased already erased once more, when its corrected delivery has ended well. */
    private static void eraseAgain(Connection connection, long sequence, long now) throws SQLException {
        execute(
                connection,
                "update message set reduce_at = ? where sequence = ? and payload is null",
                now + Erasure.WORDS_KEPT.toMillis(),
                sequence);
    }

    private static void forgetWhatIsUnclear(Connection connection, Standing standing) throws SQLException {
        execute(
                connection,
                "update delivery set unclear_since = null, look_up = null where provider = ? and reference = ?"
                        + " and state not in ('pending', 'retrying')",
                standing.provider(),
                standing.reference());
    }

    /**
     * Forgets the link that a delivery was refused with, so that its customer is created anew.
     *
     * @return whether it was dropped: not if another link has taken its place, and not if another delivery of the lane was
     *     delivered since, or is in hand
     */
    private static boolean dropLink(Connection connection, Standing standing) throws SQLException {
        return execute(
                        connection,
                        "delete from link where reference = ? and provider = ? and provider_customer_id ="
                                + " (select d.request_link from delivery d where d.sequence = ? and d.provider = link.provider"
                                + " and not exists (select 1 from delivery n where n.provider = d.provider"
                                + " and n.reference = d.reference"
                                + " and (n.owner is not null or n.state = 'delivered' and n.updated_at >= d.updated_at)))",
                        standing.reference(),
                        standing.provider(),
                        standing.sequence())
                > 0;
    }

    /** Has the customer of a delivery looked up before it is sent. */
    private static void mayBeThere(Connection connection, Standing standing, long now) throws SQLException {
        execute(
                connection,
                "update delivery set unclear_since = ? where sequence = ? and provider = ?",
                now,
                standing.sequence(),
                standing.provider());
    }

    /**
     * A batch of a replay of many.
     *
     * @param upTo the last sequence that was looked at
     * @param letters those of the batch that were replayed
     */
    private record Replayed(long upTo, List<DeadLetter.Id> letters) {}

    /**
     * Replays all that match, as {@link #replay} does without force: the oldest first, a batch at a time, each of them once,
     * also if it fails again meanwhile. Returns when that is durable.
     *
     * @param providers the providers that deliveries can be made to; what is for another one is left as it is
     * @param trace the {@code traceparent} of what asks for it
     * @param replayed takes each that was replayed, once that is durable
     * @return how many were replayed
     * @throws RuntimeException if the ledger cannot be used now; what is left can be replayed by another call
     */
    public int replayAll(
            DeadLetter.Filter filter,
            Collection<DeadLetter.Provider> providers,
            Optional<String> trace,
            Consumer<DeadLetter.Id> replayed) {
        Map<String, DeadLetter.Provider> byId =
                providers.stream().collect(Collectors.toMap(DeadLetter.Provider::id, Function.identity()));
        int count = 0;
        Optional<Replayed> batch = replayNext(filter, byId, trace, 0);
        while (batch.isPresent()) {
            count += batch.get().letters().size();
            batch.get().letters().forEach(replayed);
            batch = replayNext(filter, byId, trace, batch.get().upTo());
        }
        return count;
    }

    private Optional<Replayed> replayNext(
            DeadLetter.Filter filter, Map<String, DeadLetter.Provider> providers, Optional<String> trace, long after) {
        long now = clock.millis();
        return database.write(connection -> {
            Optional<Long> last = lastOfBatch(connection, filter, after);
            if (last.isEmpty()) {
                return Optional.<Replayed>empty();
            }
            List<Object[]> again = new ArrayList<>();
            List<Object[]> anew = new ArrayList<>();
            List<DeadLetter.Id> letters = new ArrayList<>();
            for (Standing standing : standings(connection, filter, after, last.get())) {
                DeadLetter.Provider provider = providers.get(standing.provider());
                if (provider != null
                        && standing.refusal(provider, false, false, now).isEmpty()) {
                    (standing.tellsByKey(provider, now) ? again : anew)
                            .add(new Object[] {now, trace.orElse(null), standing.sequence(), provider.id()});
                    letters.add(new DeadLetter.Id(standing.message(), provider.id()));
                }
            }
            executeAll(connection, "update delivery" + PENDING + " where sequence = ? and provider = ?", again);
            executeAll(connection, "update delivery" + PENDING_ANEW + " where sequence = ? and provider = ?", anew);
            return Optional.of(new Replayed(last.get(), letters));
        });
    }

    /**
     * The last sequence of the next batch; empty if there is none. Asks for each state by itself, because the index has each
     * of them in order, but not several together.
     */
    private static Optional<Long> lastOfBatch(Connection connection, DeadLetter.Filter filter, long after)
            throws SQLException {
        List<Object> parameters = new ArrayList<>();
        List<String> ofEachState = new ArrayList<>();
        for (String state : filter.states()) {
            String where = where(new DeadLetter.Filter(Set.of(state), filter.provider(), filter.reason()), parameters);
            parameters.add(after);
            ofEachState.add("select sequence from (select d.sequence from delivery d" + where
                    + " and d.sequence > ? order by d.sequence limit " + BATCH + ") as " + state);
        }
        return query(
                        connection,
                        "select max(batch.sequence) from (" + String.join(" union all ", ofEachState)
                                + " order by sequence limit " + BATCH + ") as batch having count(*) > 0",
                        row -> row.getLong(1),
                        parameters.toArray())
                .stream()
                .findFirst();
    }

    /** Those that match, after one sequence and up to another one, that included. */
    private static List<Standing> standings(Connection connection, DeadLetter.Filter filter, long after, long upTo)
            throws SQLException {
        List<Object> parameters = new ArrayList<>();
        String sql = STANDING + where(filter, parameters) + " and d.sequence > ? and d.sequence <= ?";
        parameters.addAll(List.of(after, upTo));
        return query(connection, sql, DeadLetters::standing, parameters.toArray());
    }

    /**
     * Discards a delivery that is dead or rejected, or is retrying and in nobody's hands. The provider's words are erased,
     * and the customer if no other delivery of the message needs it.
     *
     * @param enabled whether its provider is enabled; if not, nobody takes it up, and it may be discarded while it is
     *     pending too
     * @return why it was refused; empty when it is durable
     * @throws LedgerException if the ledger cannot be written
     */
    public Optional<DeadLetter.Refusal> discard(DeadLetter.Id id, boolean enabled) {
        return database.write(connection -> {
            List<Standing> found = standing(connection, id);
            if (found.isEmpty()) {
                return Optional.of(DeadLetter.Refusal.UNKNOWN);
            }
            Standing standing = found.get(0);
            boolean stays = !enabled && standing.state().equals("pending");
            if (standing.inHand() || !LISTED.contains(standing.state()) && !stays) {
                return Optional.of(DeadLetter.Refusal.WRONG_STATE);
            }
            execute(
                    connection,
                    "update delivery set state = 'discarded', due_at = 0, request = null, correction = null, outcome = ?,"
                            + " updated_at = ? where sequence = ? and provider = ?",
                    sealing.outcome(
                            standing.sequence(),
                            standing.provider(),
                            discarded(json, standing.reason(), standing.httpStatus(), "given up by an operator")),
                    clock.millis(),
                    standing.sequence(),
                    standing.provider());
            execute(
                    connection,
                    "update attempt set words = null where sequence = ? and provider = ?",
                    standing.sequence(),
                    standing.provider());
            letGoOn(connection, standing);
            DeliveryWrites.forgetWhenNobodyNeedsIt(connection, List.of(standing.sequence()));
            return Optional.empty();
        });
    }

    /** Makes due what waits behind a delivery that was discarded: it would otherwise wait until that one was due. */
    private static void letGoOn(Connection connection, Standing standing) throws SQLException {
        execute(
                connection,
                "update delivery set due_at = 0 where provider = ? and reference = ?"
                        + " and state in ('pending', 'retrying') and owner is null and " + TakeUp.WAITS_FOR_ITS_TURN,
                standing.provider(),
                standing.reference());
    }

    /** A delivery, as it stands in the write that decides about it. */
    private record Standing(
            long sequence,
            UUID message,
            String provider,
            String reference,
            String state,
            String reason,
            Optional<Integer> httpStatus,
            boolean inHand,
            boolean hasRequest,
            long sentAt,
            boolean hasCustomer,
            boolean overtaken,
            boolean unclear) {

        /** Whether it ended because nobody could tell whether the provider has the customer. */
        boolean isGivenUpAsUnclear() {
            return "unclear".equals(reason);
        }

        /** Whether it ended because the provider does not know the customer by the id of the link. */
        boolean hasBrokenLink() {
            return "link_broken".equals(reason);
        }

        /** Whether the provider may have the customer, and there is no look-up that could tell. */
        boolean needsForce(DeadLetter.Provider provider) {
            return unclear && !provider.looksUp();
        }

        /** Whether the provider may have the customer, and only the same request can tell, sent again under its key. */
        boolean tellsByKey(DeadLetter.Provider provider, long now) {
            return needsForce(provider) && isRemembered(provider, now);
        }

        /** Whether the provider still remembers the key of the request that was sent. */
        private boolean isRemembered(DeadLetter.Provider provider, long now) {
            return hasRequest
                    && provider.keyLifetime()
                            .filter(lifetime -> sentAt + lifetime.toMillis() > now)
                            .isPresent();
        }

        /** Why it is not replayed, or empty. */
        Optional<DeadLetter.Refusal> refusal(DeadLetter.Provider provider, boolean corrected, boolean force, long now) {
            if (!REPLAYED.contains(state)) {
                return Optional.of(DeadLetter.Refusal.WRONG_STATE);
            }
            if (!corrected && !hasCustomer) {
                return Optional.of(DeadLetter.Refusal.ERASED);
            }
            if (overtaken && !force) {
                return Optional.of(DeadLetter.Refusal.OVERTAKEN);
            }
            boolean tellsByKey = !corrected && tellsByKey(provider, now);
            return needsForce(provider) && !tellsByKey && !force
                    ? Optional.of(DeadLetter.Refusal.UNCLEAR)
                    : Optional.empty();
        }
    }

    private static List<Standing> standing(Connection connection, DeadLetter.Id id) throws SQLException {
        return query(
                connection,
                STANDING + " where d.sequence = (select sequence from message where id = ?) and d.provider = ?",
                DeadLetters::standing,
                id.message().toString(),
                id.provider());
    }

    private static Standing standing(ResultSet row) throws SQLException {
        return new Standing(
                row.getLong(1),
                UUID.fromString(row.getString(2)),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                integer(row, 7),
                row.getString(8) != null,
                row.getBoolean(9),
                row.getLong(10),
                row.getBoolean(11),
                row.getBoolean(12),
                row.getBoolean(13));
    }

    /**
     * What the report says of a delivery that was given up: why it did not succeed, in none of the provider's words.
     *
     * @param message who gave it up, or why
     */
    static ObjectNode discarded(ObjectMapper json, String reason, Optional<Integer> httpStatus, String message) {
        ObjectNode outcome = json.createObjectNode().put("state", "discarded");
        ObjectNode error = outcome.putObject("error")
                .put("code", "discarded")
                .put("reason", Objects.requireNonNullElse(reason, NEVER_TRIED));
        httpStatus.ifPresent(status -> error.put("httpStatus", status));
        error.put("message", message);
        return outcome;
    }

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
        DeadLetter.Id id = new DeadLetter.Id(UUID.fromString(row.getString(1)), row.getString(3));
        long sequence = row.getLong(2);
        return new DeadLetter(
                id,
                sequence,
                row.getString(4),
                row.getString(5),
                error(sequence, id.provider(), row),
                row.getInt(7),
                Instant.ofEpochMilli(row.getLong(8)),
                row.getString(9));
    }

    /**
     * The error of an outcome. If that was sealed with a payload key that is no longer used, it is made of what is kept in
     * clear.
     */
    private Optional<ObjectNode> error(long sequence, String provider, ResultSet row) throws SQLException {
        byte[] outcome = row.getBytes(6);
        if (outcome == null) {
            return Optional.empty();
        }
        try {
            return Optional.ofNullable((ObjectNode)
                    sealing.openOutcome(sequence, provider, outcome).get("error"));
        } catch (IllegalStateException e) {
            String reason = row.getString(10);
            ObjectNode error = json.createObjectNode().put("code", reason).put("reason", reason);
            int status = row.getInt(11);
            if (!row.wasNull()) {
                error.put("httpStatus", status);
            }
            return Optional.of(error.put("message", "it was sealed with a payload key that is not used any more"));
        }
    }

    private Attempt attempt(DeadLetter letter, ResultSet row) throws SQLException {
        byte[] sealed = row.getBytes(5);
        ObjectNode words = sealed == null
                ? json.createObjectNode()
                : sealing.openWords(letter.sequence(), letter.id().provider(), sealed);
        return new Attempt(
                Instant.ofEpochMilli(row.getLong(1)),
                row.getLong(2),
                integer(row, 3),
                Optional.ofNullable(words.path("code").textValue()),
                Optional.ofNullable(row.getString(4)),
                Optional.ofNullable(words.path("message").textValue()));
    }

    private JsonNode customer(DeadLetter letter, KeptCustomer kept) {
        return kept.corrected()
                ? sealing.openCorrection(letter.sequence(), letter.id().provider(), kept.sealed())
                : sealing.openPayload(letter.id().message(), kept.sealed());
    }
}
