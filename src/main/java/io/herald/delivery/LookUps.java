package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.Ledger;
import io.herald.mapping.Mappings;
import io.herald.provider.BreakerOpenException;
import io.herald.provider.Breakers;
import io.herald.provider.ProviderConfig;
import io.herald.provider.Providers;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;

/** Looks up whether a provider has a customer that an earlier try, or an earlier message, may have created. */
@Singleton
final class LookUps {

    private static final int NOT_FOUND = 404;
    private static final int MOST_PAGES = 1000;

    /** It holds a place in the provider's lane; time enough for three hundred pages at sixty requests a minute. */
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private final Providers providers;
    private final Breakers breakers;
    private final Ledger ledger;
    private final Mappings mappings;
    private final ObjectMapper json;
    private final Clock clock;

    LookUps(Providers providers, Breakers breakers, Ledger ledger, Mappings mappings, ObjectMapper json, Clock clock) {
        this.providers = providers;
        this.breakers = breakers;
        this.ledger = ledger;
        this.mappings = mappings;
        this.json = json;
        this.clock = clock;
    }

    /** As {@link DeliverySteps#isToBeLookedUp}. */
    boolean isNeeded(Delivery delivery) {
        return delivery.isUnclear() && mappings.of(delivery.getProvider()).finds();
    }

    /** As {@link DeliverySteps#beginLookUp}. */
    long begin(Delivery delivery) throws BreakerOpenException, LookUpWaitsException {
        breakers.of(delivery.getProvider()).check();
        delivery.tries().begin(clock.instant());
        ProviderConfig.Provider provider = providers.of(delivery.getProvider());
        long settle = provider.find().settle().toMillis();
        long since = delivery.doubt().since().orElseThrow().toEpochMilli();
        long longest = settle + providers.longestCall(delivery.getProvider()).toMillis();
        long wait = Math.max(0, settle + since - clock.millis());
        delivery.beginLookUp(clock.instant().plusMillis(Math.min(wait, longest)).plus(LONGEST));
        if (wait > longest) {
            // the clock went back
            return longest;
        }
        if (delivery.tries().waitedMillis() + wait > provider.retry().budget().toMillis()) {
            throw new LookUpWaitsException(wait);
        }
        delivery.tries().addWait(wait);
        return wait;
    }

    /** As {@link DeliverySteps#readFound}. A 404 without the provider's own code may be of anybody on the way. */
    Integer read(Delivery delivery, int status, String body) throws UnclearException {
        JsonNode answer = Answers.parsePage(body)
                .orElseThrow(() -> UnclearException.forNow("the answer to the look-up is not JSON"));
        if (status == NOT_FOUND) {
            mustBeTheProviders(delivery, answer);
            return null;
        }
        ObjectNode page = mappings.of(delivery.getProvider()).find(answer, delivery.getRequest());
        Found found = delivery.found();
        if (found.isLate(clock.instant())) {
            throw UnclearException.forNow("the look-up took longer than " + LONGEST.toMinutes() + " minutes");
        }
        page.path("candidates").forEach(found::add);
        JsonNode goesOn = page.path("next");
        if (found.isDoubtful() || goesOn.isMissingNode() || goesOn.isNull()) {
            return null;
        }
        int next = goesOn.isInt() ? goesOn.intValue() : 0;
        if (next != found.nextPage() || next > MOST_PAGES) {
            throw new UnclearException("the list that the look-up reads has no end");
        }
        return next;
    }

    private void mustBeTheProviders(Delivery delivery, JsonNode notFound) throws UnclearException {
        ObjectNode fragment = mappings.of(delivery.getProvider()).outcome(NOT_FOUND, notFound, delivery.getLink());
        if (!Outcome.hasProvidersCode(Outcome.of(NOT_FOUND, fragment, delivery.isUpdate()))) {
            throw UnclearException.forNow("the look-up was answered with a 404 that need not be the provider's");
        }
    }

    /**
     * As {@link DeliverySteps#settleFound}. Ours is one customer that is the same in name and in the field looked up, and is linked
     * to no other reference.
     */
    void settle(Delivery delivery, String lookUp) throws UnclearException, UnreadableAnswerException {
        Found found = delivery.found();
        if (found.isNobody()) {
            mustHaveBeenFindable(delivery, lookUp);
            if (delivery.doubt().promise().isPresent()) {
                throw new UnreadableAnswerException(delivery.doubt().promise().get());
            }
            return;
        }
        if (found.isDoubtful() || !ledger.found(delivery.getMessage(), delivery.getProvider(), found.id())) {
            throw new UnclearException("the look-up found a customer that may be another one");
        }
        if (delivery.doubt().isFromEarlier()) {
            delivery.setFoundLink(found.id());
        } else {
            delivery.markDelivered(
                    Outcome.delivered(json.createObjectNode().put("providerCustomerId", found.id()), false));
        }
    }

    /** What was asked for with a field that the request lacks, or with another value than it had before, may be there. */
    private static void mustHaveBeenFindable(Delivery delivery, String lookUp) throws UnclearException {
        if (lookUp == null) {
            return;
        }
        String lookedUpBy = Requests.expand(lookUp, delivery);
        if (delivery.doubt().isFromEarlier() && !delivery.doubt().isClearedBy(lookedUpBy)) {
            throw new UnclearException(
                    "an earlier request may have created the customer under what it cannot be looked up by any more, such as"
                            + " another phone: look at the provider's console, and if it is not there, replay this one with"
                            + " force");
        }
    }
}
