package io.herald;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Surefire runs each class by itself, in whichever fork is free, and Quarkus starts the program anew for each run. So tests that
 * share a profile are members of a suite, in {@code src/test/java/io/herald}, and Surefire leaves them out on their own:
 * {@code src/test/in-a-suite.txt}. Nothing may be left out of both.
 */
class SuitesTest {

    private static final Path SOURCES = Path.of("src/test/java");
    private static final Path LEFT_OUT = Path.of("src/test/in-a-suite.txt");
    private static final Pattern MEMBER = Pattern.compile("\"(io\\.herald\\.[A-Za-z.]+)\"");
    private static final Pattern PROFILE = Pattern.compile("@TestProfile\\(([A-Za-z.]+)\\.class\\)");

    @Test
    void whatIsLeftOutIsInOneSuite() throws IOException {
        List<String> members = new ArrayList<>();
        suites().values().forEach(members::addAll);

        assertThat(Files.readAllLines(LEFT_OUT))
                .as("%s (actual) has the members of the suites (expected)", LEFT_OUT)
                .containsExactlyInAnyOrderElementsOf(members.stream()
                        .map(member -> member.replace("io.herald.", "**/").replace('.', '/') + ".java")
                        .toList());
        assertThat(members).allSatisfy(member -> assertThat(source(member)).exists());
    }

    @Test
    void aSuiteHasTestsOfOneProfile() throws IOException {
        assertThat(suites().values()).allSatisfy(members -> assertThat(members.stream()
                        .map(member -> profile(text(source(member))))
                        .distinct())
                .as(members.toString())
                .hasSize(1));
    }

    @Test
    void testsThatShareAProfileAreInSuites() throws IOException {
        Map<String, List<String>> byProfile = new TreeMap<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            files.filter(file -> file.toString().endsWith("Test.java"))
                    .filter(file -> text(file).contains("\n@QuarkusTest\n"))
                    .forEach(file -> byProfile
                            .computeIfAbsent(profile(text(file)), profile -> new ArrayList<>())
                            .add(SOURCES.relativize(file)
                                    .toString()
                                    .replace(".java", "")
                                    .replace('/', '.')));
        }
        byProfile.values().removeIf(tests -> tests.size() == 1);

        assertThat(suites().values().stream().flatMap(List::stream))
                .containsExactlyInAnyOrderElementsOf(
                        byProfile.values().stream().flatMap(List::stream).toList());
    }

    private static String profile(String test) {
        Matcher profile = PROFILE.matcher(test);
        return profile.find() ? profile.group(1) : "none";
    }

    /** The members of each suite. */
    private static Map<Path, List<String>> suites() throws IOException {
        Map<Path, List<String>> suites = new TreeMap<>();
        try (Stream<Path> files = Files.list(SOURCES.resolve("io/herald"))) {
            files.filter(file -> file.toString().endsWith("Suite.java"))
                    .forEach(file -> suites.put(
                            file,
                            MEMBER.matcher(text(file))
                                    .results()
                                    .map((MatchResult member) -> member.group(1))
                                    .toList()));
        }
        return suites;
    }

    private static Path source(String member) {
        return SOURCES.resolve(member.replace('.', '/') + ".java");
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
