package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.finds;
import static io.herald.ledger.Database.query;

import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The URL of each provider of which the ledger has links, or deliveries that wait. What is at another URL may be another system,
 * where the same ids are other people's.
 */
@Singleton
public final class ProviderUrls {

    private final Database database;

    ProviderUrls(Database database) {
        this.database = database;
    }

    /**
     * Keeps where a provider is, unless the ledger has something of it that is of another URL.
     *
     * @param movedFrom the URL at which the provider, with its customers, was before
     * @return that other URL, which stays kept
     * @throws LedgerException if the ledger cannot be written
     */
    public Optional<String> keep(String provider, String url, Optional<String> movedFrom) {
        return database.write(connection -> {
            execute(
                    connection,
                    "insert into provider (id, url) values (?, ?) on conflict (id) do nothing",
                    provider,
                    url);
            String kept = query(connection, "select url from provider where id = ?", row -> row.getString(1), provider)
                    .get(0);
            if (!kept.equals(url) && movedFrom.filter(kept::equals).isEmpty() && hasAny(connection, provider)) {
                return Optional.of(kept);
            }
            if (!kept.equals(url)) {
                execute(connection, "update provider set url = ? where id = ?", url, provider);
            }
            return Optional.empty();
        });
    }

    private static boolean hasAny(Connection connection, String provider) throws SQLException {
        return finds(connection, "select 1 from link where provider = ? limit 1", provider)
                || finds(
                        connection,
                        "select 1 from delivery where provider = ? and state in ('pending', 'retrying') limit 1",
                        provider);
    }

    /** The ids of which the ledger has links and that are not known. */
    public List<String> unknown(Predicate<String> isKnown) {
        return database
                .all(
                        "select id from provider where exists (select 1 from link where link.provider = provider.id) order by id",
                        row -> row.getString(1))
                .stream()
                .filter(isKnown.negate())
                .toList();
    }
}
