package io.herald.delivery;

import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where a delivery stands; the words are those of the report. */
public enum State {
    /** Accepted, not ended. */
    PENDING,
    /** The provider has the customer and told us its id. */
    DELIVERED,
    /** Waits for another try. */
    RETRYING,
    /** The provider, or its schema, will never take this message. */
    REJECTED,
    /** Needs a person. */
    DEAD,
    /** Given up: by an operator, or after the retention, when it waited for a provider that is not enabled. */
    DISCARDED;

    /** The state as it is written in reports and in the ledger. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The state of that {@link #word()}. */
    public static State of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    /** Whether nothing more happens to a delivery in this state by itself. */
    public boolean ended() {
        return this != PENDING && this != RETRYING;
    }

    /**
     * What became of a message as a whole.
     *
     * @param deliveries the {@link #word()} of each
     */
    public static String whole(Stream<String> deliveries) {
        Set<State> states = deliveries.map(State::of).collect(Collectors.toSet());
        if (!states.stream().allMatch(State::ended)) {
            return "pending";
        }
        if (states.equals(Set.of(DELIVERED))) {
            return "delivered";
        }
        return states.contains(DELIVERED) ? "partial" : "failed";
    }
}
