package io.herald.delivery;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** It cannot be told whether an earlier try created the customer. A person must look, unless asking again later may help. */
@RegisterForReflection
public final class UnclearException extends Exception {

    private final boolean mayPass;

    UnclearException(String message) {
        this(message, false);
    }

    private UnclearException(String message, boolean mayPass) {
        super(message);
        this.mayPass = mayPass;
    }

    /** A look-up has an answer that need not be the provider's. */
    static UnclearException forNow(String message) {
        return new UnclearException(message, true);
    }

    /** Whether to ask again may help. */
    boolean mayPass() {
        return mayPass;
    }
}
