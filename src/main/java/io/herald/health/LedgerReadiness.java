package io.herald.health;

import io.herald.ledger.Ledger;
import io.herald.ledger.LedgerException;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready while a message can be kept: asks the ledger to write, and to have it on disk. */
@Readiness
@ApplicationScoped
public class LedgerReadiness implements HealthCheck {

    private static final int PATIENCE_SECONDS = 3;

    private final Ledger ledger;

    public LedgerReadiness(Ledger ledger) {
        this.ledger = ledger;
    }

    @Override
    public HealthCheckResponse call() {
        try {
            ledger.writeSomething()
                    .orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .join();
            return HealthCheckResponse.up("ledger");
        } catch (CompletionException | LedgerException e) {
            return HealthCheckResponse.down("ledger");
        }
    }
}
