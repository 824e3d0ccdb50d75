package io.herald.ledger;

/** What became of an outcome that was to be kept. */
public enum Recorded {
    /** Now, or before, and nobody heard of it. */
    KEPT,
    /** Another program has the delivery in hand by now; nothing was kept. */
    TAKEN_OVER,
    /** The provider's id of the customer is that of another reference; nothing was kept. */
    LINKED_TO_ANOTHER
}
