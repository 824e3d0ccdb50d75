package io.herald.delivery;

import java.util.Locale;

/** Why a delivery did not succeed: Herald's own closed list, beside the provider's free {@code code}. */
public enum Reason {
    INVALID,
    DUPLICATE,
    UNAUTHORIZED,
    FORBIDDEN,
    LINK_BROKEN,
    UNCLEAR,
    UNREADABLE_ANSWER,
    RATE_LIMITED,
    UNAVAILABLE,
    TIMEOUT,
    EXHAUSTED,
    NOT_MAPPABLE;

    /** The reason as it is written in reports and metrics. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
