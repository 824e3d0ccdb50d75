package io.herald.delivery;

import io.herald.provider.Providers;
import jakarta.inject.Singleton;

/** What providers make of a create that comes twice. */
@Singleton
final class Creates {

    private final Providers providers;

    Creates(Providers providers) {
        this.providers = providers;
    }

    /** Whether a provider tells its customers apart by our reference, so that a create that comes again is an update. */
    boolean areUpserts(String provider) {
        return providers.of(provider).upsert();
    }

    /** Whether it is a create at a provider that could make two customers of it: only a key or a look-up prevents that. */
    boolean mayMakeTwo(Delivery delivery) {
        return !delivery.isUpdate() && !areUpserts(delivery.getProvider());
    }
}
