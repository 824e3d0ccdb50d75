package io.herald.ledger;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agroal.api.AgroalDataSource;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import org.flywaydb.core.Flyway;

/** The embedded ledger in a directory of its own, with the driver's settings that {@code application.properties} gives it. */
final class EmbeddedLedger implements AutoCloseable {

    final Path data;
    final Database database;
    final Ledger ledger;
    final Erasure erasure;
    private final DataDirectory directory;
    private final AgroalDataSource dataSource;

    EmbeddedLedger(Path data, Clock clock, byte[]... keys) throws Exception {
        this.data = data;
        directory = new DataDirectory(data);
        TestDatabase settings = TestDatabase.make(Dialect.EMBEDDED, data.getParent());
        dataSource = settings.pool();
        Flyway flyway = Flyway.configure()
                .dataSource(dataSource)
                .locations("db/migration")
                .placeholders(settings.placeholders())
                .load();
        try {
            database = new Database(Dialect.EMBEDDED, directory, dataSource, flyway);
        } catch (RuntimeException e) {
            dataSource.close();
            directory.close();
            throw e;
        }
        ObjectMapper json = new ObjectMapper();
        Sealing sealing = new Sealing(new PayloadCipher(keys), json);
        ledger = new Ledger(database, sealing, new Replica(database, Duration.ofSeconds(15)), json, clock);
        erasure = new Erasure(database, sealing, json, clock, Duration.ofDays(30), Duration.ofDays(7));
    }

    /** Every byte of every file, a character each. */
    String contents() {
        return TestDatabase.make(Dialect.EMBEDDED, data.getParent()).contents();
    }

    /** A number that a query finds. */
    long number(String sql) {
        return database.one(sql, row -> row.getLong(1)).orElseThrow();
    }

    /** A blob that a query finds. */
    byte[] bytes(String sql) {
        return database.one(sql, row -> row.getBytes(1)).orElseThrow();
    }

    void execute(String sql, Object... parameters) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            Database.execute(connection, sql, parameters);
        }
    }

    /** A reader that stays in the middle of its reading, as a backup does, until it is closed. */
    AutoCloseable reader() throws SQLException {
        Connection connection = dataSource.getConnection();
        PreparedStatement statement = connection.prepareStatement("select sequence from message");
        ResultSet rows = statement.executeQuery();
        rows.next();
        return () -> {
            rows.close();
            statement.close();
            connection.close();
        };
    }

    @Override
    public void close() throws IOException {
        database.close();
        dataSource.close();
        directory.close();
    }
}
