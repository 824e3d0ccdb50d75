package io.herald.intake;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** As many messages are worked on as may be; nothing was accepted. */
@RegisterForReflection
public final class OverloadedException extends Exception {

    OverloadedException(int limit) {
        super(limit + " messages are being worked on");
    }
}
