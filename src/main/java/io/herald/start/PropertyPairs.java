package io.herald.start;

import io.herald.ledger.Dialect;
import io.herald.provider.Providers;
import io.vertx.core.http.ClientAuth;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.postgresql.Driver;

/** Finds the settings of which each may be right alone, and which cannot be right together. */
@Singleton
final class PropertyPairs {

    /** In a file, and in the environment. */
    private static final Pattern TRUST_STORE =
            Pattern.compile("(?i)quarkus[._](?:tls|http[._]ssl)[._].*trust[-._]store.*(?:path|certs?|files?)\\b.*");

    /** A machine and its port, or several. */
    private static final String SERVERS = "%1$s(?:,%1$s)*".formatted("(?:\\[[\\w:.]+]|[\\w.-]*)(?::\\d{1,5})?");

    /** What the driver takes; whoever writes another one may have written the password where a log shows it. */
    private static final Pattern POSTGRESQL = Pattern.compile("jdbc:postgresql:(?://" + SERVERS
            + "/?)?(?:[^%/?@\\s]|%\\p{XDigit}{2})*(?:\\?(?:[^%\\s]|%\\p{XDigit}{2})*)?");

    private final Providers providers;
    private final Optional<Dialect> ledger;
    private final Optional<String> postgresql;
    private final Duration lease;
    private final Duration waitMax;
    private final Duration idleTimeout;
    private final ClientAuth clientCertificate;
    private final Config config;

    PropertyPairs(
            Providers providers,
            @ConfigProperty(name = "herald.ledger", defaultValue = "embedded") String ledger,
            @ConfigProperty(name = "quarkus.datasource.postgresql.jdbc.url") Optional<String> postgresql,
            @ConfigProperty(name = "herald.replica.lease", defaultValue = "15s") Duration lease,
            @ConfigProperty(name = "herald.wait.max", defaultValue = "30s") Duration waitMax,
            @ConfigProperty(name = "quarkus.http.idle-timeout") Duration idleTimeout,
            @ConfigProperty(name = "herald.client-certificate", defaultValue = "none") ClientAuth clientCertificate,
            Config config) {
        this.providers = providers;
        this.ledger = Dialect.named(ledger);
        this.postgresql = postgresql;
        this.lease = lease;
        this.waitMax = waitMax;
        this.idleTimeout = idleTimeout;
        this.clientCertificate = clientCertificate;
        this.config = config;
    }

    /** What is wrong, a line each. */
    List<String> mistakes() {
        List<String> mistakes = new ArrayList<>();
        checkLedger(mistakes);
        checkLease(mistakes);
        checkIdleTimeout(mistakes);
        checkTrust(mistakes);
        return mistakes;
    }

    private void checkLedger(List<String> mistakes) {
        if (ledger.isEmpty()) {
            mistakes.add("herald.ledger: must be embedded or postgresql");
        } else if (isOnPostgresql() && postgresql.isEmpty()) {
            mistakes.add("quarkus.datasource.postgresql.jdbc.url: required with herald.ledger=postgresql, and not set");
        } else if (isOnPostgresql() && !isReadable(postgresql.get())) {
            mistakes.add(
                    "quarkus.datasource.postgresql.jdbc.url: must be jdbc:postgresql://host:port/database, and the user"
                            + " and the password are properties of their own");
        }
    }

    /** Whether the driver takes it: the value of one that it refuses would be in the log. */
    static boolean isReadable(String url) {
        return POSTGRESQL.matcher(url).matches() && Driver.parseURL(url, new Properties()) != null;
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

    private void checkTrust(List<String> mistakes) {
        boolean trusts = StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                .filter(name -> TRUST_STORE.matcher(name).matches())
                .anyMatch(name -> config.getOptionalValue(name, String.class).isPresent());
        if (clientCertificate != ClientAuth.NONE && !trusts) {
            mistakes.add(
                    "herald.client-certificate: needs a trust store beside the key store, see docs/configuration.md#tls");
        }
    }

    private boolean isOnPostgresql() {
        return ledger.filter(Dialect.POSTGRESQL::equals).isPresent();
    }
}
