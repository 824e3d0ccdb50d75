package io.herald.delivery;

import java.util.Locale;

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
    /** The provider was not a target of the message. */
    SKIPPED,
    /** Given up by an operator. */
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
}
