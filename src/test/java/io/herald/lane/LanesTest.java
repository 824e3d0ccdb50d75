package io.herald.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.herald.delivery.Delivery;
import io.herald.delivery.DeliverySpans;
import io.herald.delivery.Dispatch;
import io.herald.ledger.Message;
import io.herald.ledger.Progress;
import io.herald.ledger.Turn;
import io.herald.trace.Traces;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** Deliveries of a lane go one at a time in the order accepted; lanes go in parallel, as many as the provider is wide. */
class LanesTest {

    private static final Progress DELIVERED = new Progress(
            JsonNodeFactory.instance.objectNode().put("state", "delivered"),
            1,
            List.of(),
            0,
            Optional.empty(),
            0,
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    private static final String PROVIDER = "xbridge";
    private static final ProviderLanes.Share SHARE = new ProviderLanes.Share(300, 1_000_000);

    /** What of one lane is in hand at most. */
    private static final int LONGEST = 100;

    private static final Duration SOON = Duration.ofSeconds(20);

    /** A provider for which one waits for longer stands still. */
    private static final Duration STANDS_STILL = Duration.ofMillis(2_100);

    private final CamelContext context = new DefaultCamelContext();
    private final List<Long> done = new CopyOnWriteArrayList<>();
    private final AtomicInteger now = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final List<Long> returned = new CopyOnWriteArrayList<>();
    private final List<Instant> due = new CopyOnWriteArrayList<>();
    private final List<Long> lost = new ArrayList<>();
    private Supplier<CompletableFuture<Void>> givenBack = () -> CompletableFuture.completedFuture(null);
    private Returns returns;
    private ProviderLanes lanes;
    private ProducerTemplate route;
    private long sequence;

    @AfterEach
    void stop() throws Exception {
        lanes.close();
        context.close();
    }

    @Test
    void goInTheOrderReservedWhateverTheOrderOfArrival() throws Exception {
        start(8, this::work);
        List<Dispatch> accepted = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            accepted.add(reserve("CUST-" + i % 5));
        }
        List<Dispatch> arriving = new ArrayList<>(accepted);
        Collections.shuffle(arriving, new Random(20261120));

        arriving.forEach(this::arrive);

        await().atMost(SOON).until(() -> done.size() == 200);
        Map<String, List<Long>> byReference = done.stream()
                .collect(Collectors.groupingBy(sequence ->
                        accepted.get(sequence.intValue() - 1).getMessage().reference()));
        assertThat(byReference).hasSize(5);
        assertThat(byReference)
                .allSatisfy((reference, sequences) ->
                        assertThat(sequences).as(reference).hasSize(40).isSorted());
    }

    @Test
    void aLaneGoesOneAtATime() throws Exception {
        Map<String, AtomicInteger> working = new ConcurrentHashMap<>();
        List<String> together = new CopyOnWriteArrayList<>();
        start(8, exchange -> {
            String reference = dispatch(exchange).getMessage().reference();
            AtomicInteger inLane = working.computeIfAbsent(reference, first -> new AtomicInteger());
            if (inLane.incrementAndGet() > 1) {
                together.add(reference);
            }
            Thread.yield();
            inLane.decrementAndGet();
            work(exchange);
        });
        for (int i = 0; i < 400; i++) {
            arrive(reserve("CUST-" + i % 4));
        }

        await().atMost(SOON).until(() -> done.size() == 400);
        assertThat(together).isEmpty();
    }

    @Test
    void lanesGoInParallelUpToTheWidth() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        start(3, exchange -> {
            enter();
            gate.await();
            leave(exchange);
        });
        for (int i = 0; i < 50; i++) {
            arrive(reserve("CUST-" + i));
        }

        await().atMost(SOON).until(() -> now.get() == 3);
        gate.countDown();
        await().atMost(SOON).until(() -> done.size() == 50);
        assertThat(most).hasValue(3);
    }

    /** Virtual ones are not kept. */
    @Test
    @EnabledForJreRange(max = JRE.JAVA_20)
    void hasNoMoreThreadsThanAreAtWork() throws Exception {
        Set<String> threads = ConcurrentHashMap.newKeySet();
        start(1_000, exchange -> {
            threads.add(Thread.currentThread().getName());
            work(exchange);
        });
        for (int i = 0; i < 200; i++) {
            arrive(reserve("CUST-" + i));
            int done = i + 1;
            await().atMost(SOON).pollDelay(Duration.ZERO).until(() -> this.done.size() == done);
        }

        assertThat(threads).hasSizeLessThan(20);
    }

    @Test
    void whatWaitsForItsTurnHoldsNoPlace() throws Exception {
        Semaphore go = new Semaphore(0);
        start(2, exchange -> {
            if (dispatch(exchange).getMessage().reference().equals("CUST-slow")) {
                go.acquire();
            }
            work(exchange);
        });
        List<Dispatch> slow = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            slow.add(reserve("CUST-slow"));
        }
        slow.forEach(this::arrive);
        for (int i = 0; i < 20; i++) {
            arrive(reserve("CUST-" + i));
        }

        await().atMost(SOON).until(() -> done.size() == 20);
        assertThat(done).noneMatch(sequence -> sequence <= 20);
        go.release(20);
        await().atMost(SOON).until(() -> done.size() == 40);
        assertThat(done.subList(20, 40)).isSorted();
    }

    @Test
    void aLaneWaitsForWhatWasAcceptedEarlierAndHasNotArrived() throws Exception {
        start(2, this::work);
        Dispatch first = reserve("CUST-1");
        Dispatch second = reserve("CUST-1");
        Dispatch other = reserve("CUST-2");

        arrive(second);
        arrive(other);

        await().atMost(SOON).until(() -> done.equals(List.of(3L)));
        arrive(first);
        await().atMost(SOON).until(() -> done.equals(List.of(3L, 1L, 2L)));
    }

    @Test
    void aLaneGoesOnAfterAFailure() throws Exception {
        start(1, exchange -> {
            work(exchange);
            throw new IllegalStateException("this one fails");
        });
        List<Dispatch> accepted = List.of(reserve("CUST-1"), reserve("CUST-1"), reserve("CUST-1"));

        accepted.forEach(this::arrive);

        await().atMost(SOON).until(() -> done.equals(List.of(1L, 2L, 3L)));
        AtomicInteger told = new AtomicInteger();
        accepted.forEach(dispatch -> dispatch.whenDone(told::incrementAndGet));
        await().atMost(SOON).until(() -> told.get() == 3);
    }

    /** Until the ledger has what comes back, it takes this program for working on the lane. */
    @Test
    void nothingGoesAheadOfWhatComesBackToTheLedger() throws Exception {
        CompletableFuture<Void> durable = new CompletableFuture<>();
        givenBack = () -> durable;
        lost.add(1L);
        start(2, this::work);
        arrive(reserve("CUST-1"));
        await().atMost(SOON).until(() -> returned.equals(List.of(1L)));

        Dispatch ahead = reserve("CUST-1");
        arrive(ahead);
        arrive(reserve("CUST-2"));
        await().atMost(SOON).until(() -> done.equals(List.of(1L, 3L)));
        returns.again();
        assertThat(returned)
                .as("what was accepted meanwhile goes to the ledger, too")
                .containsExactly(1L, 2L);

        durable.complete(null);
        arrive(reserve("CUST-1"));
        await().atMost(SOON).until(() -> done.equals(List.of(1L, 3L, 4L)));
    }

    /** The provider may be at work on what it sent, and would write it over what goes next. */
    @Test
    void whatWasParkedAndCouldNotBeKeptIsNotTakenUpEarlier() throws Exception {
        Instant until = Instant.now().plus(Duration.ofMinutes(5));
        lost.add(1L);
        start(1, exchange -> exchange.getProperty("delivery", Delivery.class).park(until, true));

        arrive(reserve("CUST-1"));

        await().atMost(SOON).until(() -> returned.equals(List.of(1L)));
        assertThat(due).singleElement().satisfies(then -> assertThat(then)
                .isCloseTo(until, within(1, ChronoUnit.SECONDS)));
    }

    @Test
    void whatComesAtTheEndOfALongLaneWaitsInTheLedgerUntilTheLaneHasEnded() throws Exception {
        Semaphore go = new Semaphore(0);
        start(2, exchange -> {
            if (dispatch(exchange).getMessage().reference().equals("CUST-slow")) {
                go.acquire();
            }
            work(exchange);
        });
        List<Integer> doneWhenTold = new CopyOnWriteArrayList<>();
        for (int i = 0; i < LONGEST + 3; i++) {
            arrive(reserve("CUST-slow"));
        }
        arrive(reserve("CUST-other"));

        returns.again();
        assertThat(returned).containsExactly(101L, 102L, 103L);
        await().atMost(SOON).until(() -> done.equals(List.of(104L)));
        returns.whenGivenBack(() -> doneWhenTold.add(done.size()));
        go.release(LONGEST);
        await().atMost(SOON).until(() -> doneWhenTold.equals(List.of(1 + LONGEST)));
        assertThat(done.subList(1, 1 + LONGEST)).isSorted();
        assertThat(lanes.inHand()).isZero();
    }

    @Test
    void aProviderThatStandsStillHoldsItsShareOfTheBytes() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        Semaphore begun = new Semaphore(0);
        start(8, exchange -> {
            begun.release();
            gate.await();
            work(exchange);
        });
        arrive(reserve("CUST-1", SHARE.bytes() - 1));
        begun.acquire();
        TimeUnit.MILLISECONDS.sleep(STANDS_STILL.toMillis());
        arrive(reserve("CUST-2", 1));
        begun.acquire();

        arrive(reserve("CUST-3", 1));

        areGivenBack(3L);
        gate.countDown();
        await().atMost(SOON).until(() -> done.size() == 2);
        arrive(reserve("CUST-4", SHARE.bytes()));
        await().atMost(SOON).until(() -> done.contains(4L));
    }

    /** Those that wait for their turn count, although nothing waits for a thread. */
    @Test
    void aProviderThatStandsStillHoldsItsShareOfTheMessages() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(20);
        start(20, exchange -> {
            begun.countDown();
            gate.await();
            work(exchange);
        });
        int inHand = SHARE.waiting() + 20;
        for (int i = 0; i < inHand; i++) {
            arrive(reserve("CUST-" + i % 20));
        }
        begun.await();
        TimeUnit.MILLISECONDS.sleep(STANDS_STILL.toMillis());

        arrive(reserve("CUST-0"));
        arrive(reserve("CUST-behind"));

        areGivenBack(inHand + 1L, inHand + 2L);
        gate.countDown();
        await().atMost(SOON).until(() -> done.size() == inHand);
    }

    /** What arrives is looked at on another thread. */
    private void areGivenBack(Long... sequences) {
        await().atMost(SOON).untilAsserted(() -> {
            returns.again();
            assertThat(returned).containsExactlyInAnyOrder(sequences);
        });
    }

    private CompletableFuture<Void> giveBack(String provider, List<Turn> turns, Instant dueAt) {
        due.add(dueAt);
        turns.forEach(turn -> returned.add(turn.sequence()));
        return givenBack.get();
    }

    private void start(int width, Processor step) throws Exception {
        returns = new Returns(this::giveBack, Clock.systemUTC());
        lanes = new ProviderLanes(
                PROVIDER, width, SHARE, () -> true, nanos -> {}, new DeliverySpans(new Traces("none", null)), returns);
        Processor record = exchange -> {
            Delivery delivery = exchange.getProperty("delivery", Delivery.class);
            if (!lost.contains(delivery.getMessage().sequence())) {
                delivery.markRecorded(DELIVERED);
            }
        };
        AsyncProcessor turn = lanes;
        context.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                onException(IllegalStateException.class).handled(true).process(record);
                from("direct:provider").process(turn).process(step).process(record);
            }
        });
        context.start();
        route = context.createProducerTemplate();
    }

    private Dispatch reserve(String reference) {
        return reserve(reference, 1);
    }

    private Dispatch reserve(String reference, long bytes) {
        sequence++;
        Dispatch dispatch = new Dispatch(new Message(
                new UUID(7, sequence),
                sequence,
                reference,
                Instant.EPOCH,
                JsonNodeFactory.instance.objectNode(),
                List.of(PROVIDER)));
        dispatch.getDeliveries()
                .forEach(delivery -> lanes.reserve(delivery.getMessage().turn(), bytes));
        return dispatch;
    }

    private void arrive(Dispatch dispatch) {
        route.asyncSend("direct:provider", exchange -> exchange.setProperty("dispatch", dispatch));
    }

    private static Dispatch dispatch(Exchange exchange) {
        return exchange.getProperty("dispatch", Dispatch.class);
    }

    private void work(Exchange exchange) {
        enter();
        leave(exchange);
    }

    private void enter() {
        most.accumulateAndGet(now.incrementAndGet(), Math::max);
    }

    private void leave(Exchange exchange) {
        done.add(dispatch(exchange).getMessage().sequence());
        now.decrementAndGet();
    }
}
