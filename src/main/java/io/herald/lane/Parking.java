package io.herald.lane;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.delivery.Delivery;
import io.herald.delivery.Dispatch;
import io.herald.delivery.Redelivery;
import io.herald.ledger.OpenDelivery;
import io.herald.ledger.TakeUp;
import io.herald.provider.Breakers;
import io.herald.provider.Providers;
import io.herald.shutdown.Stopping;
import io.herald.thread.Threads;
import io.herald.token.Tokens;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.camel.AsyncProducer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Takes deliveries up from the ledger: those of dropped files, those that are due again or were replayed, those that went
 * back to the ledger, or that a program left when it ended, and those that waited behind another one of their lane. Its
 * thread only brings them to their provider's lanes, which have threads of their own.
 */
@Singleton
final class Parking {

    /** How many deliveries to one provider that were taken up may be in hand at once. */
    private static final int MOST_IN_HAND = 64;

    /** How large their customers may be together, in bytes of JSON; the last one may exceed it. */
    private static final long MOST_BYTES = 16 << 20;

    /** How many polls apart it looks for deliveries that wait for too long. */
    private static final int LOOKS_FOR_SLEEPERS = 60;

    /** How far ahead of ours the clock of the program may have been that parked a delivery. */
    private static final Duration CLOCKS_DIFFER_BY = Duration.ofHours(1);

    /** How long a delivery that cannot even be read is left alone. */
    private static final Duration UNREADABLE_PAUSE = Duration.ofMinutes(10);

    private static final Logger LOG = Logger.getLogger(Parking.class);

    /** How many deliveries to one provider were taken up and are in hand, and the bytes of their customers. */
    private record InHand(AtomicInteger count, AtomicLong bytes) {}

    private final TakeUp ledger;
    private final Lanes lanes;
    private final Returns returns;
    private final Providers providers;
    private final Breakers breakers;
    private final Tokens tokens;
    private final CamelContext context;
    private final ObjectMapper json;
    private final Stopping stopping;
    private final Duration poll;
    private final Map<String, AsyncProducer> routes = new TreeMap<>();
    private final Map<String, InHand> inHand = new TreeMap<>();
    private final AtomicBoolean woken = new AtomicBoolean();
    private final ScheduledExecutorService poller =
            Executors.newSingleThreadScheduledExecutor(Threads.named("parking-"));

    Parking(
            TakeUp ledger,
            Lanes lanes,
            Returns returns,
            Providers providers,
            Breakers breakers,
            Tokens tokens,
            CamelContext context,
            ObjectMapper json,
            Stopping stopping,
            @ConfigProperty(name = "herald.park.poll", defaultValue = "1s") Duration poll) {
        this.ledger = ledger;
        this.lanes = lanes;
        this.returns = returns;
        this.providers = providers;
        this.breakers = breakers;
        this.tokens = tokens;
        this.context = context;
        this.json = json;
        this.stopping = stopping;
        this.poll = poll;
        providers.ids().forEach(provider -> inHand.put(provider, new InHand(new AtomicInteger(), new AtomicLong())));
    }

    void start(@Observes StartupEvent event) throws Exception {
        for (String provider : inHand.keySet()) {
            AsyncProducer route = context.getEndpoint("direct:" + provider).createAsyncProducer();
            route.start();
            routes.put(provider, route);
        }
        returns.whenGivenBack(this::wake);
        poller.scheduleWithFixedDelay(this::takeUp, 0, poll.toMillis(), TimeUnit.MILLISECONDS);
        long pause = poll.toMillis() * LOOKS_FOR_SLEEPERS;
        poller.scheduleWithFixedDelay(this::wakeSleepers, pause, pause, TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        poller.shutdownNow();
    }

    /** Looks for deliveries to take up at once, and not only with the next poll. */
    private void wake() {
        if (woken.compareAndSet(false, true)) {
            try {
                poller.execute(() -> {
                    woken.set(false);
                    takeUp();
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("Herald is stopping; what waits in the ledger is taken up by the next one");
            }
        }
    }

    private void takeUp() {
        returnWhatIsLeft();
        if (!stopping.hasBegun()) {
            inHand.keySet().forEach(this::takeUpIfAny);
        }
    }

    private void takeUpIfAny(String provider) {
        try {
            if (ledger.isAwaited(provider)) {
                takeUp(provider);
            }
        } catch (RuntimeException | Error e) {
            LOG.errorf("Deliveries to %s that wait in the ledger cannot be taken up now: %s", provider, e.getMessage());
        }
    }

    /** Makes due what was parked while the clock was ahead, and would otherwise wait until that time has come. */
    private void wakeSleepers() {
        try {
            inHand.keySet().forEach(provider -> ledger.wake(provider, longestWait(provider)));
        } catch (RuntimeException | Error e) {
            LOG.errorf("It cannot be looked now for deliveries that wait for too long: %s", e.getMessage());
        }
    }

    private Duration longestWait(String provider) {
        return Stream.concat(Stream.of(Redelivery.LONGEST_WAIT), providers.of(provider).park().schedule().stream())
                .max(Comparator.naturalOrder())
                .orElseThrow()
                .plus(CLOCKS_DIFFER_BY);
    }

    private void returnWhatIsLeft() {
        try {
            returns.again();
        } catch (RuntimeException | Error e) {
            LOG.errorf("Deliveries cannot be given back to the ledger now: %s", e.getMessage());
        }
    }

    private void takeUp(String provider) {
        InHand already = inHand.get(provider);
        int most = tokens.admits(provider, breakers.of(provider).admits(MOST_IN_HAND))
                - already.count().get();
        long mostBytes = MOST_BYTES - already.bytes().get();
        if (most <= 0 || mostBytes <= 0) {
            return;
        }
        ledger.take(provider, most, mostBytes, all -> all.forEach(lanes::reserve))
                .forEach(this::resume);
    }

    private void resume(OpenDelivery open) {
        Exchange exchange = new DefaultExchange(context);
        try {
            Delivery delivery = new Delivery(ledger.messageOf(open), open, ledger.requestOf(open), json);
            exchange.setProperty("dispatch", new Dispatch(delivery));
        } catch (RuntimeException | Error e) {
            LOG.errorf("Delivery %d to %s cannot be taken up: %s", open.sequence(), open.provider(), e.getMessage());
            boolean mayPass = e instanceof Error || e.getCause() instanceof SQLException;
            lanes.giveUp(open, mayPass ? Returns.PAUSE : UNREADABLE_PAUSE);
            return;
        }
        InHand all = inHand.get(open.provider());
        all.count().incrementAndGet();
        all.bytes().addAndGet(open.size());
        try {
            routes.get(open.provider()).process(exchange, doneSync -> letGo(all, open));
        } catch (RuntimeException | Error e) {
            LOG.errorf(
                    "Delivery %d to %s cannot be worked on: %s",
                    open.sequence(), open.provider(), e.getClass().getName());
            letGo(all, open);
            lanes.giveUp(open, Returns.PAUSE);
        }
    }

    private void letGo(InHand all, OpenDelivery open) {
        all.count().decrementAndGet();
        if (all.bytes().getAndAdd(-open.size()) >= MOST_BYTES) {
            wake();
        }
    }
}
