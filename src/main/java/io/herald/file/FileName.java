package io.herald.file;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What the name of a dropped file says. */
record FileName(String name) {

    private static final Pattern NAME =
            Pattern.compile("(?is)(?<stem>.*?)(?<again>\\.again)?\\.(?<format>json|ndjson|jsonl|csv)(?<gz>\\.gz)?");

    /** A file's name has at most 255 bytes in the usual file systems; so many are left for the names of its reports. */
    private static final int LONGEST = 200;

    private static final int MOST_TRIED = 100;

    /** Camel takes such a file for a lock of its own. */
    private static final String LOCK = ".camellock";

    /** How the records of a file stand in it. */
    enum Format {
        /** One object, or an array of them. */
        JSON,
        /** An object a line. */
        LINES,
        /** A row a record, RFC 4180; the first row names the fields. */
        CSV
    }

    /** Whether a file of that name is not complete, or not meant for Herald. */
    boolean isIgnored() {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.startsWith(".") || lower.endsWith(".part") || lower.endsWith(".tmp") || lower.endsWith(LOCK);
    }

    /** Whether it is the name of a file in one directory for every program that reads it, and a line in a log. */
    boolean isPlain() {
        return name.chars().noneMatch(c -> c == '/' || c == '\\' || Character.isISOControl(c) || c == '\uFFFD');
    }

    /** For a log. */
    String printable() {
        return name.replaceAll("[\\p{Cc}\\\\/]", "?");
    }

    Optional<Format> format() {
        return match().map(match -> switch (match.group("format").toLowerCase(Locale.ROOT)) {
            case "json" -> Format.JSON;
            case "csv" -> Format.CSV;
            default -> Format.LINES;
        });
    }

    boolean isCompressed() {
        return match().map(match -> match.group("gz")).isPresent();
    }

    /** Whether its records are to be sent although the same content was sent before. */
    boolean isAgain() {
        return match().map(match -> match.group("again")).isPresent();
    }

    /** Whether the same content has the same records under that name, and is to be sent as often. */
    boolean isReadAs(FileName other) {
        return format().equals(other.format()) && isAgain() == other.isAgain();
    }

    /**
     * Names that it may have where it goes: its own, and then with a number before the extension. When a hundred are taken the
     * number is the time, so that a file that comes every hour does not try all that came before it.
     */
    Stream<String> filingNames() {
        int end = match().map(match -> match.end("stem")).orElse(name.length());
        String stem = shortened(name.substring(0, end), LONGEST - (name.length() - end));
        String rest = name.substring(end);
        LongStream numbers = LongStream.concat(
                LongStream.rangeClosed(2, MOST_TRIED), LongStream.iterate(System.currentTimeMillis(), i -> i + 1));
        return Stream.concat(Stream.of(stem + rest), numbers.mapToObj(i -> stem + "-" + i + rest));
    }

    private static String shortened(String stem, int bytes) {
        String shorter = stem;
        while (shorter.getBytes(StandardCharsets.UTF_8).length > bytes) {
            shorter = shorter.substring(0, shorter.offsetByCodePoints(shorter.length(), -1));
        }
        return shorter;
    }

    private Optional<Matcher> match() {
        return Optional.of(NAME.matcher(name)).filter(Matcher::matches);
    }
}
