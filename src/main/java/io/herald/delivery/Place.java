package io.herald.delivery;

/** A delivery's place in its lane, the same for nothing else. */
public final class Place {

    private final String reference;
    private final long sequence;

    public Place(String reference, long sequence) {
        this.reference = reference;
        this.sequence = sequence;
    }

    /** The lane of the provider. */
    public String reference() {
        return reference;
    }

    /** The order of acceptance. */
    public long sequence() {
        return sequence;
    }
}
