package io.herald.trace;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Begins spans. Without {@code herald.traces.endpoint} none is made: what is begun then is {@link Span#getInvalid}, which
 * does nothing.
 *
 * <p>Where a span has to be known later, or elsewhere, it is written as the {@code traceparent} of W3C Trace Context, which
 * is three numbers. What a caller's {@code tracestate} says is not taken: it may be anything.
 */
@Singleton
public final class Traces {

    /** The header that names a span. */
    public static final String TRACEPARENT = "traceparent";

    /** Names the message that a span is about. */
    public static final AttributeKey<String> MESSAGE = AttributeKey.stringKey("herald.message.id");

    /** Names the provider that a span is about. */
    public static final AttributeKey<String> PROVIDER = AttributeKey.stringKey("herald.provider");

    /** The method of a call, as OpenTelemetry names it. */
    public static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");

    /** The status of the answer to a call, as OpenTelemetry names it. */
    public static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");

    /** The exchange property with the span of the call, or of the record of a file; see {@link #of}. */
    public static final String SPAN = "span";

    private static final TextMapGetter<String> ONLY_TRACEPARENT = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String traceparent) {
            return List.of(TRACEPARENT);
        }

        @Override
        public String get(String traceparent, String name) {
            return TRACEPARENT.equals(name) ? traceparent : null;
        }
    };

    private final Optional<Tracer> tracer;

    /** @param sdk is asked for if there is an endpoint, which is not {@code none} */
    public Traces(
            @ConfigProperty(name = "herald.traces.endpoint", defaultValue = "none") String endpoint,
            Instance<OpenTelemetry> sdk) {
        tracer = endpoint.equals("none")
                ? Optional.empty()
                : Optional.of(sdk.get().getTracer("io.herald"));
    }

    /** Whether spans are made. */
    public boolean areMade() {
        return tracer.isPresent();
    }

    /**
     * Begins a span.
     *
     * @param parent the {@code traceparent} that it belongs below; a trace of its own begins if there is none, or it cannot
     *     be one
     * @param link the {@code traceparent} of a span that it goes on from, beside its parent
     */
    public Span begin(String name, SpanKind kind, Optional<String> parent, Optional<String> link) {
        if (tracer.isEmpty()) {
            return Span.getInvalid();
        }
        SpanBuilder span = tracer.get().spanBuilder(name).setSpanKind(kind).setNoParent();
        parent.map(Traces::read).ifPresent(span::setParent);
        link.map(Traces::read).map(Traces::context).filter(SpanContext::isValid).ifPresent(span::addLink);
        return span.startSpan();
    }

    /** Begins a part of what a span shows. */
    public Span beginIn(Span parent, String name, SpanKind kind) {
        if (tracer.isEmpty() || !parent.getSpanContext().isValid()) {
            return Span.getInvalid();
        }
        return tracer.get()
                .spanBuilder(name)
                .setSpanKind(kind)
                .setParent(Context.root().with(parent))
                .startSpan();
    }

    /** The {@code traceparent} of a span, if there is one. */
    public static Optional<String> traceparent(Span span) {
        if (!span.getSpanContext().isValid()) {
            return Optional.empty();
        }
        Map<String, String> headers = new HashMap<>();
        W3CTraceContextPropagator.getInstance().inject(Context.root().with(span), headers, Map::put);
        return Optional.ofNullable(headers.get(TRACEPARENT));
    }

    /** The span that an exchange belongs to. */
    public static Span of(Exchange exchange) {
        return exchange.getProperty(SPAN, Span.getInvalid(), Span.class);
    }

    private static Context read(String traceparent) {
        return W3CTraceContextPropagator.getInstance().extract(Context.root(), traceparent, ONLY_TRACEPARENT);
    }

    private static SpanContext context(Context read) {
        return Span.fromContext(read).getSpanContext();
    }
}
