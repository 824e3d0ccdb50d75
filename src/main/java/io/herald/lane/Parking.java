package io.herald.lane;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.delivery.Delivery;
import io.herald.delivery.Dispatch;
import io.herald.ledger.Ledger;
import io.herald.ledger.OpenDelivery;
import io.herald.provider.Providers;
import io.herald.thread.Threads;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.AsyncProducer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Takes deliveries up from the ledger: at start those that were left when Herald ended, later those that are due again.
 */
@Singleton
final class Parking {

    /** So many deliveries to one provider that were taken up are worked on at once. */
    private static final int MOST_IN_HAND = 64;

    /** A pending delivery that did not change for so long is worked on by nobody, or waits for a slow one before it. */
    private static final Duration IDLE = Duration.ofSeconds(5);

    private static final Logger LOG = Logger.getLogger(Parking.class);

    private final Ledger ledger;
    private final Lanes lanes;
    private final CamelContext context;
    private final ObjectMapper json;
    private final Clock clock;
    private final Duration poll;
    private final Map<String, AsyncProducer> routes = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> inHand = new TreeMap<>();
    private final ScheduledExecutorService poller =
            Executors.newSingleThreadScheduledExecutor(Threads.named("parking-"));
    private boolean started;

    Parking(
            Ledger ledger,
            Lanes lanes,
            Providers providers,
            CamelContext context,
            ObjectMapper json,
            Clock clock,
            @ConfigProperty(name = "herald.park.poll", defaultValue = "1s") Duration poll) {
        this.ledger = ledger;
        this.lanes = lanes;
        this.context = context;
        this.json = json;
        this.clock = clock;
        this.poll = poll;
        providers.ids().forEach(provider -> inHand.put(provider, new AtomicInteger()));
    }

    void start(@Observes StartupEvent event) {
        poller.scheduleWithFixedDelay(this::takeUp, 0, poll.toMillis(), TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        poller.shutdownNow();
    }

    private void takeUp() {
        try {
            Instant idleSince = started ? clock.instant().minus(IDLE) : clock.instant();
            inHand.forEach((provider, count) -> {
                int most = MOST_IN_HAND - count.get();
                if (most > 0) {
                    ledger.takeOpen(provider, idleSince, most, lanes::claim).forEach(this::resume);
                }
            });
            started = true;
        } catch (RuntimeException e) {
            LOG.errorf("Deliveries that wait in the ledger cannot be taken up now: %s", e.getMessage());
        }
    }

    private void resume(OpenDelivery open) {
        Exchange exchange = new DefaultExchange(context);
        try {
            Delivery delivery = new Delivery(ledger.messageOf(open), open, json);
            exchange.setProperty("dispatch", new Dispatch(delivery));
            lanes.resume(delivery);
        } catch (RuntimeException e) {
            lanes.giveBack(open);
            LOG.errorf("Message %s cannot be taken up for %s: %s", open.message(), open.provider(), e.getMessage());
            return;
        }
        AtomicInteger count = inHand.get(open.provider());
        count.incrementAndGet();
        routes.computeIfAbsent(open.provider(), this::producer).process(exchange, doneSync -> count.decrementAndGet());
    }

    private AsyncProducer producer(String provider) {
        try {
            AsyncProducer producer = context.getEndpoint("direct:" + provider).createAsyncProducer();
            producer.start();
            return producer;
        } catch (Exception e) {
            throw new IllegalStateException("there is no route direct:" + provider, e);
        }
    }
}
