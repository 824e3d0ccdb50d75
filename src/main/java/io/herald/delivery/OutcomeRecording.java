package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.audit.Audit;
import io.herald.caller.Callers;
import io.herald.ledger.Attempt;
import io.herald.ledger.Ledger;
import io.herald.ledger.LedgerException;
import io.herald.ledger.Progress;
import io.herald.ledger.Recorded;
import io.herald.metrics.Meters;
import io.herald.metrics.Step;
import io.herald.privacy.Redaction;
import io.herald.privacy.Thrown;
import io.herald.trace.Traces;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** Keeps what came of a delivery, and tells of it what is kept. */
@Singleton
final class OutcomeRecording {

    private static final Logger LOG = Logger.getLogger(OutcomeRecording.class);

    private final Ledger ledger;
    private final Creates creates;
    private final Clock clock;
    private final Meters meters;
    private final DeliverySpans spans;

    OutcomeRecording(Ledger ledger, Creates creates, Clock clock, Meters meters, DeliverySpans spans) {
        this.ledger = ledger;
        this.creates = creates;
        this.clock = clock;
        this.meters = meters;
        this.spans = spans;
    }

    /** Keeps the outcome in the ledger, and what came of each try. */
    void record(Delivery delivery) {
        delivery.beginRecording();
        long begun = System.nanoTime();
        Progress progress = progress(delivery);
        Recorded recorded = keep(delivery, progress);
        if (recorded == Recorded.LINKED_TO_ANOTHER) {
            refuseAnothersCustomer(delivery);
            progress = progress(delivery);
            recorded = keep(delivery, progress);
        }
        if (recorded == Recorded.KEPT) {
            meters.took(delivery.getProvider(), Step.RECORD, System.nanoTime() - begun);
            count(delivery, progress.outcome());
            OutcomeLog.write(delivery, progress.outcome(), progress.durationMillis());
            delivery.markRecorded(progress);
            audit(delivery, progress.outcome());
        }
    }

    /** As {@link #record}, for a delivery that failed: there is nobody left to tell if the ledger fails as well. */
    void recordFailure(Delivery delivery) {
        try {
            record(delivery);
        } catch (RuntimeException e) {
            LOG.errorf(
                    "The outcome of message %s to %s could not be kept: %s",
                    delivery.getMessage().id(), delivery.getProvider(), reason(e));
        }
    }

    /** What the ledger says; not the text of other exceptions. */
    private static String reason(Throwable thrown) {
        return thrown instanceof LedgerException ? thrown.getMessage() : Thrown.described(thrown);
    }

    private Progress progress(Delivery delivery) {
        redactProvidersWords(delivery);
        ObjectNode outcome = delivery.getOutcome();
        return new Progress(
                outcome,
                delivery.getAttempts(),
                attempts(delivery),
                delivery.durationMillis(clock.instant()),
                delivery.doubt().since(),
                delivery.parks(),
                delivery.dueAt(),
                Traces.traceparent(delivery.span()),
                Optional.ofNullable(outcome.path("providerCustomerId").textValue())
                        .filter(id -> !id.equals(delivery.getLink()))
                        .map(id -> new Progress.NewLink(id, creates.areUpserts(delivery.getProvider()))));
    }

    private static void redactProvidersWords(Delivery delivery) {
        List<ObjectNode> told = Stream.concat(
                        Stream.of(delivery.getOutcome()),
                        delivery.tries().unkept().stream().map(Tries.Try::outcome))
                .filter(Outcome::quotes)
                .toList();
        if (!told.isEmpty()) {
            Redaction redaction = Redaction.of(delivery.getCanonical(), delivery.getRequest());
            told.forEach(redaction::redactError);
        }
    }

    private static List<Attempt> attempts(Delivery delivery) {
        return delivery.tries().unkept().stream()
                .map(tried -> {
                    JsonNode told =
                            tried.outcome().has("error") ? tried.outcome().get("error") : tried.outcome();
                    return new Attempt(
                            tried.at(),
                            tried.durationMillis(),
                            Optional.of(told.path("httpStatus"))
                                    .filter(JsonNode::isInt)
                                    .map(JsonNode::intValue),
                            Optional.ofNullable(told.path("code").textValue()),
                            Optional.ofNullable(told.path("reason").textValue()),
                            Optional.ofNullable(told.path("message").textValue()));
                })
                .toList();
    }

    private Recorded keep(Delivery delivery, Progress progress) {
        Span span = spans.beginRecord(delivery);
        try {
            return ledger.record(delivery.getMessage(), delivery.getProvider(), progress);
        } catch (LedgerException e) {
            span.setStatus(StatusCode.ERROR);
            throw e;
        } finally {
            span.end();
        }
    }

    private void refuseAnothersCustomer(Delivery delivery) {
        if (creates.mayMakeTwo(delivery)) {
            delivery.doubt().raise(clock.instant());
        }
        delivery.settle(Outcome.failed(
                State.DEAD,
                Reason.UNCLEAR,
                "the provider answered with the id of a customer that another reference is linked to"));
    }

    private void count(Delivery delivery, ObjectNode outcome) {
        delivery.tries()
                .unkept()
                .forEach(tried -> meters.tried(delivery.getProvider(), Outcome.reason(tried.outcome())));
        meters.recorded(
                delivery.getProvider(), Outcome.state(outcome), Outcome.reason(outcome), delivery.inHandMillis());
    }

    private static void audit(Delivery delivery, ObjectNode outcome) {
        JsonNode error = outcome.path("error");
        Audit.did(Callers.HERALD, "outcome", event -> {
            event.put("message", delivery.getMessage().id().toString())
                    .put("reference", delivery.getReference())
                    .put("provider", delivery.getProvider())
                    .put("state", Outcome.state(outcome));
            if (error.isObject()) {
                event.put("reason", error.path("reason").textValue());
            }
        });
    }
}
