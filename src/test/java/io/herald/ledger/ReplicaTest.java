package io.herald.ledger;

import static io.herald.ledger.Requests.MAY_ARRIVE;
import static io.herald.ledger.Requests.create;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.agroal.api.AgroalDataSource;
import io.herald.Customers;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Replicas on one PostgreSQL: what one has in hand no other takes, until its lease ends or it says goodbye. */
@Timeout(60)
class ReplicaTest {

    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final byte[] REQUEST = "{}".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    private TestDatabase database;
    private Replica one;
    private Replica other;
    private Ledger ofOne;
    private Ledger ofOther;
    private LedgerState state;

    @BeforeEach
    void open() {
        database = TestDatabase.make(Dialect.POSTGRESQL, directory);
        database.open();
        one = new Replica(database.get(), LEASE);
        other = new Replica(database.get(), LEASE);
        ofOne = ledger(one);
        ofOther = ledger(other);
        state = new LedgerState(database.get(), Clock.systemUTC());
    }

    private Ledger ledger(Replica replica) {
        return new Ledger(database.get(), sealing(), replica, new ObjectMapper(), Clock.systemUTC());
    }

    private static Sealing sealing() {
        return new Sealing(new PayloadCipher(new byte[32]), new ObjectMapper());
    }

    @AfterEach
    void close() {
        one.stop();
        other.stop();
        database.close();
    }

    @Test
    void aLaneIsInTheHandsOfOneOfThem() {
        assertThat(accept(ofOne).inHand()).containsExactly("xbridge");
        assertThat(accept(ofOther).inHand())
                .as("behind what another has in hand")
                .isEmpty();
        assertThat(accept(ofOne).inHand()).as("behind what waits").isEmpty();
        assertThat(take(other)).isEmpty();
    }

    @Test
    void whatOneHasInHandIsFreeWhenItsLeaseEnds() {
        Message message = accept(ofOne).message();
        other.renew();
        assertThat(take(other)).as("its lease lasts").isEmpty();

        database.change("update replica set alive_till = 0 where id = '" + one.id() + "'");
        other.renew();

        assertThat(take(other)).containsExactly(message.sequence());
        one.renew();
        assertThatThrownBy(() -> ofOne.sending(message, "xbridge", create(REQUEST), MAY_ARRIVE))
                .as("it comes back, too late")
                .isInstanceOf(LedgerException.class);
        assertThat(take(one)).isEmpty();
    }

    @Test
    void aLeaseEndsInTimeAfterTheClockOfTheDatabaseWasSetBack() {
        Message message = accept(ofOne).message();
        database.change("update replica set alive_till = alive_till + 86400000 where id = '" + one.id() + "'");

        other.renew();

        assertThat(aliveTill(one)).isBetween(aliveTill(other), aliveTill(other) + 10 * LEASE.toMillis());
        ofOne.mustBeInHand(message, "xbridge");
    }

    @Test
    void whoCannotRenewItsLeaseSendsNothing() {
        Replica hurried = new Replica(database.get(), Duration.ofMillis(600));
        try {
            Ledger ledger = ledger(hurried);
            Message message = accept(ledger).message();
            hurried.stop();

            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThatThrownBy(hurried::mustBeAlive)
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("could not renew its lease"));

            assertThatThrownBy(() -> ledger.sending(message, "xbridge", create(REQUEST), MAY_ARRIVE))
                    .isInstanceOf(LedgerException.class);
            assertThatThrownBy(() -> ledger.mustBeInHand(message, "xbridge")).isInstanceOf(LedgerException.class);
        } finally {
            hurried.stop();
        }
    }

    @Test
    void itRenewsItsLeaseByItself() {
        database.change("update replica set alive_till = 1 where id = '" + one.id() + "'");
        Replica quick = new Replica(database.get(), Duration.ofSeconds(1));
        try {
            long first = aliveTill(quick);

            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                assertThat(aliveTill(quick)).isGreaterThan(first);
                quick.mustBeAlive();
            });
            assertThat(database.number("select count(*) from replica where id = '" + one.id() + "'"))
                    .as("a dead one is forgotten")
                    .isZero();
        } finally {
            quick.stop();
        }
    }

    private long aliveTill(Replica replica) {
        return database.number("select alive_till from replica where id = '" + replica.id() + "'");
    }

    @Test
    void whoStopsFreesWhatItNeverSent() {
        Message unsent = accept(ofOne).message();

        one.leave(new Object());

        assertThat(take(other)).containsExactly(unsent.sequence());
        assertThat(database.number("select count(*) from replica")).isEqualTo(1);
    }

    @Test
    void whoStopsWhileItSendsKeepsThatUntilItsLeaseEnds() {
        ofOne.sending(accept(ofOne).message(), "xbridge", create(REQUEST), MAY_ARRIVE);

        one.leave(new Object());
        other.renew();

        assertThat(take(other)).isEmpty();
    }

    @Test
    void whoHangsWhileItWritesLosesTheLockAndWhatItHadWritten() throws SQLException {
        try (AgroalDataSource hanging = database.again().pool();
                Connection connection = lockTheLedger(hanging)) {
            Database.execute(connection, "insert into probe (id, written_at) values (2, 1)");

            state.writeSomething(Duration.ofSeconds(30));

            assertThatThrownBy(connection::commit).isInstanceOf(SQLException.class);
        }
        assertThat(database.number("select count(*) from probe where written_at = 1"))
                .isZero();
    }

    @Test
    void whoHangsInTheMiddleOfABatchLosesTheLockAndWhatItHadWritten() throws Exception {
        CountDownLatch onItsWay = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (AgroalDataSource hanging = database.again().pool()) {
            Future<int[]> done = inTheBackground(() -> {
                try (Connection connection = lockTheLedger(hanging);
                        PreparedStatement batch = connection.prepareStatement(
                                "insert into probe (id, written_at) values (?, length(?))")) {
                    batch.setInt(1, 2);
                    batch.setBytes(2, REQUEST);
                    batch.addBatch();
                    batch.setInt(1, 3);
                    batch.setBinaryStream(2, hangingAfter(100_000, onItsWay, goOn), 200_000);
                    batch.addBatch();
                    int[] changed = batch.executeBatch();
                    connection.commit();
                    return changed;
                }
            });
            assertThat(onItsWay.await(10, TimeUnit.SECONDS)).isTrue();

            state.writeSomething(Duration.ofSeconds(20));

            goOn.countDown();
            assertThat(done).failsWithin(Duration.ofSeconds(10));
        } finally {
            goOn.countDown();
        }
        assertThat(database.number("select count(*) from probe where id in (2, 3)"))
                .isZero();
    }

    private static <T> Future<T> inTheBackground(Callable<T> work) {
        FutureTask<T> done = new FutureTask<>(work);
        new Thread(done).start();
        return done;
    }

    /** So many bytes, and more of them later. */
    private static InputStream hangingAfter(int bytes, CountDownLatch hangs, CountDownLatch goOn) {
        return new SequenceInputStream(new ByteArrayInputStream(new byte[bytes]), new InputStream() {
            @Override
            public int read() throws IOException {
                hangs.countDown();
                try {
                    goOn.await();
                } catch (InterruptedException e) {
                    throw new InterruptedIOException();
                }
                return 0;
            }
        });
    }

    @Test
    void whileSomebodyElseHoldsTheLockEveryWriteFailsInTimeAndAfterwardsNone() throws SQLException {
        try (AgroalDataSource stranger = database.again().pool();
                Connection connection = lockTheLedger(stranger)) {
            Database.execute(
                    connection, "set local idle_in_transaction_session_timeout = 0; set local transaction_timeout = 0");

            assertThatThrownBy(() -> state.writeSomething(Duration.ofSeconds(30)))
                    .isInstanceOf(LedgerException.class)
                    .rootCause()
                    .hasMessageContaining("lock timeout");
            connection.rollback();
        }
        state.writeSomething(Duration.ofSeconds(30));
        assertThat(accept(ofOther).inHand()).containsExactly("xbridge");
    }

    /** As a program does at the begin of each group of writes. */
    private static Connection lockTheLedger(AgroalDataSource dataSource) throws SQLException {
        Connection connection = dataSource.getConnection();
        connection.setAutoCommit(false);
        try (Statement begin = connection.createStatement()) {
            begin.execute(Dialect.POSTGRESQL.beginGroup().orElseThrow());
        }
        return connection;
    }

    private static Accepted accept(Ledger ledger) {
        return ledger.accept(
                new NewMessage("CUST-1", Customers.person("CUST-1"), List.of("xbridge"), "rest", Optional.empty()),
                kept -> {});
    }

    private List<Long> take(Replica replica) {
        TakeUp takeUp = new TakeUp(database.get(), sealing(), replica, Clock.systemUTC());
        return takeUp.take("xbridge", 10, Long.MAX_VALUE, taken -> {}).stream()
                .map(OpenDelivery::sequence)
                .toList();
    }
}
