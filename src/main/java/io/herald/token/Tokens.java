package io.herald.token;

import io.herald.metrics.LogIn;
import io.herald.metrics.Meters;
import io.herald.provider.Providers;
import io.herald.thread.Threads;
import io.opentelemetry.context.Context;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The tokens of the providers that want a log-in. How a provider logs in is its route {@code <provider>-log-in}, which
 * leaves the variables {@code token} and, where the answer says so, {@code expiresIn} (seconds) or {@code expiresAt} (ISO
 * 8601).
 */
@Singleton
public final class Tokens {

    /** At least one second, at most thirty years. */
    private static final Pattern SECONDS = Pattern.compile("[1-9][0-9]{0,8}");

    private final Map<String, TokenCache> caches = new TreeMap<>();
    private final Providers providers;
    private final ProducerTemplate routes;
    private final Duration margin;
    private final Clock clock;
    private final Meters meters;
    private final ExecutorService logIns = Threads.pool("log-in-");

    public Tokens(
            Providers providers,
            ProducerTemplate routes,
            Clock clock,
            Meters meters,
            @ConfigProperty(name = "herald.token.margin", defaultValue = "60s") Duration margin) {
        this.providers = providers;
        this.routes = routes;
        this.clock = clock;
        this.margin = margin;
        this.meters = meters;
        for (String id : providers.ids()) {
            Duration patience = providers.longestCall(id).plusSeconds(1);
            caches.put(id, new TokenCache(() -> countedLogIn(id), Context.taskWrapping(logIns), patience, clock));
        }
    }

    /**
     * A provider's token, to send now. A log-in that this begins is shown as a part of this thread's span.
     *
     * @throws LogInFailedException if there is none to be had
     */
    public String of(String provider) throws LogInFailedException {
        return caches.get(provider).get().value();
    }

    /** Forgets a token that the provider refused, unless another one has taken its place. */
    public void drop(String provider, String refused) {
        caches.get(provider).drop(refused);
    }

    /** Whether the provider refused the credential at the last log-in. */
    public boolean isCredentialRefused(String provider) {
        return caches.get(provider).isCredentialRefused();
    }

    /**
     * How many deliveries may be begun now that need a token, of so many: none while nobody logs in, and one while the provider
     * refuses the credential. A provider that wants no log-in has no say.
     */
    public int admits(String provider, int deliveries) {
        TokenCache cache = caches.get(provider);
        if (cache == null) {
            return deliveries;
        }
        if (cache.isResting()) {
            return 0;
        }
        return cache.isCredentialRefused() ? Math.min(deliveries, 1) : deliveries;
    }

    /** How old the provider's token is, if there is one that can be sent. */
    public Optional<Duration> age(String provider) {
        return caches.get(provider).held().map(token -> Duration.between(token.issuedAt(), clock.instant()));
    }

    private Token countedLogIn(String provider) throws Exception {
        boolean renewal = caches.get(provider).held().isPresent();
        LogIn answer = LogIn.FAILED;
        try {
            Token token = logIn(provider);
            answer = LogIn.OK;
            return token;
        } catch (Exception e) {
            answer = LogInFailedException.of(e, clock).isCredentialRefused() ? LogIn.REFUSED : LogIn.FAILED;
            throw e;
        } finally {
            meters.loggedIn(provider, renewal, answer);
        }
    }

    private Token logIn(String provider) throws Exception {
        Exchange answer = routes.request("direct:" + provider + "-log-in", exchange -> {});
        int status = answer.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, 0, Integer.class);
        Exception failure = answer.getException();
        if (failure instanceof HttpOperationFailedException || failure != null && status == 0) {
            throw failure;
        }
        // a success that is no JSON, so that the route could not read it, has none either
        String token = answer.getVariable("token", String.class);
        if (token == null || token.isBlank()) {
            throw LogInFailedException.withoutToken(status);
        }
        Instant now = clock.instant();
        Duration lifetime = lifetime(answer, now).orElse(providers.of(provider).tokenLifetime());
        return new Token(token, now, lifetime, margin.plus(providers.longestQueue(provider)));
    }

    private static Optional<Duration> lifetime(Exchange answer, Instant now) {
        String seconds = answer.getVariable("expiresIn", "", String.class);
        if (SECONDS.matcher(seconds).matches()) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(seconds)));
        }
        String until = answer.getVariable("expiresAt", String.class);
        if (until == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(Duration.between(now, OffsetDateTime.parse(until)))
                    .filter(life -> !life.isNegative() && !life.isZero());
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    @PreDestroy
    void close() {
        logIns.shutdownNow();
    }
}
