package io.herald.ledger;

import static io.herald.ledger.Database.first;
import static io.herald.ledger.Database.integer;
import static io.herald.ledger.Database.query;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A delivery that is to be replayed or discarded, as it is in the write that decides about it.
 *
 * @param reason why it did not succeed, or null
 * @param inHand whether a program works on it
 * @param hasRequest whether the request that was sent last is kept
 * @param sentAt when that was sent first, in milliseconds since 1970
 * @param endedAt when it ended, in milliseconds since 1970
 * @param hasCustomer whether its customer is still kept, as it was accepted or corrected
 * @param overtaken whether a newer delivery of its lane was delivered, or may be at any moment
 * @param unclear whether an earlier try may have created the customer without our knowing
 */
record Candidate(
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
        long endedAt,
        boolean hasCustomer,
        boolean overtaken,
        boolean unclear) {

    private static final String SELECT = """
            select d.sequence, (select id from message m where m.sequence = d.sequence) as message, d.provider,
              d.reference, d.state, d.reason, d.http_status, d.owner is not null as in_hand,
              d.request is not null as has_request, d.sent_at, d.updated_at,
              (d.correction is not null
                or exists (select 1 from message m where m.sequence = d.sequence and m.payload is not null))
                as has_customer,
              exists (select 1 from delivery n where n.provider = d.provider and n.reference = d.reference
                and n.sequence > d.sequence and (n.state = 'delivered' or n.owner is not null)) as overtaken,
              (d.unclear_since is not null or d.reason = 'unclear' and d.sent_at is not null) as unclear
            from delivery d
            """;

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
        if (!Replays.REPLAYED.contains(state)) {
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

    /** The delivery of that id, if there is one. */
    static Optional<Candidate> of(Connection connection, DeadLetter.Id id) throws SQLException {
        return first(
                connection,
                SELECT + " where d.sequence = (select sequence from message where id = ?) and d.provider = ?",
                Candidate::of,
                id.message().toString(),
                id.provider());
    }

    /** Those that match, after one sequence and up to another one, that included. */
    static List<Candidate> matching(Connection connection, DeadLetter.Filter filter, long after, long upTo)
            throws SQLException {
        List<Object> parameters = new ArrayList<>();
        String sql = SELECT + DeadLetters.where(filter, parameters) + " and d.sequence > ? and d.sequence <= ?";
        parameters.addAll(List.of(after, upTo));
        return query(connection, sql, Candidate::of, parameters.toArray());
    }

    private static Candidate of(ResultSet row) throws SQLException {
        return new Candidate(
                row.getLong("sequence"),
                UUID.fromString(row.getString("message")),
                row.getString("provider"),
                row.getString("reference"),
                row.getString("state"),
                row.getString("reason"),
                integer(row, "http_status"),
                row.getBoolean("in_hand"),
                row.getBoolean("has_request"),
                row.getLong("sent_at"),
                row.getLong("updated_at"),
                row.getBoolean("has_customer"),
                row.getBoolean("overtaken"),
                row.getBoolean("unclear"));
    }
}
