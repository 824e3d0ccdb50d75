package io.herald.provider;

import java.util.Set;

/** The HTTP statuses that may pass by themselves, at every provider. */
public final class TransientStatus {

    private static final Set<Integer> ALL = Set.of(408, 425, 429, 500, 502, 503, 504);

    private TransientStatus() {}

    public static boolean is(int status) {
        return ALL.contains(status);
    }
}
