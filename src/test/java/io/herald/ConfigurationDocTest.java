package io.herald;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.provider.ProviderConfig;
import io.smallrye.config.WithDefault;
import io.smallrye.config.WithName;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** {@code docs/configuration.md} has each property that is read, with its default, and no other. */
class ConfigurationDocTest {

    private static final String EVERY_PROVIDER = "provider.<id>.";
    private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\| `([A-Z_<>]+)` \\| ([^|]+) \\| \\S.* \\|");
    private static final Pattern SET = Pattern.compile("\\| `([^`]+)` \\| `([^`]+)` \\|");
    private static final Pattern ANNOTATION =
            Pattern.compile("@ConfigProperty\\(\\s*name = \"([^\"]+)\"(?:,\\s*defaultValue = \"([^\"]*)\")?\\s*\\)");
    private static final Pattern IN_ROUTE = Pattern.compile(
            "\\{\\{\\??([A-Za-z0-9_-]+\\.[A-Za-z0-9._-]+)(?::([^}]*))?}}|\\$\\{properties:([A-Za-z0-9._-]+)(?::([^}]*))?}");
    private static final Pattern IN_PROPERTY = Pattern.compile("\\$\\{((?:herald|provider)\\.[^:}]+)(?::([^}]*))?}");

    private static final Map<String, Optional<String>> READ = new TreeMap<>();
    private static final Map<String, String> DOCUMENTED = new TreeMap<>();
    private static final Map<String, String> ENVIRONMENT = new TreeMap<>();
    private static final Map<String, String> DOCUMENTED_AS_SET = new TreeMap<>();
    private static final Properties PROPERTIES = new Properties();

    @BeforeAll
    static void read() throws IOException {
        try (var file = Files.newBufferedReader(Path.of("application.properties"))) {
            PROPERTIES.load(file);
        }
        readProvider(EVERY_PROVIDER, ProviderConfig.Provider.class);
        for (Path file : files("src/main/java", ".java")) {
            find(ANNOTATION, file, 1, 2);
        }
        for (Path file : files("routes", ".yaml")) {
            find(IN_ROUTE, file, 1, 2);
            find(IN_ROUTE, file, 3, 4);
        }
        find(IN_PROPERTY, Path.of("application.properties"), 1, 2);
        for (String line : Files.readAllLines(Path.of("docs/configuration.md"))) {
            Matcher row = ROW.matcher(line);
            Matcher set = SET.matcher(line);
            if (row.matches()) {
                DOCUMENTED.put(row.group(1), row.group(3));
                ENVIRONMENT.put(row.group(1), row.group(2));
            } else if (set.matches()) {
                DOCUMENTED_AS_SET.put(set.group(1), set.group(2));
            }
        }
    }

    @Test
    void hasWhatIsReadAndNothingElse() {
        assertThat(READ).containsKeys("provider.<id>.retry.attempts", "provider.xbridge.secret", "herald.body.max");
        assertThat(DOCUMENTED.keySet())
                .as("docs/configuration.md (actual) has a row for each property that the program reads (expected)")
                .containsExactlyInAnyOrderElementsOf(READ.keySet());
    }

    @Test
    void hasTheDefaults() {
        READ.forEach((property, inCode) -> Optional.ofNullable(PROPERTIES.getProperty(property))
                .or(() -> inCode)
                .ifPresent(value -> assertThat(DOCUMENTED.get(property))
                        .as("the default of " + property + " in docs/configuration.md")
                        .isEqualTo("`" + value + "`")));
    }

    @Test
    void hasTheSpellingOfTheEnvironment() {
        ENVIRONMENT.forEach((property, variable) -> assertThat(variable)
                .as("how " + property + " is spelled in the environment")
                .isEqualTo(property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9<>]", "_")));
    }

    @Test
    void hasWhatIsSetForOneProvider() {
        Map<String, String> set = new TreeMap<>();
        PROPERTIES.stringPropertyNames().stream()
                .filter(property -> property.startsWith("provider.") && !READ.containsKey(property))
                .forEach(property -> set.put(property, PROPERTIES.getProperty(property)));
        assertThat(DOCUMENTED_AS_SET)
                .as("what docs/configuration.md says that application.properties sets (actual), and what it sets")
                .isEqualTo(set);
    }

    @Test
    void whatIsSetIsRead() {
        assertThat(PROPERTIES.stringPropertyNames())
                .as("properties of Herald in application.properties that nothing reads")
                .filteredOn(property -> property.matches("(%[a-z,]+\\.)?(herald|intake|provider)\\..*"))
                .allSatisfy(property -> {
                    String plain = property.replaceFirst("^%[a-z,]+\\.", "");
                    assertThat(List.of(plain, plain.replaceFirst("^provider\\.[^.]+\\.", EVERY_PROVIDER)))
                            .as(property)
                            .anyMatch(READ::containsKey);
                });
    }

    private static void readProvider(String prefix, Class<?> group) {
        for (Method method : group.getMethods()) {
            WithName named = method.getAnnotation(WithName.class);
            String name = prefix
                    + (named != null
                            ? named.value()
                            : method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT));
            if (method.getReturnType().getEnclosingClass() == ProviderConfig.class) {
                readProvider(name + ".", method.getReturnType());
            } else {
                WithDefault usual = method.getAnnotation(WithDefault.class);
                READ.put(name, Optional.ofNullable(usual).map(WithDefault::value));
            }
        }
    }

    private static void find(Pattern pattern, Path file, int name, int usual) throws IOException {
        Matcher found = pattern.matcher(Files.readString(file));
        while (found.find()) {
            String property = found.group(name);
            if (property != null && !READ.containsKey(property.replaceFirst("^provider\\.[^.]+\\.", EVERY_PROVIDER))) {
                READ.put(property, Optional.ofNullable(found.group(usual)));
            } else if (property != null && READ.containsKey(property) && found.group(usual) != null) {
                assertThat(READ.put(property, Optional.of(found.group(usual))).orElse(found.group(usual)))
                        .as("the default of " + property + ", which is read in " + file + " and elsewhere")
                        .isEqualTo(found.group(usual));
            }
        }
    }

    private static List<Path> files(String folder, String end) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        }
    }

    @Test
    void theAnnotationIsSpelledAsItIsLookedFor() throws IOException {
        for (Path file : files("src/main/java", ".java")) {
            String text = Files.readString(file);
            assertThat(ANNOTATION.matcher(text).results().count())
                    .as("@" + ConfigProperty.class.getSimpleName() + " in " + file
                            + " as (name = \"…\") or (name = \"…\", defaultValue = \"…\")")
                    .isEqualTo(Pattern.compile("@ConfigProperty\\(")
                            .matcher(text)
                            .results()
                            .count());
        }
    }
}
