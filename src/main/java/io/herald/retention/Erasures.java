package io.herald.retention;

import io.herald.audit.Audit;
import io.herald.caller.Callers;
import io.herald.canonical.CanonicalCustomer;
import io.herald.ledger.Erasure;
import io.herald.provider.Providers;
import io.herald.report.ConflictException;
import io.herald.report.NotFoundException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import org.apache.camel.Exchange;
import org.apache.camel.Header;

/** Erases a customer when somebody asks for it, and keeps account of who did. */
@Singleton
@Named("erasures")
@RegisterForReflection
public final class Erasures {

    private final Erasure erasure;
    private final Providers providers;

    public Erasures(Erasure erasure, Providers providers) {
        this.erasure = erasure;
        this.providers = providers;
    }

    /**
     * Erases all that is kept about a customer.
     *
     * @throws NotFoundException if nothing is
     * @throws ConflictException if a delivery may be under way; nothing was erased or, if it came in the middle, older messages
     */
    public void ofCustomer(Exchange exchange, @Header("reference") String reference)
            throws NotFoundException, ConflictException {
        if (!CanonicalCustomer.isReference(reference)) {
            throw unknown();
        }
        switch (erasure.ofCustomer(reference, providers.ids())) {
            case ERASED -> tell(exchange, reference);
            case UNKNOWN -> throw unknown();
            case IN_FLIGHT -> throw underWay();
            case PARTLY -> {
                tell(exchange, reference);
                throw underWay();
            }
        }
    }

    private static void tell(Exchange exchange, String reference) {
        Audit.did(Callers.of(exchange), "erase", event -> event.put("reference", reference));
    }

    private static ConflictException underWay() {
        return new ConflictException("a delivery of this customer is pending or retrying; try again when it has ended");
    }

    private static NotFoundException unknown() {
        return new NotFoundException("nothing is kept about a customer of that reference");
    }
}
