package io.herald.provider;

import java.io.IOException;
import java.util.Optional;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;

/**
 * What every request to a provider passes before its deadline begins, look-ups and log-ins included: the wait for its
 * slot, and then the breaker, which may have opened meanwhile.
 */
final class Gate implements ExecChainHandler {

    private final Breaker breaker;
    private final Optional<Pace> pace;

    Gate(Breaker breaker, Optional<Pace> pace) {
        this.breaker = breaker;
        this.pace = pace;
    }

    @Override
    public ClassicHttpResponse execute(ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
            throws IOException, HttpException {
        breaker.check();
        if (pace.isPresent()) {
            pace.get().await();
        }
        return breaker.call(() -> chain.proceed(request, scope));
    }
}
