package io.herald.mapping;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A template, or what a route file fills in, that is well-formed but failed on a message. Its message names the file and, where
 * JSLT tells them (not of what fails inside a function), the line and column. It carries neither JSLT's message nor its exception, since both may quote the customer's values; the stack trace is
 * JSLT's own.
 */
@RegisterForReflection
public final class MappingFailedException extends RuntimeException {

    /** In a file, at a place that is not known. */
    public MappingFailedException(String file, String what) {
        this(file, 0, 0, what);
    }

    MappingFailedException(String file, int line, int column, String what) {
        super(Position.of(file, line, column) + ": " + what);
    }
}
