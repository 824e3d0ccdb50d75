package io.herald.delivery;

import io.herald.ledger.Ledger;
import io.herald.ledger.Ledger.UnderWay;
import io.herald.mapping.Mappings;
import io.herald.provider.BreakerOpenException;
import io.herald.provider.Breakers;
import io.herald.provider.Gate;
import io.herald.provider.Providers;
import io.herald.token.LogInFailedException;
import io.herald.token.Tokens;
import io.opentelemetry.context.Scope;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** What has to be so before bytes of a delivery leave, and what the ledger then has to know of them. */
@Singleton
final class Sending {

    private final Providers providers;
    private final Breakers breakers;
    private final Ledger ledger;
    private final Mappings mappings;
    private final Creates creates;
    private final Tokens tokens;
    private final Clock clock;
    private final DeliverySpans spans;

    Sending(
            Providers providers,
            Breakers breakers,
            Ledger ledger,
            Mappings mappings,
            Creates creates,
            Tokens tokens,
            Clock clock,
            DeliverySpans spans) {
        this.providers = providers;
        this.breakers = breakers;
        this.ledger = ledger;
        this.mappings = mappings;
        this.creates = creates;
        this.tokens = tokens;
        this.clock = clock;
        this.spans = spans;
    }

    /** Gives the delivery the provider's token, for {@link DeliverySteps#authorize}. */
    void takeToken(Delivery delivery) throws LogInFailedException {
        delivery.tries().begin(clock.instant());
        Scope asked = spans.asks(delivery);
        try {
            delivery.setToken(tokens.of(delivery.getProvider()));
        } finally {
            asked.close();
        }
    }

    /** The request as it is sent, for {@link DeliverySteps#bytesToSend}; from here on the ledger knows that bytes may leave. */
    byte[] begin(Delivery delivery, Optional<String> lookUp) throws UnclearException, BreakerOpenException {
        breakers.of(delivery.getProvider()).check();
        delivery.tries().begin(clock.instant());
        refuseForgottenKey(delivery);
        keep(delivery, lookUp);
        askAgainAfterTheSlot(delivery);
        return delivery.beginSending(clock.instant());
    }

    /** As {@link DeliverySteps#mustBeInHand}. */
    void mustBeInHand(Delivery delivery) {
        ledger.mustBeInHand(delivery.getMessage(), delivery.getProvider());
        askAgainAfterTheSlot(delivery);
    }

    private void refuseForgottenKey(Delivery delivery) throws UnclearException {
        Optional<Instant> forgotten =
                providers.of(delivery.getProvider()).idempotencyLifetime().flatMap(delivery::forgottenAt);
        if (forgotten.isPresent() && !clock.instant().isBefore(forgotten.get())) {
            throw new UnclearException("an earlier try may have arrived, and the provider no longer remembers its key");
        }
    }

    /** Kept anew before each try, because its call ends later; with a key that tells, once is enough. */
    private void keep(Delivery delivery, Optional<String> lookUp) {
        boolean mayMakeTwo = creates.mayMakeTwo(delivery);
        boolean byKey = mayMakeTwo && !mappings.of(delivery.getProvider()).finds();
        if (byKey && delivery.isRequestKept()) {
            ledger.mustBeInHand(delivery.getMessage(), delivery.getProvider());
            return;
        }
        UnderWay underWay = new UnderWay(
                clock.instant().plus(longestTry(delivery.getProvider())),
                mayMakeTwo,
                lookUp.filter(template -> mayMakeTwo).map(template -> Requests.filledIn(template, delivery)));
        ledger.sending(delivery.getMessage(), delivery.getProvider(), delivery.toBeKept(), underWay);
        delivery.markRequestKept();
    }

    /** Where creates are upserts the route may make a further call. */
    private Duration longestTry(String provider) {
        return providers.longestCall(provider).multipliedBy(creates.areUpserts(provider) ? 2 : 1);
    }

    private void askAgainAfterTheSlot(Delivery delivery) {
        if (providers.of(delivery.getProvider()).rate().isPresent()) {
            Gate.askAgain(() -> ledger.mustBeInHand(delivery.getMessage(), delivery.getProvider()));
        }
    }
}
