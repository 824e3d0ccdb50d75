package io.herald.ledger;

/** What the ledger keeps of a customer cannot be opened. The message says why, and has nothing of the customer. */
public final class SealedException extends IllegalStateException {

    private static final long serialVersionUID = 1;

    SealedException(String message, Throwable cause) {
        super(message, cause);
    }
}
