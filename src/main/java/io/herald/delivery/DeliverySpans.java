package io.herald.delivery;

import io.herald.metrics.Step;
import io.herald.trace.Traces;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import jakarta.inject.Singleton;

/**
 * The spans of deliveries. Each is below the call, or the record of a file, that brought its message, also when it is taken
 * up again later; then it is linked to what it goes on from: the delivery that was parked, or the call that replayed it.
 */
@Singleton
public final class DeliverySpans {

    private static final AttributeKey<String> SOURCE = AttributeKey.stringKey("herald.source");
    private static final AttributeKey<Long> GENERATION = AttributeKey.longKey("herald.generation");
    private static final AttributeKey<String> STATE = AttributeKey.stringKey("herald.state");
    private static final AttributeKey<String> REASON = AttributeKey.stringKey("herald.reason");
    private static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("herald.attempts");

    private final Traces traces;

    public DeliverySpans(Traces traces) {
        this.traces = traces;
    }

    /** It waits for its turn from now on. */
    public void begin(Delivery delivery) {
        if (traces.areMade()) {
            Span span = traces.begin(
                    "deliver " + delivery.getProvider(),
                    SpanKind.INTERNAL,
                    delivery.getMessage().trace(),
                    delivery.goesOnFrom());
            span.setAttribute(Traces.PROVIDER, delivery.getProvider())
                    .setAttribute(Traces.MESSAGE, delivery.getMessage().id().toString())
                    .setAttribute(SOURCE, delivery.getSource())
                    .setAttribute(GENERATION, (long) delivery.generation());
            delivery.setSpan(span);
        }
    }

    /** It has ended, or waits in the ledger. */
    public void end(Delivery delivery) {
        Span span = delivery.span();
        if (!span.isRecording()) {
            return;
        }
        span.setAttribute(ATTEMPTS, (long) delivery.getAttempts());
        if (delivery.isRecorded()) {
            String state = Outcome.state(delivery.getOutcome());
            span.setAttribute(STATE, state).setAttribute(REASON, Outcome.reason(delivery.getOutcome()));
            if (!state.equals(State.DELIVERED.word())) {
                span.setStatus(StatusCode.ERROR);
            }
        } else {
            span.setAttribute(STATE, State.PENDING.word());
            if (delivery.getOutcome() != null) {
                span.setStatus(StatusCode.ERROR, "its outcome could not be kept");
            }
        }
        span.end();
    }

    /** Begins to write its outcome to the ledger. */
    Span beginRecord(Delivery delivery) {
        return traces.beginIn(delivery.span(), Step.RECORD.word(), SpanKind.INTERNAL);
    }

    /** A log-in that this thread asks for until the scope is closed is shown as a part of this delivery. */
    Scope asks(Delivery delivery) {
        Span span = delivery.span();
        return span.getSpanContext().isValid() ? span.makeCurrent() : Scope.noop();
    }
}
