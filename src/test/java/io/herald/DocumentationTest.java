package io.herald;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the pages point at is there: files, headings, tests, places in files. */
class DocumentationTest {

    private static final Pattern LINK = Pattern.compile("]\\(([^)#\\s]*)(?:#([^)\\s]+))?\\)");
    private static final Pattern TEST = Pattern.compile("`([A-Z][A-Za-z0-9]+(?:Test|IT))`");
    private static final Pattern CODE =
            Pattern.compile("(?m)^(```[^\n]*\n.*?^```| {4}[^\n]*)$", Pattern.DOTALL | Pattern.MULTILINE);

    private static final Pattern MISTAKE = Pattern.compile("[\\w/.-]+:\\d+:\\d+: [^`\n]+");

    static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>();
        for (String folder : List.of("docs", "mappings", "src/sandbox")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
            }
        }
        pages.add(Path.of("README.md"));
        pages.add(Path.of("CONTRIBUTING.md"));
        return pages;
    }

    @ParameterizedTest
    @MethodSource("pages")
    void pointsAtWhatIsThere(Path page) throws IOException {
        List<String> missing = new ArrayList<>();
        String text = CODE.matcher(Files.readString(page)).replaceAll("");
        Matcher link = LINK.matcher(text);
        while (link.find()) {
            if (link.group(1).contains("://") || link.group(1).startsWith("mailto:")) {
                continue;
            }
            Path target = link.group(1).isEmpty()
                    ? page
                    : Path.of("").resolve(page).resolveSibling(link.group(1)).normalize();
            if (!Files.exists(target)) {
                missing.add(page + ": there is no file " + target);
            } else if (link.group(2) != null && !anchors(target).contains(link.group(2))) {
                missing.add(page + ": " + target + " has no heading for #" + link.group(2));
            }
        }
        Matcher test = TEST.matcher(text);
        Set<String> tests = tests();
        while (test.find()) {
            if (!tests.contains(test.group(1))) {
                missing.add(page + ": there is no test " + test.group(1));
            }
        }
        assertThat(missing).isEmpty();
    }

    /** That a start tells such mistakes, at such places, is kept by {@code FailEarlyIT}; the places move with the files. */
    @Test
    void showsMistakesAtThePlacesOfToday() throws IOException {
        Set<String> shown = new TreeSet<>();
        for (Path page : pages()) {
            MISTAKE.matcher(Files.readString(page))
                    .results()
                    .map(MatchResult::group)
                    .forEach(shown::add);
        }

        assertThat(shown)
                .as(
                        "the mistakes in README.md and mappings/README.md (actual) have the lines and columns of today (expected)")
                .containsExactlyInAnyOrder(
                        mistake(
                                "mappings/xbridge/request.jslt",
                                "\"email\": ^.contact",
                                "syntax error: unexpected ','"),
                        mistake(
                                "mappings/xbridge/request.jslt",
                                "\"mobile\":^ .contact",
                                "syntax error: unexpected '.'"),
                        mistake("routes/customer.camel.yaml", "- ^wireTap:", "Unknown node id: wireTapp"),
                        mistake(
                                "routes/providers/xbridge.camel.yaml",
                                "^${properties:provider.xbridge.secret}",
                                "the property provider.xbridge.secret is required and not set"));
    }

    /** @param place a text of the file, and in it a {@code ^} where the mistake would be */
    private static String mistake(String file, String place, String what) throws IOException {
        String text = Files.readString(Path.of(file));
        int found = text.indexOf(place.replace("^", ""));
        assertThat(found).as("%s in %s", place, file).isNotNegative();
        String before = text.substring(0, found + place.indexOf('^'));
        long line = before.chars().filter(c -> c == '\n').count() + 1;
        return file + ":" + line + ":" + (before.length() - before.lastIndexOf('\n')) + ": " + what;
    }

    /** As GitHub makes them: lower case, without punctuation, a hyphen for each blank. */
    private static Set<String> anchors(Path page) throws IOException {
        return Files.readAllLines(page).stream()
                .filter(line -> line.startsWith("#"))
                .map(line -> line.replaceFirst("^#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N} _-]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    private static Set<String> tests() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            return files.map(file -> file.getFileName().toString().replace(".java", ""))
                    .collect(Collectors.toCollection(HashSet::new));
        }
    }
}
