package io.herald.ledger;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.AgroalConnectionPoolConfiguration;
import io.herald.metrics.Meters;
import io.quarkus.arc.InjectableInstance;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.Flyway;
import org.jboss.logging.Logger;

/** The database that the ledger stands in: one writer, many readers. */
@Singleton
final class Database {

    /** How long somebody who reads may hold up the writer while it empties the write-ahead log. */
    private static final int CHECKPOINT_PATIENCE_MILLIS = 500;

    private static final Logger LOG = Logger.getLogger(Database.class);

    interface RowMapper<T> {
        T map(ResultSet row) throws SQLException;
    }

    private final Dialect dialect;
    private final DataSource dataSource;
    private final LedgerPlace place;
    private final GroupCommit writes;

    /** One permit less than there are connections, so that the writer has one however many read. */
    private final Semaphore readers;

    /** How long somebody who reads waits for a permit. */
    private final Duration patience;

    @Inject
    Database(
            @ConfigProperty(name = "herald.ledger", defaultValue = "embedded") String ledger,
            DataDirectory directory,
            @Any InjectableInstance<AgroalDataSource> dataSources,
            @Any InjectableInstance<Flyway> flyways,
            Meters meters) {
        this(Dialect.named(ledger).orElseThrow(), directory, dataSources.getActive(), flyways.getActive(), meters);
    }

    Database(Dialect dialect, DataDirectory directory, AgroalDataSource dataSource, Flyway flyway, Meters meters) {
        this.dialect = dialect;
        if (dialect == Dialect.EMBEDDED) {
            directory.open();
            this.place = new LedgerPlace(Optional.of(directory.database()));
        } else {
            this.place = new LedgerPlace(Optional.empty());
        }
        place.migrate(flyway);
        this.dataSource = dataSource;
        AgroalConnectionPoolConfiguration pool = dataSource.getConfiguration().connectionPoolConfiguration();
        this.readers = new Semaphore(Math.max(1, pool.maxSize() - 1));
        this.patience = pool.acquisitionTimeout();
        this.writes = new GroupCommit(dataSource, dialect, place::requireUnmoved, meters);
    }

    Dialect dialect() {
        return dialect;
    }

    /**
     * Writes, and returns when that is durable. Never to be called by the writer's own thread, which would wait for itself.
     *
     * @param committed as for {@link GroupCommit#submit}
     * @param undo as for {@link GroupCommit#submit}
     * @throws LedgerException if the ledger cannot be written
     */
    <T> T write(GroupCommit.Write<T> write, Consumer<T> committed, GroupCommit.Undo<T> undo) {
        return await(writes.submit(write, committed, undo));
    }

    /** As above, for a write that needs no undoing: where nobody knows whether it was kept, it may simply be done again. */
    <T> T write(GroupCommit.Write<T> write) {
        return await(submit(write));
    }

    /**
     * As above, for who does not wait for longer than that; the write may be done all the same.
     *
     * @throws LedgerException if the ledger cannot be written, or not in time
     */
    <T> T write(GroupCommit.Write<T> write, Duration patience) {
        return await(submit(write).orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS));
    }

    /** Queues a write that needs no undoing; its future fails with a {@link LedgerException}. */
    <T> CompletableFuture<T> submit(GroupCommit.Write<T> write) {
        return writes.submit(write, done -> {}, (connection, result) -> {});
    }

    /** Waits for a write, and throws what it failed with, or what threw that was to be called with its result. */
    private static <T> T await(CompletableFuture<T> write) {
        try {
            return write.join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof TimeoutException) {
                throw new LedgerException("the ledger did not answer in time", cause);
            }
            if (cause instanceof Error error) {
                throw error;
            }
            throw cause instanceof RuntimeException failed ? failed : e;
        }
    }

    /**
     * Fails while there still is a little room on the disk, as {@link LedgerPlace#requireRoom} does.
     *
     * @throws LedgerException if next to nothing is left of it
     */
    void requireRoom() {
        place.requireRoom();
    }

    /** Whether the writer's thread runs. */
    boolean isWriterAlive() {
        return writes.isAlive();
    }

    /** The bytes that are left of the disk of an embedded ledger; empty for a database server. */
    OptionalLong freeBytes() {
        return place.freeBytes();
    }

    /** The first row that a query finds. */
    <T> Optional<T> one(String sql, RowMapper<T> mapper, Object... parameters) {
        return all(sql, mapper, parameters).stream().findFirst();
    }

    /** Whether a query finds any row. */
    boolean finds(String sql, Object... parameters) {
        return one(sql, row -> true, parameters).isPresent();
    }

    /**
     * All rows that a query finds.
     *
     * @throws LedgerException if the ledger cannot be read now, or too many read it
     */
    <T> List<T> all(String sql, RowMapper<T> mapper, Object... parameters) {
        try {
            awaitTurn();
            try (Connection connection = dataSource.getConnection()) {
                return query(connection, sql, mapper, parameters);
            } finally {
                readers.release();
            }
        } catch (SQLException e) {
            throw new LedgerException("the ledger cannot be read", e);
        }
    }

    private void awaitTurn() throws SQLException {
        try {
            if (!readers.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new SQLTimeoutException("too many read it");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while waiting for those who read it", e);
        }
    }

    /**
     * Empties SQLite's write-ahead log, so that what was erased does not live on in it. While somebody reads for long, as a
     * backup does, this is left undone: it is tried again after the next erasure.
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

    /** Whether a query finds any row. */
    static boolean finds(Connection connection, String sql, Object... parameters) throws SQLException {
        return !query(connection, sql, row -> true, parameters).isEmpty();
    }

    /** The first row that a query finds. */
    static <T> Optional<T> first(Connection connection, String sql, RowMapper<T> mapper, Object... parameters)
            throws SQLException {
        return query(connection, sql, mapper, parameters).stream().findFirst();
    }

    static <T> List<T> query(Connection connection, String sql, RowMapper<T> mapper, Object... parameters)
            throws SQLException {
        return Statements.with(connection, sql, query -> {
            set(query, parameters);
            try (ResultSet rows = query.executeQuery()) {
                List<T> all = new ArrayList<>();
                while (rows.next()) {
                    all.add(mapper.map(rows));
                }
                return all;
            }
        });
    }

    /** Executes a statement; returns how many rows it changed. */
    static int execute(Connection connection, String sql, Object... parameters) throws SQLException {
        return Statements.with(connection, sql, statement -> {
            set(statement, parameters);
            return statement.executeUpdate();
        });
    }

    /** As {@link #execute}, for many rows of parameters in one batch; returns how many rows each of them changed. */
    static int[] executeAll(Connection connection, String sql, List<Object[]> rows) throws SQLException {
        if (rows.isEmpty()) {
            return new int[0];
        }
        return Statements.with(connection, sql, statement -> {
            for (Object[] row : rows) {
                set(statement, row);
                statement.addBatch();
            }
            return statement.executeBatch();
        });
    }

    /** A column that may be null, of milliseconds since 1970. */
    static Optional<Instant> instant(ResultSet row, String column) throws SQLException {
        return number(row, column).map(Instant::ofEpochMilli);
    }

    /** A column that may be null. */
    static Optional<Integer> integer(ResultSet row, String column) throws SQLException {
        return number(row, column).map(Long::intValue);
    }

    /** A column that may be null. */
    static Optional<Long> number(ResultSet row, String column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? Optional.empty() : Optional.of(value);
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
