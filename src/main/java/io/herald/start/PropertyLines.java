package io.herald.start;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.config.spi.ConfigSource;

/**
 * Finds the properties that a file sets twice, as who rotates a secret by adding a line does; only the last one would count. And
 * the files that are named and are not there, which Quarkus passes over.
 */
final class PropertyLines {

    private static final Pattern FILE = Pattern.compile("PropertiesConfigSource\\[source=(file:.+)]");

    private static final String LOCATIONS = "quarkus.config.locations";

    /** A location on the class path or in the net. */
    private static final Pattern ELSEWHERE = Pattern.compile("(?!file:)[a-z]{2,}:");

    private PropertyLines() {}

    /** What files set twice, a line each, with file and line of the last one, and without a value; and what is no file. */
    static List<String> mistakes(Config config) {
        return Stream.concat(missing(config), twice(config)).toList();
    }

    private static Stream<String> missing(Config config) {
        return config.getOptionalValue(LOCATIONS, String.class).stream()
                .flatMap(Pattern.compile(",")::splitAsStream)
                .map(String::strip)
                .filter(location ->
                        !location.isEmpty() && !ELSEWHERE.matcher(location).lookingAt())
                .filter(location ->
                        !Files.exists(location.startsWith("file:") ? Path.of(URI.create(location)) : Path.of(location)))
                .map(location -> LOCATIONS + ": there is no file " + location);
    }

    private static Stream<String> twice(Config config) {
        return StreamSupport.stream(config.getConfigSources().spliterator(), false)
                .map(ConfigSource::getName)
                .map(FILE::matcher)
                .filter(Matcher::matches)
                .flatMap(file -> mistakes(Path.of(URI.create(file.group(1)))).stream());
    }

    private static List<String> mistakes(Path file) {
        List<String> twice = new ArrayList<>();
        Properties properties = new Properties() {
            @Override
            public synchronized Object put(Object name, Object value) {
                if (containsKey(name)) {
                    twice.add((String) name);
                }
                return super.put(name, value);
            }
        };
        try {
            // as SmallRye reads it: what is not UTF-8 is replaced
            String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            properties.load(new StringReader(text));
            List<String> lines = text.lines().map(String::strip).toList();
            return twice.stream()
                    .distinct()
                    .map(name -> file + ":" + lastLine(lines, name) + ": " + name + " is set twice")
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int lastLine(List<String> lines, String name) {
        Pattern setting = Pattern.compile(Pattern.quote(name) + "\\s*[=:\\s].*");
        for (int i = lines.size(); i > 0; i--) {
            if (setting.matcher(lines.get(i - 1)).matches()) {
                return i;
            }
        }
        return lines.size();
    }
}
