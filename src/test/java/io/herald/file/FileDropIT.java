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
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise 1 for dropped files, by the packaged program: killed while it reads, and started again, it goes on where it was; two
 * programs share a folder; and a file of any length needs no more memory than a short one.
 */
class FileDropIT {

    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    private static final int ROUNDS = Integer.getInteger("herald.kill.rounds", 2);
    private static final int LONG_FILE = Integer.getInteger("herald.file.records", 25_000);
    /** At the heap of a program that reads a long file; the look costs half a second of processor time. */
    private static final Duration LOOKED_EVERY = Duration.ofSeconds(5 + LONG_FILE / 50_000);

    private static final int RECORDS = ROUNDS > 2 ? 600 : 300;
    private static final Duration BOUND = Duration.ofSeconds(180);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private Sandbox sandbox;
    private Map<String, String> environment;
    private DropBox box;

    @BeforeEach
    void startSandbox() throws IOException {
        sandbox = Sandbox.start(0, Path.of("src/sandbox"), null, 2 * RECORDS * PROVIDERS.size() * (ROUNDS + 1));
        box = new DropBox(Files.createDirectories(directory.resolve("drop/inbox")));
        environment = PackagedProgram.environment(sandbox);
        environment.put("INTAKE_FILE_DIRECTORY", box.inbox().toString());
        environment.put("INTAKE_FILE_POLL", "200ms");
        environment.put("HERALD_PARK_POLL", "200ms");
        for (String provider : PROVIDERS) {
            environment.put(prefix(provider) + "PARK_SCHEDULE", "500ms,1s,2s,5s,10s");
            environment.put(prefix(provider) + "FIND_SETTLE", "200ms");
        }
    }

    private static String prefix(String provider) {
        return "PROVIDER_" + provider.toUpperCase(Locale.ROOT).replace('-', '_') + "_";
    }

    @AfterEach
    void stopSandbox() {
        sandbox.close();
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
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
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
    void twoProgramsTakeEachFileOfASharedFolderOnce() throws IOException {
        environment.put("HERALD_LEDGER", "postgresql");
        environment.put("QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL", TestPostgres.newDatabase());
        environment.put("HERALD_REPLICA_LEASE", "10s");
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
                            IntStream.range(0, 400)
                                    .mapToObj(i -> person("LARGE-" + i))
                                    .toList()));
            PackagedProgram reader = readerOf("large.ndjson", one, other);
            reader.kill();
            Report report = box.report("large.ndjson");

            assertThat(report.records())
                    .hasSize(400)
                    .allMatch(line -> line.path("status").asText().equals("delivered"));
            assertThat(DropBox.names(box.done())).hasSize(41);
            assertThat(DropBox.names(box.inbox())).isEmpty();
            assertThat(sandbox.customers("fraudspect")).hasSize(440);
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

    /** What is measured in the soak is the program as it is shipped; for short files its second compiler does not pay. */
    @Test
    void aLongFileNeedsNoMoreMemoryThanAShortOne() throws IOException {
        environment.put("JAVA_TOOL_OPTIONS", "-Xmx256m -XX:+ExitOnOutOfMemoryError");
        environment.put("INTAKE_FILE_REPORT_AFTER", "1s");
        environment.put("PROVIDER_FRAUDSPECT_RATE", "20");
        try (PackagedProgram program = LONG_FILE > 25_000
                ? PackagedProgram.startAsShipped(directory, environment)
                : PackagedProgram.start(directory, environment)) {
            for (String name : List.of("long.ndjson", "long.csv")) {
                writeLong(name);
                long begun = System.nanoTime();
                Duration before = processorTime(program);
                List<String> heap = new ArrayList<>();
                await().pollInterval(Duration.ofMillis(500))
                        .atMost(Duration.ofSeconds(120L + LONG_FILE / 200))
                        .until(() -> {
                            if (System.nanoTime() - begun > heap.size() * LOOKED_EVERY.toNanos()) {
                                heap.add(usedHeap(program));
                            }
                            return Files.exists(box.done().resolve(name));
                        });
                double seconds = (System.nanoTime() - begun) / 1e9;
                System.out.printf(
                        "%s: %d records accepted in %.0f s, %.0f a second, %.2f ms of processor time each; MB of heap used: %s%n",
                        name,
                        LONG_FILE,
                        seconds,
                        LONG_FILE / seconds,
                        processorTime(program).minus(before).toNanos() / 1e6 / LONG_FILE,
                        heap);
                JsonNode summary = box.report(name).summary();
                assertThat(summary.path("accepted").asInt())
                        .as(summary.toString())
                        .isEqualTo(LONG_FILE);
            }
        }
    }

    private static Duration processorTime(PackagedProgram program) {
        return ProcessHandle.of(program.pid())
                .flatMap(process -> process.info().totalCpuDuration())
                .orElseThrow();
    }

    private void writeLong(String name) throws IOException {
        Path part = box.inbox().resolve(name + ".part");
        try (var out = Files.newBufferedWriter(part)) {
            if (name.endsWith(".csv")) {
                out.write("reference,type,person.firstName,person.lastName,contact.email,targets[0]\n");
            }
            for (int i = 0; i < LONG_FILE; i++) {
                String reference = name.replace('.', '-') + "-" + i;
                out.write(
                        name.endsWith(".csv")
                                ? reference + ",person,Jane,Doe," + reference + "@example.com,fraudspect\n"
                                : person(reference) + "\n");
            }
        }
        Files.move(part, box.inbox().resolve(name));
    }

    /** In MB, garbage included. */
    private static String usedHeap(PackagedProgram program) throws IOException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(program.pid()),
                        "GC.heap_info")
                .redirectErrorStream(true)
                .start();
        String told = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        var used = Pattern.compile("used (\\d+)K").matcher(told);
        return used.find() ? Long.toString(Long.parseLong(used.group(1)) / 1024) : "?";
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
