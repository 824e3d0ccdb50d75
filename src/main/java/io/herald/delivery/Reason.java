package io.herald.delivery;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

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

    private static final Set<String> WORDS =
            Arrays.stream(values()).map(Reason::word).collect(Collectors.toUnmodifiableSet());

    /** The reason as it is written in reports and metrics. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** All of them as they are written, in no order. */
    public static Set<String> words() {
        return WORDS;
    }
}
