package io.herald.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.canonical.CanonicalCustomer;
import io.herald.canonical.CanonicalReader;
import io.herald.mapping.Mappings;
import io.herald.mapping.ProviderMapping;
import io.herald.schema.Fault;
import io.herald.schema.SchemaCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * What each example of {@code mappings} costs, with JMH: its customer read and checked, and its mapping step. All run in one JVM, as
 * they do in Herald: the interpreter of the templates and the validator have then seen all templates and schemas, and are
 * compiled for all of them.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(0)
@Warmup(iterations = 3, time = 100, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 50, timeUnit = TimeUnit.MILLISECONDS)
public class Examples {

    private static final Path MAPPINGS = Path.of("mappings");
    private static final String CANONICAL = "canonical/customer.schema.json";
    private static final String SCENARIO =
            "JMH: what each example costs, µs; the mapping step is map, check, and read the answer";

    /** The examples were written for that day. */
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T10:00:00Z"), ZoneOffset.UTC);

    /** A provider and the name of its example. */
    @Param("")
    public String example;

    private CanonicalReader reader;
    private ProviderMapping mapping;
    private byte[] body;
    private JsonNode customer;
    private String link;
    private JsonNode response;
    private JsonNode lookUp;

    /** Runs all, and adds what each costs; of those with the same customer one tells what reading costs. */
    static void measure(Figures figures) throws IOException, RunnerException {
        List<String> all = new ArrayList<>();
        Map<String, String> customers = new TreeMap<>();
        try (Stream<Path> files = Files.walk(MAPPINGS)) {
            for (Path file : files.filter(each -> each.endsWith("canonical.json"))
                    .sorted()
                    .toList()) {
                String name = MAPPINGS.relativize(file.getParent()).toString().replace("/examples/", "/");
                all.add(name);
                customers.putIfAbsent(Files.readString(file), name);
            }
        }
        measure(figures, "mapping", "the mapping step", all);
        measure(figures, "reading", "reading and checking the customer", customers.values());
    }

    private static void measure(Figures figures, String method, String column, Collection<String> examples)
            throws RunnerException {
        Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include(Examples.class.getName() + "\\." + method)
                        .param("example", examples.toArray(String[]::new))
                        .verbosity(VerboseMode.SILENT)
                        .shouldFailOnError(true)
                        .build())
                .run();
        for (RunResult result : results) {
            figures.add(
                    SCENARIO,
                    result.getParams().getParam("example"),
                    0,
                    column,
                    result.getPrimaryResult().getScore());
        }
    }

    /** Reads the example, and compiles what it needs. */
    @Setup
    public void read() throws IOException {
        String provider = example.substring(0, example.indexOf('/'));
        Path folder = MAPPINGS.resolve(provider + "/examples" + example.substring(provider.length()));
        reader = new CanonicalReader(
                SchemaCheck.compile(CANONICAL, text(CANONICAL).orElseThrow(), CLOCK), 1 << 26, CLOCK);
        List<String> mistakes = new ArrayList<>();
        mapping = Mappings.load(Examples::text, List.of(provider), CLOCK, mistakes)
                .of(provider);
        body = Files.readAllBytes(folder.resolve("canonical.json"));
        customer = reader.read(body).tree();
        JsonNode known = optional(folder.resolve("link.json"));
        link = known == null ? null : known.textValue();
        response = optional(folder.resolve("response.json"));
        lookUp = optional(folder.resolve("find.json"));
    }

    private static Optional<String> text(String path) {
        try {
            Path file = MAPPINGS.resolve(path);
            return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode optional(Path file) throws IOException {
        return Files.exists(file) ? new ObjectMapper().readTree(file.toFile()) : null;
    }

    /** The customer, as it came, to the tree that is mapped. */
    @Benchmark
    public CanonicalCustomer reading() {
        return reader.read(body);
    }

    /** The request, what is wrong with it, and what the answer to it, or to a look-up, means, where the example has one. */
    @Benchmark
    public Object mapping() {
        JsonNode request = mapping.request(customer, link);
        List<Fault> faults = mapping.check(request);
        if (lookUp != null) {
            return mapping.find(lookUp.get("answer"), request);
        }
        return response == null
                ? faults
                : mapping.outcome(response.path("status").intValue(), response.get("body"), link);
    }
}
