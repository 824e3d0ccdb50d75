package io.herald.ledger;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agroal.api.AgroalDataSource;
import io.herald.metrics.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import org.flywaydb.core.Flyway;

/** The embedded ledger in a directory of its own, with the driver's settings that {@code application.properties} gives it. */
final class EmbeddedLedger implements AutoCloseable {

    private final Database database;
    final Ledger ledger;
    private final DataDirectory directory;
    private final AgroalDataSource dataSource;

    EmbeddedLedger(Path data, Clock clock, byte[]... keys) throws Exception {
        directory = new DataDirectory(data);
        TestDatabase settings = TestDatabase.make(Dialect.EMBEDDED, data.getParent());
        dataSource = settings.pool();
        Flyway flyway = Flyway.configure()
                .dataSource(dataSource)
                .locations("db/migration")
                .placeholders(settings.placeholders())
                .load();
        try {
            database = new Database(
                    Dialect.EMBEDDED, directory, dataSource, flyway, new Meters(new SimpleMeterRegistry()));
        } catch (RuntimeException e) {
            dataSource.close();
            directory.close();
            throw e;
        }
        ObjectMapper json = new ObjectMapper();
        Sealing sealing = new Sealing(new PayloadCipher(keys), json);
        ledger = new Ledger(database, sealing, new Replica(database, Duration.ofSeconds(15)), json, clock);
    }

    /** A number that a query finds. */
    long number(String sql) {
        return database.one(sql, row -> row.getLong(1)).orElseThrow();
    }

    void execute(String sql, Object... parameters) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            Database.execute(connection, sql, parameters);
        }
    }

    @Override
    public void close() throws IOException {
        database.close();
        dataSource.close();
        directory.close();
    }
}
