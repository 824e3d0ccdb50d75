package io.herald.health;

import io.herald.ledger.LedgerException;
import io.herald.ledger.LedgerState;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready while a message can be kept: asks the ledger to write, and to have it on disk. */
@Readiness
@ApplicationScoped
public class LedgerReadiness implements HealthCheck {

    private static final Duration PATIENCE = Duration.ofSeconds(3);

    private final LedgerState state;

    public LedgerReadiness(LedgerState state) {
        this.state = state;
    }

    @Override
    public HealthCheckResponse call() {
        try {
            state.writeSomething(PATIENCE);
            HealthCheckResponseBuilder ready =
                    HealthCheckResponse.named("ledger").up();
            state.freeBytes().ifPresent(bytes -> ready.withData("freeBytes", bytes));
            return ready.build();
        } catch (LedgerException e) {
            // in Herald's own words: a driver's may name the host
            return HealthCheckResponse.named("ledger")
                    .down()
                    .withData("why", e.getMessage())
                    .build();
        }
    }
}
