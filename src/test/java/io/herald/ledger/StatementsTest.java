package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.agroal.api.AgroalDataSource;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A statement is prepared once for each connection, and used again as if it were new. */
class StatementsTest {

    private static final String INSERT = "insert into entry (text) values (?)";
    private static final String TEXTS = "select text from entry order by text";

    @TempDir
    Path directory;

    private AgroalDataSource database;

    @BeforeEach
    void open() throws SQLException {
        database = TestDatabase.make(Dialect.EMBEDDED, directory).pool();
        try (Connection connection = database.getConnection()) {
            Database.execute(connection, "create table entry (text text unique)");
        }
    }

    @AfterEach
    void close() {
        database.close();
    }

    @Test
    void isPreparedOnceForEachConnection() throws SQLException {
        Set<PreparedStatement> used = new HashSet<>();
        try (Connection one = database.getConnection();
                Connection other = database.getConnection()) {
            for (int i = 0; i < 3; i++) {
                Statements.with(one, TEXTS, used::add);
                Statements.with(other, TEXTS, used::add);
            }
        }

        assertThat(used).hasSize(2);
    }

    @Test
    void seesWhatWasWrittenSinceAndItsOwnParametersOnly() throws SQLException {
        try (Connection connection = database.getConnection()) {
            Database.execute(connection, INSERT, "one");
            assertThat(Database.query(connection, TEXTS, row -> row.getString(1)))
                    .containsExactly("one");
            Database.execute(connection, INSERT, new Object[] {null});
            Database.execute(connection, INSERT, "two");

            assertThat(Database.query(connection, TEXTS, row -> row.getString(1)))
                    .containsExactly(null, "one", "two");
        }
    }

    @Test
    void oneThatFailedIsPreparedAnew() throws SQLException {
        try (Connection connection = database.getConnection()) {
            Database.execute(connection, INSERT, "one");
            PreparedStatement before = Statements.with(connection, INSERT, statement -> statement);
            assertThatExceptionOfType(SQLException.class)
                    .isThrownBy(() -> Database.execute(connection, INSERT, "one"))
                    .withMessageContaining("UNIQUE");

            assertThat(before.isClosed()).isTrue();
            assertThat(Database.execute(connection, INSERT, "two")).isEqualTo(1);
        }
    }

    @Test
    void theOneNotUsedForLongestIsGivenUp() throws SQLException {
        try (Connection connection = database.getConnection()) {
            PreparedStatement often = Statements.with(connection, TEXTS, statement -> statement);
            PreparedStatement once = Statements.with(connection, "select 'once'", statement -> statement);
            for (int i = 0; i < 200; i++) {
                Database.query(connection, "select " + i, row -> row.getInt(1));
                Statements.with(connection, TEXTS, statement -> statement);
            }

            assertThat(once.isClosed()).isTrue();
            assertThat(often.isClosed()).isFalse();
        }
    }

    @Test
    void holdsNothingWhenItHasBeenRead() throws SQLException {
        try (Connection reader = database.getConnection();
                Connection writer = database.getConnection()) {
            Database.execute(writer, INSERT, "one");
            Database.query(reader, TEXTS, row -> row.getString(1));

            assertThat(Database.query(writer, "pragma wal_checkpoint(truncate)", row -> row.getInt(1)))
                    .as("busy")
                    .containsExactly(0);
        }
    }
}
