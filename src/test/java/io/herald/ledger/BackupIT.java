package io.herald.ledger;

import static io.herald.Customers.person;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.is;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/backup.md} says of the embedded ledger, done: a backup under load, and a restore that creates nobody twice. */
@Timeout(240)
class BackupIT {

    private static final List<String> PROVIDERS = List.of("bridge-xyz", "fraudspect", "xbridge", "yativo");

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Pattern AUDIT = Pattern.compile("\\{\"at\":.*,\"action\":.*}");

    @TempDir
    Path directory;

    @AutoClose
    private final Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);

    @Test
    void aBackupTakenUnderLoadIsRestoredAndGoesOn() throws Exception {
        Map<String, String> environment = PackagedProgram.environment(sandbox);
        Path backup = directory.resolve("backup.db");
        ValidatableResponse before;
        ValidatableResponse late;
        String dead;
        long atBackup;
        List<Made> made;

        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            before = delivered(program.submit(person("CUST-before")));
            program.submit(person("CUST-open", "cust-open+bridge-xyz.422@example.com"))
                    .statusCode(207)
                    .body("status", is("partial"));
            dead = program.submit(person("CUST-dead", "cust-dead+xbridge.422+yativo.422@example.com"))
                    .statusCode(207)
                    .extract()
                    .path("message");
            Load load = new Load(program);
            await().atMost(Duration.ofSeconds(30)).until(() -> load.done.get() >= 5);
            atBackup = System.currentTimeMillis();
            execute(file(), "vacuum into '" + backup + "'");
            int done = load.done.get();
            await().atMost(Duration.ofSeconds(30)).until(() -> load.done.get() >= done + 5);
            load.stop();
            late = delivered(program.submit(person("CUST-late")));
            replayCorrected(program, dead);
            drop("late.ndjson", person("CUST-filed") + "\n" + person("CUST-filed-too") + "\n");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> Files.exists(directory.resolve("data/reports/late.ndjson.summary.json")));
            program.kill();
            made = madeSince(Instant.ofEpochMilli(atBackup), program.output());
        }

        restore(backup);
        execute(
                file(),
                asBeforeItWasSent("update delivery set state = 'pending', sent_at = null, unclear_since = null,"
                        + " request = null, outcome = null"));
        execute(file(), asBeforeItWasSent("delete from link"));
        execute(file(), RestoreTest.marksWhatIsOpen(atBackup));
        assertThat(made)
                .contains(new Made("CUST-late", "fraudspect"), new Made("CUST-dead", "xbridge"))
                .contains(new Made("CUST-filed-too", "yativo"));
        for (Made customer : made) {
            if (number("select count(*) from link where reference = '" + customer.reference() + "' and provider = '"
                            + customer.provider() + "'")
                    == 0) {
                link(customer.reference(), customer.provider(), console(customer));
            }
        }
        unknownFilesGoBackIntoTheInbox();

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
            replayCorrected(program, dead);
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> number("select count(*) from message where reference like 'CUST-filed%'") == 2);
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> number("select count(*) from delivery where state in ('pending', 'retrying')") == 0);
        }
        assertThat(number("select count(*) from delivery where state <> 'delivered' and reference <> 'CUST-open'"))
                .isZero();
        for (String provider : PROVIDERS) {
            assertThat(sandbox.customers(provider))
                    .extracting(BackupIT::email)
                    .as("customers at " + provider)
                    .contains("cust-before@example.com", "cust-late@example.com", "cust-filed@example.com")
                    .doesNotHaveDuplicates();
        }
    }

    /** What became a customer of a provider. */
    private record Made(String reference, String provider) {}

    /** What the audit log has of customers that were delivered since then, once each. */
    private static List<Made> madeSince(Instant then, String log) {
        return AUDIT.matcher(log)
                .results()
                .map(line -> json(line.group()))
                .filter(event -> event.path("action").asText().equals("outcome")
                        && event.path("state").asText().equals("delivered")
                        && Instant.parse(event.path("at").asText()).isAfter(then))
                .map(event -> new Made(
                        event.path("reference").asText(), event.path("provider").asText()))
                .distinct()
                .toList();
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the provider's console shows. */
    private String console(Made customer) {
        return sandbox.customers(customer.provider()).stream()
                .filter(there -> email(there).equals(customer.reference().toLowerCase(Locale.ROOT) + "@example.com"))
                .map(there -> there.path("id").asText())
                .findFirst()
                .orElseThrow();
    }

    private static void replayCorrected(PackagedProgram program, String message) {
        for (String provider : List.of("xbridge", "yativo")) {
            program.call()
                    .contentType(ContentType.JSON)
                    .body(person("CUST-dead").toString())
                    .post("/v1/dead-letters/" + message + "." + provider + "/replay")
                    .then()
                    .statusCode(202);
        }
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() ->
                        delivered(program.call().get("/v1/messages/" + message).then()));
    }

    private void drop(String name, String content) throws IOException {
        Path part = directory.resolve("data/inbox/" + name + ".part");
        Files.writeString(part, content);
        Files.move(part, part.resolveSibling(name));
    }

    private void unknownFilesGoBackIntoTheInbox() throws Exception {
        List<Path> moved = new ArrayList<>();
        try (Stream<Path> done = Files.list(directory.resolve("data/done"))) {
            for (Path file : done.toList()) {
                if (number("select count(*) from (" + RestoreTest.listsTheFiles() + ") where filed_as = '"
                                + file.getFileName() + "' and state <> 'reading'")
                        == 0) {
                    moved.add(Files.move(file, directory.resolve("data/inbox").resolve(file.getFileName())));
                }
            }
        }
        assertThat(moved).extracting(file -> file.getFileName().toString()).containsExactly("late.ndjson");
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
}
