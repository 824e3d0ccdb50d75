package io.herald.ledger;

import static io.herald.Customers.person;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.is;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/backup.md} says of the embedded ledger, done: a backup under load, and a restore that creates nobody twice. */
@Timeout(120)
class BackupIT {

    private static final List<String> PROVIDERS = List.of("bridge-xyz", "fraudspect", "xbridge", "yativo");

    @TempDir
    Path directory;

    private Sandbox sandbox;

    @BeforeEach
    void startSandbox() {
        sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);
    }

    @AfterEach
    void stopSandbox() {
        sandbox.close();
    }

    @Test
    void aBackupTakenUnderLoadIsRestoredAndGoesOn() throws Exception {
        Map<String, String> environment = PackagedProgram.environment(sandbox);
        Path backup = directory.resolve("backup.db");
        ValidatableResponse before;
        ValidatableResponse late;
        long atBackup;

        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            before = delivered(program.submit(person("CUST-before")));
            program.submit(person("CUST-open", "cust-open+bridge-xyz.422@example.com"))
                    .statusCode(207)
                    .body("status", is("partial"));
            Load load = new Load(program);
            await().atMost(Duration.ofSeconds(30)).until(() -> load.done.get() >= 5);
            atBackup = System.currentTimeMillis();
            execute(file(), "vacuum into '" + backup + "'");
            int done = load.done.get();
            await().atMost(Duration.ofSeconds(30)).until(() -> load.done.get() >= done + 5);
            load.stop();
            late = delivered(program.submit(person("CUST-late")));
            program.kill();
        }

        restore(backup);
        execute(
                file(),
                asBeforeItWasSent("update delivery set state = 'pending', sent_at = null, unclear_since = null,"
                        + " request = null, outcome = null"));
        execute(file(), asBeforeItWasSent("delete from link"));
        execute(file(), RestoreTest.marksWhatIsOpen(atBackup));
        for (String provider : PROVIDERS) {
            link("CUST-late", provider, late.extract().path(id(provider)));
        }

        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            program.assertTellsOf(before);
            program.call().get(late.extract().header("Location")).then().statusCode(404);
            for (ValidatableResponse earlier : List.of(before, late)) {
                program.submit(person(earlier.extract().path("reference")))
                        .statusCode(200)
                        .body("deliveries.operation", everyItem(is("updated")))
                        .body(
                                "deliveries.providerCustomerId",
                                equalTo(earlier.extract().<List<String>>path("deliveries.providerCustomerId")));
            }
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> number("select count(*) from delivery where state in ('pending', 'retrying')") == 0);
        }
        assertThat(number("select count(*) from delivery where state <> 'delivered' and reference <> 'CUST-open'"))
                .isZero();
        for (String provider : PROVIDERS) {
            assertThat(sandbox.customers(provider))
                    .extracting(BackupIT::email)
                    .as("customers at " + provider)
                    .contains("cust-before@example.com", "cust-late@example.com")
                    .doesNotHaveDuplicates();
        }
    }

    /** Makes of the backup one that was taken when this customer had been accepted, and sent to nobody who can be asked. */
    private static String asBeforeItWasSent(String change) {
        return change + " where reference = 'CUST-open' and provider in ('xbridge', 'yativo')";
    }

    private static ValidatableResponse delivered(ValidatableResponse report) {
        return report.statusCode(200).body("status", is("delivered"));
    }

    private static String email(JsonNode customer) {
        JsonNode fields = customer.path("fields");
        return fields.path(fields.has("email") ? "email" : "customer_email").asText();
    }

    /** New customers, one after the other, until it is stopped. */
    private static final class Load {

        private final AtomicInteger done = new AtomicInteger();
        private final AtomicBoolean stopped = new AtomicBoolean();
        private final CompletableFuture<Void> ended;

        Load(PackagedProgram program) {
            ended = CompletableFuture.runAsync(() -> {
                while (!stopped.get()) {
                    delivered(program.submit(person("CUST-" + done.get())));
                    done.incrementAndGet();
                }
            });
        }

        void stop() {
            stopped.set(true);
            ended.join();
        }
    }

    private Path file() {
        return directory.resolve("data/herald.db");
    }

    /** The three files of the old state are gone before the backup takes their place. */
    private void restore(Path backup) throws IOException {
        for (String end : List.of("", "-wal", "-shm")) {
            Files.deleteIfExists(Path.of(file() + end));
        }
        Files.copy(backup, file());
    }

    private void link(String reference, String provider, String id) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                PreparedStatement insert = connection.prepareStatement("insert into link"
                        + " (reference, provider, provider_customer_id, updated_at) values (?, ?, ?, 0)")) {
            insert.setString(1, reference);
            insert.setString(2, provider);
            insert.setString(3, id);
            insert.executeUpdate();
        }
    }

    private static void execute(Path file, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.execute();
        }
    }

    private long number(String query) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                var row = connection.createStatement().executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static String id(String provider) {
        return "deliveries.find { it.provider == '" + provider + "' }.providerCustomerId";
    }
}
