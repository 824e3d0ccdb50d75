package io.herald.schema;

import java.util.List;

/**
 * A schema that cannot be used. The message has one line per mistake, each of the form {@code file:line:column: what is
 * wrong}.
 */
public final class SchemaException extends RuntimeException {

    private final List<String> mistakes;

    SchemaException(List<String> mistakes) {
        super(String.join("\n", mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    /** Every mistake found in the file, one line each, in the order of the file. */
    public List<String> mistakes() {
        return mistakes;
    }
}
