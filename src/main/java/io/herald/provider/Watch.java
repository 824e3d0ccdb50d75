package io.herald.provider;

import io.herald.metrics.Meters;
import io.herald.metrics.Step;
import io.herald.trace.Traces;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;

/**
 * Watches every call to a provider, from after the wait for its slot until its answer is read. Tells what it is for, how long
 * it took and its status; not where it went, nor any word of it.
 */
public final class Watch implements ExecChainHandler {

    /**
     * @param asker the span of the delivery that makes the call
     * @param attempt 0 where it is not counted
     */
    private record Call(Step step, Span asker, int attempt) {}

    private static final ThreadLocal<Call> CALL = new ThreadLocal<>();

    private static final AttributeKey<Long> ATTEMPT = AttributeKey.longKey("herald.attempt");
    private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

    private final String provider;
    private final boolean tellsTrace;
    private final Meters meters;
    private final Traces traces;
    private final Map<Step, String> names = new EnumMap<>(Step.class);

    /** @param tellsTrace whether the provider is told the trace that a call belongs to */
    Watch(String provider, boolean tellsTrace, Meters meters, Traces traces) {
        this.provider = provider;
        this.tellsTrace = tellsTrace;
        this.meters = meters;
        this.traces = traces;
        for (Step step : Step.values()) {
            names.put(step, step.word() + " " + provider);
        }
    }

    /**
     * What this thread calls a provider for from now on, until {@link #end}.
     *
     * @param asker the span of the delivery that needs the call
     * @param attempt which one of the delivery's sendings it is; 0 if it is none
     */
    public static void begin(Step step, Span asker, int attempt) {
        CALL.set(new Call(step, asker, attempt));
    }

    /** This thread's call has ended. */
    public static void end() {
        CALL.remove();
    }

    @Override
    public ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        Call call = CALL.get();
        if (call == null) {
            return chain.proceed(request, scope);
        }
        Span span = traces.beginIn(call.asker(), names.get(call.step()), SpanKind.CLIENT);
        describe(span, call, request);
        long begun = System.nanoTime();
        try {
            ClassicHttpResponse answer = chain.proceed(request, scope);
            span.setAttribute(Traces.STATUS, (long) answer.getCode());
            if (answer.getCode() >= 400) {
                span.setStatus(StatusCode.ERROR);
            }
            return answer;
        } catch (IOException | HttpException | RuntimeException e) {
            span.setAttribute(ERROR, e.getClass().getName()).setStatus(StatusCode.ERROR);
            throw e;
        } finally {
            meters.took(provider, call.step(), System.nanoTime() - begun);
            span.end();
        }
    }

    private void describe(Span span, Call call, ClassicHttpRequest request) {
        if (!span.getSpanContext().isValid()) {
            return;
        }
        span.setAttribute(Traces.PROVIDER, provider).setAttribute(Traces.METHOD, request.getMethod());
        if (call.attempt() > 0) {
            span.setAttribute(ATTEMPT, (long) call.attempt());
        }
        if (tellsTrace) {
            Traces.traceparent(span).ifPresent(traceparent -> request.setHeader(Traces.TRACEPARENT, traceparent));
        }
    }
}
