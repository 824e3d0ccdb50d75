package io.herald.start;

import io.herald.ledger.ProviderUrls;
import io.herald.provider.Providers;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Singleton;
import java.util.List;

/**
 * Finds the providers that are elsewhere, or have another name, than what the ledger has of them. Else an update would go to
 * whoever has at another system the id that a customer has at this one.
 */
@Singleton
final class MovedProviders {

    private final Providers providers;
    private final Instance<ProviderUrls> urls;

    /** @param urls opens the ledger, when it is first asked for */
    MovedProviders(Providers providers, Instance<ProviderUrls> urls) {
        this.providers = providers;
        this.urls = urls;
    }

    /** Keeps in the ledger where the providers are, unless one is elsewhere than before: what is wrong then, a line each. */
    List<String> keepUrls() {
        List<ProviderUrls.Place> places = providers.ids().stream()
                .map(id -> new ProviderUrls.Place(
                        id,
                        providers.of(id).url().orElseThrow(),
                        providers.of(id).movedFrom()))
                .toList();
        return urls.get().keep(places).entrySet().stream()
                .map(moved -> "provider." + moved.getKey() + ".url: the ledger has ids and messages for "
                        + moved.getValue()
                        + ", or another Herald that runs has it. Where that is the same system at its old address, set provider."
                        + moved.getKey()
                        + ".moved-from to that; another system needs another ledger, see docs/deploy.md")
                .toList();
    }

    /** What may be wrong, a line each. */
    List<String> warnings() {
        return urls.get().unknown(providers::isKnown).stream()
                .map(
                        id -> "The ledger has the ids of customers at " + id
                                + ", which is no provider: under another name each is created a second time, see docs/deploy.md")
                .toList();
    }
}
