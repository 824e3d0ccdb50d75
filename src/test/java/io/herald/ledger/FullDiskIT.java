package io.herald.ledger;

import static io.herald.Customers.person;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * While the disk is full nothing is accepted and nothing lost, and when there is room again Herald goes on by itself. Needs
 * the right to mount a small file system; skipped where there is none.
 */
@Timeout(120)
class FullDiskIT {

    private static final List<String> PROVIDERS = List.of("bridge-xyz", "fraudspect", "xbridge", "yativo");
    private static final int FULL_AT_THE_LATEST = 50;

    @TempDir
    Path directory;

    @AutoClose
    private final Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);

    private Path disk;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(directory.resolve("disk"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=8m", "herald-test", disk.toString()),
                "a small file system cannot be mounted here");
    }

    @AfterEach
    void unmount() throws Exception {
        run("umount", "-l", disk.toString());
    }

    @Test
    void nothingIsAcceptedThatCannotBeKeptAndItHealsByItself() throws Exception {
        Map<String, String> environment = PackagedProgram.environment(sandbox);
        environment.put("HERALD_DATA_DIRECTORY", disk.resolve("data").toString());
        List<ValidatableResponse> accepted = new ArrayList<>();

        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            accepted.add(delivered(program.submit(person("CUST-before"))));
            assertThat(program.isReady()).isTrue();
            Path ballast = fill();
            assertThat(program.isReady()).isFalse();

            Optional<ObjectNode> refused = Optional.empty();
            for (int i = 0; refused.isEmpty(); i++) {
                assertThat(i).as("customers accepted on a full disk").isLessThan(FULL_AT_THE_LATEST);
                ObjectNode customer = large("CUST-" + i);
                ValidatableResponse answer = program.submit(customer);
                if (answer.extract().statusCode() == 503) {
                    answer.contentType("application/problem+json")
                            .header("Retry-After", is("1"))
                            .body("detail", is("Herald cannot keep or read a message now"));
                    refused = Optional.of(customer);
                } else {
                    accepted.add(answer.body("reference", is(reference(customer))));
                }
            }
            assertThat(program.output()).contains("database or disk is full");
            assertThat(sandbox.customers("fraudspect"))
                    .extracting(customer -> customer.at("/fields/referenceId").asText())
                    .as("what was refused went to nobody")
                    .doesNotContain(reference(refused.get()));
            program.call()
                    .get("/v1/customers/" + reference(refused.get()))
                    .then()
                    .statusCode(404);
            assertIsKnown(program, accepted);

            Files.delete(ballast);
            assertThat(program.isReady()).isTrue();
            accepted.add(delivered(program.submit(refused.get())));
            for (String provider : PROVIDERS) {
                await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(sandbox.customers(provider))
                        .as(provider)
                        .hasSize(accepted.size()));
            }
            program.kill();
        }

        assertThat(number("select count(*) from message")).isEqualTo(accepted.size());
        for (ValidatableResponse answer : accepted) {
            int sequence = answer.extract().path("sequence");
            assertThat(number("select count(*) from message where sequence = " + sequence))
                    .isOne();
        }
        assertThat(number("select count(*) from delivery")).isEqualTo(accepted.size() * 4L);
        assertThat(number("select count(*) from delivery d where not exists"
                        + " (select 1 from message m where m.sequence = d.sequence)"))
                .isZero();
    }

    private static ValidatableResponse delivered(ValidatableResponse report) {
        return report.statusCode(200).body("status", is("delivered"));
    }

    private static void assertIsKnown(PackagedProgram program, List<ValidatableResponse> accepted) {
        accepted.forEach(answer -> program.call()
                .get(answer.extract().header("Location"))
                .then()
                .statusCode(200)
                .body("sequence", is(answer.extract().<Integer>path("sequence"))));
    }

    /** So large that the room that SQLite has left in its own files does not last for long. */
    private static ObjectNode large(String reference) {
        ObjectNode customer = person(reference);
        customer.putObject("attributes").put("note", "a".repeat(500_000));
        return customer;
    }

    private static String reference(ObjectNode customer) {
        return customer.get("reference").textValue();
    }

    /** Writes until nothing more goes in. */
    private Path fill() throws IOException {
        Path ballast = disk.resolve("ballast");
        try (OutputStream out = Files.newOutputStream(ballast)) {
            byte[] page = new byte[4096];
            while (true) {
                out.write(page);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
            return ballast;
        }
    }

    private long number(String query) throws Exception {
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + disk.resolve("data/herald.db"));
                var row = connection.createStatement().executeQuery(query)) {
            row.next();
            return row.getLong(1);
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor()
                == 0;
    }
}
