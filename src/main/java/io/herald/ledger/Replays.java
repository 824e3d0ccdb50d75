package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.executeAll;
import static io.herald.ledger.Database.first;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Replays and discards {@link DeadLetters}. Each decision and what it changes are one write, so that of two operators who act
 * on the same delivery one comes too late, and is told so.
 */
@Singleton
public final class Replays {

    /** The states of what can be replayed. */
    public static final Set<String> REPLAYED = Set.of("dead", "rejected");

    /**
     * About how many dead letters one write of {@link #replayAll} looks at, so that other writes do not wait long behind it.
     */
    private static final int BATCH = 1000;

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

    Replays(Database database, Sealing sealing, ObjectMapper json, Clock clock) {
        this.database = database;
        this.sealing = sealing;
        this.json = json;
        this.clock = clock;
    }

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
            Optional<Candidate> found = Candidate.of(connection, id);
            if (found.isEmpty()) {
                return Optional.of(DeadLetter.Refusal.UNKNOWN);
            }
            Candidate candidate = found.get();
            Optional<DeadLetter.Refusal> refusal = candidate.refusal(provider, correction.isPresent(), force, now);
            if (refusal.isPresent()) {
                return refusal;
            }
            if (force && (candidate.needsForce(provider) || candidate.isGivenUpAsUnclear())) {
                forgetWhatIsUnclear(connection, candidate);
            }
            if (force && candidate.hasBrokenLink() && dropLink(connection, candidate) && provider.looksUp()) {
                mayBeThere(connection, candidate, now);
            }
            boolean tellsByKey = correction.isEmpty() && candidate.tellsByKey(provider, now);
            execute(
                    connection,
                    "update delivery" + (tellsByKey && !force ? PENDING : PENDING_ANEW)
                            + ", correction = coalesce(?, correction) where sequence = ? and provider = ?",
                    now,
                    trace.orElse(null),
                    correction
                            .map(customer -> sealing.correction(candidate.sequence(), candidate.provider(), customer))
                            .orElse(null),
                    candidate.sequence(),
                    candidate.provider());
            if (correction.isPresent()) {
                eraseAgain(connection, candidate.sequence(), now);
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

    /**
     * Not what a newer delivery has sent since: who looked when this one had ended need not have seen it. One that sent nothing
     * only waits for what was unclear before it.
     */
    private static void forgetWhatIsUnclear(Connection connection, Candidate candidate) throws SQLException {
        execute(
                connection,
                "update delivery set unclear_since = null, look_up = null where provider = ? and reference = ?"
                        + " and state not in ('pending', 'retrying')"
                        + " and (sequence <= ? or unclear_since <= ? or sent_at is null and attempts = 0)",
                candidate.provider(),
                candidate.reference(),
                candidate.sequence(),
                candidate.endedAt());
    }

    /**
     * Forgets the link that a delivery was refused with, so that its customer is created anew.
     *
     * @return whether it was dropped: not if another link has taken its place, and not if another delivery of the lane was
     *     delivered since, or is in hand
     */
    private static boolean dropLink(Connection connection, Candidate candidate) throws SQLException {
        return execute(connection, """
                        delete from link where reference = ? and provider = ? and provider_customer_id =
                          (select d.request_link from delivery d where d.sequence = ? and d.provider = link.provider
                            and not exists (select 1 from delivery n
                              where n.provider = d.provider and n.reference = d.reference
                              and (n.owner is not null or n.state = 'delivered' and n.updated_at >= d.updated_at)))
                        """, candidate.reference(), candidate.provider(), candidate.sequence()) > 0;
    }

    /** Has the customer of a delivery looked up before it is sent. */
    private static void mayBeThere(Connection connection, Candidate candidate, long now) throws SQLException {
        execute(
                connection,
                "update delivery set unclear_since = ? where sequence = ? and provider = ?",
                now,
                candidate.sequence(),
                candidate.provider());
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
            for (Candidate candidate : Candidate.matching(connection, filter, after, last.get())) {
                DeadLetter.Provider provider = providers.get(candidate.provider());
                if (provider != null
                        && candidate.refusal(provider, false, false, now).isEmpty()) {
                    (candidate.tellsByKey(provider, now) ? again : anew)
                            .add(new Object[] {now, trace.orElse(null), candidate.sequence(), provider.id()});
                    letters.add(new DeadLetter.Id(candidate.message(), provider.id()));
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
            String where = DeadLetters.where(
                    new DeadLetter.Filter(Set.of(state), filter.provider(), filter.reason()), parameters);
            parameters.add(after);
            ofEachState.add("select sequence from (select d.sequence from delivery d" + where
                    + " and d.sequence > ? order by d.sequence limit " + BATCH + ") as " + state);
        }
        return first(
                connection,
                "select max(batch.sequence) from (" + String.join(" union all ", ofEachState)
                        + " order by sequence limit " + BATCH + ") as batch having count(*) > 0",
                row -> row.getLong(1),
                parameters.toArray());
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
            Optional<Candidate> found = Candidate.of(connection, id);
            if (found.isEmpty()) {
                return Optional.of(DeadLetter.Refusal.UNKNOWN);
            }
            Candidate candidate = found.get();
            boolean stays = !enabled && candidate.state().equals("pending");
            if (candidate.inHand() || !DeadLetters.LISTED.contains(candidate.state()) && !stays) {
                return Optional.of(DeadLetter.Refusal.WRONG_STATE);
            }
            execute(
                    connection,
                    "update delivery set state = 'discarded', due_at = 0, request = null, correction = null, outcome = ?,"
                            + " updated_at = ? where sequence = ? and provider = ?",
                    sealing.outcome(
                            candidate.sequence(),
                            candidate.provider(),
                            discarded(json, candidate.reason(), candidate.httpStatus(), "given up by an operator")),
                    clock.millis(),
                    candidate.sequence(),
                    candidate.provider());
            execute(
                    connection,
                    "update attempt set words = null where sequence = ? and provider = ?",
                    candidate.sequence(),
                    candidate.provider());
            letGoOn(connection, candidate);
            DeliveryWrites.forgetWhenNobodyNeedsIt(connection, List.of(candidate.sequence()));
            return Optional.empty();
        });
    }

    /** Makes due what waits behind a delivery that was discarded: it would otherwise wait until that one was due. */
    private static void letGoOn(Connection connection, Candidate candidate) throws SQLException {
        execute(
                connection,
                "update delivery set due_at = 0 where provider = ? and reference = ?"
                        + " and state in ('pending', 'retrying') and owner is null and " + TakeUp.WAITS_FOR_ITS_TURN,
                candidate.provider(),
                candidate.reference());
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
}
