package io.herald.provider;

import io.herald.privacy.Thrown;
import java.io.IOException;
import java.util.Optional;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.jboss.logging.Logger;

/**
 * What every request to a provider passes before its deadline begins, look-ups and log-ins included: the wait for its
 * slot, and then the breaker, which may have opened meanwhile. Tells of a request that failed whether it was sent.
 */
public final class Gate implements ExecChainHandler {

    private static final Logger LOG = Logger.getLogger(Gate.class);
    private static final String DEPARTED = "herald.departed";
    private static final ThreadLocal<Runnable> FENCE = new ThreadLocal<>();

    private final Breaker breaker;
    private final Optional<Pace> pace;

    Gate(Breaker breaker, Optional<Pace> pace) {
        this.breaker = breaker;
        this.pace = pace;
    }

    /**
     * What may have changed while this thread's next request waits for its slot.
     *
     * @param fence throws if the request may no longer be sent
     */
    public static void askAgain(Runnable fence) {
        FENCE.set(fence);
    }

    @Override
    public ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        Runnable fence = FENCE.get();
        FENCE.remove();
        breaker.check();
        if (pace.isPresent()) {
            pace.get().await();
            if (fence != null) {
                fence.run();
            }
        }
        try {
            return breaker.call(() -> chain.proceed(request, scope));
        } catch (BreakerOpenException e) {
            throw e;
        } catch (IOException e) {
            throw ended(scope, e);
        } catch (Error e) {
            scope.execRuntime.discardEndpoint();
            throw ended(scope, ending(e));
        }
    }

    /** Camel catches no {@code Error} of a call, whose delivery would be in hand for ever; this is an ending as another. */
    static IOException ending(Error thrown) {
        LOG.errorf("A call to a provider failed unexpectedly: %s", Thrown.described(thrown));
        return new IOException(thrown);
    }

    private static IOException ended(ExecChain.Scope scope, IOException e) {
        return scope.clientContext.removeAttribute(DEPARTED) == null ? new NotSentException(e) : e;
    }

    /**
     * Takes another connection where nothing may be sent over the one that a request was given; that one is closed by then. What
     * the first pass put on the request, the second one would refuse.
     */
    static ClassicHttpResponse departsUnlessStale(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        Header[] headers = request.getHeaders();
        while (true) {
            try {
                return chain.proceed(request, scope);
            } catch (StaleConnectionException e) {
                request.setHeaders(headers);
                scope.clientContext.removeAttribute(DEPARTED);
            }
        }
    }

    /** What a request passes when it has its connection: from here on its bytes may leave. */
    static ClassicHttpResponse departs(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        scope.clientContext.setAttribute(DEPARTED, true);
        return chain.proceed(request, scope);
    }
}
