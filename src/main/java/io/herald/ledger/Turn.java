package io.herald.ledger;

/**
 * A delivery's turn in its lane, the same for nothing else there.
 *
 * @param reference the lane of the provider
 * @param sequence the order of acceptance
 * @param takes how often the delivery was taken up from the ledger
 */
public record Turn(String reference, long sequence, int takes) {}
