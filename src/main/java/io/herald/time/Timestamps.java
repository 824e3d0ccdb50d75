package io.herald.time;

import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;

/** Points in time, as Herald tells them. */
public final class Timestamps {

    private static final DateTimeFormatter MILLISECONDS =
            new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

    private Timestamps() {}

    /** In UTC, as RFC 3339 has it, with always three digits of the second: those past the millisecond are cut off. */
    public static String of(Instant at) {
        return MILLISECONDS.format(at);
    }
}
