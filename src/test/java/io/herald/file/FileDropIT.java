package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.global.GlobalSettings;
import com.github.tomakehurst.wiremock.http.UniformDistribution;
import io.herald.delivery.Caller;
import io.herald.file.DropBox.Report;
import io.herald.ledger.TestPostgres;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Promise 1 for dropped files, by the packaged program: killed while it reads, and started again, it goes on where it was; and two programs share a folder. */
class FileDropIT {

    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    private static final int ROUNDS = Integer.getInteger("herald.kill.rounds", 2);
    private static final int RECORDS = ROUNDS > 2 ? 600 : 150;
    private static final int LARGE = ROUNDS > 2 ? 400 : 150;
    private static final Duration BOUND = Duration.ofSeconds(180);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    @AutoClose
    private final Sandbox sandbox =
            Sandbox.start(0, Path.of("src/sandbox"), null, 2 * RECORDS * PROVIDERS.size() * (ROUNDS + 1));

    private final Map<String, String> environment = PackagedProgram.environment(sandbox);
    private DropBox box;

    @BeforeEach
    void settings() throws IOException {
        box = new DropBox(Files.createDirectories(directory.resolve("drop/inbox")));
        environment.put("INTAKE_FILE_DIRECTORY", box.inbox().toString());
        environment.put("INTAKE_FILE_POLL", "200ms");
        environment.put("HERALD_PARK_POLL", "200ms");
        for (String provider : PROVIDERS) {
            environment.put(prefix(provider) + "PARK_SCHEDULE", "500ms,1s,2s,5s,10s");
            environment.put(prefix(provider) + "FIND_SETTLE", "200ms");
            environment.put(prefix(provider) + "REQUEST_TIMEOUT", "3s");
        }
    }

    private static String prefix(String provider) {
        return "PROVIDER_" + provider.toUpperCase(Locale.ROOT).replace('-', '_') + "_";
    }

    @Test
    void whatIsKilledWhileItReadsGoesOnWhereItWas() {
        long seed = Long.getLong("herald.kill.seed", System.nanoTime());
        Random random = new Random(seed);
        environment.put("INTAKE_FILE_PARALLEL", "1");
        answersAfter(20, 300);
        for (int round = 0; round < ROUNDS; round++) {
            int records = random.nextInt(RECORDS);
            System.out.printf(
                    "-Dherald.kill.seed=%d, round %d: killed in a file after %d records%n", seed, round, records);
            try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
                drop(round);
                int file = round;
                await().pollInterval(Duration.ofMillis(100))
                        .atMost(BOUND)
                        .until(() -> isRead(program, name(file), records));
                program.kill();
            }
        }

        answersAfter(0, 1);
        PackagedProgram program = PackagedProgram.start(directory, environment);
        try {
            for (int round = 0; round < ROUNDS; round++) {
                Report report = box.report(name(round));
                assertThat(report.records())
                        .extracting(line -> line.path("reference").asText() + " "
                                + line.path("status").asText())
                        .isEqualTo(customers(round).stream()
                                .map(customer -> customer.path("reference").asText() + " delivered")
                                .toList());
            }
            assertThat(DropBox.names(box.inbox())).isEmpty();
        } finally {
            program.close();
        }
        Set<String> references = new HashSet<>();
        IntStream.range(0, ROUNDS).forEach(round -> customers(round)
                .forEach(customer -> references.add(
                        target(customer) + " " + customer.path("reference").asText())));
        for (String provider : PROVIDERS) {
            assertThat(sandbox.customers(provider)).as(provider).hasSize((int) references.stream()
                    .filter(reference -> reference.startsWith(provider + " "))
                    .count());
        }
    }

    /** Whether so many of its records are kept. */
    private static boolean isRead(PackagedProgram program, String name, int records) {
        JsonNode files =
                JSON.valueToTree(program.call().get("/v1/files").as(Map.class)).path("items");
        for (JsonNode file : files) {
            if (file.path("name").asText().equals(name)) {
                return file.path("records").path("done").asInt() >= records
                        || !file.path("state").asText().equals("reading");
            }
        }
        return false;
    }

    private void drop(int round) {
        StringBuilder lines = new StringBuilder();
        customers(round).forEach(customer -> lines.append(customer).append('\n'));
        box.drop(name(round), DropBox.gzip(lines.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static String name(int round) {
        return "round-" + round + ".ndjson.gz";
    }

    /** Customers of one provider each; every third is sent again later in the file, and again in the next one. */
    private static List<ObjectNode> customers(int round) {
        List<ObjectNode> customers = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            int number = i % 3 == 0 ? i % 60 : 1000 * (round + 1) + i;
            customers.add(Caller.person("CUST-" + number, "", PROVIDERS.get(number % PROVIDERS.size())));
        }
        return customers;
    }

    private static String target(JsonNode customer) {
        return customer.path("targets").path(0).asText();
    }

    @Test
    void whatWasKeptLongEnoughIsDeletedAndNothingElse() throws IOException {
        environment.put("INTAKE_FILE_RETENTION", "3s");
        Path stranger = Files.createDirectories(box.done()).resolve("stranger.csv");
        Files.writeString(stranger, "not Herald's");
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            box.drop("kept.json", person("KEPT-1"));
            box.drop("unread.txt", "no customers");
            assertThat(box.report("kept.json").records()).hasSize(1);

            await().atMost(BOUND).untilAsserted(() -> {
                assertThat(DropBox.names(box.done())).containsExactly("stranger.csv");
                assertThat(DropBox.names(box.failed())).isEmpty();
                assertThat(DropBox.names(box.reports())).isEmpty();
            });
            assertThat(program.output()).contains("File kept.json and its report were kept long enough");
        }
    }

    @Test
    void twoProgramsTakeEachFileOfASharedFolderOnce() throws IOException {
        environment.put("HERALD_LEDGER", "postgresql");
        environment.put("QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL", TestPostgres.newDatabase());
        environment.put("HERALD_REPLICA_LEASE", "15s");
        PackagedProgram one = PackagedProgram.launch(Files.createDirectory(directory.resolve("one")), environment);
        PackagedProgram other = PackagedProgram.launch(Files.createDirectory(directory.resolve("other")), environment);
        try (one;
                other) {
            one.awaitReady();
            other.awaitReady();
            for (int file = 0; file < 40; file++) {
                box.drop("small-" + file + ".json", person("SMALL-" + file));
            }
            for (int file = 0; file < 40; file++) {
                assertThat(box.report("small-" + file + ".json")
                                .summary()
                                .path("state")
                                .asText())
                        .isEqualTo("read");
            }
            assertThat(begun(one) + begun(other))
                    .as("each was read by one of them")
                    .isEqualTo(40);
            assertThat(begun(one)).as("and each of them read some").isBetween(1L, 39L);
            answersAfter(5, 50);
            box.drop(
                    "large.ndjson",
                    String.join(
                            "\n",
                            IntStream.range(0, LARGE)
                                    .mapToObj(i -> person("LARGE-" + i))
                                    .toList()));
            PackagedProgram reader = readerOf("large.ndjson", one, other);
            reader.kill();
            Report report = box.report("large.ndjson");

            assertThat(report.records())
                    .hasSize(LARGE)
                    .allMatch(line -> line.path("status").asText().equals("delivered"));
            assertThat(DropBox.names(box.done())).hasSize(41);
            assertThat(DropBox.names(box.inbox())).isEmpty();
            assertThat(sandbox.customers("fraudspect")).hasSize(40 + LARGE);
        }
    }

    /** How many files it began to read. */
    private static long begun(PackagedProgram program) {
        return program.output()
                .lines()
                .filter(line -> line.contains(" is read, "))
                .count();
    }

    private static PackagedProgram readerOf(String file, PackagedProgram one, PackagedProgram other) {
        String read = "File " + file + " is read, ";
        await().pollInterval(Duration.ofMillis(20))
                .atMost(BOUND)
                .until(() -> one.output().contains(read) || other.output().contains(read));
        return one.output().contains(read) ? one : other;
    }

    private static String person(String reference) {
        return Caller.person(reference, "", "fraudspect").toString();
    }

    private void answersAfter(int least, int most) {
        GlobalSettings settings = sandbox.server()
                .getGlobalSettings()
                .getSettings()
                .copy()
                .delayDistribution(new UniformDistribution(least, most))
                .build();
        sandbox.server().updateGlobalSettings(settings);
    }
}
