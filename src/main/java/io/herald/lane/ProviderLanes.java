package io.herald.lane;

import io.herald.delivery.Delivery;
import io.herald.delivery.Dispatch;
import io.herald.thread.Threads;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.Exchange;
import org.apache.camel.support.AsyncProcessorHelper;
import org.apache.camel.support.SynchronizationAdapter;

/**
 * The lanes of one provider, and its bulkhead. As the first step of a provider's route it holds the exchange, without a
 * thread, until the deliveries accepted earlier for the same reference have ended, and then goes on with it on one of the
 * provider's own threads, of which there are as many as it may have connections.
 */
final class ProviderLanes implements AsyncProcessor {

    private final String provider;
    private final ThreadPoolExecutor threads;
    private final Map<String, ArrayDeque<Delivery>> lanes = new HashMap<>();
    private final Map<Delivery, Runnable> arrived = new IdentityHashMap<>();

    /**
     * @param width deliveries at once
     * @param queue how many more may wait for a thread
     */
    ProviderLanes(String provider, int width, int queue) {
        this.provider = provider;
        this.threads = new ThreadPoolExecutor(
                width, width, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(queue), Threads.named(provider + "-"));
        threads.allowCoreThreadTimeOut(true);
    }

    /** Takes the delivery's place in its lane; to be called in the order of acceptance. */
    synchronized void reserve(Delivery delivery) {
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
        Runnable goOn = () -> callback.done(false);
        if (isFirst(delivery, goOn)) {
            threads.execute(goOn);
        }
        return false;
    }

    private synchronized boolean isFirst(Delivery delivery, Runnable goOn) {
        boolean first = lanes.get(delivery.getReference()).peekFirst() == delivery;
        if (!first) {
            arrived.put(delivery, goOn);
        }
        return first;
    }

    private void leave(Delivery delivery) {
        Runnable next = nextAfter(delivery);
        if (next != null) {
            threads.execute(next);
        }
    }

    private synchronized Runnable nextAfter(Delivery delivery) {
        ArrayDeque<Delivery> lane = lanes.get(delivery.getReference());
        lane.remove(delivery);
        if (lane.isEmpty()) {
            lanes.remove(delivery.getReference());
            return null;
        }
        return arrived.remove(lane.peekFirst());
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
