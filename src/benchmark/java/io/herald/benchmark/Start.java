package io.herald.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.caller.Issuer;
import java.io.IOException;
import java.net.ConnectException;
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

/** How soon Herald delivers after it was started, how soon it is at its speed, and what it weighs. */
final class Start {

    private static final String SCENARIO = "start and footprint of Herald";
    private static final Path DOCKERFILE = Path.of("src/main/docker/Dockerfile.jvm");
    private static final String ENTRYPOINT = "ENTRYPOINT ";
    private static final Duration UNTIL_STEADY = Duration.ofSeconds(40);
    private static final int IN_FLIGHT = 100;
    private static final int MANY = 10_000;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final Settings settings;
    private final Stub stub;
    private final LoadGenerator generator;
    private final Figures figures;

    Start(Settings settings, Stub stub, LoadGenerator generator, Figures figures) {
        this.settings = settings;
        this.stub = stub;
        this.generator = generator;
        this.figures = figures;
    }

    void measure() throws IOException, InterruptedException {
        for (Path java : settings.javas()) {
            String row = "JDK " + Settings.version(java);
            // JDK 25 keeps the profiles of methods in the cache (JEP 515)
            boolean keepsProfiles = Settings.version(java) >= 25;
            Path cache = keepsProfiles ? train(java) : null;
            for (int round = 0; round < settings.rounds(); round++) {
                measure(java, settings.options(), row + ", plain", round);
                if (keepsProfiles) {
                    List<String> image = asInTheImage("-XX:AOTCache=" + cache);
                    measure(java, image, row + ", as in the image", round);
                    List<String> firstCompiler = new ArrayList<>(image);
                    firstCompiler.add("-XX:TieredStopAtLevel=1");
                    measure(java, firstCompiler, row + ", as in the image, with the first compiler only", round);
                }
            }
        }
    }

    /** The options that the image gives its JVM, with a cache of our own; and those of the benchmark. */
    private List<String> asInTheImage(String cache) throws IOException {
        String entry = Files.readAllLines(DOCKERFILE).stream()
                .filter(line -> line.startsWith(ENTRYPOINT))
                .findFirst()
                .orElseThrow();
        List<String> options = new ArrayList<>(settings.options());
        options.add(cache);
        for (JsonNode word : new ObjectMapper().readTree(entry.substring(ENTRYPOINT.length()))) {
            if (word.asText().startsWith("-X") && !word.asText().startsWith("-XX:AOTCache=")) {
                options.add(word.asText());
            }
        }
        return options;
    }

    /** Real traffic against the stub; the cache is written when Herald is stopped. */
    private Path train(Path java) throws IOException, InterruptedException {
        Path cache = Files.createDirectories(Path.of("target/benchmark").toAbsolutePath())
                .resolve("herald.aot");
        Files.deleteIfExists(cache);
        try (Program herald = Contender.HERALD.start(java, stub, asInTheImage("-XX:AOTCacheOutput=" + cache))) {
            stub.reset();
            LoadGenerator.Load load =
                    generator.closed(Contender.customers(herald, 4), Customers.of("train"), IN_FLIGHT, UNTIL_STEADY);
            herald.stop();
            if (load.fault() != null || !Files.exists(cache)) {
                throw new IllegalStateException("no AOT cache; " + load.fault() + "; see " + herald.directory());
            }
        }
        return cache;
    }

    private void measure(Path java, List<String> options, String row, int round)
            throws IOException, InterruptedException {
        stub.reset();
        long start = System.nanoTime();
        try (Program herald = Contender.HERALD.launch(java, stub, options, Map.of())) {
            awaitFirst(herald);
            double first = (System.nanoTime() - start) / 1e9;
            double cost = herald.processorTime().toNanos() / 1e9;
            double resident = herald.residentMegabytes();
            long loaded = System.nanoTime();
            LoadGenerator.Target target = Contender.customers(herald, 4);
            LoadGenerator.Load load = generator.closed(target, Customers.of("start"), IN_FLIGHT, UNTIL_STEADY);
            String fault = load.fault() != null ? load.fault() : stub.fault(load.sent() + 1, Stub.PROVIDERS);
            for (long sent = load.sent(); fault == null && sent < MANY; ) {
                LoadGenerator.Load more =
                        generator.closed(target, Customers.of("more" + sent), IN_FLIGHT, Duration.ofSeconds(5));
                sent += more.sent();
                fault = more.fault();
            }
            if (fault != null) {
                figures.fault(SCENARIO, row, fault);
                return;
            }
            add(row, round, "first message delivered after, s", first);
            add(row, round, "processor time until then, s", cost);
            add(row, round, "80% of its steady rate after, s", (loaded - start) / 1e9 + secondsUntilSteady(load));
            add(row, round, "steady rate, messages a second", steady(load));
            add(row, round, "resident then, MB", resident);
            add(
                    row,
                    round,
                    String.format(Locale.ROOT, "resident after %,d messages or more, MB", MANY),
                    herald.residentMegabytes());
        }
    }

    private void add(String row, int round, String column, double value) {
        figures.add(SCENARIO, row, round, column, value);
    }

    private void awaitFirst(Program herald) throws InterruptedException, IOException {
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://localhost:" + herald.port() + "/v1/customers"))
                .header("Content-Type", "application/json")
                .header("Authorization", Issuer.TRUSTED.bearer())
                .POST(HttpRequest.BodyPublishers.ofString(Customers.of("first").line(0)))
                .build();
        for (long end = System.nanoTime() + PATIENCE.toNanos(); ; ) {
            try {
                HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    return;
                }
                throw new IllegalStateException(answer.statusCode() + ": " + answer.body());
            } catch (ConnectException notYet) {
                if (System.nanoTime() > end) {
                    throw notYet;
                }
                Thread.sleep(5);
            }
        }
    }

    /** The median of the last quarter of the seconds. */
    private static double steady(LoadGenerator.Load load) {
        List<Integer> counts = load.eachSecond();
        List<Integer> last = counts.subList(counts.size() * 3 / 4, counts.size() - 1).stream()
                .sorted()
                .toList();
        return last.get(last.size() / 2);
    }

    /** The end of the first second that came up to 80% of the steady rate. */
    private static int secondsUntilSteady(LoadGenerator.Load load) {
        double enough = 0.8 * steady(load);
        int second = 0;
        while (load.eachSecond().get(second) < enough) {
            second++;
        }
        return second + 1;
    }
}
