package io.herald.health;

import io.herald.ledger.LedgerState;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Liveness;

/** Lives as long as the one thread does that writes to the ledger, whether or not it can: only a restart brings that back. */
@Liveness
@ApplicationScoped
public class LedgerLiveness implements HealthCheck {

    private final LedgerState ledger;

    public LedgerLiveness(LedgerState ledger) {
        this.ledger = ledger;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("ledger writer")
                .status(ledger.isWriterAlive())
                .build();
    }
}
