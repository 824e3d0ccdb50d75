package io.herald.lane;

import io.herald.delivery.Delivery;
import io.herald.delivery.DeliverySpans;
import io.herald.delivery.Dispatch;
import io.herald.ledger.Turn;
import io.herald.thread.Threads;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorSupport;
import org.apache.camel.support.SynchronizationAdapter;
import org.jboss.logging.Logger;

/**
 * The lanes of one provider, and its bulkhead. As the first step of a provider's route it holds the exchange, without a
 * thread, until the deliveries accepted earlier for the same reference have ended, and then goes on with it on one of the
 * provider's own threads, of which there are as many as it may have connections.
 *
 * <p>Only what this program has in hand has a place in a lane here. A delivery that is parked, or whose outcome could not be
 * kept, ends its lane: those behind it stop here and go back to the ledger, and are taken up from there, one after another.
 *
 * <p>What is in hand of a message that was accepted just now keeps its place among all that Herald works on. So what comes at
 * the end of a long lane, or to a provider that holds its share and stands still, goes back to the ledger too.
 */
final class ProviderLanes extends AsyncProcessorSupport {

    private record Arrival(String source, Exchange exchange, AsyncCallback callback, long since) {
        void goOn() {
            callback.done(false);
        }

        void stop() {
            exchange.setRouteStop(true);
            callback.done(false);
        }
    }

    /** What waits for a thread, and since when. */
    private record Queued(Arrival arrival, long since) {}

    /**
     * How much of what Herald works on one provider may hold while it stands still.
     *
     * @param waiting deliveries that wait for their turn or for a thread
     * @param bytes of the messages whose deliveries it has in hand
     */
    record Share(int waiting, long bytes) {}

    /** A message that keeps its place because of a delivery here: the bytes of its body, and since when. */
    private record Held(long bytes, long since) {}

    private static final Logger LOG = Logger.getLogger(ProviderLanes.class);

    /** A provider for which the next one has waited for so long stands still. */
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** So many of one lane, which go one at a time, are in hand at most; those behind them wait in the ledger. */
    private static final int LONGEST_LANE = 100;

    private final String provider;
    private final int width;
    private final ExecutorService threads;
    private final Share share;
    private final BooleanSupplier admits;
    private final LongConsumer waited;
    private final DeliverySpans spans;
    private final Returns returns;
    private final Map<String, ArrayDeque<Turn>> lanes = new HashMap<>();
    private final Map<Turn, Arrival> arrived = new HashMap<>();
    private final Map<String, Integer> returning = new HashMap<>();
    private final FairQueue<Queued> queue = new FairQueue<>();

    /** In the order of acceptance. */
    private final Map<Turn, Held> held = new LinkedHashMap<>();

    private long heldBytes;

    /** The lanes that go on in the ledger when what is in hand of them has ended. */
    private final Set<String> goOnInLedger = new HashSet<>();

    private int working;
    private boolean closed;

    /**
     * @param width deliveries at once
     * @param share past it, what comes to a provider that stands still goes back to the ledger, so that it does not keep hold of
     *     all that Herald may work on
     * @param waited takes the nanoseconds that each one waited for its turn and its thread
     * @param admits whether the provider's breaker lets anything through; what comes while it does not goes back as well
     */
    ProviderLanes(
            String provider,
            int width,
            Share share,
            BooleanSupplier admits,
            LongConsumer waited,
            DeliverySpans spans,
            Returns returns) {
        this.provider = provider;
        this.share = share;
        this.admits = admits;
        this.waited = waited;
        this.spans = spans;
        this.returns = returns;
        this.width = width;
        this.threads = Threads.pool(provider + "-");
    }

    /**
     * As {@link #reserve(Turn)}, for a delivery whose message was accepted just now.
     *
     * @param bytes of the message's body
     */
    synchronized void reserve(Turn turn, long bytes) {
        ArrayDeque<Turn> lane = lanes.get(turn.reference());
        if (isStuck() || lane != null && lane.size() >= LONGEST_LANE) {
            goBack(turn);
        } else if (reserve(turn)) {
            held.put(turn, new Held(bytes, System.nanoTime()));
            heldBytes += bytes;
        }
    }

    /**
     * Takes a place at the end of its lane; to be called in the order of acceptance.
     *
     * @return whether it has one; else it goes back to the ledger
     */
    synchronized boolean reserve(Turn turn) {
        if (returning.containsKey(turn.reference())) {
            goBack(turn);
            return false;
        }
        return lanes.computeIfAbsent(turn.reference(), reference -> new ArrayDeque<>())
                .add(turn);
    }

    private void goBack(Turn turn) {
        String reference = turn.reference();
        if (lanes.containsKey(reference)) {
            goOnInLedger.add(reference);
        }
        comesBack(reference, 1);
        returns.giveBackSoon(provider, turn, () -> cameBack(reference, 1));
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        Dispatch dispatch = exchange.getProperty("dispatch", Dispatch.class);
        Delivery delivery = dispatch.to(provider);
        exchange.setProperty("delivery", delivery);
        spans.begin(delivery);
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange ended) {
                leave(delivery);
                spans.end(delivery);
                dispatch.settled();
            }
        });
        if (admit(delivery, new Arrival(delivery.getSource(), exchange, callback, System.nanoTime()))) {
            return false;
        }
        exchange.setRouteStop(true);
        callback.done(true);
        return true;
    }

    /** Whether it goes on when it is its turn; else it stops here, and waits in the ledger. */
    private boolean admit(Delivery delivery, Arrival arrival) {
        Turn turn = delivery.getMessage().turn();
        synchronized (this) {
            ArrayDeque<Turn> lane = lanes.get(turn.reference());
            boolean inLane = lane != null && lane.contains(turn);
            if (inLane && !lane.peekFirst().equals(turn)) {
                arrived.put(turn, arrival);
                return true;
            }
            if (!inLane || closed || !delivery.isResumed() && !admits.getAsBoolean()) {
                return false;
            }
        }
        execute(arrival);
        return true;
    }

    /** Whether it holds its share, and stands still. */
    private boolean isStuck() {
        boolean isShare = queue.size() + arrived.size() >= share.waiting() || heldBytes >= share.bytes();
        return isShare && !held.isEmpty() && System.nanoTime() - movedAt() > STUCK_NANOS;
    }

    /** Since when the next one waits for a thread, or the oldest one is in hand where none does. */
    private long movedAt() {
        Queued next = queue.peek();
        return next == null ? held.values().iterator().next().since() : next.since();
    }

    /** Lets it go on when there is a thread for it; those of different sources take turns. */
    private void execute(Arrival arrival) {
        boolean goesBack;
        boolean isThreadFree;
        synchronized (this) {
            goesBack = closed;
            isThreadFree = !closed && working < width;
            if (!goesBack) {
                queue.add(arrival.source(), new Queued(arrival, System.nanoTime()));
            }
            if (isThreadFree) {
                working++;
            }
        }
        if (goesBack) {
            arrival.stop();
        } else if (isThreadFree) {
            startWorking();
        }
    }

    /** Where no thread can be made now, what is queued waits for one that works already; if none does, it goes back. */
    private void startWorking() {
        try {
            threads.execute(this::work);
        } catch (RejectedExecutionException | OutOfMemoryError e) {
            LOG.errorf("No thread for a delivery to %s can be made now: %s", provider, e.getMessage());
            List<Arrival> stopped = new ArrayList<>();
            synchronized (this) {
                working--;
                for (Queued next = working > 0 ? null : queue.poll(); next != null; next = queue.poll()) {
                    stopped.add(next.arrival());
                }
            }
            stopped.forEach(Arrival::stop);
        }
    }

    /** Goes on with one after another until none is left: a thread that works already costs less than one that is woken. */
    private void work() {
        for (Optional<Arrival> next = next(); next.isPresent(); next = next()) {
            waited.accept(System.nanoTime() - next.get().since());
            try {
                next.get().goOn();
            } catch (RuntimeException | Error e) {
                LOG.errorf(
                        "A delivery to %s ended unexpectedly: %s",
                        provider, e.getClass().getName());
            }
        }
    }

    private synchronized Optional<Arrival> next() {
        Optional<Arrival> next =
                closed ? Optional.empty() : Optional.ofNullable(queue.poll()).map(Queued::arrival);
        if (next.isEmpty()) {
            working--;
        }
        return next;
    }

    private void leave(Delivery delivery) {
        Turn turn = delivery.getMessage().turn();
        if (delivery.isRecorded()) {
            leave(turn, delivery.isOpen(), Optional.empty());
        } else {
            boolean atOnce = isClosed() || delivery.getAttempts() == 0;
            Duration pause = atOnce ? Duration.ZERO : Returns.PAUSE;
            leave(turn, true, Optional.of(returns.notBefore(delivery.dueAt(), pause)));
        }
        if (delivery.isResumed()) {
            returns.wake();
        }
    }

    /** How many have a place here, or are on their way back to the ledger. */
    synchronized int inHand() {
        return lanes.values().stream().mapToInt(ArrayDeque::size).sum()
                + returning.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Stops what waits for a thread, and with it what waits behind; what is on a thread goes on, and what comes stops. */
    void giveAllBack() {
        List<Arrival> stopped = new ArrayList<>();
        synchronized (this) {
            closed = true;
            for (Queued next = queue.poll(); next != null; next = queue.poll()) {
                stopped.add(next.arrival());
            }
        }
        stopped.forEach(Arrival::stop);
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    /** Gives up the place of a delivery that cannot be worked on, and gives it back. */
    void giveUp(Turn turn, Duration pause) {
        leave(turn, true, Optional.of(pause));
    }

    /** @param back for how long it goes back to the ledger, if it is not there already */
    private void leave(Turn turn, boolean endsLane, Optional<Duration> back) {
        String reference = turn.reference();
        Arrival next = null;
        List<Arrival> stopped = new ArrayList<>();
        List<Turn> behind = new ArrayList<>();
        boolean goesOnInLedger = false;
        synchronized (this) {
            ArrayDeque<Turn> lane = lanes.get(reference);
            if (lane == null || !lane.remove(turn)) {
                return;
            }
            if (endsLane) {
                behind.addAll(lane);
                lane.clear();
                behind.stream().map(arrived::remove).filter(Objects::nonNull).forEach(stopped::add);
            }
            letGo(turn);
            behind.forEach(this::letGo);
            comesBack(reference, behind.size() + (back.isPresent() ? 1 : 0));
            if (lane.isEmpty()) {
                lanes.remove(reference);
                goesOnInLedger = goOnInLedger.remove(reference);
            } else {
                next = arrived.remove(lane.peekFirst());
            }
        }
        if (next != null) {
            execute(next);
        }
        back.ifPresent(pause -> returns.giveBack(provider, List.of(turn), pause, () -> cameBack(reference, 1)));
        if (!behind.isEmpty()) {
            returns.giveBack(provider, behind, Duration.ZERO, () -> cameBack(reference, behind.size()));
        }
        stopped.forEach(Arrival::stop);
        if (goesOnInLedger) {
            returns.wake();
        }
    }

    private void letGo(Turn turn) {
        Held message = held.remove(turn);
        heldBytes -= message == null ? 0 : message.bytes();
    }

    /** Until the ledger has what comes back of a lane, it takes this program for working on it: nothing may go ahead of it. */
    private synchronized void comesBack(String reference, int count) {
        if (count > 0) {
            returning.merge(reference, count, Integer::sum);
        }
    }

    private synchronized void cameBack(String reference, int count) {
        returning.computeIfPresent(reference, (lane, coming) -> coming == count ? null : coming - count);
    }

    /** Ends the threads, when all routes have stopped. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        threads.shutdownNow();
    }
}
