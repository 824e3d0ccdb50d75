package io.herald.provider;

import java.util.Set;

/** The HTTP statuses that may pass by themselves, at every provider. */
public final class TransientStatus {

    /** From 520 on those of a front end such as Cloudflare's, whose origin does not answer it as it should. */
    private static final Set<Integer> ALL =
            Set.of(408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530);

    private TransientStatus() {}

    public static boolean is(int status) {
        return ALL.contains(status);
    }
}
