package io.herald.metrics;

import java.util.Locale;

/** The parts of a delivery whose time is told. */
public enum Step {
    /** Until it is its turn in the lane, and there is a thread for it. */
    WAIT,
    MAP,
    /** A call for a token. */
    LOG_IN,
    /** A call that looks the customer up. */
    FIND,
    /** The call with the customer. */
    SEND,
    /** Until the outcome is in the ledger. */
    RECORD;

    /** The step as it is written in metrics and traces. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
