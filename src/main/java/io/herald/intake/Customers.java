package io.herald.intake;

import io.herald.audit.Audit;
import io.herald.caller.Callers;
import io.herald.canonical.CanonicalCustomer;
import io.herald.canonical.CanonicalReader;
import io.herald.canonical.NotCanonicalException;
import io.herald.canonical.NotJsonException;
import io.herald.delivery.Delivery;
import io.herald.delivery.Dispatch;
import io.herald.inflight.InFlight;
import io.herald.inflight.InFlight.Permit;
import io.herald.inflight.OverloadedException;
import io.herald.lane.Lanes;
import io.herald.ledger.Accepted;
import io.herald.ledger.IdempotencyKey;
import io.herald.ledger.Ledger;
import io.herald.ledger.LedgerException;
import io.herald.ledger.Message;
import io.herald.ledger.NewMessage;
import io.herald.provider.Providers;
import io.herald.trace.Traces;
import io.opentelemetry.api.trace.Span;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;

/** Takes canonical customers in: reads and validates them once, and accepts them into the ledger. */
@Singleton
@Named("customers")
@RegisterForReflection
public final class Customers {

    /** The exchange property with a {@link InFlight.Permit} that was taken before the body was read. */
    public static final String PERMIT = "permit";

    private static final String BYTES = "bytes";
    private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,255}");

    private final CanonicalReader reader;
    private final Providers providers;
    private final Ledger ledger;
    private final Lanes lanes;
    private final Clock clock;
    private final InFlight inFlight;
    private final Map<UUID, Dispatch> working = new ConcurrentHashMap<>();

    public Customers(
            CanonicalReader reader, Providers providers, Ledger ledger, Lanes lanes, Clock clock, InFlight inFlight) {
        this.reader = reader;
        this.providers = providers;
        this.ledger = ledger;
        this.lanes = lanes;
        this.clock = clock;
        this.inFlight = inFlight;
    }

    /**
     * Reads a body.
     *
     * @param key the {@code Idempotency-Key}, or null: what was accepted under it stays accepted, although a provider that it
     *     names is not enabled any more
     * @throws NotJsonException if it is not JSON
     * @throws NotCanonicalException if it is not a canonical customer, or names a provider that is not enabled
     * @throws IdempotencyKeyException if it is not one, and the header is not one key
     * @throws LedgerException if it is not one, and the ledger cannot tell whether the key is taken
     */
    public CanonicalCustomer read(@Body byte[] body, Exchange exchange, @ExchangeProperty("idempotencyKey") Object key)
            throws IdempotencyKeyException {
        byte[] bytes = weighed(body, exchange);
        try {
            return reader.read(bytes, providers.ids());
        } catch (NotCanonicalException e) {
            Optional<IdempotencyKey> given = idempotencyKey(Callers.of(exchange), key);
            if (given.isEmpty() || !ledger.isTaken(given.get())) {
                throw e;
            }
            return reader.read(bytes);
        }
    }

    /**
     * Reads a body that corrects a customer for one provider: whom it names as targets does not matter.
     *
     * @throws NotJsonException if it is not JSON
     * @throws NotCanonicalException if it is not a canonical customer
     */
    public CanonicalCustomer readCorrection(@Body byte[] body, Exchange exchange) {
        return reader.read(weighed(body, exchange));
    }

    private static byte[] weighed(byte[] body, Exchange exchange) {
        byte[] bytes = body == null ? new byte[0] : body;
        exchange.setProperty(BYTES, bytes.length);
        permitOf(exchange).ifPresent(permit -> permit.weigh(bytes.length));
        return bytes;
    }

    /**
     * Accepts a customer: when this returns, the message is on disk and its deliveries have their places in the lanes. A new
     * message keeps the permit that its call took before it was read, or takes one, until no delivery is worked on any more.
     *
     * @param key the {@code Idempotency-Key}, or null: a customer that the same caller had accepted under it before is not
     *     accepted again, and its message stands for this one
     * @throws OverloadedException if there is no permit; then nothing was kept
     * @throws IdempotencyKeyException if the header is not one key, or the key stands for another customer
     * @throws LedgerException if the ledger cannot be written
     */
    public void accept(
            @Body CanonicalCustomer customer, Exchange exchange, @ExchangeProperty("idempotencyKey") Object key)
            throws OverloadedException, IdempotencyKeyException {
        Span span = Traces.of(exchange);
        NewMessage message =
                newMessage(customer, idempotencyKey(Callers.of(exchange), key)).in(Traces.traceparent(span));
        Optional<Permit> taken = permitOf(exchange).flatMap(Permit::share);
        int bytes = exchange.getProperty(BYTES, Integer.class);
        Permit permit = taken.isPresent() ? taken.get() : inFlight.take(bytes);
        AtomicReference<Dispatch> dispatch = new AtomicReference<>();
        Accepted accepted;
        try {
            accepted = ledger.accept(message, kept -> dispatch.set(dispatch(kept, bytes)));
        } catch (RuntimeException | Error e) {
            permit.release();
            throw e;
        }
        if (span.isRecording()) {
            span.setAttribute(Traces.MESSAGE, accepted.message().id().toString());
        }
        if (accepted.kind() != Accepted.Kind.NEW) {
            permit.release();
        }
        if (accepted.kind() == Accepted.Kind.CONFLICT) {
            throw IdempotencyKeyException.taken();
        }
        if (accepted.kind() == Accepted.Kind.NEW) {
            dispatch.get().whenDone(() -> {
                permit.release();
                working.remove(accepted.message().id(), dispatch.get());
            });
            Audit.did(Callers.of(exchange), "accept", event -> event.put(
                            "message", accepted.message().id().toString())
                    .put("reference", message.reference())
                    .put("source", message.source()));
        }
        exchange.setProperty("dispatch", dispatch.get());
        exchange.setProperty("routes", dispatch.get().getRoutes());
    }

    private NewMessage newMessage(CanonicalCustomer customer, Optional<IdempotencyKey> key) {
        List<String> targets = targetsOf(customer);
        NewMessage message = new NewMessage(customer.reference(), customer.tree(), targets, "rest", key);
        return providers.ids().containsAll(targets) ? message : message.repeated();
    }

    /** Runs in the order of acceptance. */
    private Dispatch dispatch(Accepted kept, int bytes) {
        Message message = kept.message();
        if (kept.kind() != Accepted.Kind.NEW) {
            return Dispatch.repeated(message, Optional.ofNullable(working.get(message.id())));
        }
        Dispatch dispatch = new Dispatch(message);
        working.put(message.id(), dispatch);
        lanes.reserve(dispatch, kept.inHand(), bytes);
        return dispatch;
    }

    private static Optional<IdempotencyKey> idempotencyKey(String caller, Object header)
            throws IdempotencyKeyException {
        if (header == null) {
            return Optional.empty();
        }
        if (!(header instanceof String key) || !KEY.matcher(key).matches()) {
            throw IdempotencyKeyException.malformed();
        }
        return Optional.of(new IdempotencyKey(caller, key));
    }

    /** The deliveries that a customer would make if it were accepted; nothing is kept. */
    public List<Delivery> preview(@Body CanonicalCustomer customer) {
        Message message = new Message(
                new UUID(0, 0), 0, customer.reference(), clock.instant(), customer.tree(), targetsOf(customer));
        return List.copyOf(new Dispatch(message).getDeliveries());
    }

    private static Optional<Permit> permitOf(Exchange exchange) {
        return Optional.ofNullable(exchange.getProperty(PERMIT, Permit.class));
    }

    private List<String> targetsOf(CanonicalCustomer customer) {
        return customer.targets().map(List::copyOf).orElse(providers.ids());
    }
}
