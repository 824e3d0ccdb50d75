package io.herald.benchmark;

import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** The scenarios, of one contender that runs, in one round. */
final class Scenarios {

    static final String AT_ONCE = "(a) the providers answer at once, 100 in flight";
    static final String SLOW = "(b) the providers take 200 ms, 1,000 in flight; then half of that load";
    static final String ONE_HANGS =
            "(c) one provider hangs: 100 in flight to the three others, while 50 a second come for all four";
    static final String REVOKED = "(d) all tokens are revoked in the middle, 100 in flight";
    static final String GROWTH = "(f) more and more in flight, the providers answer at once";

    static final String RATE = "messages a second";
    static final double MOST_AT_200_MS = 1000 / 0.2;

    private static final String WARM_UP = "until it is warm, 100 in flight";
    private static final String COST = "its processor time each, ms";
    private static final String HANGING = "bridge-xyz";
    private static final List<String> OTHERS = List.of("fraudspect", "xbridge", "yativo");
    private static final Duration SLOWNESS = Duration.ofMillis(200);
    private static final int IN_FLIGHT = 100;
    private static final Duration SLICE = Duration.ofSeconds(5);
    private static final int SLICES = 6;

    private final Settings settings;
    private final Stub stub;
    private final LoadGenerator generator;
    private final Figures figures;
    private final Program program;
    private final String row;
    private final int round;
    private int runs;

    Scenarios(
            Settings settings,
            Stub stub,
            LoadGenerator generator,
            Figures figures,
            Program program,
            String row,
            int round) {
        this.settings = settings;
        this.stub = stub;
        this.generator = generator;
        this.figures = figures;
        this.program = program;
        this.row = row;
        this.round = round;
    }

    /** At 100 in flight until it gets no cheaper. */
    void warmUp() {
        untilNoCheaper(WARM_UP, IN_FLIGHT);
    }

    /** {@value #SLICES} slices in a row cost no less than 95% of the cheapest before; answers whether all of it was right. */
    private boolean untilNoCheaper(String scenario, int inFlight) {
        long start = System.nanoTime();
        double least = Double.MAX_VALUE;
        long messages = 0;
        int noCheaper = 0;
        while (noCheaper < SLICES
                && System.nanoTime() - start < settings.warmUp().toNanos()) {
            Duration before = program.processorTime();
            LoadGenerator.Load load = closed(inFlight, SLICE);
            if (!isRight(scenario, row, load)) {
                return false;
            }
            double cost = program.processorTime().minus(before).toNanos() / 1e6 / load.sent();
            noCheaper = cost < 0.95 * least ? 0 : noCheaper + 1;
            least = Math.min(least, cost);
            messages += load.sent();
        }
        add(scenario, "messages until it is warm", messages);
        add(scenario, "warm after, s", (System.nanoTime() - start) / 1e9);
        return true;
    }

    void atOnce() {
        Duration before = program.processorTime();
        LoadGenerator.Load load = closed(IN_FLIGHT, settings.time());
        if (isRight(AT_ONCE, row, load)) {
            rate(AT_ONCE, row, load, before);
            add(AT_ONCE, "median, ms", load.millis(50));
            add(AT_ONCE, "99 of 100 within, ms", load.millis(99));
        }
    }

    void slow() {
        stub.delay(SLOWNESS);
        try {
            if (!untilNoCheaper(SLOW, 1000)) {
                return;
            }
            Duration before = program.processorTime();
            LoadGenerator.Load full = closed(1000, settings.time());
            if (!isRight(SLOW, row, full)) {
                return;
            }
            rate(SLOW, row, full, before);
            LoadGenerator.Load warm = paced(full.perSecond() / 2);
            if (!isRight(SLOW, row, warm)) {
                return;
            }
            LoadGenerator.Load half = paced(full.perSecond() / 2);
            if (isRight(SLOW, row, half)) {
                add(SLOW, "at half load added to 200 ms: median, ms", half.millis(50) - SLOWNESS.toMillis());
                add(SLOW, "99 of 100 within, ms", half.millis(99) - SLOWNESS.toMillis());
            }
        } finally {
            stub.delay(Duration.ZERO);
        }
    }

    /** Leaves the contender with work for the provider that hung; so nothing is measured in the same process after it. */
    void oneHangs() {
        LoadGenerator.Load healthy = withBackground(row + ", all well", Duration.ofSeconds(12));
        stub.hang(HANGING, true);
        try {
            LoadGenerator.Load hung = withBackground(row + ", " + HANGING + " hangs", Duration.ofSeconds(12));
            if (healthy != null && hung != null) {
                figures.add(
                        ONE_HANGS,
                        row + ", " + HANGING + " hangs",
                        round,
                        "of the rate when all is well",
                        hung.perSecond() / healthy.perSecond());
            }
        } finally {
            stub.hang(HANGING, false);
        }
    }

    private LoadGenerator.Load withBackground(String line, Duration time) {
        stub.reset();
        LoadGenerator.Target all = new LoadGenerator.Target(
                program.port(),
                target().path(),
                with(target().headers(), "Prefer", "respond-async"),
                (status, body) -> status == 202 ? null : status + ": " + body);
        Duration before = program.processorTime();
        CompletableFuture<LoadGenerator.Load> background =
                CompletableFuture.supplyAsync(() -> generator.paced(all, customers(), 50, time));
        LoadGenerator.Load load = generator.closed(
                Contender.customers(program, OTHERS.size()),
                Customers.of(prefix(), OTHERS.toArray(String[]::new)),
                IN_FLIGHT,
                time);
        LoadGenerator.Load beside = background.join();
        String fault = beside.fault() != null ? beside.fault() : load.fault();
        if (fault == null) {
            fault = within(Duration.ofSeconds(10), () -> stub.fault(load.sent() + beside.sent(), OTHERS));
        }
        if (fault != null) {
            figures.fault(ONE_HANGS, line, fault);
            return null;
        }
        rate(ONE_HANGS, line, load, before, load.sent() + beside.sent());
        figures.add(ONE_HANGS, line, round, "99 of 100 within, ms", load.millis(99));
        JsonObject counts = stub.counts();
        figures.add(
                ONE_HANGS,
                line,
                round,
                "99 of 100 at the others after, ms",
                OTHERS.stream()
                        .mapToDouble(name -> counts.getJsonObject(name).getDouble("arrived99"))
                        .max()
                        .orElseThrow());
        return load;
    }

    void revoked() {
        stub.reset();
        CompletableFuture<Void> revocation = CompletableFuture.runAsync(
                stub::revoke, CompletableFuture.delayedExecutor(settings.time().toMillis() / 2, TimeUnit.MILLISECONDS));
        LoadGenerator.Load load = generator.closed(target(), customers(), IN_FLIGHT, settings.time());
        revocation.join();
        if (isRight(REVOKED, row, load)) {
            JsonObject counts = stub.counts();
            for (String provider : List.of("xbridge", "yativo")) {
                JsonObject count = counts.getJsonObject(provider);
                add(REVOKED, "log-ins at " + provider, count.getLong("logIns"));
                add(REVOKED, "refused by " + provider, count.getLong("unauthorized"));
            }
            add(REVOKED, "99 of 100 within, ms", load.millis(99));
        }
    }

    void growth() {
        for (int inFlight : List.of(1, 10, 100, 1000, 5000)) {
            Duration before = program.processorTime();
            LoadGenerator.Load load = closed(inFlight, settings.time());
            String line = row + ", " + inFlight;
            if (isRight(GROWTH, line, load)) {
                rate(GROWTH, line, load, before);
                figures.add(GROWTH, line, round, "median, ms", load.millis(50));
                figures.add(GROWTH, line, round, "99 of 100 within, ms", load.millis(99));
            }
        }
    }

    private LoadGenerator.Load closed(int inFlight, Duration time) {
        stub.reset();
        return generator.closed(target(), customers(), inFlight, time);
    }

    private LoadGenerator.Load paced(double perSecond) {
        stub.reset();
        return generator.paced(target(), customers(), perSecond, settings.time());
    }

    private boolean isRight(String scenario, String line, LoadGenerator.Load load) {
        String fault = load.fault() != null ? load.fault() : stub.fault(load.sent(), Stub.PROVIDERS);
        if (fault != null) {
            figures.fault(scenario, line, fault);
        }
        return fault == null;
    }

    private void rate(String scenario, String line, LoadGenerator.Load load, Duration before) {
        rate(scenario, line, load, before, load.sent());
    }

    private void rate(String scenario, String line, LoadGenerator.Load load, Duration before, long messages) {
        Duration worked = program.processorTime().minus(before);
        figures.add(scenario, line, round, RATE, load.perSecond());
        figures.add(scenario, line, round, COST, worked.toNanos() / 1e6 / messages);
    }

    private void add(String scenario, String column, double value) {
        figures.add(scenario, row, round, column, value);
    }

    private LoadGenerator.Target target() {
        return Contender.customers(program, Stub.PROVIDERS.size());
    }

    private Customers customers() {
        return Customers.of(prefix());
    }

    private String prefix() {
        return "r" + runs++;
    }

    private static Map<String, String> with(Map<String, String> headers, String name, String value) {
        Map<String, String> more = new HashMap<>(headers);
        more.put(name, value);
        return more;
    }

    /** Asks again until nothing is wrong, or the time is over. */
    private static String within(Duration time, Supplier<String> fault) {
        long end = System.nanoTime() + time.toNanos();
        String found = fault.get();
        while (found != null && System.nanoTime() < end) {
            LockSupport.parkNanos(50_000_000);
            found = fault.get();
        }
        return found;
    }
}
