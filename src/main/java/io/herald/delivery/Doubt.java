package io.herald.delivery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.KnownCustomers;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Whether the provider may have a delivery's customer without our knowing. A create that may have arrived raises the doubt;
 * a look-up, a link or an answer of the provider clears it.
 */
final class Doubt {

    private Optional<Instant> since = Optional.empty();
    private boolean fromEarlier;
    private Optional<ObjectNode> promise = Optional.empty();
    private List<KnownCustomers.Created> createdBy = List.of();

    /** Whether there is one now. */
    boolean exists() {
        return since.isPresent();
    }

    /** Since when, if there is one: what was sent has arrived by then, or never. */
    Optional<Instant> since() {
        return since;
    }

    /** A try of this delivery had an unclear ending: what it sent has arrived by then, or never. */
    void raise(Instant then) {
        since = Optional.of(then);
    }

    /** An earlier message, or this one before it was replayed, may have created the customer by then. */
    void raiseFromEarlier(Instant then) {
        fromEarlier = true;
        since = since.filter(own -> own.isAfter(then)).or(() -> Optional.of(then));
    }

    /** Whether what created the customer, if anything did, need not be what this delivery sends. */
    boolean isFromEarlier() {
        return fromEarlier;
    }

    /** The customer is there and known, or is not there after all. */
    void clear() {
        since = Optional.empty();
        promise = Optional.empty();
    }

    /**
     * The provider said in so many words, such as by a 202, that the customer is made or will be, and did not say its id. Who
     * is not found then may be found later.
     *
     * @param outcome what the delivery ends with if the customer is not found
     */
    void setPromise(ObjectNode outcome) {
        promise = Optional.of(outcome);
    }

    /** What the delivery ends with if the customer that was promised is not found; empty if none was since it is in hand. */
    Optional<ObjectNode> promise() {
        return promise;
    }

    /** Keeps the requests that may have created the customer. */
    void setCreatedBy(List<KnownCustomers.Created> requests) {
        createdBy = requests;
    }

    /** Whether a look-up by that text clears it: it finds the customer, whichever of those requests created it. */
    boolean isClearedBy(String lookUp) {
        return createdBy.stream().allMatch(created -> created.isFoundBy(lookUp));
    }
}
