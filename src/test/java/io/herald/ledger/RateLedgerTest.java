package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Two programs that share a ledger never get the same slot. */
@Timeout(60)
@ParameterizedClass
@EnumSource
class RateLedgerTest {

    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final Duration INTERVAL = Duration.ofMillis(7);

    @Parameter
    Dialect dialect;

    @TempDir
    Path directory;

    private final List<TestDatabase> databases = new ArrayList<>();
    private List<RateLedger> ledgers;

    @BeforeEach
    void open() {
        databases.add(TestDatabase.make(dialect, directory));
        databases.add(databases.get(0).again());
        databases.forEach(TestDatabase::open);
        ledgers = databases.stream()
                .map(database -> new RateLedger(database.get()))
                .toList();
    }

    @AfterEach
    void close() {
        databases.forEach(TestDatabase::close);
    }

    @Test
    void giveEachSlotOnceAndLeaveNoneOut() throws Exception {
        List<Instant> taken = new ArrayList<>();
        ExecutorService replicas = Executors.newFixedThreadPool(4);
        try {
            List<Future<List<Instant>>> reserving = IntStream.range(0, 4)
                    .mapToObj(i -> replicas.submit(() -> reserve(ledgers.get(i % 2), 1 + i)))
                    .toList();
            for (Future<List<Instant>> one : reserving) {
                taken.addAll(one.get());
            }
        } finally {
            replicas.shutdownNow();
        }

        assertThat(taken)
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 100 * (1 + 2 + 3 + 4))
                        .mapToObj(i -> NOW.plus(INTERVAL.multipliedBy(i)))
                        .toList());
    }

    @Test
    void beginAnewAfterAPauseAndForEachProvider() {
        RateLedger ledger = ledgers.get(0);

        assertThat(ledger.reserve("xbridge", NOW, 10, INTERVAL)).isEqualTo(NOW);
        assertThat(ledger.reserve("xbridge", NOW.plusMillis(1), 1, INTERVAL)).isEqualTo(NOW.plusMillis(70));
        assertThat(ledger.reserve("xbridge", NOW.plusSeconds(1), 1, INTERVAL)).isEqualTo(NOW.plusSeconds(1));
        assertThat(ledger.reserve("yativo", NOW, 1, INTERVAL)).isEqualTo(NOW);
    }

    @Test
    void areNotThoseOfAClockThatWasFarAhead() {
        RateLedger ledger = ledgers.get(0);
        ledger.reserve("xbridge", NOW.plusSeconds(3600), 1, INTERVAL);

        assertThat(ledger.reserve("xbridge", NOW, 1, INTERVAL)).isEqualTo(NOW);
        assertThat(ledger.reserve("xbridge", NOW, 1, INTERVAL)).isEqualTo(NOW.plus(INTERVAL));
    }

    private static List<Instant> reserve(RateLedger ledger, int slots) {
        return IntStream.range(0, 100)
                .mapToObj(i -> ledger.reserve("xbridge", NOW, slots, INTERVAL))
                .flatMap(first -> IntStream.range(0, slots).mapToObj(i -> first.plus(INTERVAL.multipliedBy(i))))
                .toList();
    }
}
