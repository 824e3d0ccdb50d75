package io.herald.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.deploy.Dockerfile.Instruction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What docs/configuration.md says, whose truth ConfigurationDocTest keeps. */
final class Settings {

    private static final Path PAGE = Path.of("docs/configuration.md");
    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    private static final Pattern NAME =
            Pattern.compile("(?:herald|provider|intake|quarkus)(?:\\.(?:<id>|[a-z0-9-]+))+");
    private static final Pattern DURATION = Pattern.compile("([0-9]+)s");

    private Settings() {}

    /** Each property of the page as it is spelled in the environment, that of every provider among them. */
    static Set<String> variables() throws IOException {
        Set<String> variables = new TreeSet<>();
        NAME.matcher(page())
                .results()
                .map(MatchResult::group)
                .forEach(name -> PROVIDERS.forEach(id -> variables.add(variable(name.replace("<id>", id)))));
        Pattern.compile("[A-Z]+(?:_[A-Z]+)+")
                .matcher(page())
                .results()
                .map(MatchResult::group)
                .forEach(variables::add);
        return variables;
    }

    /** The variables that a start needs and that are told nobody: credentials, and the payload key. */
    static Set<String> credentials() throws IOException {
        Set<String> required = new TreeSet<>();
        Pattern row = Pattern.compile("\\| `[^`]+` \\| `([A-Z_]+)` \\| none; required \\|");
        row.matcher(page()).results().map(found -> found.group(1)).forEach(required::add);
        assertThat(required).contains("HERALD_PAYLOAD_KEY", "PROVIDER_XBRIDGE_SECRET");
        return required;
    }

    /** The default of a property, where it is a number of seconds. */
    static int seconds(String property) throws IOException {
        Matcher row = Pattern.compile("\\| `" + Pattern.quote(property) + "` \\| `[A-Z_]+` \\| `([^`]+)` \\|")
                .matcher(page());
        assertThat(row.find()).as("the default of %s in %s", property, PAGE).isTrue();
        Matcher duration = DURATION.matcher(row.group(1));
        assertThat(duration.matches()).as(row.group(1)).isTrue();
        return Integer.parseInt(duration.group(1));
    }

    /** The two ports: of callers, and of management. */
    static List<String> ports() throws IOException {
        Properties properties = new Properties();
        try (var file = Files.newBufferedReader(Path.of("application.properties"))) {
            properties.load(file);
        }
        assertThat(properties.getProperty("quarkus.management.enabled")).isEqualTo("true");
        Matcher told = Pattern.compile("`quarkus\\.(?:http|management)\\.port` \\(([0-9]+)")
                .matcher(page());
        List<String> usual = told.results().map(found -> found.group(1)).toList();
        assertThat(usual).as("ports in %s", PAGE).hasSize(2);
        return List.of(
                properties.getProperty("quarkus.http.port", usual.get(0)),
                properties.getProperty("quarkus.management.port", usual.get(1)));
    }

    /** How much of the memory is heap, of one: what the image's program is started with. */
    static double heap() {
        Instruction entry = Dockerfile.read(Dockerfile.JVM).only("ENTRYPOINT");
        String option = entry.exec().stream()
                .filter(word -> word.startsWith("-XX:MaxRAMPercentage="))
                .findFirst()
                .orElseThrow();
        return Double.parseDouble(option.substring(option.indexOf('=') + 1)) / 100;
    }

    private static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }

    private static String page() throws IOException {
        return Files.readString(PAGE);
    }
}
