package io.herald.ledger;

import static io.herald.ledger.Database.instant;

import jakarta.inject.Singleton;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What the ledger knows of customers at the providers: their links, and what may have created them without our knowing. */
@Singleton
public final class KnownCustomers {

    /**
     * The last delivery of a reference to each provider. It is found from the index, so that the many earlier deliveries of
     * a customer that comes every minute are not read.
     */
    static final String LINKS = """
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

    private final Database database;
    private final Sealing sealing;

    KnownCustomers(Database database, Sealing sealing) {
        this.database = database;
        this.sealing = sealing;
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
            return lookUp.filter(digest -> Arrays.equals(digest, PayloadCipher.sha256(text)))
                    .isPresent();
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

    /** For each provider that ever got this customer: its id there, and the last message's state. */
    public List<Link> links(String reference) {
        return database.all(
                LINKS,
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
}
