package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.finds;
import static io.herald.ledger.Database.first;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * The URL of each provider of which the ledger has links, or deliveries that wait. What is at another URL may be another system,
 * where the same ids are other people's.
 */
@Singleton
public final class ProviderUrls {

    /** The ids in the links, each found by the one before: to look at all links takes long where there are many. */
    private static final String LINKED = """
            with recursive linked (id) as (
              select min(provider) from link
              union all select (select min(provider) from link where provider > linked.id) from linked where linked.id is not null)
            select id from linked where id is not null
            """;

    /**
     * Where a provider is.
     *
     * @param movedFrom the URL at which it was before, with its customers
     */
    public record Place(String provider, String url, Optional<String> movedFrom) {}

    private final Database database;
    private final String me;

    ProviderUrls(Database database, Replica replica) {
        this.database = database;
        this.me = replica.id();
    }

    /**
     * Keeps where the providers are, unless the ledger has something of one of them that is of another URL, or another program
     * that runs may yet keep such a thing; then nothing is kept.
     *
     * @return by provider, that other URL
     * @throws LedgerException if the ledger cannot be written
     */
    public Map<String, String> keep(List<Place> places) {
        return database.write(connection -> {
            Map<String, String> refused = new TreeMap<>();
            for (Place place : places) {
                Optional<String> kept = first(
                                connection,
                                "select url from provider where id = ?",
                                row -> row.getString(1),
                                place.provider())
                        .filter(url -> !url.equals(place.url()));
                if (kept.isPresent() && !kept.equals(place.movedFrom()) && isInUse(connection, place.provider())) {
                    refused.put(place.provider(), kept.get());
                }
            }
            for (Place place : refused.isEmpty() ? places : List.<Place>of()) {
                execute(
                        connection,
                        "insert into provider (id, url) values (?, ?) on conflict (id) do update set url = excluded.url",
                        place.provider(),
                        place.url());
            }
            return refused;
        });
    }

    private boolean isInUse(Connection connection, String provider) throws SQLException {
        return finds(connection, "select 1 from link where provider = ? limit 1", provider)
                || finds(connection, "select 1 from replica where id <> ? limit 1", me)
                || finds(
                        connection,
                        "select 1 from delivery where provider = ? and state in ('pending', 'retrying') limit 1",
                        provider);
    }

    /** The ids of which the ledger has links and that are not known. */
    public List<String> unknown(Predicate<String> isKnown) {
        return database.all(LINKED, row -> row.getString(1)).stream()
                .filter(isKnown.negate())
                .toList();
    }
}
