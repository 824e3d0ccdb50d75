package io.herald.report;

/** What was asked for is not in the ledger. */
public final class NotFoundException extends Exception {

    public NotFoundException(String message) {
        super(message);
    }
}
