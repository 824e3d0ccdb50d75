package io.herald.metrics;

import java.util.Locale;

/** What came of a log-in. */
public enum LogIn {
    OK,
    /** The provider refuses the credential. */
    REFUSED,
    FAILED;

    /** As it is written in metrics. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
