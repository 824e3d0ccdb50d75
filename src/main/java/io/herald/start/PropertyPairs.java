package io.herald.start;

import io.herald.ledger.Dialect;
import io.herald.provider.Providers;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Finds the settings of which each may be right alone, and which cannot be right together. */
@Singleton
final class PropertyPairs {

    private final Providers providers;
    private final Optional<Dialect> ledger;
    private final Optional<String> postgresql;
    private final Duration lease;
    private final Duration waitMax;
    private final Duration idleTimeout;

    PropertyPairs(
            Providers providers,
            @ConfigProperty(name = "herald.ledger", defaultValue = "embedded") String ledger,
            @ConfigProperty(name = "quarkus.datasource.postgresql.jdbc.url") Optional<String> postgresql,
            @ConfigProperty(name = "herald.replica.lease", defaultValue = "15s") Duration lease,
            @ConfigProperty(name = "herald.wait.max", defaultValue = "30s") Duration waitMax,
            @ConfigProperty(name = "quarkus.http.idle-timeout") Duration idleTimeout) {
        this.providers = providers;
        this.ledger = Dialect.named(ledger);
        this.postgresql = postgresql;
        this.lease = lease;
        this.waitMax = waitMax;
        this.idleTimeout = idleTimeout;
    }

    /** What is wrong, a line each. */
    List<String> mistakes() {
        List<String> mistakes = new ArrayList<>();
        checkLedger(mistakes);
        checkLease(mistakes);
        checkIdleTimeout(mistakes);
        return mistakes;
    }

    private void checkLedger(List<String> mistakes) {
        if (ledger.isEmpty()) {
            mistakes.add("herald.ledger: must be embedded or postgresql");
        } else if (isOnPostgresql() && postgresql.isEmpty()) {
            mistakes.add("quarkus.datasource.postgresql.jdbc.url: required with herald.ledger=postgresql, and not set");
        }
    }

    /** Else a call of a replica that lost its database may still be under way when another one takes its work over. */
    private void checkLease(List<String> mistakes) {
        if (!isOnPostgresql()) {
            return;
        }
        for (String id : providers.ids()) {
            Duration request = providers.of(id).requestTimeout();
            if (request.multipliedBy(3).compareTo(lease.multipliedBy(2)) > 0) {
                mistakes.add("herald.replica.lease: must be at least one and a half times provider." + id
                        + ".request-timeout, which is " + request.toMillis() + " ms");
            }
        }
    }

    /** Else who waits for a report, and sends nothing meanwhile, is cut off. */
    private void checkIdleTimeout(List<String> mistakes) {
        if (idleTimeout.compareTo(waitMax) <= 0) {
            mistakes.add("quarkus.http.idle-timeout: must be longer than herald.wait.max, which is "
                    + waitMax.toMillis() + " ms");
        }
    }

    private boolean isOnPostgresql() {
        return ledger.filter(Dialect.POSTGRESQL::equals).isPresent();
    }
}
