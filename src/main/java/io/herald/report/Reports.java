package io.herald.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.canonical.CanonicalCustomer;
import io.herald.delivery.Delivery;
import io.herald.delivery.Dispatch;
import io.herald.delivery.State;
import io.herald.inflight.InFlight;
import io.herald.ledger.KeptMessage;
import io.herald.ledger.KnownCustomers;
import io.herald.ledger.Ledger;
import io.herald.ledger.LedgerException;
import io.herald.ledger.Link;
import io.herald.ledger.Message;
import io.herald.time.Timestamps;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Answers what happened to a message and to a customer, as the ledger has it. */
@Singleton
@Named("reports")
@RegisterForReflection
public final class Reports {

    private static final String LOCATION = "/v1/messages/";
    private static final int ACCEPTED = 202;

    /** One in so many of those that Herald may work on may wait for a message that was accepted before. */
    private static final int REPEATS = 4;

    private final Ledger ledger;
    private final KnownCustomers customers;
    private final ObjectMapper json;
    private final Duration waitDefault;
    private final Duration waitMax;
    private final Waiting waiting;

    public Reports(
            Ledger ledger,
            KnownCustomers customers,
            ObjectMapper json,
            @ConfigProperty(name = "herald.wait.default", defaultValue = "10s") Duration waitDefault,
            @ConfigProperty(name = "herald.wait.max", defaultValue = "30s") Duration waitMax,
            InFlight inFlight) {
        this.ledger = ledger;
        this.customers = customers;
        this.json = json;
        this.waitDefault = waitDefault;
        this.waitMax = waitMax;
        this.waiting = new Waiting(inFlight.max() / REPEATS);
    }

    /**
     * Waits for the deliveries, as long as the caller prefers, and answers the report.
     *
     * @param prefer the caller's {@code Prefer} header (RFC 7240): a text, a list of texts where it came in several lines, or
     *     null
     * @throws ConflictException if the customer was erased meanwhile
     */
    public ObjectNode await(
            Exchange exchange,
            @ExchangeProperty("dispatch") Dispatch dispatch,
            @ExchangeProperty("prefer") Object prefer)
            throws InterruptedException, ConflictException {
        Duration patience = Prefer.parse(joined(prefer)).patience(waitDefault, waitMax);
        waiting.await(dispatch, patience.toMillis());
        ObjectNode report =
                dispatch.kept().isPresent() ? report(dispatch.kept().get()) : reportOf(dispatch.getMessage());
        boolean looked = !patience.isZero() || dispatch.isRepeated();
        int code = looked ? httpStatus(report.get("status").textValue()) : ACCEPTED;
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, code);
        exchange.getMessage()
                .setHeader("Location", LOCATION + dispatch.getMessage().id());
        return report;
    }

    /**
     * The report of a message, now.
     *
     * @throws NotFoundException if there is no such message
     */
    public ObjectNode ofMessage(Exchange exchange, @Header("id") String id) throws NotFoundException {
        UUID uuid;
        try {
            uuid = UUID.fromString(id);
        } catch (IllegalArgumentException e) {
            throw new NotFoundException("there is no message of that id");
        }
        KeptMessage message =
                ledger.message(uuid).orElseThrow(() -> new NotFoundException("there is no message of that id"));
        exchange.getMessage().setHeader("Location", LOCATION + uuid);
        return report(message);
    }

    /**
     * What is known of a customer at each provider.
     *
     * @throws NotFoundException if no message of that reference was accepted, or it was erased
     */
    public ObjectNode ofCustomer(@Header("reference") String reference) throws NotFoundException {
        List<Link> links = CanonicalCustomer.isReference(reference) ? customers.links(reference) : List.of();
        if (links.isEmpty()) {
            throw new NotFoundException("there is no customer of that reference, or it was erased");
        }
        ObjectNode answer = json.createObjectNode().put("reference", reference);
        ArrayNode providers = answer.putArray("providers");
        for (Link link : links) {
            ObjectNode provider = providers.addObject().put("provider", link.provider());
            link.providerCustomerId().ifPresent(id -> provider.put("providerCustomerId", id));
            provider.put("state", link.state())
                    .put("message", link.message().toString())
                    .put("at", Timestamps.of(link.at()));
        }
        return answer;
    }

    /**
     * What one delivery of a message would send.
     *
     * @param method of HTTP
     * @param path below the provider's base URL
     */
    public ObjectNode preview(
            @ExchangeProperty("delivery") Delivery delivery,
            @Variable("method") String method,
            @Variable("path") String path) {
        ObjectNode preview = json.createObjectNode().put("provider", delivery.getProvider());
        if (delivery.isSettled()) {
            preview.set("error", delivery.getOutcome().get("error"));
        } else {
            preview.put("method", method).put("path", path);
            preview.set("request", delivery.getRequest());
        }
        return preview;
    }

    /** All that a message would send. */
    public ObjectNode previews(List<ObjectNode> deliveries) {
        ObjectNode answer = json.createObjectNode();
        answer.putArray("deliveries").addAll(deliveries);
        return answer;
    }

    private static String joined(Object header) {
        return header instanceof Collection<?> lines
                ? lines.stream().map(Object::toString).collect(Collectors.joining(","))
                : (String) header;
    }

    /** What was accepted stays accepted, also while the ledger cannot be read. */
    private ObjectNode reportOf(Message accepted) throws ConflictException {
        try {
            return report(ledger.message(accepted.id())
                    .orElseThrow(() -> new ConflictException("the customer was erased meanwhile")));
        } catch (LedgerException e) {
            return report(new KeptMessage(
                    accepted.id(),
                    accepted.sequence(),
                    accepted.reference(),
                    accepted.acceptedAt(),
                    accepted.targets().stream()
                            .map(provider ->
                                    new KeptMessage.Delivery(provider, State.PENDING.word(), 0, 0, Optional.empty()))
                            .toList()));
        }
    }

    private static int httpStatus(String status) {
        return switch (status) {
            case "delivered" -> 200;
            case "pending" -> ACCEPTED;
            default -> 207;
        };
    }

    private ObjectNode report(KeptMessage message) {
        ObjectNode report = json.createObjectNode()
                .put("message", message.id().toString())
                .put("sequence", message.sequence())
                .put("reference", message.reference())
                .put("status", status(message))
                .put("acceptedAt", Timestamps.of(message.acceptedAt()));
        ArrayNode deliveries = report.putArray("deliveries");
        for (KeptMessage.Delivery kept : message.deliveries()) {
            ObjectNode delivery =
                    deliveries.addObject().put("provider", kept.provider()).put("state", kept.state());
            kept.outcome().filter(outcome -> isOf(kept, outcome)).ifPresent(outcome -> {
                delivery.setAll(outcome);
                delivery.put("attempts", kept.attempts()).put("durationMs", kept.durationMillis());
            });
        }
        return report;
    }

    /** The outcome of a delivery that is made again is that of the last time. */
    private static boolean isOf(KeptMessage.Delivery kept, ObjectNode outcome) {
        return kept.state().equals(outcome.path("state").textValue());
    }

    private static String status(KeptMessage message) {
        return State.whole(message.deliveries().stream().map(KeptMessage.Delivery::state));
    }
}
