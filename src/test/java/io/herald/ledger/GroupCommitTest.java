package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.agroal.api.AgroalDataSource;
import io.herald.metrics.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Writes that wait are committed together, each with its own ending, in order, and durable before anyone hears of it. */
@Timeout(60)
@ParameterizedClass
@EnumSource
class GroupCommitTest {

    @Parameter
    Dialect dialect;

    @TempDir
    Path directory;

    private AgroalDataSource database;
    private GroupCommit writes;

    @BeforeEach
    void open() throws SQLException {
        TestDatabase made = TestDatabase.make(dialect, directory);
        database = made.pool();
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("create table entry (sequence "
                    + made.placeholders().get("sequence") + ", text text not null unique check (text <> 'refused'))");
        }
        writes = new GroupCommit(database, dialect, () -> {}, new Meters(new SimpleMeterRegistry()));
    }

    @AfterEach
    void close() {
        writes.close();
        database.close();
    }

    @Test
    void callbacksComeInTheOrderOfTheSequenceHoweverManyWrite() throws Exception {
        int threads = 8;
        int each = 250;
        List<Long> order = new ArrayList<>();
        ExecutorService writers = Executors.newFixedThreadPool(threads);
        try {
            CountDownLatch together = new CountDownLatch(threads);
            List<Future<List<CompletableFuture<Long>>>> submitted = IntStream.range(0, threads)
                    .mapToObj(thread -> writers.submit(() -> {
                        together.countDown();
                        together.await();
                        return IntStream.range(0, each)
                                .mapToObj(i -> submit(writes, insert(thread + " " + i), order::add))
                                .toList();
                    }))
                    .toList();
            for (Future<List<CompletableFuture<Long>>> one : submitted) {
                List<Long> sequences =
                        one.get().stream().map(CompletableFuture::join).toList();
                assertThat(sequences).as("of one writer").isSorted();
            }
        } finally {
            writers.shutdownNow();
        }

        assertThat(order)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, (long) threads * each).boxed().toList());
    }

    @Test
    void isDurableBeforeTheCallbackAndTheFuture() {
        List<String> seen = new ArrayList<>();

        Long sequence = submit(writes, insert("one"), committed -> seen.addAll(texts()))
                .thenApply(done -> {
                    seen.add("then the future");
                    return done;
                })
                .join();

        assertThat(sequence).isEqualTo(1);
        assertThat(seen).containsExactly("one", "then the future");
    }

    @Test
    void aFailingWriteDoesNotFailItsGroup() {
        CountDownLatch queued = new CountDownLatch(1);
        CompletableFuture<Long> first = submit(
                writes,
                connection -> {
                    await(queued);
                    return insert("first").apply(connection);
                },
                sequence -> {});
        List<CompletableFuture<Long>> group = new ArrayList<>();
        List<Long> committed = new ArrayList<>();
        for (String text : List.of("a", "b", "refused", "c", "a", "d")) {
            group.add(submit(writes, insert(text), committed::add));
        }
        group.add(submit(
                writes,
                connection -> {
                    throw new IllegalStateException("a write that fails by itself");
                },
                committed::add));
        group.add(submit(writes, insert("e"), committed::add));
        queued.countDown();

        first.join();
        assertThatThrownBy(group.get(2)::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(LedgerException.class);
        assertThatThrownBy(group.get(4)::join).hasRootCauseInstanceOf(SQLException.class);
        assertThatThrownBy(group.get(6)::join).hasRootCauseMessage("a write that fails by itself");
        List<Long> sequences =
                IntStream.of(0, 1, 3, 5, 7).mapToObj(i -> group.get(i).join()).toList();
        assertThat(sequences).isSorted().doesNotHaveDuplicates();
        assertThat(committed).isEqualTo(sequences);
        assertThat(texts()).containsExactly("first", "a", "b", "c", "d", "e");
    }

    @Test
    void aGroupSharesOneCommit() {
        AtomicInteger connections = new AtomicInteger();
        DataSource counting = connecting(() -> {
            connections.incrementAndGet();
            return database.getConnection();
        });
        try (GroupCommit counted =
                new GroupCommit(counting, dialect, () -> {}, new Meters(new SimpleMeterRegistry()))) {
            CountDownLatch queued = new CountDownLatch(1);
            List<CompletableFuture<?>> all = new ArrayList<>();
            all.add(keepBusy(counted, queued));
            for (int i = 0; i < 100; i++) {
                all.add(submit(counted, insert("entry " + i), sequence -> {}));
            }
            queued.countDown();
            CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).join();
        }

        assertThat(connections).as("transactions for 101 writes").hasValueLessThanOrEqualTo(3);
        assertThat(texts()).hasSize(100);
    }

    @Test
    void writesOfOneKindGoTogetherAndEachHearsItsOwn() {
        List<List<String>> together = new ArrayList<>();
        List<Integer> order = new ArrayList<>();
        List<CompletableFuture<Integer>> lengths = inOneGroup(together, order, "a", "bb", "ccc", "dddd");

        assertThat(lengths).extracting(CompletableFuture::join).containsExactly(1, 2, 3, 4);
        assertThat(together).containsExactly(List.of("a", "bb", "ccc", "dddd"));
        assertThat(order).as("callbacks").containsExactly(1, 2, 3, 4);
        assertThat(texts()).containsExactly("a", "bb", "ccc", "dddd", "single");
    }

    @Test
    void oneOfAKindThatFailsFailsAlone() {
        List<List<String>> together = new ArrayList<>();
        List<CompletableFuture<Integer>> lengths = inOneGroup(together, new ArrayList<>(), "a", "refused", "ccc");

        assertThat(lengths.get(0).join()).isEqualTo(1);
        assertThatThrownBy(lengths.get(1)::join).hasRootCauseInstanceOf(SQLException.class);
        assertThat(lengths.get(2).join()).isEqualTo(3);
        assertThat(together).startsWith(List.of("a", "refused", "ccc"), List.of("a"), List.of("refused"));
        assertThat(texts()).containsExactly("a", "single", "ccc");
    }

    /** Batched writes of the texts, with one among them that is not, all waiting while another write is under way. */
    private List<CompletableFuture<Integer>> inOneGroup(
            List<List<String>> together, List<Integer> committed, String... texts) {
        GroupCommit.Batch<String, Integer> batch = (connection, parameters) -> {
            together.add(parameters);
            Database.executeAll(
                    connection,
                    "insert into entry (text) values (?)",
                    parameters.stream().map(text -> new Object[] {text}).toList());
            return parameters.stream().map(String::length).toList();
        };
        CountDownLatch queued = new CountDownLatch(1);
        keepBusy(writes, queued);
        List<CompletableFuture<Integer>> lengths = new ArrayList<>();
        for (String text : texts) {
            lengths.add(submit(writes, new GroupCommit.BatchedWrite<>(batch, text), committed::add));
            if (lengths.size() == 1) {
                submit(writes, insert("single"), sequence -> {});
            }
        }
        queued.countDown();
        CompletableFuture.allOf(lengths.toArray(CompletableFuture[]::new))
                .exceptionally(failed -> null)
                .join();
        return lengths;
    }

    @Test
    void whatFailsOfABatchDoesNotQuoteItsValues() {
        List<CompletableFuture<Integer>> lengths =
                inOneGroup(new ArrayList<>(), new ArrayList<>(), "P1234567", "P1234567");

        assertThatThrownBy(lengths.get(1)::join).satisfies(thrown -> {
            StringWriter all = new StringWriter();
            thrown.printStackTrace(new PrintWriter(all));
            assertThat(all.toString()).contains("SQLException", "entry").doesNotContain("P1234567");
        });
    }

    @Test
    void onceTheDatabaseIsGoneTheRestOfAGroupDoesNotWaitForItOneByOne() {
        AtomicInteger connections = new AtomicInteger();
        DataSource going = connecting(() -> {
            if (connections.incrementAndGet() > 2) {
                throw new SQLException("the database is gone");
            }
            return database.getConnection();
        });
        try (GroupCommit orphaned = new GroupCommit(going, dialect, () -> {}, new Meters(new SimpleMeterRegistry()))) {
            CountDownLatch queued = new CountDownLatch(1);
            keepBusy(orphaned, queued);
            List<CompletableFuture<Long>> group = IntStream.range(0, 20)
                    .mapToObj(i -> submit(orphaned, insert(i == 0 ? "refused" : "entry " + i), sequence -> {}))
                    .toList();
            queued.countDown();

            assertThat(group).allSatisfy(write -> assertThat(write)
                    .failsWithin(Duration.ofSeconds(10))
                    .withThrowableThat()
                    .havingRootCause()
                    .withMessage("the database is gone"));
            assertThat(connections)
                    .as("for the one before, for the group, and for its first one")
                    .hasValue(3);
        }
        assertThat(texts()).isEmpty();
    }

    @Test
    void whileSomebodyElseHasItLockedTheRestOfAGroupDoesNotWaitOneByOne() throws SQLException {
        String lock = dialect == Dialect.EMBEDDED
                ? "insert into entry (text) values ('locks the file')"
                : "lock table entry in exclusive mode";
        String impatience =
                dialect == Dialect.EMBEDDED ? "pragma busy_timeout = 300" : "set local lock_timeout = '300ms'";
        AtomicInteger tries = new AtomicInteger();
        List<CompletableFuture<Long>> group;
        try (Connection stranger = database.getConnection();
                Statement statement = stranger.createStatement()) {
            stranger.setAutoCommit(false);
            statement.execute(lock);
            CountDownLatch queued = new CountDownLatch(1);
            keepBusy(writes, queued);
            group = IntStream.range(0, 100)
                    .mapToObj(i -> submit(
                            writes,
                            connection -> {
                                tries.incrementAndGet();
                                try (Statement first = connection.createStatement()) {
                                    first.execute(impatience);
                                }
                                return insert("entry " + i).apply(connection);
                            },
                            sequence -> {}))
                    .toList();
            queued.countDown();

            assertThat(group).allSatisfy(write -> assertThat(write)
                    .failsWithin(Duration.ofSeconds(10))
                    .withThrowableThat()
                    .withCauseInstanceOf(LedgerException.class));
            stranger.rollback();
        }
        assertThat(tries).as("for the group, and for its first one").hasValue(2);
        assertThat(submit(writes, insert("afterwards"), sequence -> {})).succeedsWithin(Duration.ofSeconds(10));
        assertThat(texts()).containsExactly("afterwards");
    }

    @Test
    void aCallbackThatFailsFailsNoOther() {
        CompletableFuture<Long> bad = submit(writes, insert("bad"), sequence -> {
            throw new IllegalStateException("a callback that fails");
        });
        CompletableFuture<Long> good = submit(writes, insert("good"), sequence -> {});

        assertThat(good.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo(2);
        assertThatThrownBy(bad.orTimeout(10, TimeUnit.SECONDS)::join).hasRootCauseMessage("a callback that fails");
        assertThat(texts()).containsExactly("bad", "good");
    }

    @Test
    void whoWaitsForAFullQueueIsNotRefused() {
        CountDownLatch queued = new CountDownLatch(1);
        AtomicBoolean all = new AtomicBoolean();
        keepBusy(writes, queued);
        List<CompletableFuture<Long>> done = new ArrayList<>();
        Thread writer = new Thread(() -> {
            for (int i = 0; i < 6000; i++) {
                done.add(submit(writes, insert("entry " + i), sequence -> {}));
            }
            all.set(true);
        });
        writer.start();
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> writer.getState() == Thread.State.WAITING);
        assertThat(all).as("more than the queue holds was taken").isFalse();

        queued.countDown();

        Awaitility.await().atMost(Duration.ofSeconds(30)).untilTrue(all);
        CompletableFuture.allOf(done.toArray(CompletableFuture[]::new)).join();
        assertThat(texts()).hasSize(6000);
    }

    @Test
    void onceItIsClosedEveryWriteHasAnEnding() {
        CountDownLatch queued = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Long> underWay = submit(
                writes,
                connection -> {
                    begun.countDown();
                    awaitUninterruptibly(queued);
                    return insert("under way").apply(connection);
                },
                sequence -> {});
        await(begun);
        CompletableFuture<Long> waiting = submit(writes, insert("waiting"), sequence -> {});

        writes.close();
        CompletableFuture<Long> late = submit(writes, insert("late"), sequence -> {});
        queued.countDown();

        assertThat(underWay.orTimeout(10, TimeUnit.SECONDS).join()).isEqualTo(1);
        assertThatThrownBy(waiting.orTimeout(10, TimeUnit.SECONDS)::join).hasCauseInstanceOf(LedgerException.class);
        assertThatThrownBy(late.orTimeout(10, TimeUnit.SECONDS)::join).hasCauseInstanceOf(LedgerException.class);
        assertThat(texts()).containsExactly("under way");
    }

    /** As of a database that answers, and takes no writes. */
    @Test
    void aRefusedStatementIsNoCommit() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (GroupCommit refused = new GroupCommit(database, dialect, () -> {}, new Meters(registry))) {
            CompletableFuture<Object> write = submit(
                    refused,
                    connection -> {
                        throw new SQLException("read only");
                    },
                    nothing -> {});
            assertThatThrownBy(write::join).hasRootCauseMessage("read only");
            assertThat(registry.find("herald.ledger.commit.duration")
                            .tag("kept", "false")
                            .timer()
                            .count())
                    .isEqualTo(1);
        }
    }

    @Test
    void whatMayHaveBeenKeptAlthoughItFailedIsUndoneBeforeTheNextWrite() {
        assumeTrue(dialect == Dialect.POSTGRESQL, "no connection can be lost in SQLite");
        AtomicBoolean lose = new AtomicBoolean(true);
        DataSource losing = connecting(() -> {
            Connection connection = database.getConnection();
            return proxy(Connection.class, (method, arguments) -> {
                Object result = method.invoke(connection, arguments);
                if (method.getName().equals("commit") && lose.getAndSet(false)) {
                    throw new SQLException("the connection was lost after the commit");
                }
                return result;
            });
        });
        try (GroupCommit doubtful = new GroupCommit(losing, dialect, () -> {}, new Meters(new SimpleMeterRegistry()))) {
            CompletableFuture<Long> lost = doubtful.submit(
                    insert("lost"),
                    sequence -> {},
                    (connection, sequence) ->
                            Database.execute(connection, "delete from entry where sequence = ?", sequence));
            assertThatThrownBy(lost::join).hasRootCauseMessage("the connection was lost after the commit");
            assertThat(texts()).containsExactly("lost");

            assertThat(submit(doubtful, insert("lost"), sequence -> {}).join()).isEqualTo(2);
        }
    }

    /** A write without an undo. */
    private static <T> CompletableFuture<T> submit(
            GroupCommit writes, GroupCommit.Write<T> write, Consumer<T> committed) {
        return writes.submit(write, committed, (connection, result) -> {});
    }

    /** Keeps the writer busy until then, with a write that is under way, so that what comes next is in no group with it. */
    private static CompletableFuture<?> keepBusy(GroupCommit writes, CountDownLatch queued) {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<?> busy = submit(
                writes,
                connection -> {
                    begun.countDown();
                    await(queued);
                    return null;
                },
                done -> {});
        await(begun);
        return busy;
    }

    private static DataSource connecting(Callable<Connection> connect) {
        return proxy(DataSource.class, (method, arguments) -> connect.call());
    }

    private interface Call {
        Object of(Method method, Object[] arguments) throws Exception;
    }

    private static <T> T proxy(Class<T> type, Call call) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> call.of(method, arguments)));
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static GroupCommit.Write<Long> insert(String text) {
        return connection -> {
            try (PreparedStatement insert =
                    connection.prepareStatement("insert into entry (text) values (?) returning sequence")) {
                insert.setString(1, text);
                try (ResultSet row = insert.executeQuery()) {
                    row.next();
                    return row.getLong(1);
                }
            }
        };
    }

    /** What another connection sees: what is committed. */
    private List<String> texts() {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select text from entry order by sequence")) {
            List<String> texts = new ArrayList<>();
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
            return texts;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
