package io.herald.provider;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.HttpException;
import org.jboss.logging.Logger;

/**
 * One provider's circuit breaker. It opens when too many of the last answers were transient failures: no request leaves,
 * until after a while one is let through as a probe, whose answer decides for all.
 */
public final class Breaker {

    /** One request and its whole answer. */
    interface Call {
        ClassicHttpResponse make() throws IOException, HttpException;
    }

    /** What a breaker does. */
    public enum State {
        /** Lets everything through. */
        CLOSED,
        /** Lets one request through, to see. */
        HALF_OPEN,
        /** Lets nothing through. */
        OPEN;

        /** The state as it is written in metrics and health. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What a call tells of the provider. */
    private enum Answer {
        WELL,
        FAILING,
        NONE
    }

    private static final Logger LOG = Logger.getLogger(Breaker.class);

    private final String provider;
    private final Duration delay;
    private final Clock clock;
    private final CircuitBreaker circuit;
    private Instant openedAt = Instant.MIN;
    private boolean probing;
    private boolean stopped;

    Breaker(String provider, ProviderConfig.Breaker settings, Clock clock) {
        this.provider = provider;
        this.delay = settings.delay();
        this.clock = clock;
        this.circuit = CircuitBreaker.of(
                provider,
                CircuitBreakerConfig.custom()
                        .failureRateThreshold(share(settings).orElseThrow())
                        .slidingWindowType(SlidingWindowType.COUNT_BASED)
                        .slidingWindowSize(settings.window())
                        .minimumNumberOfCalls(settings.window())
                        .permittedNumberOfCallsInHalfOpenState(1)
                        .recordResult(Answer.FAILING::equals)
                        .build());
    }

    /** The share of failures in percent; empty if it is none. */
    static Optional<Float> share(ProviderConfig.Breaker settings) {
        try {
            return Optional.of(Float.valueOf(settings.failures().replaceFirst("\\s*%$", "")))
                    .filter(percent -> percent > 0 && percent <= 100)
                    .filter(percent -> percent >= 1 || settings.failures().endsWith("%"));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    public State state() {
        return switch (circuit.getState()) {
            case OPEN -> State.OPEN;
            case HALF_OPEN -> State.HALF_OPEN;
            default -> State.CLOSED;
        };
    }

    /** Lets nothing more through, for good. */
    synchronized void stop() {
        stopped = true;
    }

    /** How many of so many requests may be begun now: all, or one for a probe, or none. */
    public synchronized int admits(int requests) {
        if (stopped) {
            return 0;
        }
        return switch (circuit.getState()) {
            case OPEN -> toProbe().isZero() ? Math.min(requests, 1) : 0;
            case HALF_OPEN -> probing ? 0 : Math.min(requests, 1);
            default -> requests;
        };
    }

    /** How long until the probe may leave. By a clock that was set back since the breaker opened it may leave now. */
    private Duration toProbe() {
        Duration open = Duration.between(openedAt, clock.instant());
        return open.isNegative() || open.compareTo(delay) > 0 ? Duration.ZERO : delay.minus(open);
    }

    /** @throws BreakerOpenException if no request may be begun now */
    public synchronized void check() throws BreakerOpenException {
        if (stopped) {
            throw BreakerOpenException.stopping();
        }
        if (admits(1) == 0) {
            throw new BreakerOpenException(toProbe());
        }
    }

    /**
     * Makes a call, and counts its answer.
     *
     * @throws BreakerOpenException if it is not let through
     */
    ClassicHttpResponse call(Call call) throws IOException, HttpException {
        boolean probe = begin();
        Answer told = Answer.NONE;
        try {
            ClassicHttpResponse answer = call.make();
            told = TransientStatus.is(answer.getCode()) ? Answer.FAILING : Answer.WELL;
            return answer;
        } catch (AnswerTooLargeException e) {
            told = Answer.WELL;
            throw e;
        } catch (ConnectionRequestTimeoutException e) {
            throw e;
        } catch (IOException | HttpException e) {
            told = Answer.FAILING;
            throw e;
        } finally {
            end(probe, told);
        }
    }

    /** Whether the call is the probe. */
    private synchronized boolean begin() throws BreakerOpenException {
        check();
        if (circuit.getState() == CircuitBreaker.State.OPEN) {
            circuit.transitionToHalfOpenState();
        }
        if (!circuit.tryAcquirePermission()) {
            throw new BreakerOpenException(Duration.ZERO);
        }
        probing = circuit.getState() == CircuitBreaker.State.HALF_OPEN;
        return probing;
    }

    /** Only the probe decides while there is one: what was begun before the breaker opened says nothing of now. */
    private synchronized void end(boolean probe, Answer told) {
        CircuitBreaker.State before = circuit.getState();
        if (before == CircuitBreaker.State.HALF_OPEN && !probe) {
            return;
        }
        if (told == Answer.NONE) {
            circuit.releasePermission();
        } else {
            circuit.onResult(0, TimeUnit.NANOSECONDS, told);
        }
        if (probe) {
            probing = false;
        }
        CircuitBreaker.State after = circuit.getState();
        if (after == CircuitBreaker.State.OPEN && before != CircuitBreaker.State.OPEN) {
            openedAt = clock.instant();
            LOG.warnf("%s fails too often: nothing is sent to it for %d ms", provider, delay.toMillis());
        } else if (after == CircuitBreaker.State.CLOSED && before != CircuitBreaker.State.CLOSED) {
            LOG.infof("%s answers again", provider);
        }
    }
}
