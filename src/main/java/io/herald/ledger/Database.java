package io.herald.ledger;

import io.agroal.api.AgroalDataSource;
import io.quarkus.arc.InjectableInstance;
import io.quarkus.runtime.PreventFurtherStepsException;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
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
import javax.sql.DataSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/** The database that the ledger stands in: one writer, many readers. */
@Singleton
final class Database {

    interface RowMapper<T> {
        T map(ResultSet row) throws SQLException;
    }

    private final Dialect dialect;
    private final DataSource dataSource;
    private final GroupCommit writes;

    @Inject
    Database(
            @ConfigProperty(name = "herald.ledger", defaultValue = "embedded") String ledger,
            DataDirectory directory,
            @Any InjectableInstance<AgroalDataSource> dataSources,
            @Any InjectableInstance<Flyway> flyways) {
        this(Dialect.named(ledger).orElseThrow(), directory, dataSources.getActive(), flyways.getActive());
    }

    Database(Dialect dialect, DataDirectory directory, DataSource dataSource, Flyway flyway) {
        if (dialect == Dialect.EMBEDDED) {
            directory.open();
        }
        migrate(flyway);
        this.dialect = dialect;
        this.dataSource = dataSource;
        this.writes = new GroupCommit(dataSource, dialect);
    }

    private static void migrate(Flyway flyway) {
        try {
            flyway.migrate();
        } catch (FlywayException e) {
            throw new PreventFurtherStepsException(
                    "Herald does not start: herald.ledger: the tables cannot be made or read: " + firstLineOfCause(e),
                    1);
        }
    }

    Dialect dialect() {
        return dialect;
    }

    /** Queues a write, as {@link GroupCommit#submit} does. */
    <T> CompletableFuture<T> write(GroupCommit.Write<T> write, Consumer<T> committed, GroupCommit.Undo<T> undo) {
        return writes.submit(write, committed, undo);
    }

    /** Queues a write that may be repeated when nobody knows whether it was kept. */
    <T> CompletableFuture<T> write(GroupCommit.Write<T> write) {
        return writes.submit(write, done -> {});
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

    private static String firstLineOfCause(Throwable thrown) {
        Throwable cause = thrown;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }

    @PreDestroy
    void close() {
        writes.close();
    }
}
