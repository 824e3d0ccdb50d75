package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/add-a-provider.md} shows the very files that {@link FifthProviderIT} runs, and all of them. */
class AddAProviderTest {

    private static final Path DOCUMENT = Path.of("docs/add-a-provider.md");
    private static final Path FIFTH = Path.of("src/test/resources/fifth-provider");

    /** A path in a line of its own, and the block below it. */
    private static final Pattern FILE = Pattern.compile("(?m)^`([^`\\n]+)`\\n\\n```[a-z]*\\n((?s:.*?))^```$");

    @Test
    void showsTheFilesThatAreTested() throws IOException {
        Map<String, String> shown = new TreeMap<>();
        Matcher file = FILE.matcher(Files.readString(DOCUMENT));
        while (file.find()) {
            shown.put(file.group(1), file.group(2));
        }

        assertThat(shown).isEqualTo(tested());
    }

    @Test
    void needsNoJavaAndReplacesNoFile() throws IOException {
        assertThat(tested().keySet())
                .allMatch(name -> name.matches(".*\\.(yaml|jslt|json|properties)"))
                .filteredOn(name -> !name.equals("application.properties"))
                .allSatisfy(name -> {
                    if (Files.exists(Path.of(name))) {
                        assertThat(Path.of(name)).hasSameTextualContentAs(FIFTH.resolve(name));
                    }
                });
    }

    private static Map<String, String> tested() throws IOException {
        Map<String, String> tested = new TreeMap<>();
        try (Stream<Path> files = Files.walk(FIFTH)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                tested.put(FIFTH.relativize(file).toString(), Files.readString(file));
            }
        }
        return tested;
    }
}
