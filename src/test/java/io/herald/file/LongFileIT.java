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

    /** What is dropped is larger than the heap, in each of the two. */
    private static final String PADDING = "x".repeat(IS_SOAK ? 1 : 20_000);

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
            for (String name : List.of("long.ndjson", "long.csv")) {
                writeLong(box, name);
                long begun = System.nanoTime();
                Duration before = processorTime(program);
                List<String> heap = new ArrayList<>();
                AtomicReference<JsonNode> reading = new AtomicReference<>(MissingNode.getInstance());
                await().pollInterval(Duration.ofMillis(500))
                        .atMost(Duration.ofSeconds(120L + LONG_FILE / 200))
                        .until(() -> {
                            if (System.nanoTime() - begun > heap.size() * LOOKED_EVERY.toNanos()) {
                                heap.add(usedHeap(program));
                            }
                            JsonNode file = file(program, name);
                            if (file.has("secondsLeft")) {
                                reading.set(file);
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
                assertThat(reading.get().path("rate").asLong())
                        .as("records a second, while the file was read: %s", reading.get())
                        .isPositive();
                JsonNode summary = box.report(name).summary();
                assertThat(summary.path("accepted").asInt())
                        .as(summary.toString())
                        .isEqualTo(LONG_FILE);
            }
        }
    }

    /** What {@code GET /v1/files} has of it. */
    private static JsonNode file(PackagedProgram program, String name) {
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

    private static void writeLong(DropBox box, String name) throws IOException {
        Path part = box.inbox().resolve(name + ".part");
        try (var out = Files.newBufferedWriter(part)) {
            if (name.endsWith(".csv")) {
                out.write(
                        "reference,type,person.firstName,person.lastName,contact.email,attributes.padding,targets[0]\n");
            }
            for (int i = 0; i < LONG_FILE; i++) {
                String reference = name.replace('.', '-') + "-" + i;
                out.write(
                        name.endsWith(".csv")
                                ? reference + ",person,Jane,Doe," + reference + "@example.com," + PADDING
                                        + ",fraudspect\n"
                                : padded(reference) + "\n");
            }
        }
        Files.move(part, box.inbox().resolve(name));
    }

    private static ObjectNode padded(String reference) {
        ObjectNode customer = Caller.person(reference, "", "fraudspect");
        customer.withObject("/attributes").put("padding", PADDING);
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
