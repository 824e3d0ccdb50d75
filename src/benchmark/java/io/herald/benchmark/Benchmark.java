package io.herald.benchmark;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** Runs what {@link Settings} name, each contender alone and in turn, and prints the table. */
public final class Benchmark {

    private static final String LIMITS = "limits of what measures, 100 in flight";

    private final Settings settings = Settings.read();
    private final Figures figures = new Figures();

    private Benchmark() {}

    public static void main(String... arguments) throws Exception {
        new Benchmark().run();
    }

    private void run() throws Exception {
        System.out.printf(
                "%s, %d processors, load %.1f%n",
                Instant.now(), Runtime.getRuntime().availableProcessors(), load());
        System.out.println(settings);
        try (Stub stub = Stub.start();
                LoadGenerator generator = new LoadGenerator()) {
            if (settings.scenarios().contains("limits")) {
                limits(stub, generator);
            }
            if (settings.hasRounds()) {
                rounds(stub, generator);
            }
            if (settings.scenarios().contains("e")) {
                new LongFile(settings, stub, figures).measure();
            }
            if (settings.scenarios().contains("start")) {
                new Start(settings, stub, generator, figures).measure();
            }
        }
        if (settings.scenarios().contains("jmh")) {
            Examples.measure(figures);
        }
        System.out.println(figures);
        System.out.printf(Locale.ROOT, "load at the end: %.1f%n", load());
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    /** The generator against an answer that is always the same, and against one provider. */
    private void limits(Stub stub, LoadGenerator generator) {
        LoadGenerator.Target canned = new LoadGenerator.Target(
                stub.port(),
                ProviderStub.CANNED,
                Map.of(),
                (status, body) -> Contender.fault(status, body, Stub.PROVIDERS.size()));
        LoadGenerator.Target fraudspect = new LoadGenerator.Target(
                stub.port(),
                "/fraudspect/api/v1/customers",
                Map.of("x-api-key", "sandbox-fraudspect-key"),
                (status, body) -> status == 201 ? null : status + ": " + body);
        generator.closed(canned, Customers.of("warm"), 100, settings.time());
        for (int round = 0; round < settings.rounds(); round++) {
            limit(stub, generator, round, "the generator: reports", canned, Customers.of("limit"));
            limit(stub, generator, round, "the stub: calls of a provider", fraudspect, number -> {
                String email = "limit-" + number + '-' + Customers.now();
                return Buffer.buffer("{\"name\":\"Jane Doe\",\"referenceId\":\"" + email
                        + "\",\"accountTypeId\":1,\"phone\":\"+255700000001\",\"email\":\"" + email
                        + "@example.com\"}");
            });
        }
    }

    private void limit(
            Stub stub,
            LoadGenerator generator,
            int round,
            String row,
            LoadGenerator.Target target,
            LongFunction<Buffer> bodies) {
        stub.reset();
        generator.closed(target, bodies, 100, settings.time());
        stub.reset();
        Duration stubBefore = stub.processorTime();
        Duration ownBefore = own();
        LoadGenerator.Load load = generator.closed(target, bodies, 100, settings.time());
        if (load.fault() != null) {
            figures.fault(LIMITS, row, load.fault());
            return;
        }
        figures.add(LIMITS, row, round, "a second", load.perSecond());
        figures.add(
                LIMITS, row, round, "stub's processor time each, µs", micros(stub.processorTime(), stubBefore, load));
        figures.add(LIMITS, row, round, "generator's processor time each, µs", micros(own(), ownBefore, load));
    }

    private static double micros(Duration after, Duration before, LoadGenerator.Load load) {
        return after.minus(before).toNanos() / 1e3 / load.sent();
    }

    private static Duration own() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
    }

    private void rounds(Stub stub, LoadGenerator generator) throws IOException, InterruptedException {
        for (int round = 0; round < settings.rounds(); round++) {
            List<Contender> turn = new ArrayList<>(settings.contenders());
            Collections.rotate(turn, round);
            for (Path java : settings.javas()) {
                for (Contender contender : turn) {
                    measure(stub, generator, java, contender, round);
                }
            }
        }
        for (Path java : settings.javas()) {
            for (Contender contender : settings.contenders()) {
                String ceiling = row(java, Contender.CEILING);
                String row = row(java, contender);
                figures.ratio(
                        Scenarios.AT_ONCE, row, Scenarios.RATE, ceiling, Double.MAX_VALUE, "of the ceiling's rate");
                figures.ratio(
                        Scenarios.AT_ONCE,
                        row,
                        Scenarios.RATE,
                        row(java, Contender.BY_HAND),
                        Double.MAX_VALUE,
                        "of the rate by hand");
                figures.ratio(
                        Scenarios.SLOW,
                        row,
                        Scenarios.RATE,
                        ceiling,
                        Scenarios.MOST_AT_200_MS,
                        "of the ceiling's rate, or of 5,000");
            }
        }
    }

    private static String row(Path java, Contender contender) {
        return contender + ", JDK " + Settings.version(java);
    }

    private void measure(Stub stub, LoadGenerator generator, Path java, Contender contender, int round)
            throws IOException, InterruptedException {
        boolean compared = contender != Contender.BY_HAND_WITHOUT_LEDGER;
        boolean product = contender == Contender.HERALD;
        List<Consumer<Scenarios>> steps = new ArrayList<>();
        add(steps, "a", true, Scenarios::atOnce);
        add(steps, "b", compared, Scenarios::slow);
        add(steps, "d", compared, Scenarios::revoked);
        add(steps, "f", product, Scenarios::growth);
        add(steps, "c", product, Scenarios::oneHangs);
        if (steps.isEmpty()) {
            return;
        }
        List<String> options = product ? settings.options() : List.of();
        try (Program program = contender.start(java, stub, options)) {
            Scenarios scenarios =
                    new Scenarios(settings, stub, generator, figures, program, row(java, contender), round);
            scenarios.warmUp();
            steps.forEach(step -> step.accept(scenarios));
            if (!options.isEmpty()) {
                // a profile is written at the end
                program.stop();
            }
        }
    }

    private void add(List<Consumer<Scenarios>> steps, String scenario, boolean applies, Consumer<Scenarios> step) {
        if (applies && settings.scenarios().contains(scenario)) {
            steps.add(step);
        }
    }
}
