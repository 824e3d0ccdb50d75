package io.herald.ledger;

import io.herald.metrics.Meters;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * The one writer of the ledger: its thread takes all the writes that wait and commits them together, so that a disk's slow
 * fsync is shared.
 */
final class GroupCommit implements AutoCloseable {

    /** The most writes of one transaction. */
    private static final int LARGEST_GROUP = 512;

    /** One write, run inside the group's transaction; may run again if another write of the group fails. */
    interface Write<T> {
        T apply(Connection connection) throws SQLException;
    }

    /**
     * Does all writes of one kind in a group together, which takes fewer trips to the database. They are done before the
     * other writes of the group: all of them were waiting at the same time, none for the result of another one, so any order
     * will do.
     */
    interface Batch<P, T> {
        /** Returns the result of each write, in the order of the parameters. */
        List<T> apply(Connection connection, List<P> parameters) throws SQLException;
    }

    /** A write that is one of a batch, which may be a batch of one. */
    record BatchedWrite<P, T>(Batch<P, T> batch, P parameter) implements Write<T> {
        @Override
        public T apply(Connection connection) throws SQLException {
            return batch.apply(connection, List.of(parameter)).get(0);
        }

        /** Applies writes of the same batch. */
        @SuppressWarnings("unchecked")
        List<T> applyAll(Connection connection, List<BatchedWrite<?, ?>> same) throws SQLException {
            return batch.apply(
                    connection,
                    same.stream().map(write -> (P) write.parameter()).toList());
        }
    }

    /**
     * Undoes a write that may have been committed although its caller was told that it failed. Then the ledger and this
     * program agree again.
     */
    interface Undo<T> {
        void apply(Connection connection, T result) throws SQLException;
    }

    private record Waiting<T>(Write<T> write, Consumer<T> committed, Undo<T> undo, CompletableFuture<T> done) {}

    /** A write that ran inside the group's transaction. */
    private record Applied<T>(Waiting<T> waiting, T result) {
        void complete() {
            try {
                waiting.committed().accept(result);
                waiting.done().complete(result);
            } catch (RuntimeException | Error e) {
                waiting.done().completeExceptionally(e);
            }
        }

        void undo(Connection connection) throws SQLException {
            waiting.undo().apply(connection, result);
        }
    }

    private final DataSource dataSource;
    private final Dialect dialect;
    private final Runnable mayBegin;
    private final Meters meters;
    private final BlockingQueue<Waiting<?>> queue = new ArrayBlockingQueue<>(8 * LARGEST_GROUP);
    private final List<Applied<?>> inDoubt = new ArrayList<>();
    private final Thread writer = new Thread(this::run, "ledger-writer");
    private volatile boolean closed;

    /** @param mayBegin throws if nothing may be written now; called before each group */
    GroupCommit(DataSource dataSource, Dialect dialect, Runnable mayBegin, Meters meters) {
        this.dataSource = dataSource;
        this.dialect = dialect;
        this.mayBegin = mayBegin;
        this.meters = meters;
        writer.setDaemon(true);
        writer.start();
    }

    /**
     * Queues a write; waits for a place while the queue is full.
     *
     * @param committed called when the write is durable, before the future completes, by one thread in the order of the
     *     writes
     * @param undo called before any further write, if the write may be durable although its future failed: the database
     *     went away while it committed
     */
    <T> CompletableFuture<T> submit(Write<T> write, Consumer<T> committed, Undo<T> undo) {
        Waiting<T> waiting = new Waiting<>(write, committed, undo, new CompletableFuture<>());
        if (closed) {
            fail(List.of(waiting), new IllegalStateException("the ledger is closed"));
            return waiting.done();
        }
        try {
            queue.put(waiting);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            waiting.done().completeExceptionally(new LedgerException("interrupted while waiting for the ledger", e));
        }
        if (closed) {
            refuseWhatIsLeft(new ArrayList<>());
        }
        return waiting.done();
    }

    private void run() {
        List<Waiting<?>> group = new ArrayList<>(LARGEST_GROUP);
        try {
            while (!closed) {
                group.add(queue.take());
                queue.drainTo(group, LARGEST_GROUP - 1);
                commit(group);
                group.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            refuseWhatIsLeft(group);
        }
    }

    private void refuseWhatIsLeft(List<Waiting<?>> left) {
        queue.drainTo(left);
        fail(left, new IllegalStateException("the ledger is closed"));
    }

    private synchronized void commit(List<Waiting<?>> group) {
        try {
            commitTogether(group);
        } catch (RefusedWrite refused) {
            if (group.size() == 1) {
                fail(group, refused.getCause());
            } else {
                commitEach(group);
            }
        } catch (SQLException | RuntimeException | Error e) {
            fail(group, e);
        }
    }

    /**
     * Commits the writes of a group one by one, so that only those fail that are refused. When the database cannot be used
     * at all, all that are left fail at once: each of them would only wait for it as long.
     */
    private void commitEach(List<Waiting<?>> group) {
        for (int i = 0; i < group.size(); i++) {
            List<Waiting<?>> one = group.subList(i, i + 1);
            try {
                commitTogether(one);
            } catch (RefusedWrite refused) {
                if (dialect.hasWaitedInVain(refused.getCause())) {
                    fail(group.subList(i, group.size()), refused.getCause());
                    return;
                }
                fail(one, refused.getCause());
            } catch (SQLException | RuntimeException | Error e) {
                fail(group.subList(i, group.size()), e);
                return;
            }
        }
    }

    private void commitTogether(List<Waiting<?>> group) throws SQLException, RefusedWrite {
        List<Applied<?>> applied = new ArrayList<>(group.size());
        long begun = System.nanoTime();
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            apply(group, connection, applied);
            commit(connection, applied);
            meters.committed(true, System.nanoTime() - begun);
            applied.forEach(Applied::complete);
        } catch (RefusedWrite e) {
            if (group.size() == 1 && e.getCause() instanceof SQLException) {
                meters.committed(false, System.nanoTime() - begun);
            }
            throw e;
        } catch (SQLException | RuntimeException | Error e) {
            meters.committed(false, System.nanoTime() - begun);
            throw e;
        }
    }

    /** Runs an action that needs the database for itself, between two groups. */
    synchronized void between(Runnable action) {
        action.run();
    }

    private void apply(List<Waiting<?>> group, Connection connection, List<Applied<?>> applied)
            throws SQLException, RefusedWrite {
        try {
            mayBegin.run();
            begin(connection);
            Map<Write<?>, Object> batched = applyBatches(group, connection);
            for (Waiting<?> waiting : group) {
                applied.add(apply(waiting, connection, batched));
            }
        } catch (SQLException | RefusedWrite | RuntimeException | Error e) {
            rollBack(connection, e);
            throw e;
        }
    }

    private void commit(Connection connection, List<Applied<?>> applied) throws SQLException {
        try {
            connection.commit();
            inDoubt.clear();
        } catch (SQLException | RuntimeException | Error e) {
            if (dialect.leavesInDoubt()) {
                inDoubt.addAll(applied);
            }
            rollBack(connection, e);
            throw e;
        }
    }

    /**
     * Rolls back. When its disk is full SQLite has done so by itself, and refuses to do it twice: that failure is only added
     * to the one that came first.
     */
    private static void rollBack(Connection connection, Throwable cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    private void begin(Connection connection) throws SQLException {
        if (dialect.beginGroup().isPresent()) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(dialect.beginGroup().get());
            }
        }
        for (Applied<?> doubtful : inDoubt) {
            doubtful.undo(connection);
        }
    }

    /** Does the writes that are done together; returns the result of each. */
    private static Map<Write<?>, Object> applyBatches(List<Waiting<?>> group, Connection connection)
            throws RefusedWrite {
        Map<Batch<?, ?>, List<BatchedWrite<?, ?>>> batches = new LinkedHashMap<>();
        for (Waiting<?> waiting : group) {
            if (waiting.write() instanceof BatchedWrite<?, ?> write) {
                batches.computeIfAbsent(write.batch(), first -> new ArrayList<>())
                        .add(write);
            }
        }
        Map<Write<?>, Object> results = new IdentityHashMap<>();
        for (List<BatchedWrite<?, ?>> same : batches.values()) {
            try {
                List<?> all = same.get(0).applyAll(connection, same);
                for (int i = 0; i < same.size(); i++) {
                    results.put(same.get(i), all.get(i));
                }
            } catch (SQLException | RuntimeException e) {
                throw new RefusedWrite(e);
            }
        }
        return results;
    }

    @SuppressWarnings("unchecked")
    private static <T> Applied<T> apply(Waiting<T> waiting, Connection connection, Map<Write<?>, Object> batched)
            throws RefusedWrite {
        if (batched.containsKey(waiting.write())) {
            return new Applied<>(waiting, (T) batched.get(waiting.write()));
        }
        try {
            return new Applied<>(waiting, waiting.write().apply(connection));
        } catch (SQLException | RuntimeException e) {
            throw new RefusedWrite(e);
        }
    }

    private static void fail(List<Waiting<?>> group, Throwable cause) {
        group.forEach(waiting ->
                waiting.done().completeExceptionally(new LedgerException("the ledger cannot be written", cause)));
    }

    /** One write of a group failed; without it the others may succeed. */
    private static final class RefusedWrite extends Exception {
        RefusedWrite(Exception cause) {
            super(cause);
        }
    }

    /** Whether the writer's thread runs. */
    boolean isAlive() {
        return writer.isAlive();
    }

    /** Finishes the group under way, and refuses the rest. */
    @Override
    public void close() {
        closed = true;
        writer.interrupt();
    }
}
