package io.herald.health;

import io.herald.ledger.LedgerException;
import io.herald.ledger.LedgerState;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready while a message can be kept: asks the ledger to write, and to have it on disk. */
@Readiness
@ApplicationScoped
public class LedgerReadiness implements HealthCheck {

    private static final int PATIENCE_SECONDS = 3;

    private final LedgerState state;

    public LedgerReadiness(LedgerState state) {
        this.state = state;
    }

    @Override
    public HealthCheckResponse call() {
        try {
            state.writeSomething().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS).join();
            HealthCheckResponseBuilder ready =
                    HealthCheckResponse.named("ledger").up();
            state.freeBytes().ifPresent(bytes -> ready.withData("freeBytes", bytes));
            return ready.build();
        } catch (CompletionException | LedgerException e) {
            return HealthCheckResponse.named("ledger")
                    .down()
                    .withData("why", why(e))
                    .build();
        }
    }

    /** In Herald's own words: a driver's may name the host. */
    private static String why(RuntimeException e) {
        if (e.getCause() instanceof TimeoutException) {
            return "the ledger did not answer in time";
        }
        Throwable told = e instanceof CompletionException && e.getCause() instanceof LedgerException cause ? cause : e;
        return told instanceof LedgerException ? told.getMessage() : "the ledger cannot be written";
    }
}
