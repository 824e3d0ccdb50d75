package io.herald.health;

import io.herald.provider.Breakers;
import io.herald.provider.Providers;
import io.herald.token.Tokens;
import io.smallrye.health.api.Wellness;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;

/**
 * How each provider does, for a person to read. Always up: what is meant for a provider that is away is kept, so Herald stays
 * ready.
 */
@Wellness
@ApplicationScoped
public class ProvidersWellness implements HealthCheck {

    private final Providers providers;
    private final Breakers breakers;
    private final Tokens tokens;

    public ProvidersWellness(Providers providers, Breakers breakers, Tokens tokens) {
        this.providers = providers;
        this.breakers = breakers;
        this.tokens = tokens;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder health =
                HealthCheckResponse.named("providers").up();
        providers.ids().forEach(provider -> health.withData(provider, stateOf(provider)));
        return health.build();
    }

    private String stateOf(String provider) {
        if (tokens.isCredentialRefused(provider)) {
            return "refuses the credential";
        }
        return switch (breakers.of(provider).state()) {
            case CLOSED -> "ok";
            case HALF_OPEN -> "is tried again";
            case OPEN -> "fails too often";
        };
    }
}
