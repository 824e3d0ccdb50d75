package io.herald.ledger;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** The ledger could not be read or written. */
@RegisterForReflection
public final class LedgerException extends RuntimeException {

    public LedgerException(String message) {
        super(message);
    }

    public LedgerException(String message, Throwable cause) {
        super(message, cause);
    }
}
