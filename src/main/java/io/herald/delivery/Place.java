package io.herald.delivery;

/**
 * A delivery's place in its lane, the same for nothing else.
 *
 * @param reference the lane of the provider
 * @param sequence the order of acceptance
 * @param takes how often the delivery was taken up from the ledger
 */
public record Place(String reference, long sequence, int takes) {}
