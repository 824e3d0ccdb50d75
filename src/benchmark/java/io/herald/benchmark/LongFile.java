package io.herald.benchmark;

import io.vertx.core.json.JsonObject;
import java.io.BufferedWriter;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A long file is dropped before Herald, with a small heap, and goes to all four providers; the heap is looked at every second. */
final class LongFile {

    private static final int HEAP_MEGABYTES = 256;

    /** How long there may be nothing new at a provider. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Settings settings;
    private final Stub stub;
    private final Figures figures;
    private final HttpClient client = HttpClient.newHttpClient();

    LongFile(Settings settings, Stub stub, Figures figures) {
        this.settings = settings;
        this.stub = stub;
        this.figures = figures;
    }

    void measure() throws IOException, InterruptedException {
        for (Path java : settings.javas()) {
            measure(java, "Herald, JDK " + Settings.version(java));
        }
    }

    private void measure(Path java, String row) throws IOException, InterruptedException {
        String scenario = String.format(
                Locale.ROOT,
                "(e) a file of %,d customers for all four, -Xmx%dm",
                settings.fileRecords(),
                HEAP_MEGABYTES);
        List<String> options = new ArrayList<>(settings.options());
        options.add("-Xmx" + HEAP_MEGABYTES + "m");
        int management = Program.freePort();
        stub.reset();
        try (Program herald = Contender.HERALD.launch(
                java, stub, options, Map.of("quarkus.management.port", Integer.toString(management)))) {
            herald.awaitListening();
            Duration before = herald.processorTime();
            long start = System.nanoTime();
            drop(herald.directory().resolve("data/inbox"));
            List<Double> heap = new ArrayList<>();
            long moved = start;
            long last = 0;
            while (arrived() < 4L * settings.fileRecords() && System.nanoTime() - moved < PATIENCE.toNanos()) {
                Thread.sleep(1000);
                heap.add(heapMegabytes(management));
                if (arrived() > last) {
                    last = arrived();
                    moved = System.nanoTime();
                }
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            String fault = stub.fault(settings.fileRecords(), Stub.PROVIDERS);
            if (fault != null) {
                figures.fault(scenario, row, fault);
                return;
            }
            figures.add(scenario, row, 0, Scenarios.RATE, settings.fileRecords() / seconds);
            figures.add(
                    scenario,
                    row,
                    0,
                    "its processor time each, ms",
                    herald.processorTime().minus(before).toNanos() / 1e6 / settings.fileRecords());
            for (int fifth = 0; fifth < 5; fifth++) {
                figures.add(
                        scenario,
                        row,
                        0,
                        "least heap in use, fifth " + (fifth + 1) + ", MB",
                        heap.subList(heap.size() * fifth / 5, Math.max(heap.size() * (fifth + 1) / 5, 1)).stream()
                                .mapToDouble(Double::doubleValue)
                                .min()
                                .orElse(Double.NaN));
            }
            figures.add(scenario, row, 0, "resident at the end, MB", herald.residentMegabytes());
        }
    }

    /** Of all providers together. */
    private long arrived() {
        JsonObject counts = stub.counts();
        return Stub.PROVIDERS.stream()
                .mapToLong(provider -> counts.getJsonObject(provider).getLong("customers"))
                .sum();
    }

    private void drop(Path inbox) throws IOException {
        Path part = inbox.resolve("customers.ndjson.part");
        Customers customers = Customers.of("file");
        try (BufferedWriter out = Files.newBufferedWriter(part)) {
            for (int i = 0; i < settings.fileRecords(); i++) {
                out.write(customers.line(i));
                out.write('\n');
            }
        }
        Files.move(part, inbox.resolve("customers.ndjson"));
    }

    /** Garbage included. */
    private double heapMegabytes(int management) throws IOException, InterruptedException {
        return client.send(
                                HttpRequest.newBuilder(URI.create("http://localhost:" + management + "/q/metrics"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body()
                        .lines()
                        .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\""))
                        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                        .sum()
                / (1 << 20);
    }
}
