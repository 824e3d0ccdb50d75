package io.herald.privacy;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** How a value is written in a URL, within a string of JSON, in HTML, and elsewhere: a provider may quote the request it got. */
final class Spelling {

    private static final int LAST_ASCII = 0x7E;
    private static final String NOTHING_ELSE = "";

    /** What .NET, Gson and PHP may escape in JSON. */
    private static final String MARKUP = "<>&'\"";

    private static final List<String> APOSTROPHES = List.of("'", "&#039;", "&#39;", "&#x27;", "&apos;");
    private static final List<String> QUOTES = List.of("&quot;", "&#34;", "&#x22;");
    private static final Pattern INTERNATIONAL = Pattern.compile("\\+[0-9]{9,}");

    /** So many digits of a phone number are known without its country. */
    private static final int NATIONAL = 9;

    private static final Charset WINDOWS = Charset.forName("windows-1252");
    private static final Pattern MARKS = Pattern.compile("\\p{M}+");
    private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
    private static final List<DateTimeFormatter> DATES = Stream.of(
                    "dd/MM/yyyy",
                    "MM/dd/yyyy",
                    "yyyy/MM/dd",
                    "d/M/yyyy",
                    "M/d/yyyy",
                    "dd.MM.yyyy",
                    "dd-MM-yyyy",
                    "MM-dd-yyyy",
                    "yyyyMMdd",
                    "d MMMM yyyy",
                    "d MMM yyyy",
                    "dd MMM yyyy",
                    "MMM dd yyyy",
                    "MMMM d, yyyy",
                    "dd-MMM-yyyy",
                    "dd-MMM-yy")
            .map(order -> DateTimeFormatter.ofPattern(order, Locale.ENGLISH))
            .toList();

    private Spelling() {}

    /** That value, and all other spellings of it. */
    static Set<String> of(String value) {
        String form = URLEncoder.encode(value, StandardCharsets.UTF_8);
        String path = form.replace("+", "%20");
        String json = new String(JsonStringEncoder.getInstance().quoteAsString(value));
        String ascii = escapedInJson(json, NOTHING_ELSE);
        Set<String> all = new HashSet<>(List.of(
                value,
                form,
                path,
                component(path),
                json,
                ascii,
                ascii.replace("/", "\\/"),
                escapedInJson(value, MARKUP),
                escapedInJson(value, MARKUP + "+")));
        for (String apostrophe : APOSTROPHES) {
            for (String quote : QUOTES) {
                String html = html(value, apostrophe, quote);
                all.addAll(List.of(html, escapedInHtml(html, "&#", 10), escapedInHtml(html, "&#x", 16)));
            }
        }
        all.addAll(inAPointer(value));
        if (value.chars().anyMatch(unit -> unit > LAST_ASCII)) {
            all.addAll(misread(value));
        }
        if (value.startsWith("+")) {
            all.add(value.substring(1));
        }
        if (INTERNATIONAL.matcher(value).matches()) {
            all.add(value.substring(value.length() - NATIONAL));
        }
        if (value.indexOf('\'') >= 0) {
            all.addAll(List.of(value.replace("'", "''"), value.replace("'", "\\'"), value.replace('\'', '\u2019')));
        }
        String upperCase = value.toUpperCase(Locale.ROOT);
        if (upperCase.length() != value.length()) {
            all.add(upperCase);
        }
        if (DATE.matcher(value).matches()) {
            all.addAll(otherDates(value));
        }
        // such as of a value of nothing but accents; it would stand everywhere
        all.removeIf(String::isBlank);
        return all;
    }

    private static List<String> otherDates(String value) {
        try {
            LocalDate date = LocalDate.parse(value);
            return DATES.stream().map(date::format).toList();
        } catch (DateTimeParseException e) {
            return List.of();
        }
    }

    /** As templates write the name of a field, where a provider names one by the customer's value. */
    private static Set<String> inAPointer(String value) {
        String escaped = value.replace("~", "~0").replace("/", "~1");
        return new HashSet<>(List.of(
                escaped,
                escaped.replace('.', '/'),
                escaped.replace("]", "").replace('.', '/').replace('[', '/')));
    }

    /**
     * In Unicode's decomposed form, without accents, and as it looks when UTF-8 is read as Latin-1, or as Windows does, or the other
     * way round.
     */
    private static Set<String> misread(String value) {
        String decomposed = Normalizer.normalize(value, Normalizer.Form.NFD);
        Set<String> all = new HashSet<>(Set.of(decomposed));
        all.add(MARKS.matcher(decomposed).replaceAll(""));
        all.add(new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        all.add(new String(value.getBytes(StandardCharsets.UTF_8), WINDOWS));
        if (StandardCharsets.ISO_8859_1.newEncoder().canEncode(value)) {
            all.add(new String(value.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
        }
        return all;
    }

    /** As browsers encode a part of a URL; with an at sign, as it may stand there. */
    private static String component(String path) {
        return path.replace("%27", "'")
                .replace("%28", "(")
                .replace("%29", ")")
                .replace("%21", "!")
                .replace("%7E", "~")
                .replace("%40", "@");
    }

    /** A text in which what is not ASCII is escaped, as many programs write it, and some other characters too. */
    private static String escapedInJson(String text, String others) {
        StringBuilder ascii = new StringBuilder();
        text.chars().forEach(unit -> {
            if (unit > LAST_ASCII || others.indexOf(unit) >= 0) {
                ascii.append("\\u").append(HexFormat.of().toHexDigits((char) unit));
            } else {
                ascii.append((char) unit);
            }
        });
        return ascii.toString();
    }

    private static String escapedInHtml(String text, String prefix, int radix) {
        StringBuilder ascii = new StringBuilder();
        text.codePoints().forEach(character -> {
            if (character > LAST_ASCII) {
                ascii.append(prefix).append(Integer.toString(character, radix)).append(';');
            } else {
                ascii.append((char) character);
            }
        });
        return ascii.toString();
    }

    private static String html(String value, String apostrophe, String quote) {
        return value.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", quote)
                .replace("'", apostrophe);
    }
}
