package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.Customers;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Measures how many messages to four providers a ledger takes in a second, each durable before it counts: docs/performance.md. */
class AcceptsPerSecond {

    private static final List<String> TARGETS = List.of("bridge-xyz", "fraudspect", "xbridge", "yativo");
    private static final int WARM_UP = 10_000;
    private static final int MEASURED = 30_000;
    private static final int CALLERS = 1_000;

    @ParameterizedTest
    @EnumSource
    void areMeasured(Dialect dialect) throws Exception {
        // beside the build, because /tmp may be memory, which has no fsync
        Path disk = Files.createTempDirectory(Files.createDirectories(Path.of("target/test-data")), "accepts-");
        try (TestDatabase database = TestDatabase.make(dialect, disk)) {
            database.open();
            ObjectMapper json = new ObjectMapper();
            Replica replica = new Replica(database.get(), Duration.ofSeconds(15));
            Ledger ledger = new Ledger(
                    database.get(),
                    new Sealing(new PayloadCipher(new byte[32]), json),
                    replica,
                    json,
                    Clock.systemUTC());
            if (dialect == Dialect.POSTGRESQL) {
                assertThat(database.number("select count(*) from pg_settings where setting = 'on'"
                                + " and name in ('fsync', 'synchronous_commit')"))
                        .isEqualTo(2);
            }
            accept(ledger, "warm-up", WARM_UP);
            long start = System.nanoTime();
            long worked = writerNanos();
            accept(ledger, "measured", MEASURED);
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(
                    "%s: %.0f durable accepts a second, %.0f microseconds of processor time of the writer for each%n",
                    dialect, MEASURED / seconds, (writerNanos() - worked) / 1e3 / MEASURED);
            replica.stop();
        }
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
    private static void accept(Ledger ledger, String prefix, int messages) {
        Semaphore callers = new Semaphore(CALLERS);
        for (int i = 0; i < messages; i++) {
            String reference = prefix + i;
            JsonNode customer = Customers.person(reference);
            callers.acquireUninterruptibly();
            ledger.accept(new NewMessage(reference, customer, TARGETS, "rest", Optional.empty()), kept -> {})
                    .whenComplete((kept, failed) -> callers.release());
        }
        callers.acquireUninterruptibly(CALLERS);
    }
}
