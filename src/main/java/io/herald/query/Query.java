package io.herald.query;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Reads the parameters of a query; one that is empty counts as absent. */
public final class Query {

    private static final int USUAL_LIMIT = 50;
    private static final int HIGHEST_LIMIT = 500;

    private Query() {}

    /** The value of a parameter that is one of a closed list. */
    public static Optional<String> oneOf(String name, String value, Collection<String> words) throws BadQueryException {
        Optional<String> given = given(value);
        if (given.isPresent() && !words.contains(given.get())) {
            throw new BadQueryException(
                    name + " is one of " + words.stream().sorted().collect(Collectors.joining(", ")));
        }
        return given;
    }

    /** Whether a parameter is true; it is not if it is absent. */
    public static boolean flag(String name, String value) throws BadQueryException {
        return oneOf(name, value, List.of("true", "false")).orElse("false").equals("true");
    }

    public static int limit(String value) throws BadQueryException {
        String given = given(value).orElse(Integer.toString(USUAL_LIMIT));
        int limit = given.matches("[0-9]{1,9}") ? Integer.parseInt(given) : 0;
        if (limit < 1 || limit > HIGHEST_LIMIT) {
            throw new BadQueryException("limit is a number from 1 to " + HIGHEST_LIMIT);
        }
        return limit;
    }

    /** The number that a parameter holds. */
    public static OptionalLong number(String name, String value) throws BadQueryException {
        Optional<String> given = given(value);
        if (given.isPresent() && !given.get().matches("[0-9]{1,18}")) {
            throw new BadQueryException(name + " is the next of an earlier answer, as it is");
        }
        return given.map(Long::parseLong).map(OptionalLong::of).orElseGet(OptionalLong::empty);
    }

    public static Optional<String> given(String value) {
        return Optional.ofNullable(value).filter(text -> !text.isBlank());
    }
}
