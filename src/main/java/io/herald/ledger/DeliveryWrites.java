package io.herald.ledger;

import static io.herald.ledger.Database.executeAll;
import static io.herald.ledger.Database.finds;
import static io.herald.ledger.Ledger.IN_HAND;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The writes about deliveries in hand: a request before it is sent, and an outcome. Those that come at the same time are
 * done together, as a {@link GroupCommit.Batch}.
 */
final class DeliveryWrites {

    /** Whether another reference is linked to the same customer of a provider. */
    static final String ANOTHERS =
            "select 1 from link where provider = ? and provider_customer_id = ? and reference <> ?";

    private static final String NEW_LINK = """
            insert into link (reference, provider, provider_customer_id, updated_at) %s
            on conflict (reference, provider)
              do update set provider_customer_id = excluded.provider_customer_id, updated_at = excluded.updated_at
              where link.provider_customer_id <> excluded.provider_customer_id
            """;

    /** Keeps a link, or changes it if it leads to another customer. */
    static final String LINK = NEW_LINK.formatted("values (?, ?, ?, ?)");

    /**
     * As {@link #LINK}, if the delivery is in hand, and if no other reference is linked to the provider's customer or that
     * does not matter ({@link Progress.NewLink#mayBeShared}).
     */
    private static final String LINK_UNLESS_ANOTHERS = NEW_LINK.formatted("""
            select ?, ?, ?, ? where exists (select 1 from delivery where %s) and (? or not exists (%s))
            """.formatted(IN_HAND, ANOTHERS));

    private static final String KEEP_REQUEST = """
            update delivery set request = ?, request_link = ?, sent_at = coalesce(sent_at, ?), unclear_since = ?,
              due_at = ?, look_up = coalesce(?, look_up), updated_at = ?
            where %s
            """.formatted(IN_HAND);

    private static final String KEEP_OUTCOME = """
            update delivery set state = ?, attempts = ?, unclear_since = ?,
              look_up = case when ? then look_up else null end, parks = ?, due_at = ?, duration_ms = ?,
              updated_at = ?, outcome = ?, reason = ?, http_status = ?, trace = ?, owner = null,
              request = case when ? then null else request end,
              correction = case when ? then null else correction end
            where %s
            """.formatted(IN_HAND);

    /**
     * Whether an outcome was kept already, by a write whose caller was told that it failed, and nobody has taken the
     * delivery up since.
     */
    private static final String IS_KEPT = "select 1 from delivery where sequence = ? and provider = ? and owner is null"
            + " and takes = ? and state = ? and attempts = ? and parks = ? and due_at = ?";

    private final Sealing sealing;
    private final ObjectMapper json;
    private final String me;
    private final GroupCommit.Batch<Request, Boolean> requests = this::keepRequests;
    private final GroupCommit.Batch<Outcome, Recorded> outcomes = this::keepOutcomes;

    DeliveryWrites(Sealing sealing, ObjectMapper json, String me) {
        this.sealing = sealing;
        this.json = json;
        this.me = me;
    }

    /** A write whose result is whether the request was kept: not if another program has the delivery in hand by now. */
    GroupCommit.Write<Boolean> keeping(Request request) {
        return new GroupCommit.BatchedWrite<>(requests, request);
    }

    /** A write whose result is what became of the outcome. */
    GroupCommit.Write<Recorded> keeping(Outcome outcome) {
        return new GroupCommit.BatchedWrite<>(outcomes, outcome);
    }

    /**
     * A request that is to be kept before it is sent. Times are in milliseconds since 1970.
     *
     * @param sealed its text, encrypted
     * @param link the provider's id of the customer that it was made with; empty if it is a create
     * @param underWayUntil as {@link Ledger.UnderWay#until}
     * @param mayCreate as {@link Ledger.UnderWay#mayCreate}
     * @param lookUp a digest of what the customer would be looked up by, encrypted; null where nothing is looked up
     */
    record Request(
            Message message,
            String provider,
            byte[] sealed,
            Optional<String> link,
            long at,
            long underWayUntil,
            boolean mayCreate,
            byte[] lookUp) {}

    private List<Boolean> keepRequests(Connection connection, List<Request> requests) throws SQLException {
        int[] changed = executeAll(
                connection,
                KEEP_REQUEST,
                requests.stream()
                        .map(request -> new Object[] {
                            request.sealed(),
                            request.link().orElse(null),
                            request.at(),
                            request.mayCreate() ? request.underWayUntil() : null,
                            request.mayCreate() ? 0L : request.underWayUntil(),
                            request.lookUp(),
                            request.at(),
                            request.message().sequence(),
                            request.provider(),
                            me,
                            request.message().takes()
                        })
                        .toList());
        return Arrays.stream(changed).mapToObj(rows -> rows > 0).toList();
    }

    /**
     * An outcome that is to be kept.
     *
     * @param sealed the outcome as the report shows it, encrypted
     * @param at in milliseconds since 1970
     */
    record Outcome(Message message, String provider, Progress progress, byte[] sealed, long at) {

        long sequence() {
            return message.sequence();
        }

        String state() {
            return progress.outcome().get("state").textValue();
        }

        boolean isDelivered() {
            return state().equals("delivered");
        }

        Object[] linkRow(String me) {
            Progress.NewLink link = progress.newLink().orElseThrow();
            String id = link.providerCustomerId();
            return new Object[] {
                message.reference(),
                provider,
                id,
                at,
                sequence(),
                provider,
                me,
                message.takes(),
                link.mayBeShared(),
                provider,
                id,
                message.reference()
            };
        }

        long dueAt() {
            return progress.dueAt().map(Instant::toEpochMilli).orElse(0L);
        }

        boolean isKept(Connection connection) throws SQLException {
            return finds(
                    connection,
                    IS_KEPT,
                    sequence(),
                    provider,
                    message.takes(),
                    state(),
                    progress.attempts(),
                    progress.parks(),
                    dueAt());
        }

        Object[] row(String me) {
            JsonNode error = progress.outcome().path("error");
            return new Object[] {
                state(),
                progress.attempts(),
                progress.unclearSince().map(Instant::toEpochMilli).orElse(null),
                progress.unclearSince().isPresent(),
                progress.parks(),
                dueAt(),
                progress.durationMillis(),
                at,
                sealed,
                error.path("reason").textValue(),
                error.has("httpStatus") ? error.get("httpStatus").intValue() : null,
                progress.trace().orElse(null),
                isDelivered(),
                isDelivered(),
                sequence(),
                provider,
                me,
                message.takes()
            };
        }
    }

    private List<Recorded> keepOutcomes(Connection connection, List<Outcome> outcomes) throws SQLException {
        Map<Outcome, Recorded> became = new IdentityHashMap<>();
        link(connection, outcomes).forEach(outcome -> became.put(outcome, Recorded.LINKED_TO_ANOTHER));
        List<Outcome> ours = outcomes.stream()
                .filter(outcome -> !became.containsKey(outcome))
                .toList();
        int[] changed = executeAll(
                connection,
                KEEP_OUTCOME,
                ours.stream().map(outcome -> outcome.row(me)).toList());
        List<Outcome> kept = new ArrayList<>();
        for (int i = 0; i < changed.length; i++) {
            Outcome outcome = ours.get(i);
            if (changed[i] > 0) {
                kept.add(outcome);
            }
            boolean isKept = changed[i] > 0 || outcome.isKept(connection);
            became.put(outcome, isKept ? Recorded.KEPT : Recorded.TAKEN_OVER);
        }
        keepTries(connection, kept);
        forgetWhenNobodyNeedsIt(
                connection,
                kept.stream()
                        .filter(Outcome::isDelivered)
                        .map(Outcome::sequence)
                        .distinct()
                        .toList());
        return outcomes.stream().map(became::get).toList();
    }

    /** Keeps the new links; returns the outcomes with a customer of the provider that another reference is linked to. */
    private List<Outcome> link(Connection connection, List<Outcome> outcomes) throws SQLException {
        List<Outcome> linking = outcomes.stream()
                .filter(outcome -> outcome.progress().newLink().isPresent())
                .toList();
        int[] linked = executeAll(
                connection,
                LINK_UNLESS_ANOTHERS,
                linking.stream().map(outcome -> outcome.linkRow(me)).toList());
        List<Outcome> anothers = new ArrayList<>();
        for (int i = 0; i < linked.length; i++) {
            Outcome outcome = linking.get(i);
            Progress.NewLink link = outcome.progress().newLink().orElseThrow();
            if (linked[i] == 0
                    && !link.mayBeShared()
                    && finds(
                            connection,
                            ANOTHERS,
                            outcome.provider(),
                            link.providerCustomerId(),
                            outcome.message().reference())) {
                anothers.add(outcome);
            }
        }
        return anothers;
    }

    private void keepTries(Connection connection, List<Outcome> outcomes) throws SQLException {
        executeAll(
                connection,
                "insert into attempt (sequence, provider, at, duration_ms, http_status, reason, words)"
                        + " values (?, ?, ?, ?, ?, ?, ?)",
                outcomes.stream()
                        .flatMap(outcome -> outcome.progress().tries().stream()
                                .map(attempt -> row(outcome.sequence(), outcome.provider(), attempt)))
                        .toList());
    }

    private Object[] row(long sequence, String provider, Attempt attempt) {
        ObjectNode words = json.createObjectNode();
        attempt.code().ifPresent(code -> words.put("code", code));
        attempt.message().ifPresent(text -> words.put("message", text));
        return new Object[] {
            sequence,
            provider,
            attempt.at().toEpochMilli(),
            attempt.durationMillis(),
            attempt.httpStatus().orElse(null),
            attempt.reason().orElse(null),
            words.isEmpty() ? null : sealing.words(sequence, provider, words)
        };
    }

    /**
     * Erases the customer of a message, and what providers said of failed tries, when all its deliveries have ended well.
     * Each request was erased when its delivery ended well. The outcomes can still be asked for in full during
     * {@link Erasure#WORDS_KEPT}.
     */
    static void forgetWhenNobodyNeedsIt(Connection connection, List<Long> sequences) throws SQLException {
        int[] forgotten = executeAll(
                connection,
                """
                update message set payload = null,
                  reduce_at = ? + (select max(updated_at) from delivery where sequence = message.sequence)
                where sequence = ? and not exists (select 1 from delivery
                  where sequence = message.sequence and state not in ('delivered', 'discarded'))
                """,
                sequences.stream()
                        .map(sequence -> new Object[] {Erasure.WORDS_KEPT.toMillis(), sequence})
                        .toList());
        executeAll(
                connection,
                "update attempt set words = null where sequence = ? and words is not null",
                IntStream.range(0, forgotten.length)
                        .filter(i -> forgotten[i] > 0)
                        .mapToObj(i -> new Object[] {sequences.get(i)})
                        .toList());
    }
}
