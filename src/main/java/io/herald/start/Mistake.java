package io.herald.start;

import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/** One line about a route file that cannot be read. */
final class Mistake {

    private Mistake() {}

    static String of(String location, Throwable thrown) {
        Throwable deepest = thrown;
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            deepest = cause;
            if (cause instanceof MarkedYamlEngineException marked
                    && marked.getProblemMark().isPresent()) {
                Mark mark = marked.getProblemMark().get();
                return location + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1) + ": "
                        + marked.getProblem();
            }
        }
        return location + ": " + firstLine(deepest);
    }

    /** What a thrown thing says, without the drawing that some put below it. */
    static String firstLine(Throwable thrown) {
        String message = thrown.getMessage();
        return message == null
                ? thrown.getClass().getSimpleName()
                : message.lines().findFirst().orElse("").strip();
    }
}
