package io.herald.deadletter;

import io.herald.delivery.Reason;
import io.herald.ledger.DeadLetter;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads the parameters of a query; one that is empty counts as absent. */
final class Query {

    private static final int USUAL_LIMIT = 50;
    private static final int HIGHEST_LIMIT = 500;
    private static final List<String> REASONS =
            Arrays.stream(Reason.values()).map(Reason::word).toList();
    private static final Pattern CURSOR = Pattern.compile("([0-9]{1,18})\\.([a-z0-9-]+)");

    private Query() {}

    /** The value of a parameter that is one of a closed list. */
    static Optional<String> oneOf(String name, String value, Collection<String> words) throws BadQueryException {
        Optional<String> given = given(value);
        if (given.isPresent() && !words.contains(given.get())) {
            throw new BadQueryException(
                    name + " is one of " + words.stream().sorted().collect(Collectors.joining(", ")));
        }
        return given;
    }

    static Optional<String> reason(String value) throws BadQueryException {
        return oneOf("reason", value, REASONS);
    }

    /** Whether a parameter is true; it is not if it is absent. */
    static boolean flag(String name, String value) throws BadQueryException {
        return oneOf(name, value, List.of("true", "false")).orElse("false").equals("true");
    }

    static int limit(String value) throws BadQueryException {
        String given = given(value).orElse(Integer.toString(USUAL_LIMIT));
        int limit = given.matches("[0-9]{1,9}") ? Integer.parseInt(given) : 0;
        if (limit < 1 || limit > HIGHEST_LIMIT) {
            throw new BadQueryException("limit is a number from 1 to " + HIGHEST_LIMIT);
        }
        return limit;
    }

    static Optional<DeadLetter.Cursor> after(String value) throws BadQueryException {
        Optional<String> given = given(value);
        if (given.isEmpty()) {
            return Optional.empty();
        }
        Matcher cursor = CURSOR.matcher(given.get());
        if (!cursor.matches()) {
            throw new BadQueryException("after is the next of an earlier answer, as it is");
        }
        return Optional.of(new DeadLetter.Cursor(Long.parseLong(cursor.group(1)), cursor.group(2)));
    }

    /** What {@link #after} reads. */
    static String cursor(DeadLetter last) {
        return last.sequence() + "." + last.id().provider();
    }

    static Optional<String> given(String value) {
        return Optional.ofNullable(value).filter(text -> !text.isBlank());
    }
}
