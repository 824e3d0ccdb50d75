package io.herald.provider;

import io.herald.metrics.Meters;
import io.herald.metrics.Step;
import java.io.IOException;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;

/** Watches every call to a provider, from after the wait for its slot until its answer is read. */
public final class Watch implements ExecChainHandler {

    private static final ThreadLocal<Step> STEP = new ThreadLocal<>();

    private final String provider;
    private final Meters meters;

    Watch(String provider, Meters meters) {
        this.provider = provider;
        this.meters = meters;
    }

    /** What this thread calls a provider for from now on, until {@link #end}. */
    public static void begin(Step step) {
        STEP.set(step);
    }

    /** This thread's call has ended. */
    public static void end() {
        STEP.remove();
    }

    @Override
    public ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        Step step = STEP.get();
        if (step == null) {
            return chain.proceed(request, scope);
        }
        long begun = System.nanoTime();
        try {
            return chain.proceed(request, scope);
        } finally {
            meters.took(provider, step, System.nanoTime() - begun);
        }
    }
}
