package io.herald.ledger;

import io.agroal.api.AgroalDataSource;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;
import org.jboss.logging.Logger;

/** The database that the ledger stands in: one writer, many readers. */
@Singleton
final class Database {

    /** So long somebody who reads may hold up the writer. */
    private static final int CHECKPOINT_PATIENCE_MILLIS = 500;

    private static final Logger LOG = Logger.getLogger(Database.class);

    interface RowMapper<T> {
        T map(ResultSet row) throws SQLException;
    }

    private final AgroalDataSource dataSource;
    private final Dialect dialect;
    private final LedgerPlace place;
    private final GroupCommit writes;

    Database(DataDirectory directory, AgroalDataSource dataSource, Flyway flyway) {
        directory.open();
        this.place = new LedgerPlace(Optional.of(directory.database()));
        place.migrate(flyway);
        this.dataSource = dataSource;
        this.dialect = Dialect.EMBEDDED;
        this.writes = new GroupCommit(dataSource, dialect);
    }

    Dialect dialect() {
        return dialect;
    }

    /** Queues a write, as {@link GroupCommit#submit} does. */
    <T> CompletableFuture<T> write(GroupCommit.Write<T> write, Consumer<T> committed) {
        try {
            place.requireUnmoved();
        } catch (LedgerException e) {
            return CompletableFuture.failedFuture(e);
        }
        return writes.submit(write, committed);
    }

    <T> CompletableFuture<T> write(GroupCommit.Write<T> write) {
        return write(write, done -> {});
    }

    /** The first row that a query finds. */
    <T> Optional<T> one(String sql, RowMapper<T> mapper, Object... parameters) {
        return all(sql, mapper, parameters).stream().findFirst();
    }

    /** All rows that a query finds. */
    <T> List<T> all(String sql, RowMapper<T> mapper, Object... parameters) {
        try (Connection connection = dataSource.getConnection()) {
            return query(connection, sql, mapper, parameters);
        } catch (SQLException e) {
            throw new LedgerException("the ledger cannot be read", e);
        }
    }

    /**
     * Sees to it that what was erased does not live on in SQLite's write-ahead log. While somebody reads for longer, as a
     * backup does, nothing happens: it is tried again after the next erasure.
     */
    void forgetErased() {
        if (dialect == Dialect.EMBEDDED) {
            writes.between(this::emptyLog);
        }
    }

    private void emptyLog() {
        try (Connection connection = dataSource.getConnection()) {
            int patience = query(connection, "pragma busy_timeout", row -> row.getInt(1))
                    .get(0);
            query(connection, "pragma busy_timeout = " + CHECKPOINT_PATIENCE_MILLIS, row -> true);
            try {
                query(connection, "pragma wal_checkpoint(truncate)", row -> true);
            } finally {
                query(connection, "pragma busy_timeout = " + patience, row -> true);
            }
        } catch (SQLException e) {
            LOG.warnf("What was erased stays in the write-ahead log until the next erasure: %s", e.getMessage());
        }
    }

    static <T> List<T> query(Connection connection, String sql, RowMapper<T> mapper, Object... parameters)
            throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            set(query, parameters);
            try (ResultSet rows = query.executeQuery()) {
                List<T> all = new ArrayList<>();
                while (rows.next()) {
                    all.add(mapper.map(rows));
                }
                return all;
            }
        }
    }

    /** Answers how many rows it changed. */
    static int execute(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            set(statement, parameters);
            return statement.executeUpdate();
        }
    }

    private static void set(PreparedStatement statement, Object... parameters) throws SQLException {
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
    }

    @PreDestroy
    void close() {
        writes.close();
    }
}
