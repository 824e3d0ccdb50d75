package io.herald.rest;

import io.quarkus.runtime.annotations.RegisterForReflection;

/** A body that is not declared as JSON. */
@RegisterForReflection
public final class WrongContentTypeException extends Exception {

    WrongContentTypeException() {
        super("send application/json");
    }
}
