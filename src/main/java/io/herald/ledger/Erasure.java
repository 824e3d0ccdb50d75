package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.finds;
import static io.herald.ledger.Database.integer;
import static io.herald.ledger.Database.query;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.audit.Audit;
import io.herald.caller.Callers;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Erases from the ledger what is no longer to be kept of customers. What is left of a message is its trace: the reference,
 * the providers with their ids of the customer, and how and when each delivery ended.
 */
@Singleton
public final class Erasure {

    /** How long a caller can still ask for the providers' urls after all deliveries of a message have ended well. */
    static final Duration WORDS_KEPT = Duration.ofHours(1);

    /** How many messages, or idempotency keys, one write erases at most, so that other writes do not wait long behind it. */
    private static final int BATCH = 100;

    /** How large the messages that one write erases may be together, in bytes of JSON; one is erased in any case. */
    private static final long BATCH_BYTES = 16 << 20;

    /** How many messages one write erases at most when all that is kept about a customer is erased. */
    private static final int CUSTOMER_BATCH = 1000;

    /** A message whose customer was erased, and for which an operator has given a corrected one since. */
    private static final String ONLY_CORRECTED = "payload is null and accepted_at <= ?"
            + " and sequence in (select sequence from delivery where correction is not null)";

    private static final String NOT_ENABLED =
            "given up because its provider was not enabled, and herald.retention was over";

    private static final Logger LOG = Logger.getLogger(Erasure.class);

    /** How a request to erase a customer ended. */
    public enum Result {
        ERASED,
        /** Nothing is known of such a customer. */
        UNKNOWN,
        /** A delivery may be under way; nothing was erased. */
        IN_FLIGHT,
        /** A delivery came in the middle; older messages were erased, and nothing else. */
        PARTLY
    }

    private final Database database;
    private final Sealing sealing;
    private final ObjectMapper json;
    private final Clock clock;
    private final Duration retention;
    private final Duration idempotencyRetention;

    public Erasure(
            Database database,
            Sealing sealing,
            ObjectMapper json,
            Clock clock,
            @ConfigProperty(name = "herald.retention", defaultValue = "30d") Duration retention,
            @ConfigProperty(name = "herald.idempotency.retention", defaultValue = "7d") Duration idempotencyRetention) {
        this.database = database;
        this.sealing = sealing;
        this.json = json;
        this.clock = clock;
        this.retention = retention;
        this.idempotencyRetention = idempotencyRetention;
    }

    /**
     * Erases all that is due, a batch at a time; returns when that is durable.
     *
     * @param enabled the providers that deliveries are made to; what waits for another one is erased as if it had ended
     * @throws RuntimeException if the ledger cannot be used now; what is left is erased the next time
     */
    public void sweep(Collection<String> enabled) {
        long now = clock.millis();
        while (!eraseNext(connection -> endedWell(connection, now)).isEmpty()) {
            LOG.debug("Messages that ended well were reduced to their traces");
        }
        while (forgetKeys(now) > 0) {
            LOG.debug("Idempotency keys were forgotten");
        }
        eraseKeptLongEnough(enabled, now, "payload is not null and accepted_at <= ?");
        eraseKeptLongEnough(enabled, now, ONLY_CORRECTED);
        database.forgetErased();
    }

    private record Due(long sequence, String message, long size) {}

    /**
     * The messages whose deliveries have all ended well, an hour ago or more. Of a message that was erased before, and
     * corrected since, only the corrected deliveries need have ended well.
     */
    private static List<Due> endedWell(Connection connection, long now) throws SQLException {
        return due(connection, """
                reduce_at <= ? and not exists (select 1 from delivery d where d.sequence = m.sequence
                  and (d.correction is not null or d.state in ('pending', 'retrying') or d.updated_at > ?))
                order by reduce_at
                """, now, now - WORDS_KEPT.toMillis());
    }

    /**
     * The messages of which something was not delivered, and nothing has happened for {@code herald.retention}.
     *
     * @param kept a condition: what is still kept of them
     */
    private List<Due> keptLongEnough(Connection connection, Collection<String> enabled, long now, String kept)
            throws SQLException {
        long before = now - retention.toMillis();
        List<Object> parameters = new ArrayList<>();
        parameters.add(before);
        parameters.addAll(enabled);
        parameters.add(before);
        return due(
                connection,
                kept + " and not exists (select 1 from delivery d where d.sequence = m.sequence and ("
                        + mayBeUnderWay(enabled) + " or d.updated_at > ?)) order by accepted_at",
                parameters.toArray());
    }

    /**
     * A condition: the delivery may be under way, because it is in hand, or waits for a provider that is enabled. What waits
     * for another provider is taken up by nobody. Its parameters are the enabled providers.
     */
    private static String mayBeUnderWay(Collection<String> enabled) {
        return "(d.owner is not null or d.state in ('pending', 'retrying') and d.provider in ("
                + String.join(", ", Collections.nCopies(enabled.size(), "?")) + "))";
    }

    private static List<Due> due(Connection connection, String condition, Object... parameters) throws SQLException {
        List<Due> due = new ArrayList<>();
        long bytes = 0;
        for (Due next : query(
                connection,
                "select sequence, id, size from message m where " + condition + " limit " + BATCH,
                row -> new Due(row.getLong(1), row.getString(2), row.getLong(3)),
                parameters)) {
            bytes += next.size();
            if (!due.isEmpty() && bytes > BATCH_BYTES) {
                break;
            }
            due.add(next);
        }
        return due;
    }

    private List<Due> eraseNext(GroupCommit.Write<List<Due>> anyDue) {
        return database.write(connection -> {
            List<Due> due = anyDue.apply(connection);
            for (Due message : due) {
                erase(connection, message.sequence());
            }
            return due;
        });
    }

    /** Erases what was kept for as long as it may be without ending well, and writes each message to the audit log. */
    private void eraseKeptLongEnough(Collection<String> enabled, long now, String kept) {
        List<Due> erased;
        do {
            erased = eraseNext(connection -> {
                List<Due> due = keptLongEnough(connection, enabled, now, kept);
                for (Due message : due) {
                    giveUp(connection, message.sequence());
                }
                return due;
            });
            erased.forEach(due -> Audit.did(Callers.HERALD, "erase", event -> event.put("message", due.message())));
        } while (!erased.isEmpty());
    }

    /**
     * Discards what waits of a message: without its customer it could not be delivered when its provider is enabled again.
     */
    private void giveUp(Connection connection, long sequence) throws SQLException {
        record Waiting(String provider, String reason, Optional<Integer> httpStatus) {}
        for (Waiting waiting : query(
                connection,
                "select provider, reason, http_status from delivery where sequence = ? and state in ('pending', 'retrying')",
                row -> new Waiting(row.getString("provider"), row.getString("reason"), integer(row, "http_status")),
                sequence)) {
            execute(
                    connection,
                    "update delivery set state = 'discarded', due_at = 0, outcome = ?, updated_at = ?"
                            + " where sequence = ? and provider = ?",
                    sealing.outcome(
                            sequence,
                            waiting.provider(),
                            Replays.discarded(json, waiting.reason(), waiting.httpStatus(), NOT_ENABLED)),
                    clock.millis(),
                    sequence,
                    waiting.provider());
        }
    }

    private void erase(Connection connection, long sequence) throws SQLException {
        record Kept(String provider, byte[] outcome) {}
        for (Kept kept : query(
                connection,
                "select provider, outcome from delivery where sequence = ?",
                row -> new Kept(row.getString(1), row.getBytes(2)),
                sequence)) {
            execute(
                    connection,
                    "update delivery set request = null, correction = null, outcome = ? where sequence = ? and provider = ?",
                    trace(sequence, kept.provider(), kept.outcome()),
                    sequence,
                    kept.provider());
        }
        execute(connection, "update attempt set words = null where sequence = ? and words is not null", sequence);
        execute(connection, "update message set payload = null, reduce_at = null where sequence = ?", sequence);
    }

    /** A sealed outcome without the provider's words and urls; null if there is none, or it cannot be opened any more. */
    private byte[] trace(long sequence, String provider, byte[] sealed) {
        if (sealed == null) {
            return null;
        }
        ObjectNode outcome;
        try {
            outcome = sealing.openOutcome(sequence, provider, sealed);
        } catch (RuntimeException e) {
            LOG.warnf("An outcome that was due for erasure is erased as a whole: %s", e.getMessage());
            return null;
        }
        if (outcome.path("state").asText().equals("discarded")) {
            // in Herald's own words already
            return sealing.outcome(sequence, provider, outcome);
        }
        outcome.retain("state", "operation", "providerCustomerId", "error");
        if (outcome.get("error") instanceof ObjectNode error) {
            error.retain("code", "reason", "httpStatus", "message");
            error.set("code", error.path("reason"));
            error.put("message", "the provider's words are no longer kept");
        } else {
            outcome.remove("error");
        }
        return sealing.outcome(sequence, provider, outcome);
    }

    private int forgetKeys(long now) {
        return database.write(connection -> execute(
                connection,
                "delete from idempotency where id in (select id from idempotency where kept_at <= ? limit " + BATCH
                        + ")",
                now - idempotencyRetention.toMillis()));
    }

    /**
     * A step of the erasure of a customer.
     *
     * @param isLast whether nothing is left to do
     * @param rows how many it erased
     * @param isUnderWay whether a delivery may be, so that it erased nothing
     */
    private record Step(boolean isLast, int rows, boolean isUnderWay) {}

    /**
     * Erases all that is kept about a customer, its links and what is left of its messages too, a batch of messages at a
     * time; returns when that is durable. A customer of fewer messages than a batch is erased in one write, or not at all.
     *
     * @param enabled the providers that deliveries are made to; what waits for another one is erased with the rest
     */
    public Result ofCustomer(String reference, Collection<String> enabled) {
        long rows = 0;
        Step step;
        do {
            step = database.write(connection -> eraseNext(connection, reference, enabled));
            rows += step.rows();
        } while (!step.isLast());
        if (rows > 0) {
            database.forgetErased();
        }
        if (step.isUnderWay()) {
            return rows > 0 ? Result.PARTLY : Result.IN_FLIGHT;
        }
        return rows > 0 ? Result.ERASED : Result.UNKNOWN;
    }

    /**
     * Erases the next messages of a customer and, with the last of them, its links, and its reference in the records of files;
     * nothing if a delivery may be under way.
     */
    private static Step eraseNext(Connection connection, String reference, Collection<String> enabled)
            throws SQLException {
        List<Object> parameters = new ArrayList<>(enabled);
        parameters.add(reference);
        boolean underWay = finds(
                connection,
                "select 1 from delivery d where " + mayBeUnderWay(enabled)
                        + " and d.sequence in (select sequence from message where reference = ?)",
                parameters.toArray());
        if (underWay) {
            return new Step(true, 0, true);
        }
        String oldest = " from message where reference = ? order by sequence limit " + CUSTOMER_BATCH + ")";
        execute(connection, "delete from idempotency where message in (select id" + oldest, reference);
        execute(connection, "delete from attempt where sequence in (select sequence" + oldest, reference);
        execute(connection, "delete from delivery where sequence in (select sequence" + oldest, reference);
        int messages =
                execute(connection, "delete from message where sequence in (select sequence" + oldest, reference);
        if (messages == CUSTOMER_BATCH) {
            return new Step(false, messages, false);
        }
        int others = execute(connection, "update record set reference = null where reference = ?", reference)
                + execute(connection, "delete from link where reference = ?", reference);
        return new Step(true, messages + others, false);
    }
}
