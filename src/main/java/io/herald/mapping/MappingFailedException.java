package io.herald.mapping;

import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * A template that compiled, but failed on a message. It names the file and, where JSLT tells it, the line and column.
 * It carries neither JSLT's message nor its exception, since both may quote the customer's values; the stack trace is
 * JSLT's own.
 */
@RegisterForReflection
public final class MappingFailedException extends RuntimeException {

    private final String file;
    private final int line;
    private final int column;

    MappingFailedException(String file, int line, int column, String what) {
        super(Position.of(file, line, column) + ": " + what);
        this.file = file;
        this.line = line;
        this.column = column;
    }

    /** The template, such as {@code mappings/xbridge/request.jslt}. */
    public String file() {
        return file;
    }

    /** The line, from 1; 0 where it is not known (JSLT does not tell it for what fails inside a function). */
    public int line() {
        return line;
    }

    /** The column, from 1; 0 where it is not known. */
    public int column() {
        return column;
    }
}
