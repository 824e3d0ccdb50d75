package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.delivery.Caller;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file of any length needs no more memory than a short one. */
class LongFileIT {

    private static final int LONG_FILE = Integer.getInteger("herald.file.records", 25_000);

    private static final boolean IS_SOAK = LONG_FILE > 25_000;

    /**
     * A file that is dropped. Without the soak one of the two is larger than the heap, and the other has so many records that a
     * little that is kept of each would fill it.
     */
    private record Dropped(String name, int records, String padding) {}

    private static final List<Dropped> FILES = IS_SOAK
            ? List.of(new Dropped("long.ndjson", LONG_FILE, ""), new Dropped("long.csv", LONG_FILE, ""))
            : List.of(
                    new Dropped("large.ndjson", LONG_FILE, "x".repeat(20_000)),
                    new Dropped("long.csv", 10 * LONG_FILE, ""));

    private static final String HEAP = IS_SOAK ? "-Xmx256m" : "-Xmx96m";

    /** Of each generation, or of the whole heap. */
    private static final Pattern USED =
            Pattern.compile("(?m)^ *(?:def new generation|tenured generation|garbage-first heap).* used (\\d+)K");

    /** At the heap of a program that reads a long file; the look costs half a second of processor time. */
    private static final Duration LOOKED_EVERY = Duration.ofSeconds(5 + LONG_FILE / 50_000);

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    /** What is measured in the soak is the program as it is shipped; for short files its second compiler does not pay. */
    @Test
    void aLongFileNeedsNoMoreMemoryThanAShortOne() throws IOException {
        DropBox box = new DropBox(Files.createDirectories(directory.resolve("drop/inbox")));
        Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null, 0);
        Map<String, String> environment = PackagedProgram.environment(sandbox);
        environment.put("INTAKE_FILE_DIRECTORY", box.inbox().toString());
        environment.put("INTAKE_FILE_POLL", "200ms");
        environment.put("JAVA_TOOL_OPTIONS", HEAP + " -XX:+ExitOnOutOfMemoryError");
        environment.put("INTAKE_FILE_REPORT_AFTER", "1s");
        environment.put("PROVIDER_FRAUDSPECT_RATE", "20");
        try (sandbox;
                PackagedProgram program = IS_SOAK
                        ? PackagedProgram.startAsShipped(directory, environment)
                        : PackagedProgram.start(directory, environment)) {
            for (Dropped file : FILES) {
                String name = file.name();
                write(box, file);
                long begun = System.nanoTime();
                Duration before = processorTime(program);
                List<String> heap = new ArrayList<>();
                AtomicReference<JsonNode> reading = new AtomicReference<>(MissingNode.getInstance());
                await().pollInterval(Duration.ofMillis(500))
                        .atMost(Duration.ofSeconds(120L + file.records() / 200))
                        .until(() -> {
                            if (System.nanoTime() - begun > heap.size() * LOOKED_EVERY.toNanos()) {
                                heap.add(usedHeap(program));
                            }
                            JsonNode told = told(program, name);
                            if (told.has("secondsLeft")) {
                                reading.set(told);
                            }
                            return Files.exists(box.done().resolve(name));
                        });
                double seconds = (System.nanoTime() - begun) / 1e9;
                System.out.printf(
                        "%s: %d records accepted in %.0f s, %.0f a second, %.2f ms of processor time each; MB of heap used: %s%n",
                        name,
                        file.records(),
                        seconds,
                        file.records() / seconds,
                        processorTime(program).minus(before).toNanos() / 1e6 / file.records(),
                        heap);
                assertThat(reading.get().path("rate").asLong())
                        .as("records a second, while the file was read: %s", reading.get())
                        .isPositive();
                JsonNode summary = box.report(name).summary();
                assertThat(summary.path("accepted").asInt())
                        .as(summary.toString())
                        .isEqualTo(file.records());
            }
        }
    }

    /** What {@code GET /v1/files} has of it. */
    private static JsonNode told(PackagedProgram program, String name) {
        JsonNode files = JSON.valueToTree(program.call().get("/v1/files").as(Map.class));
        for (JsonNode file : files.path("items")) {
            if (file.path("name").asText().equals(name)) {
                return file;
            }
        }
        return MissingNode.getInstance();
    }

    private static Duration processorTime(PackagedProgram program) {
        return ProcessHandle.of(program.pid())
                .flatMap(process -> process.info().totalCpuDuration())
                .orElseThrow();
    }

    private static void write(DropBox box, Dropped file) throws IOException {
        String name = file.name();
        Path part = box.inbox().resolve(name + ".part");
        try (var out = Files.newBufferedWriter(part)) {
            if (name.endsWith(".csv")) {
                out.write(
                        "reference,type,person.firstName,person.lastName,contact.email,attributes.padding,targets[0]\n");
            }
            for (int i = 0; i < file.records(); i++) {
                String reference = name.replace('.', '-') + "-" + i;
                out.write(
                        name.endsWith(".csv")
                                ? reference + ",person,Jane,Doe," + reference + "@example.com," + file.padding()
                                        + ",fraudspect\n"
                                : padded(reference, file.padding()) + "\n");
            }
        }
        Files.move(part, box.inbox().resolve(name));
    }

    private static ObjectNode padded(String reference, String padding) {
        ObjectNode customer = Caller.person(reference, "", "fraudspect");
        customer.withObject("/attributes").put("padding", padding);
        return customer;
    }

    /** In MB, garbage included. A native program does not tell it, and the signal by which a JVM is asked would end it. */
    private static String usedHeap(PackagedProgram program) throws IOException {
        if (PackagedProgram.isNative()) {
            return "?";
        }
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(program.pid()),
                        "GC.heap_info")
                .redirectErrorStream(true)
                .start();
        String told = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        long used = USED.matcher(told)
                .results()
                .mapToLong(generation -> Long.parseLong(generation.group(1)))
                .sum();
        return Long.toString(used / 1024);
    }
}
