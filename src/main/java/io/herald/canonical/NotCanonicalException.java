package io.herald.canonical;

import io.herald.schema.Fault;
import java.util.List;
import java.util.Optional;

/**
 * The body is JSON, and not a canonical customer. The message holds no pointer, as a pointer may name an unknown field,
 * and those names are for the caller only.
 */
public final class NotCanonicalException extends RuntimeException {

    private final transient List<Fault> faults;
    private final String reference;

    /** @param faults all there are, at least one, in their order */
    public NotCanonicalException(List<Fault> faults) {
        this(faults, null);
    }

    /** @param reference the customer's, or null if it has none that can be told */
    NotCanonicalException(List<Fault> faults, String reference) {
        super("not a canonical customer: " + faults.size() + (faults.size() == 1 ? " fault" : " faults"));
        this.faults = List.copyOf(faults);
        this.reference = reference;
    }

    /** The customer's reference, if that at least is good. */
    public Optional<String> reference() {
        return Optional.ofNullable(reference);
    }

    /** Every fault, in the order of {@link Fault}; never empty. */
    public List<Fault> faults() {
        return faults;
    }
}
