package io.herald.token;

import io.quarkus.runtime.annotations.RegisterForReflection;
import org.apache.camel.http.base.HttpOperationFailedException;

/** A provider gave no token. Says nothing of what it answered but the status. */
@RegisterForReflection
public final class LogInFailedException extends Exception {

    private final int status;

    /** @param status the HTTP status of the answer, or 0 if there was none */
    LogInFailedException(String message, int status, Throwable cause) {
        super(message, cause);
        this.status = status;
    }

    static LogInFailedException of(Throwable cause) {
        if (cause instanceof LogInFailedException already) {
            return new LogInFailedException(already.getMessage(), already.status, already);
        }
        if (cause instanceof HttpOperationFailedException answered) {
            int status = answered.getStatusCode();
            return new LogInFailedException("the log-in was answered with status " + status, status, cause);
        }
        return new LogInFailedException("the log-in failed: " + cause.getClass().getSimpleName(), 0, cause);
    }

    /** Whether the provider refuses the credential itself, so that trying again soon is of no use. */
    public boolean isCredentialRefused() {
        return status == 400 || status == 401 || status == 403;
    }

    /** The HTTP status of the answer, or 0 if there was none. */
    public int getStatus() {
        return status;
    }
}
