package io.herald.lane;

import io.herald.delivery.DeliverySpans;
import io.herald.delivery.Dispatch;
import io.herald.inflight.InFlight;
import io.herald.lane.ProviderLanes.Share;
import io.herald.ledger.OpenDelivery;
import io.herald.metrics.Meters;
import io.herald.metrics.Step;
import io.herald.provider.Breakers;
import io.herald.provider.Providers;
import io.herald.thread.Threads;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.inject.Disposes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.util.concurrent.SynchronousExecutorService;

/** The lanes of all providers: deliveries of one reference to one provider go one at a time, in the order accepted. */
@Singleton
public final class Lanes {

    private final Map<String, ProviderLanes> lanes = new TreeMap<>();
    private final Returns returns;

    public Lanes(
            Providers providers,
            Breakers breakers,
            Returns returns,
            Meters meters,
            DeliverySpans spans,
            InFlight inFlight) {
        this.returns = returns;
        Share share = new Share(inFlight.max() / 2, inFlight.maxBytes() / 2);
        for (String id : providers.ids()) {
            int width = providers.of(id).maxConnections();
            BooleanSupplier admits = () -> breakers.of(id).admits(1) > 0;
            LongConsumer waited = nanos -> meters.took(id, Step.WAIT, nanos);
            lanes.put(id, new ProviderLanes(id, width, share, admits, waited, spans, returns));
        }
    }

    /**
     * The threads that hand accepted messages over to the lanes of their targets. Their queue needs no bound: it holds no
     * more messages than Herald works on.
     */
    @Produces
    @Singleton
    @Named("handOver")
    static ExecutorService handOver() {
        return Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors(), Threads.named("hand-over-"));
    }

    static void stop(@Disposes @Named("handOver") ExecutorService handOver) {
        handOver.shutdownNow();
    }

    /**
     * Does the work of a step on the thread that comes to it: for steps that only hand over to what has threads of its own.
     */
    @Produces
    @Singleton
    @Named("sameThread")
    static ExecutorService sameThread() {
        return new SynchronousExecutorService();
    }

    /**
     * Takes the places of a message's deliveries in their lanes; to be called in the order of acceptance.
     *
     * @param inHand the targets whose deliveries do not wait in the ledger
     * @param bytes of the message's body
     */
    public void reserve(Dispatch dispatch, Set<String> inHand, long bytes) {
        inHand.forEach(provider ->
                lanes.get(provider).reserve(dispatch.to(provider).getMessage().turn(), bytes));
    }

    /** To be called when something waits in the ledger that may be taken up at once. */
    public void wake() {
        returns.wake();
    }

    /** How many deliveries this program has in hand, those on their way back to the ledger among them. */
    public int inHand() {
        return lanes.values().stream().mapToInt(ProviderLanes::inHand).sum();
    }

    /** Gives back to the ledger all that is not on a thread; from now on, whatever comes goes back too. */
    public void giveAllBack() {
        lanes.values().forEach(ProviderLanes::giveAllBack);
    }

    /** The first step of a provider's route: holds each exchange until it is its delivery's turn. */
    public AsyncProcessor step(String provider) {
        return lanes.get(provider);
    }

    /** Takes the place of a delivery that was taken up from the ledger; to be called in the order of acceptance. */
    void reserve(OpenDelivery open) {
        lanes.get(open.provider()).reserve(open.turn());
    }

    /**
     * Gives up the place of a delivery that was taken up and cannot be worked on, and gives the delivery back to the ledger.
     *
     * @param pause how long it is left alone there
     */
    void giveUp(OpenDelivery open, Duration pause) {
        lanes.get(open.provider()).giveUp(open.turn(), pause);
    }

    @PreDestroy
    void close() {
        lanes.values().forEach(ProviderLanes::close);
    }
}
