package io.herald.schema;

import com.networknt.schema.ExecutionContext;
import com.networknt.schema.Format;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The formats that a schema may ask for. Each takes time in proportion to the text's length, and no stack. */
final class Formats {

    /** Name, what is expected, and the test. */
    record Known(String name, String expectation, Predicate<String> test) implements Format {

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean matches(ExecutionContext context, String value) {
            return test.test(value);
        }
    }

    static final List<Known> ALL = List.of(
            new Known("date", "must be a real calendar day as yyyy-mm-dd", Formats::isDate),
            new Known("date-time", "must be an RFC 3339 date and time with its offset", Formats::isDateTime),
            new Known("email", "must be an e-mail address", Formats::isEmail),
            new Known("uri", "must be an absolute URI", Formats::isUri),
            new Known("uuid", "must be a UUID", Formats::isUuid),
            new Known("data-uri", "must be a base64 data URI", Formats::isDataUri));

    private static final Pattern DATE_TIME = Pattern.compile(
            "(\\d{4}-\\d\\d-\\d\\d)[Tt](\\d\\d:\\d\\d):(\\d\\d)(?:\\.\\d{1,100})?([Zz]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)");
    private static final Pattern UUID = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");
    private static final Pattern DATA_URI_HEAD =
            Pattern.compile("data:[a-z]{1,32}/[A-Za-z0-9][A-Za-z0-9.+-]{0,126};base64,");

    private Formats() {}

    static Known named(String name) {
        return ALL.stream()
                .filter(known -> known.name().equals(name))
                .findFirst()
                .orElse(null);
    }

    /** {@code LocalDate} reads years of more digits too, and with a sign, but such a date has more than ten characters. */
    private static boolean isDate(String text) {
        if (text.length() != 10) {
            return false;
        }
        try {
            LocalDate.parse(text);
            return true;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    /** RFC 3339 section 5.6; a leap second only where section 5.7 has one, at 23:59:60 UTC. */
    private static boolean isDateTime(String text) {
        if (text.length() > 140) {
            return false;
        }
        var matcher = DATE_TIME.matcher(text);
        if (!matcher.matches() || !isDate(matcher.group(1))) {
            return false;
        }
        LocalTime minute;
        try {
            minute = LocalTime.parse(matcher.group(2));
        } catch (DateTimeParseException e) {
            return false;
        }
        int second = Integer.parseInt(matcher.group(3));
        if (second < 60) {
            return true;
        }
        return second == 60 && inUtc(minute, matcher.group(4)).equals(LocalTime.of(23, 59));
    }

    private static LocalTime inUtc(LocalTime minute, String offset) {
        if (offset.equalsIgnoreCase("Z")) {
            return minute;
        }
        int minutes = Integer.parseInt(offset.substring(1, 3)) * 60 + Integer.parseInt(offset.substring(4));
        return minute.plusMinutes(offset.charAt(0) == '+' ? -minutes : minutes);
    }

    /**
     * A dot-atom, an at sign and a domain of at least two labels (RFC 5321 section 4.1.2). Lengths are the schema's
     * concern; quoted local parts and address literals are not taken, no customer has one.
     */
    private static boolean isEmail(String text) {
        int at = text.lastIndexOf('@');
        if (at < 1 || at == text.length() - 1) {
            return false;
        }
        return areDotted(text, 0, at, 1, "!#$%&'*+-/=?^_`{|}~", "")
                && areDotted(text, at + 1, text.length(), 2, "-", "-");
    }

    private static boolean areDotted(String text, int from, int to, int atLeast, String also, String notAtEdges) {
        int labels = 1;
        int start = from;
        for (int i = from; i <= to; i++) {
            if (i == to || text.charAt(i) == '.') {
                if (i == start
                        || notAtEdges.indexOf(text.charAt(start)) >= 0
                        || notAtEdges.indexOf(text.charAt(i - 1)) >= 0) {
                    return false;
                }
                labels += i == to ? 0 : 1;
                start = i + 1;
            } else if (!isAsciiLetterOrDigit(text.charAt(i)) && also.indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        return labels >= atLeast;
    }

    private static boolean isUri(String text) {
        if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            return false;
        }
        try {
            return new URI(text).isAbsolute();
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean isUuid(String text) {
        return text.length() == 36 && UUID.matcher(text).matches();
    }

    /** RFC 2397 with a media type, no parameter but {@code base64}, and padded base64 (RFC 4648 section 4). */
    private static boolean isDataUri(String text) {
        var head = DATA_URI_HEAD.matcher(text);
        if (!head.lookingAt()) {
            return false;
        }
        int end = text.length();
        int start = head.end();
        if (end == start || (end - start) % 4 != 0) {
            return false;
        }
        for (int padding = 0; padding < 2 && text.charAt(end - 1) == '='; padding++) {
            end--;
        }
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            if (!isAsciiLetterOrDigit(c) && c != '+' && c != '/') {
                return false;
            }
        }
        return true;
    }

    private static boolean isAsciiLetterOrDigit(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
    }
}
