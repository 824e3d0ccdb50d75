package io.herald.ledger;

import static io.herald.ledger.Requests.MAY_ARRIVE;
import static io.herald.ledger.Requests.create;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Measures how many messages to four providers a ledger takes in a second, each durable before it counts, and how many go
 * through it from their acceptance to their last outcome: docs/performance.md.
 */
class AcceptsPerSecond {

    private static final List<String> TARGETS = List.of("bridge-xyz", "fraudspect", "xbridge", "yativo");
    private static final int WARM_UP = 10_000;
    private static final int MEASURED = 30_000;
    private static final int CALLERS = 1_000;
    private static final int DELIVERING = 100;

    private record Ledgers(Ledger messages, KnownCustomers customers) {}

    private interface Load {
        void run(Ledgers ledgers, String prefix, int messages);
    }

    @ParameterizedTest
    @EnumSource
    void areMeasured(Dialect dialect) throws Exception {
        measure(dialect, "durable accepts", AcceptsPerSecond::accept);
    }

    @ParameterizedTest
    @EnumSource
    void wholeLivesAreMeasured(Dialect dialect) throws Exception {
        ExecutorService workers = Executors.newFixedThreadPool(DELIVERING * TARGETS.size());
        try {
            measure(
                    dialect,
                    "messages delivered",
                    (ledgers, prefix, messages) -> deliver(ledgers, prefix, messages, workers));
        } finally {
            workers.shutdown();
        }
    }

    private static void measure(Dialect dialect, String what, Load load) throws Exception {
        // beside the build, because /tmp may be memory, which has no fsync
        Path disk = Files.createTempDirectory(Files.createDirectories(Path.of("target/test-data")), "accepts-");
        try (TestDatabase database = TestDatabase.make(dialect, disk)) {
            database.open();
            ObjectMapper json = new ObjectMapper();
            Replica replica = new Replica(database.get(), Duration.ofSeconds(15));
            Sealing sealing = new Sealing(new PayloadCipher(new byte[32]), json);
            Ledgers ledgers = new Ledgers(
                    new Ledger(database.get(), sealing, replica, json, Clock.systemUTC()),
                    new KnownCustomers(database.get(), sealing));
            if (dialect == Dialect.POSTGRESQL) {
                assertThat(database.number("select count(*) from pg_settings where setting = 'on'"
                                + " and name in ('fsync', 'synchronous_commit')"))
                        .isEqualTo(2);
            }
            load.run(ledgers, "warm-up", WARM_UP);
            long start = System.nanoTime();
            long worked = writerNanos();
            long allWorked = allNanos();
            load.run(ledgers, "measured", MEASURED);
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(
                    "%s: %.0f %s a second, %.0f microseconds of processor time of the writer for each, %.0f of the program%n",
                    dialect,
                    MEASURED / seconds,
                    what,
                    (writerNanos() - worked) / 1e3 / MEASURED,
                    (allNanos() - allWorked) / 1e3 / MEASURED);
            replica.stop();
        }
    }

    private static long allNanos() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    /** The processor time of the one thread that writes; it does not grow with the load of the machine as the rate does. */
    private static long writerNanos() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.dumpAllThreads(false, false))
                .filter(thread -> thread.getThreadName().equals("ledger-writer"))
                .mapToLong(thread -> threads.getThreadCpuTime(thread.getThreadId()))
                .max()
                .orElseThrow();
    }

    /** As many callers at once, each of which waits for its message to be durable. */
    private static void accept(Ledgers ledgers, String prefix, int messages) {
        atOnce(CALLERS, messages, i -> accept(ledgers.messages(), prefix + i));
    }

    /** As many messages at once, each of which is then sent to its four providers at once. */
    private static void deliver(Ledgers ledgers, String prefix, int messages, ExecutorService workers) {
        atOnce(DELIVERING, messages, i -> {
            Message message = accept(ledgers.messages(), prefix + i);
            CompletableFuture.allOf(TARGETS.stream()
                            .map(provider ->
                                    CompletableFuture.runAsync(() -> deliver(ledgers, message, provider), workers))
                            .toArray(CompletableFuture[]::new))
                    .join();
        });
    }

    private static void atOnce(int callers, int messages, IntConsumer call) {
        ExecutorService threads = Executors.newFixedThreadPool(callers);
        try {
            CompletableFuture.allOf(IntStream.range(0, messages)
                            .mapToObj(i -> CompletableFuture.runAsync(() -> call.accept(i), threads))
                            .toArray(CompletableFuture[]::new))
                    .join();
        } finally {
            threads.shutdown();
        }
    }

    private static Message accept(Ledger ledger, String reference) {
        JsonNode customer = Customers.person(reference);
        return ledger.accept(new NewMessage(reference, customer, TARGETS, "rest", Optional.empty()), kept -> {})
                .message();
    }

    private static void deliver(Ledgers ledgers, Message message, String provider) {
        ObjectNode outcome = JsonNodeFactory.instance
                .objectNode()
                .put("state", "delivered")
                .put("operation", "created")
                .put("providerCustomerId", provider + "-" + message.sequence());
        ledgers.customers().known(message.reference(), provider, message.sequence());
        ledgers.messages()
                .sending(
                        message,
                        provider,
                        create(message.canonical().toString().getBytes(StandardCharsets.UTF_8)),
                        MAY_ARRIVE);
        ledgers.messages()
                .record(
                        message,
                        provider,
                        new Progress(
                                outcome,
                                1,
                                List.of(new Attempt(
                                        Instant.now(),
                                        1,
                                        Optional.of(200),
                                        Optional.empty(),
                                        Optional.empty(),
                                        Optional.empty())),
                                1,
                                Optional.empty(),
                                0,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.ofNullable(outcome.path("providerCustomerId")
                                                .textValue())
                                        .map(id -> new Progress.NewLink(id, false))));
    }
}
