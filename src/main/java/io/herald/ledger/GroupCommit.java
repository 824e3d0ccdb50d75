package io.herald.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * The one writer of the ledger: takes all the writes that wait and commits them together, so that a disk's slow fsync is
 * shared.
 */
final class GroupCommit implements AutoCloseable {

    private static final int LARGEST_GROUP = 512;

    /** One write, run inside the group's transaction; may run again if another write of the group fails. */
    interface Write<T> {
        T apply(Connection connection) throws SQLException;
    }

    private record Waiting<T>(Write<T> write, Consumer<T> committed, CompletableFuture<T> done) {}

    private final DataSource dataSource;
    private final BlockingQueue<Waiting<?>> queue = new ArrayBlockingQueue<>(8 * LARGEST_GROUP);
    private final Thread writer = new Thread(this::run, "ledger-writer");

    GroupCommit(DataSource dataSource) {
        this.dataSource = dataSource;
        writer.setDaemon(true);
        writer.start();
    }

    /**
     * Queues a write; waits for a place while the queue is full.
     *
     * @param committed called when the write is durable, before the future completes, by one thread in the order of the
     *     writes
     */
    <T> CompletableFuture<T> submit(Write<T> write, Consumer<T> committed) {
        Waiting<T> waiting = new Waiting<>(write, committed, new CompletableFuture<>());
        try {
            queue.put(waiting);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            waiting.done().completeExceptionally(new LedgerException("interrupted while waiting for the ledger", e));
        }
        return waiting.done();
    }

    private void run() {
        List<Waiting<?>> group = new ArrayList<>(LARGEST_GROUP);
        while (!Thread.currentThread().isInterrupted()) {
            try {
                group.add(queue.take());
            } catch (InterruptedException e) {
                return;
            }
            queue.drainTo(group, LARGEST_GROUP - 1);
            commit(group);
            group.clear();
        }
    }

    private void commit(List<Waiting<?>> group) {
        try {
            List<Runnable> completions = new ArrayList<>(group.size());
            inTransaction(connection -> {
                completions.clear();
                for (Waiting<?> waiting : group) {
                    completions.add(apply(waiting, connection));
                }
            });
            completions.forEach(Runnable::run);
        } catch (SQLException | RuntimeException e) {
            if (group.size() > 1) {
                group.forEach(waiting -> commit(List.of(waiting)));
            } else {
                group.get(0).done().completeExceptionally(new LedgerException("the ledger cannot be written", e));
            }
        }
    }

    private static <T> Runnable apply(Waiting<T> waiting, Connection connection) throws SQLException {
        T result = waiting.write().apply(connection);
        return () -> {
            waiting.committed().accept(result);
            waiting.done().complete(result);
        };
    }

    private interface Work {
        void in(Connection connection) throws SQLException;
    }

    private void inTransaction(Work work) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            try {
                work.in(connection);
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        }
    }

    @Override
    public void close() {
        writer.interrupt();
    }
}
