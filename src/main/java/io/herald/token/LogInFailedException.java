package io.herald.token;

import io.herald.provider.NotSentException;
import io.herald.provider.RetryAfter;
import io.herald.provider.TransientStatus;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Clock;
import java.time.Duration;
import org.apache.camel.http.base.HttpOperationFailedException;

/** A provider gave no token. Says nothing of what it answered but the status. */
@RegisterForReflection
public final class LogInFailedException extends Exception {

    /** What a provider asks for beyond this is taken for a mistake of its own. */
    static final Duration LONGEST_WAIT = Duration.ofHours(1);

    private final int status;
    private final Duration retryAfter;

    /** No answer. */
    LogInFailedException(String message, Throwable cause) {
        this(message, 0, Duration.ZERO, cause);
    }

    private LogInFailedException(String message, int status, Duration retryAfter, Throwable cause) {
        super(message, cause);
        this.status = status;
        this.retryAfter = retryAfter;
    }

    /** An answer of success, without a token. */
    static LogInFailedException withoutToken(int status) {
        return new LogInFailedException("the log-in's answer has no token", status, Duration.ZERO, null);
    }

    static LogInFailedException of(Throwable cause, Clock clock) {
        if (cause instanceof LogInFailedException already) {
            return new LogInFailedException(already.getMessage(), already.status, already.retryAfter, already);
        }
        if (cause instanceof HttpOperationFailedException answered) {
            int status = answered.getStatusCode();
            Duration asked = Duration.ofMillis(RetryAfter.millis(answered.getResponseHeaders(), clock));
            Duration retryAfter = asked.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : asked;
            return new LogInFailedException("the log-in was answered with status " + status, status, retryAfter, cause);
        }
        Throwable why = cause instanceof NotSentException ? cause.getCause() : cause;
        return new LogInFailedException("the log-in failed: " + why.getClass().getSimpleName(), cause);
    }

    /** The same, with what is left of the wait if the provider asked for one. */
    LogInFailedException withWait(Duration left) {
        return new LogInFailedException(getMessage(), status, retryAfter.isZero() ? retryAfter : left, this);
    }

    /**
     * Whether the provider answered, gave no token, and does not say that it will soon: it refuses the credential, or will not
     * have it now, and who tries again soon may lock the account.
     */
    public boolean isCredentialRefused() {
        return status > 0 && status < 500 && !TransientStatus.is(status);
    }

    /** How long the provider asks us to wait; zero if it does not say. */
    public Duration getRetryAfter() {
        return retryAfter;
    }

    /** The HTTP status of the answer, or 0 if there was none. */
    public int getStatus() {
        return status;
    }
}
