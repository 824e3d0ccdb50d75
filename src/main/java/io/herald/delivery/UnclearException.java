package io.herald.delivery;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** Whether an earlier try created the customer cannot be told; a person must look. */
@RegisterForReflection
public final class UnclearException extends Exception {

    UnclearException(String message) {
        super(message);
    }
}
