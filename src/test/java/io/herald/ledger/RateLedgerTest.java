package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two programs that share a ledger never get the same slot. */
@Timeout(60)
class RateLedgerTest {

    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final Duration INTERVAL = Duration.ofMillis(7);

    @TempDir
    Path directory;

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<RateLedger> ledgers = new ArrayList<>();

    @BeforeEach
    void open() throws SQLException {
        ledgers.add(ledger("one"));
        ledgers.add(ledger("two"));
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
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

    private static List<Instant> reserve(RateLedger ledger, int slots) {
        return IntStream.range(0, 100)
                .mapToObj(i -> ledger.reserve("xbridge", NOW, slots, INTERVAL))
                .flatMap(first -> IntStream.range(0, slots).mapToObj(i -> first.plus(INTERVAL.multipliedBy(i))))
                .toList();
    }

    private RateLedger ledger(String lock) throws SQLException {
        String url = "jdbc:sqlite:" + directory.resolve("herald.db")
                + "?journal_mode=WAL&synchronous=FULL&busy_timeout=5000";
        AgroalDataSource dataSource = AgroalDataSource.from(
                new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration(pool -> pool.maxSize(4)
                        .acquisitionTimeout(Duration.ofSeconds(10))
                        .connectionFactoryConfiguration(connection -> connection.jdbcUrl(url))));
        DataDirectory locked = new DataDirectory(directory.resolve(lock));
        Database database = new Database(
                locked,
                dataSource,
                Flyway.configure()
                        .dataSource(dataSource)
                        .locations("db/migration")
                        .placeholders(Map.of("sequence", "integer primary key autoincrement", "bytes", "blob"))
                        .load());
        open.add(database::close);
        open.add(dataSource);
        open.add(locked::close);
        return new RateLedger(database);
    }
}
