package io.herald.lane;

import io.herald.delivery.Delivery;
import io.herald.delivery.Dispatch;
import io.herald.thread.Threads;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorHelper;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * The lanes of one provider, and its bulkhead. As the first step of a provider's route it holds the exchange, without a
 * thread, until the deliveries accepted earlier for the same reference have ended, and then goes on with it on one of the
 * provider's own threads, of which there are as many as it may have connections.
 *
 * <p>A delivery that is parked, or whose outcome could not be kept, holds its lane back: those behind it stop here, and stay in the ledger until they are taken
 * up from there, one after another.
 */
final class ProviderLanes implements AsyncProcessor {

    private record Arrival(Exchange exchange, AsyncCallback callback) {
        void goOn() {
            callback.done(false);
        }

        void stop() {
            exchange.setRouteStop(true);
            callback.done(false);
        }
    }

    /** What waits for a thread, and since when. */
    private record Queued(Runnable work, long since) implements Runnable {
        @Override
        public void run() {
            work.run();
        }
    }

    /** A provider whose longest queue has not moved for so long hangs. */
    private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(2);

    private final String provider;
    private final ThreadPoolExecutor threads;
    private final int longestQueue;
    private final BiConsumer<String, String> heldLaneIsFree;
    private final Map<String, ArrayDeque<Delivery>> lanes = new HashMap<>();
    private final Map<Long, Arrival> arrived = new HashMap<>();
    private final Set<Long> inHand = new HashSet<>();
    private final Set<String> held = new HashSet<>();

    /**
     * @param width deliveries at once
     * @param longestQueue how many may wait for a thread while it takes long to get one; what comes then stops here as if
     *     its lane were held back, so that a provider that hangs does not keep hold of all that Herald may work on
     * @param heldLaneIsFree told provider and reference when the delivery in hand of a lane that is held back has ended
     */
    ProviderLanes(String provider, int width, int longestQueue, BiConsumer<String, String> heldLaneIsFree) {
        this.provider = provider;
        this.longestQueue = longestQueue;
        this.heldLaneIsFree = heldLaneIsFree;
        this.threads = new ThreadPoolExecutor(
                width, width, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Threads.named(provider + "-"));
        threads.allowCoreThreadTimeOut(true);
    }

    /** Holds a lane back that has deliveries in the ledger, left when Herald ended. */
    synchronized void hold(String reference) {
        held.add(reference);
    }

    /** Takes the delivery's place in its lane; to be called in the order of acceptance. */
    synchronized void reserve(Delivery delivery) {
        if (!held.contains(delivery.getReference())) {
            inHand.add(delivery.getMessage().sequence());
            place(delivery);
        }
    }

    /**
     * Holds a lane back for a delivery that is to be taken up from the ledger.
     *
     * @return whether nobody has it in hand
     */
    synchronized boolean claim(String reference, long sequence) {
        boolean free = !lanes.containsKey(reference) && inHand.add(sequence);
        if (free) {
            held.add(reference);
        }
        return free;
    }

    /** Puts a delivery that was claimed into its lane. */
    synchronized void resume(Delivery delivery) {
        place(delivery);
    }

    /** Gives a claimed delivery back that cannot be taken up. */
    synchronized void giveBack(long sequence) {
        inHand.remove(sequence);
    }

    /** Lets a lane go on in memory; nothing of it waits in the ledger any more. */
    synchronized void release(String reference) {
        if (!lanes.containsKey(reference)) {
            held.remove(reference);
        }
    }

    private void place(Delivery delivery) {
        lanes.computeIfAbsent(delivery.getReference(), reference -> new ArrayDeque<>())
                .add(delivery);
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
        Dispatch dispatch = exchange.getProperty("dispatch", Dispatch.class);
        Delivery delivery = dispatch.to(provider);
        exchange.setProperty("delivery", delivery);
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange ended) {
                leave(delivery);
                dispatch.settled();
            }
        });
        if (waits(delivery, new Arrival(exchange, callback))) {
            return false;
        }
        exchange.setRouteStop(true);
        callback.done(true);
        return true;
    }

    /** Whether it goes on when it is its turn; else it stops here, and stays in the ledger. */
    private boolean waits(Delivery delivery, Arrival arrival) {
        synchronized (this) {
            ArrayDeque<Delivery> lane = lanes.get(delivery.getReference());
            boolean inLane = lane != null && lane.contains(delivery);
            if (inLane && lane.peekFirst() != delivery) {
                arrived.put(delivery.getMessage().sequence(), arrival);
                return true;
            }
            if (!inLane || !delivery.isResumed() && isStuck()) {
                return false;
            }
        }
        execute(arrival);
        return true;
    }

    private boolean isStuck() {
        return threads.getQueue().size() >= longestQueue
                && threads.getQueue().peek() instanceof Queued oldest
                && System.nanoTime() - oldest.since() > STUCK_NANOS;
    }

    private void execute(Arrival arrival) {
        threads.execute(new Queued(arrival::goOn, System.nanoTime()));
    }

    private void leave(Delivery delivery) {
        Arrival next = null;
        List<Arrival> heldBack = new ArrayList<>();
        boolean free;
        synchronized (this) {
            inHand.remove(delivery.getMessage().sequence());
            ArrayDeque<Delivery> lane = lanes.get(delivery.getReference());
            if (lane == null || !lane.remove(delivery)) {
                return;
            }
            if (delivery.isOpen()) {
                held.add(delivery.getReference());
                lane.forEach(behind -> giveUp(behind, heldBack));
                lane.clear();
            }
            if (lane.isEmpty()) {
                lanes.remove(delivery.getReference());
            } else {
                next = arrived.remove(lane.peekFirst().getMessage().sequence());
            }
            free = held.contains(delivery.getReference()) && !delivery.isOpen();
        }
        if (next != null) {
            execute(next);
        }
        heldBack.forEach(Arrival::stop);
        if (free) {
            heldLaneIsFree.accept(provider, delivery.getReference());
        }
    }

    private void giveUp(Delivery behind, List<Arrival> heldBack) {
        long sequence = behind.getMessage().sequence();
        inHand.remove(sequence);
        Arrival arrival = arrived.remove(sequence);
        if (arrival != null) {
            heldBack.add(arrival);
        }
    }

    void close() {
        threads.shutdownNow();
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        AsyncProcessorHelper.process(this, exchange);
    }

    @Override
    public CompletableFuture<Exchange> processAsync(Exchange exchange) {
        CompletableFuture<Exchange> done = new CompletableFuture<>();
        process(exchange, doneSync -> done.complete(exchange));
        return done;
    }
}
