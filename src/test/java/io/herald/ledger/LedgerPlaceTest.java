package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agroal.api.AgroalDataSource;
import io.herald.Customers;
import io.quarkus.runtime.PreventFurtherStepsException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that is not this program's ledger is told and left alone; one that is taken away takes nothing more. Who brings the
 * tables to a new form holds up nobody.
 */
@Timeout(60)
class LedgerPlaceTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path parent;

    private TestDatabase database;
    private Ledger ledger;
    private Path file;

    @BeforeEach
    void aLedgerWithAMessage() throws Exception {
        database = TestDatabase.make(Dialect.EMBEDDED, parent);
        file = parent.resolve("data/herald.db");
        open();
        accept("CUST-1");
        database.close();
    }

    @Test
    void aFileThatIsNoDatabaseStopsTheStart() throws IOException {
        byte[] garbage = Files.readAllBytes(file);
        Arrays.fill(garbage, 0, 100, (byte) 'x');

        assertIsRefused(
                garbage, "cannot be used: ", "file is not a database", "; restore a backup, see docs/backup.md");
    }

    @Test
    void aDatabaseThatWasCutShortStopsTheStart() throws IOException {
        byte[] all = Files.readAllBytes(file);

        assertIsRefused(Arrays.copyOf(all, all.length / 2), "cannot be used: ", "malformed", "; restore a backup");
        assertIsRefused(Arrays.copyOf(all, 50), "cannot be used: ", "; restore a backup");
    }

    @Test
    void aDatabaseOfANewerProgramStopsTheStart() throws Exception {
        open();
        database.change(
                "insert into flyway_schema_history select 1000, '1000', 'more', type, 'V1000__more.sql', checksum,"
                        + " installed_by, installed_on, execution_time, success from flyway_schema_history"
                        + " where installed_rank = 1");
        database.close();

        assertIsRefused(
                Files.readAllBytes(file), "is that of a newer Herald (version 1000 of its tables): start that one");
    }

    /** Such as a backup: behind a migration that waited for it the replicas that run would wait too. */
    @Test
    void aMigrationGivesUpSoonWhatAnotherHolds() throws Exception {
        TestDatabase shared = TestDatabase.make(Dialect.POSTGRESQL, parent.resolve("shared"));
        LedgerPlace place = new LedgerPlace(Optional.empty());
        try (AgroalDataSource pool = shared.pool();
                Connection backup = pool.getConnection();
                Statement statement = backup.createStatement()) {
            Files.writeString(parent.resolve("V1__held.sql"), "create table held (id integer)");
            place.migrate(shared.flyway(pool, "filesystem:" + parent));
            Files.writeString(parent.resolve("V2__waits.sql"), "alter table held add column more text");
            Flyway flyway = shared.flyway(pool, "filesystem:" + parent);
            backup.setAutoCommit(false);
            statement.execute("lock table held in access share mode");

            assertThatThrownBy(() -> place.migrate(flyway))
                    .isInstanceOf(PreventFurtherStepsException.class)
                    .hasMessageEndingWith("cannot be used: ERROR: canceling statement due to lock timeout");

            backup.rollback();
            place.migrate(flyway);
        }
        assertThat(shared.number("select count(more) from held")).isZero();
    }

    @Test
    void aMigrationTakesAsLongAsItNeedsAndAfterwardsItsConnectionIsAsBefore() throws Exception {
        TestDatabase shared = TestDatabase.make(Dialect.POSTGRESQL, parent.resolve("shared"));
        Files.writeString(parent.resolve("V1__slow.sql"), "select pg_sleep(4)");
        try (AgroalDataSource pool = shared.pool("&socketTimeout=3")) {
            new LedgerPlace(Optional.empty()).migrate(shared.flyway(pool, "filesystem:" + parent));

            try (Connection one = pool.getConnection();
                    Connection two = pool.getConnection();
                    Connection three = pool.getConnection()) {
                assertThat(List.of(one.getNetworkTimeout(), two.getNetworkTimeout(), three.getNetworkTimeout()))
                        .containsOnly(3000);
            }
        }
    }

    private void assertIsRefused(byte[] content, String... words) throws IOException {
        Files.write(file, content);

        assertThatThrownBy(this::open)
                .isInstanceOf(PreventFurtherStepsException.class)
                .hasMessageStartingWith("Herald does not start: the ledger, " + file + ", ")
                .hasMessageContainingAll(words)
                .hasMessageEndingWith("nothing was changed")
                .message()
                .hasLineCount(1);
        assertThat(file).as("it is left as it was").hasBinaryContent(content);
    }

    @Test
    void nothingIsAcceptedWhileTheFileIsAwayAndAgainWhenItIsBack() throws Exception {
        Path elsewhere = parent.resolve("elsewhere.db");
        open();
        try {
            Files.move(file, elsewhere);
            assertThatThrownBy(() -> accept("CUST-2"))
                    .isInstanceOf(LedgerException.class)
                    .cause()
                    .hasMessageContaining(file + " was moved, deleted or replaced while Herald runs");
            assertThat(file).as("none is made in its place").doesNotExist();

            Files.move(elsewhere, file);
            accept("CUST-2");
        } finally {
            database.close();
        }
        assertThat(database.number("select count(*) from message")).isEqualTo(2);
    }

    @Test
    void nothingIsWrittenIntoAFileThatAnotherTookThePlaceOf() throws Exception {
        open();
        try {
            Files.move(file, parent.resolve("elsewhere.db"));
            Files.writeString(file, "another", StandardCharsets.US_ASCII);

            assertThatThrownBy(() -> accept("CUST-2")).isInstanceOf(LedgerException.class);
            assertThat(file).hasContent("another");
        } finally {
            database.close();
        }
    }

    private void open() {
        database.open();
        Sealing sealing = new Sealing(new PayloadCipher(new byte[32]), JSON);
        Replica alone = new Replica(database.get(), Duration.ofSeconds(15));
        ledger = new Ledger(database.get(), sealing, alone, JSON, Clock.systemUTC());
    }

    private void accept(String reference) {
        ledger.accept(
                new NewMessage(reference, Customers.person(reference), List.of("xbridge"), "rest", Optional.empty()),
                kept -> {});
    }
}
