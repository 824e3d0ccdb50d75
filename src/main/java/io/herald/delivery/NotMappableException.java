package io.herald.delivery;

import io.herald.schema.Fault;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;

/** The request that a mapping made is not what the provider accepts. */
@RegisterForReflection
public final class NotMappableException extends Exception {

    private final transient List<Fault> faults;

    NotMappableException(List<Fault> faults) {
        super(faults.size() + " fault(s) against the provider's request schema");
        this.faults = List.copyOf(faults);
    }

    /** Each with its pointer into the request. */
    public List<Fault> faults() {
        return faults;
    }
}
