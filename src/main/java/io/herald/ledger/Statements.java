package io.herald.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.sqlite.SQLiteConnection;

/**
 * SQLite's prepared statements, kept with the connection that they were made on: to prepare one takes longer than what it does.
 * PostgreSQL's driver keeps its own.
 */
final class Statements {

    interface Use<T> {
        T of(PreparedStatement statement) throws SQLException;
    }

    private static final int MOST = 128;
    private static final Map<SQLiteConnection, Kept> KEPT = new ConcurrentHashMap<>();

    private Statements() {}

    /** Uses the statement of that text, which must not be used any more afterwards. */
    static <T> T with(Connection connection, String sql, Use<T> use) throws SQLException {
        if (!connection.isWrapperFor(SQLiteConnection.class)) {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                return use.of(statement);
            }
        }
        return keptWith(connection.unwrap(SQLiteConnection.class)).with(sql, use);
    }

    private static Kept keptWith(SQLiteConnection connection) throws SQLException {
        Kept kept = KEPT.get(connection);
        if (kept == null) {
            forgetClosed();
            kept = new Kept(connection);
            KEPT.put(connection, kept);
        }
        return kept;
    }

    private static void forgetClosed() throws SQLException {
        for (SQLiteConnection connection : KEPT.keySet()) {
            if (connection.isClosed()) {
                KEPT.remove(connection);
            }
        }
    }

    /** Those of one connection, which is used by one thread at a time; the one that was not used for longest is given up. */
    private static final class Kept {

        private final SQLiteConnection connection;
        private final Map<String, PreparedStatement> statements = new LinkedHashMap<>();

        Kept(SQLiteConnection connection) {
            this.connection = connection;
        }

        /** One that failed is not used again. */
        <T> T with(String sql, Use<T> use) throws SQLException {
            PreparedStatement statement = statements.remove(sql);
            if (statement == null) {
                statement = connection.prepareStatement(sql);
            }
            T result;
            try {
                result = use.of(statement);
            } catch (SQLException | RuntimeException | Error e) {
                statement.close();
                throw e;
            }
            keep(sql, statement);
            return result;
        }

        private void keep(String sql, PreparedStatement statement) throws SQLException {
            statements.put(sql, statement);
            if (statements.size() > MOST) {
                String longestUnused = statements.keySet().iterator().next();
                statements.remove(longestUnused).close();
            }
        }
    }
}
