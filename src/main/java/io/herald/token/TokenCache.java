package io.herald.token;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One provider's token. However many callers find none, one of them logs in and all of them wait for it; a token that is
 * soon to end is renewed beside the callers, who go on with the old one. After a failed log-in the renewal beside the
 * callers rests for {@link #REST}; a refused credential is not tried again by anyone for as long, and nobody logs in before
 * the time that the provider asked to wait, up to {@link LogInFailedException#LONGEST_WAIT}.
 */
final class TokenCache {

    static final Duration REST = Duration.ofSeconds(10);

    private final Callable<Token> logIn;
    private final Executor executor;
    private final Duration patience;
    private final Clock clock;

    private Token current;
    private CompletableFuture<Token> loggingIn;
    private LogInFailedException failure;
    private Instant restsSince = Instant.MIN;
    private Instant restsUntil = Instant.MIN;

    /** @param patience how long a caller waits for a log-in before it gives up */
    TokenCache(Callable<Token> logIn, Executor executor, Duration patience, Clock clock) {
        this.logIn = logIn;
        this.executor = executor;
        this.patience = patience;
        this.clock = clock;
    }

    /**
     * A token to send now.
     *
     * @throws LogInFailedException if there is none and the log-in fails
     */
    Token get() throws LogInFailedException {
        CompletableFuture<Token> awaited;
        synchronized (this) {
            Instant now = clock.instant();
            boolean usable = current != null && current.isUsable(now);
            boolean rests = rests(now);
            if (usable && (rests || !current.isDue(now))) {
                return current;
            }
            if (rests && barsCallers()) {
                throw failure.withWait(Duration.between(now, restsUntil));
            }
            awaited = logInOnce();
            if (usable) {
                return current;
            }
        }
        return await(awaited);
    }

    /** The token that can be sent now, if there is one; logs in for nobody. */
    synchronized Optional<Token> held() {
        return Optional.ofNullable(current).filter(token -> token.isUsable(clock.instant()));
    }

    /** Whether who asks now gets no token, and no log-in is made either. */
    synchronized boolean isResting() {
        return held().isEmpty() && rests(clock.instant()) && barsCallers();
    }

    /** Not before the rest began: then the clock was set back. */
    private boolean rests(Instant now) {
        return now.isBefore(restsUntil) && !now.isBefore(restsSince);
    }

    private boolean barsCallers() {
        return failure.isCredentialRefused() || !failure.getRetryAfter().isZero();
    }

    /** Whether the last log-in was refused for its credential. */
    synchronized boolean isCredentialRefused() {
        return failure != null && failure.isCredentialRefused();
    }

    /** Forgets a token that the provider refused, unless another one has taken its place. */
    synchronized void drop(String refused) {
        if (current != null && current.value().equals(refused)) {
            current = null;
        }
    }

    private CompletableFuture<Token> logInOnce() {
        if (loggingIn == null) {
            CompletableFuture<Token> started = new CompletableFuture<>();
            loggingIn = started;
            try {
                executor.execute(() -> logIn(started));
            } catch (RejectedExecutionException | OutOfMemoryError e) {
                loggingIn = null;
                started.completeExceptionally(e);
            }
            return started;
        }
        return loggingIn;
    }

    private void logIn(CompletableFuture<Token> started) {
        try {
            Token token = logIn.call();
            synchronized (this) {
                loggingIn = null;
                current = token;
                restsUntil = Instant.MIN;
                failure = null;
            }
            started.complete(token);
        } catch (Exception | Error e) {
            synchronized (this) {
                loggingIn = null;
                failure = LogInFailedException.of(e, clock);
                Duration asked = failure.getRetryAfter();
                restsSince = clock.instant();
                restsUntil = restsSince.plus(asked.isZero() ? REST : asked);
            }
            started.completeExceptionally(e);
        }
    }

    private Token await(CompletableFuture<Token> awaited) throws LogInFailedException {
        try {
            return awaited.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw LogInFailedException.of(e.getCause(), clock);
        } catch (TimeoutException e) {
            throw new LogInFailedException("no answer to the log-in within " + patience.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LogInFailedException("interrupted while waiting for the log-in", e);
        }
    }
}
