package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.ledger.ProviderUrls.Place;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What stands in the ledger of a provider is of the URL at which it was made. */
@ParameterizedClass
@EnumSource
class ProviderUrlsTest {

    private static final String PILOT = "https://pilot.example.com";
    private static final String LIVE = "https://live.example.com";
    private static final String LINK = "insert into link values ('CUST-1', 'acme', '7', 0)";

    @Parameter
    Dialect dialect;

    @TempDir
    Path directory;

    private TestDatabase database;
    private Replica replica;
    private ProviderUrls urls;

    @BeforeEach
    void open() {
        database = TestDatabase.make(dialect, directory);
        database.open();
        replica = new Replica(database.get(), Duration.ofSeconds(15));
        urls = new ProviderUrls(database.get(), replica);
        assertThat(keep(PILOT)).isEmpty();
    }

    @AfterEach
    void close() {
        replica.stop();
        database.close();
    }

    @Test
    void anyUrlWillDoWhereThereIsNothingOfTheProvider() {
        database.change("insert into link values ('CUST-1', 'other', '7', 0)");

        assertThat(keep(LIVE)).isEmpty();
        database.change(LINK);
        assertThat(keep(LIVE)).isEmpty();
        assertThat(keep(PILOT)).hasValue(LIVE);
    }

    @Test
    void linksAreOfTheUrlAtWhichTheyWereMade() {
        database.change(LINK);

        assertThat(keep(LIVE)).hasValue(PILOT);
        assertThat(keep(LIVE)).as("it stays kept").hasValue(PILOT);
        assertThat(keep(PILOT)).isEmpty();
        database.change("delete from link");
        assertThat(keep(LIVE)).isEmpty();
    }

    @Test
    void soAreDeliveriesThatWait() {
        database.change(
                "insert into message (id, reference, accepted_at, source, size) values ('m', 'CUST-1', 0, 'rest', 2)");
        database.change("insert into delivery (sequence, provider, reference, state, updated_at)"
                + " select sequence, 'acme', reference, 'pending', 0 from message");

        assertThat(keep(LIVE)).hasValue(PILOT);
        database.change("update delivery set state = 'dead'");
        assertThat(keep(LIVE)).isEmpty();
    }

    /** It could make links there. */
    @Test
    void noneMovesWhileAnotherProgramRuns() {
        database.change("insert into replica (id, alive_till) values ('another', 9999999999999)");

        assertThat(keep(LIVE)).hasValue(PILOT);
        assertThat(keep(LIVE, Optional.of(PILOT))).isEmpty();
    }

    @Test
    void whereOneMayNotMoveNoneDoes() {
        Place other = new Place("other", PILOT, Optional.empty());
        assertThat(urls.keep(List.of(other))).isEmpty();
        database.change(LINK);

        assertThat(urls.keep(
                        List.of(new Place("acme", LIVE, Optional.empty()), new Place("other", LIVE, Optional.empty()))))
                .containsExactly(Map.entry("acme", PILOT));
        database.change("insert into link values ('CUST-1', 'other', '7', 0)");
        assertThat(urls.keep(List.of(other))).isEmpty();
    }

    @Test
    void aProviderMayMoveWithItsCustomers() {
        database.change(LINK);

        assertThat(keep(LIVE, Optional.of("https://pilot.example.org"))).hasValue(PILOT);
        assertThat(keep(LIVE, Optional.of(PILOT))).isEmpty();
        assertThat(keep(LIVE)).isEmpty();
        assertThat(keep(PILOT)).hasValue(LIVE);
    }

    @Test
    void linksOfWhatIsNoProviderAreTold() {
        assertThat(urls.unknown(List.of("other")::contains)).as("it has none").isEmpty();
        database.change(LINK);
        database.change("insert into link values ('CUST-1', 'other', '7', 0), ('CUST-2', 'other', '8', 0)");

        assertThat(urls.unknown(id -> false)).containsExactly("acme", "other");
        assertThat(urls.unknown(List.of("other")::contains)).containsExactly("acme");
        assertThat(urls.unknown(List.of("acme", "other")::contains)).isEmpty();
    }

    private Optional<String> keep(String url) {
        return keep(url, Optional.empty());
    }

    private Optional<String> keep(String url, Optional<String> movedFrom) {
        return Optional.ofNullable(
                urls.keep(List.of(new Place("acme", url, movedFrom))).get("acme"));
    }
}
