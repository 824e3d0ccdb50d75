package io.herald.ledger;

import static io.herald.Customers.person;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.is;

import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program whose ledger goes away and comes back, is none, or is of other systems. In detail: {@link LedgerPlaceTest}. */
@Timeout(120)
class LedgerLossIT {

    @TempDir
    Path directory;

    @AutoClose
    private final Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);

    private final Map<String, String> environment = PackagedProgram.environment(sandbox);
    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("data/herald.db");
    }

    @Test
    void whileItIsAwayNothingIsAcceptedAndWhenItIsBackAllIsThere() throws Exception {
        Path elsewhere = directory.resolve("elsewhere");
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            program.submit(person("CUST-1")).statusCode(200);

            Files.move(directory.resolve("data"), elsewhere);
            program.submit(person("CUST-2"))
                    .statusCode(503)
                    .contentType("application/problem+json")
                    .header("Retry-After", is("1"));
            assertThat(program.isReady()).isFalse();
            assertThat(program.output()).contains("herald.db was moved, deleted or replaced");
            assertThat(sandbox.customers("fraudspect")).hasSize(1);

            Files.move(elsewhere, directory.resolve("data"));
            assertThat(program.isReady()).isTrue();
            program.submit(person("CUST-2")).statusCode(200);
            program.call().get("/v1/customers/CUST-1").then().statusCode(200);
            program.kill();
        }
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + file);
                var row = connection
                        .createStatement()
                        .executeQuery("select group_concat(distinct reference) from link")) {
            row.next();
            assertThat(row.getString(1).split(",")).containsExactlyInAnyOrder("CUST-1", "CUST-2");
        }
    }

    @Test
    void aFileThatIsNoLedgerStopsTheStartWithOneLine() throws Exception {
        Files.createDirectory(file.getParent());
        String garbage = "no database ".repeat(500);
        Files.writeString(file, garbage, StandardCharsets.US_ASCII);

        try (PackagedProgram program = PackagedProgram.launch(directory, environment)) {
            int exit = program.awaitExit(Duration.ofSeconds(60));

            assertThat(exit).as("exit code, after\n" + program.output()).isEqualTo(1);
            assertThat(program.output())
                    .containsOnlyOnce("Herald does not start")
                    .contains("herald.db, cannot be used: ", "file is not a database", "see docs/backup.md")
                    .doesNotContain("\tat ", "Listening on");
            assertThat(file).hasContent(garbage);
        }
    }

    /** In detail: {@link ProviderUrlsTest}. */
    @Test
    void theLedgerOfOneSystemIsNotUsedForAnother() {
        String before = environment.get("PROVIDER_YATIVO_URL");
        String after = before.replace("localhost", "127.0.0.1");
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            program.submit(person("CUST-1")).statusCode(200);
        }
        environment.put("PROVIDER_YATIVO_URL", after);
        try (PackagedProgram program = PackagedProgram.launch(directory, environment)) {
            assertThat(program.awaitExit(Duration.ofSeconds(60)))
                    .as(program.output())
                    .isEqualTo(1);
            assertThat(program.output())
                    .contains(
                            "Herald does not start, 1 mistake:\n  provider.yativo.url: the ledger has ids and messages for "
                                    + before)
                    .doesNotContain("\tat ", "Listening on");
        }
        environment.put("PROVIDER_YATIVO_MOVED_FROM", before);
        environment.put("PROVIDER_XBRIDGE_ENABLED", "false");
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            program.submit(person("CUST-1")).statusCode(200);
            assertThat(sandbox.customers("yativo")).hasSize(1);
            assertThat(program.output()).doesNotContain("which is no provider");
        }
    }
}
