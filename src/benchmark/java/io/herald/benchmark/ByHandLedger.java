package io.herald.benchmark;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;

/** The rows of {@link ByHand}: a file of SQLite, one thread that writes, and one commit for all that wait. */
final class ByHandLedger {

    private static final int MOST_IN_A_COMMIT = 1000;

    /** One write; what it yields is told when it is on disk. */
    private static final class Write<T> {

        interface Work<T> {
            T apply(ByHandLedger ledger) throws SQLException;
        }

        private final Work<T> work;
        private final CompletableFuture<T> kept = new CompletableFuture<>();
        private T result;

        Write(Work<T> work) {
            this.work = work;
        }

        void apply(ByHandLedger ledger) throws SQLException {
            result = work.apply(ledger);
        }

        void complete() {
            kept.complete(result);
        }
    }

    private final BlockingQueue<Write<?>> queue = new LinkedBlockingQueue<>();
    private final Connection connection;
    private final PreparedStatement insert;
    private final PreparedStatement links;
    private final PreparedStatement end;
    private final PreparedStatement outcome;
    private final PreparedStatement link;

    private ByHandLedger(Connection connection) throws SQLException {
        this.connection = connection;
        insert = connection.prepareStatement(
                "insert into message (id, reference, body, state) values (?, ?, ?, 'pending')");
        links = connection.prepareStatement("select provider, id from link where reference = ?");
        end = connection.prepareStatement("update message set state = 'ended', body = null where id = ?");
        outcome = connection.prepareStatement("insert into outcome (message, provider, outcome) values (?, ?, ?)");
        link = connection.prepareStatement("insert or replace into link (reference, provider, id) values (?, ?, ?)");
    }

    static ByHandLedger open(Path file) throws SQLException {
        Connection connection =
                DriverManager.getConnection("jdbc:sqlite:" + file + "?journal_mode=WAL&synchronous=FULL");
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table message (id text primary key, reference text, body blob, state text)");
            statement.execute("create table outcome (message text, provider text, outcome text,"
                    + " primary key (message, provider))");
            statement.execute("create table link (reference text, provider text, id text,"
                    + " primary key (reference, provider))");
        }
        connection.setAutoCommit(false);
        ByHandLedger ledger = new ByHandLedger(connection);
        Thread writer = new Thread(ledger::write, "ledger");
        writer.setDaemon(true);
        writer.start();
        return ledger;
    }

    /** Keeps a message. Yields the providers' ids of the customer, where there are any. */
    CompletableFuture<Map<String, String>> accept(UUID message, String reference, byte[] body) {
        return add(new Write<>(ledger -> {
            ledger.insert.setString(1, message.toString());
            ledger.insert.setString(2, reference);
            ledger.insert.setBytes(3, body);
            ledger.insert.executeUpdate();
            ledger.links.setString(1, reference);
            Map<String, String> found = new HashMap<>();
            try (ResultSet rows = ledger.links.executeQuery()) {
                while (rows.next()) {
                    found.put(rows.getString(1), rows.getString(2));
                }
            }
            return found;
        }));
    }

    /** Keeps what came of it. */
    CompletableFuture<Void> ended(UUID message, String reference, Iterable<JsonNode> outcomes) {
        return add(new Write<>(ledger -> {
            ledger.end.setString(1, message.toString());
            ledger.end.executeUpdate();
            for (JsonNode each : outcomes) {
                ledger.outcome.setString(1, message.toString());
                ledger.outcome.setString(2, each.path("provider").textValue());
                ledger.outcome.setString(3, each.toString());
                ledger.outcome.executeUpdate();
                if (each.has("providerCustomerId")) {
                    ledger.link.setString(1, reference);
                    ledger.link.setString(2, each.path("provider").textValue());
                    ledger.link.setString(3, each.path("providerCustomerId").textValue());
                    ledger.link.executeUpdate();
                }
            }
            return null;
        }));
    }

    private <T> CompletableFuture<T> add(Write<T> write) {
        queue.add(write);
        return write.kept;
    }

    private void write() {
        List<Write<?>> group = new ArrayList<>();
        try {
            while (true) {
                group.add(queue.take());
                queue.drainTo(group, MOST_IN_A_COMMIT);
                for (Write<?> write : group) {
                    write.apply(this);
                }
                connection.commit();
                group.forEach(Write::complete);
                group.clear();
            }
        } catch (SQLException | InterruptedException e) {
            group.forEach(write -> write.kept.completeExceptionally(e));
            throw new IllegalStateException("the ledger is of no use any more", e);
        }
    }
}
