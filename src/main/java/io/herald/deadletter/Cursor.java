package io.herald.deadletter;

import io.herald.ledger.DeadLetter;
import io.herald.provider.Providers;
import io.herald.query.BadQueryException;
import io.herald.query.Query;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where the rest of a list of dead letters begins, as a text that a caller brings back. */
final class Cursor {

    private static final Pattern TEXT = Pattern.compile("([0-9]{1,18})\\.(" + Providers.ID + ")");

    private Cursor() {}

    static Optional<DeadLetter.Cursor> of(String after) throws BadQueryException {
        Optional<String> given = Query.given(after);
        if (given.isEmpty()) {
            return Optional.empty();
        }
        Matcher cursor = TEXT.matcher(given.get());
        if (!cursor.matches()) {
            throw new BadQueryException("after is the next of an earlier answer, as it is");
        }
        return Optional.of(new DeadLetter.Cursor(Long.parseLong(cursor.group(1)), cursor.group(2)));
    }

    /** What {@link #of} reads. */
    static String behind(DeadLetter last) {
        return last.sequence() + "." + last.id().provider();
    }
}
