package io.herald.delivery;

/** A delivery's place in its lane, the same for nothing else. */
public final class Place {

    private final String reference;
    private final long sequence;
    private final int takes;

    /** @param takes how often it was taken up from the ledger */
    public Place(String reference, long sequence, int takes) {
        this.reference = reference;
        this.sequence = sequence;
        this.takes = takes;
    }

    /** The lane of the provider. */
    public String reference() {
        return reference;
    }

    /** The order of acceptance. */
    public long sequence() {
        return sequence;
    }

    /** How often the delivery was taken up from the ledger. */
    public int takes() {
        return takes;
    }
}
