package io.herald.delivery;

import io.herald.mapping.Mappings;
import io.herald.provider.Providers;
import jakarta.inject.Singleton;

/** What providers make of a create that comes twice. */
@Singleton
final class Creates {

    private final Providers providers;
    private final Mappings mappings;

    Creates(Providers providers, Mappings mappings) {
        this.providers = providers;
        this.mappings = mappings;
    }

    /** Whether a provider tells its customers apart by our reference, so that a create that comes again is an update. */
    boolean areUpserts(String provider) {
        return !mappings.of(provider).finds()
                && providers.of(provider).idempotencyLifetime().isEmpty();
    }

    /** Whether it is a create at a provider that could make two customers of it: only a key or a look-up prevents that. */
    boolean mayMakeTwo(Delivery delivery) {
        return !delivery.isUpdate() && !areUpserts(delivery.getProvider());
    }
}
