package io.herald.report;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** What was asked for is not in the ledger. */
@RegisterForReflection
public final class NotFoundException extends Exception {

    public NotFoundException(String message) {
        super(message);
    }
}
