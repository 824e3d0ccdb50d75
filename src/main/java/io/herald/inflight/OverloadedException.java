package io.herald.inflight;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** As many messages, or as many bytes of them, are worked on as may be; nothing was accepted. */
@RegisterForReflection
public final class OverloadedException extends Exception {

    OverloadedException(String limit) {
        super(limit);
    }
}
