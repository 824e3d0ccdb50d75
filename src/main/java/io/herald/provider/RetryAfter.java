package io.herald.provider;

import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.regex.Pattern;

/** {@code Retry-After}: how long a provider asks us to wait, in seconds or until a date (RFC 9110, 10.2.3). */
public final class RetryAfter {

    private static final Pattern DELAY_SECONDS = Pattern.compile("[0-9]+");
    private static final Duration LONGEST_DELAY = Duration.ofDays(3650);

    private RetryAfter() {}

    /**
     * What the headers of an answer ask for.
     *
     * @param headers or null
     * @return milliseconds; 0 if they ask for nothing, or for nothing that can be read
     */
    public static long millis(Map<String, String> headers, Clock clock) {
        if (headers == null) {
            return 0;
        }
        return headers.entrySet().stream()
                .filter(header -> header.getKey().equalsIgnoreCase("Retry-After"))
                .findFirst()
                .map(header -> millis(header.getValue().strip(), clock))
                .orElse(0L);
    }

    private static long millis(String retryAfter, Clock clock) {
        if (DELAY_SECONDS.matcher(retryAfter).matches()) {
            Duration wait = new BigInteger(retryAfter).bitLength() < Integer.SIZE
                    ? Duration.ofSeconds(Long.parseLong(retryAfter))
                    : LONGEST_DELAY;
            return wait.toMillis();
        }
        try {
            ZonedDateTime date = ZonedDateTime.parse(retryAfter, DateTimeFormatter.RFC_1123_DATE_TIME);
            return Math.max(0, Duration.between(clock.instant(), date).toMillis());
        } catch (DateTimeParseException e) {
            return 0;
        }
    }
}
