package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.provider.ProviderConfig;
import io.herald.provider.Providers;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.SysPropConfigSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A name in a file that nothing reads is a mistake; one that anything reads, and one from elsewhere, is none. */
class PropertyNamesTest {

    private static final Pattern DOCUMENTED =
            Pattern.compile("(?m)^\\| `((?:herald|intake|provider)\\.[^`]+)` \\| `[A-Z_<>]+` \\|");
    private static final String ACME = "routes/providers/acme.camel.yaml";

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({
        "provider.xbridge.retires=5, provider.xbridge.retry.*",
        "provider.xbridge.retry.attemps=5, provider.xbridge.retry.attempts",
        "provider.xbridge.connectTimeout=5s, provider.xbridge.connect-timeout",
        "provider.xbridge.ket-id=any, provider.xbridge.key-id",
        "provider.yativo.secret=any, provider.yativo.app-secret",
        "provider.xbrige.url=https://x.example.com, provider.xbridge.url",
        "provider.frausdpect.enabled=false, provider.fraudspect.enabled",
        "providers.xbridge.rate=5, provider.xbridge.rate",
        "herald.retetion=9d, herald.retention",
        "herald.in-flight.most=9, herald.in-flight.max",
        "intake.file.retntion=9d, intake.file.retention"
    })
    void aMisspeltNameIsToldWithItsLineAndTheNearest(String line, String nearest) throws IOException {
        String name = line.substring(0, line.indexOf('='));

        assertThat(mistakes("# one line\n" + line + "\n", Map.of(), files()))
                .containsExactly(directory.resolve("application.properties") + ":2: there is no property " + name
                        + "; the nearest is " + nearest);
    }

    @Test
    void ofAMisspeltProviderEachLineIsTold() throws IOException {
        assertThat(mistakes("provider.xbrige.key-id=any\nprovider.xbrige.secret=any\n", Map.of(), files()))
                .hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "provider.xbridge.park.schedule[0]=1m",
                "provider.\"bridge-xyz\".rate=5",
                "provider.acme.enabled=false",
                "provider.xbridg3.enabled=false\nprovider.xbridg3.account=any",
                "herald.region=eu\nprovider.xbridge.url=https://${herald.region}.example.com",
                "herald.region.eu=x\nprovider.xbridge.url=https://${herald.region.${where:eu}}.example.com",
                "%dev.herald.retetion=9d"
            })
    void whatMayBeMeantSoIsNoMistake(String lines) throws IOException {
        assertThat(mistakes(lines, Map.of(), files())).isEmpty();
    }

    @Test
    void whatTheProjectSetsIsNoMistake() throws IOException {
        assertThat(mistakes(Files.readString(Path.of("application.properties")), Map.of(), files()))
                .isEmpty();
    }

    /** Its route file may refer to it in either way, also where the provider is disabled. */
    @ParameterizedTest
    @ValueSource(strings = {"{{provider.acme.token}}", "{{?provider.acme.token}}", "${properties:provider.acme.token}"})
    void whatARouteRefersToIsNoMistake(String reference) throws IOException {
        String lines = "provider.acme.enabled=false\nprovider.acme.token=any\n";

        assertThat(mistakes(lines, Map.of(), with("constant: " + reference))).isEmpty();
        assertThat(mistakes(lines, Map.of(), with("constant: {{provider.acme.tocken}}")))
                .singleElement()
                .asString()
                .endsWith("there is no property provider.acme.token; the nearest is provider.acme.tocken");
        assertThat(mistakes(lines, Map.of(), with("constant: ${properties:provider.${variable.provider}.token}")))
                .as("nobody knows what it is put together to")
                .isEmpty();
    }

    /** What a disabled provider is set up with in the program stays when routes without its file are mounted. */
    @Test
    void aDisabledProviderNeedsNoRouteFile() throws IOException {
        List<Resource> withoutYativo = files().stream()
                .filter(file -> !file.getLocation().contains("yativo"))
                .toList();

        assertThat(mistakes(
                        "provider.yativo.enabled=false\nprovider.yativo.update-path=/any\n", Map.of(), withoutYativo))
                .isEmpty();
    }

    @Test
    void theEnvironmentMayHaveNamesOfOthers() throws IOException {
        Map<String, String> environment = Map.of(
                "HERALD_SERVICE_HOST", "10.0.0.1",
                "HERALD_PORT_8080_TCP", "tcp://10.0.0.1:8080",
                "HERALD_RETETION", "9d",
                "INTAKE_SVC_PORT", "8080",
                "PROVIDER_XBRIDGE_RETIRES", "5",
                "PROVIDER_XBRIDGE_URL", "https://${herald.region}.example.com");

        assertThat(mistakes("herald.region=eu", environment, files())).isEmpty();
    }

    @Test
    void ofTheEnvironmentItIsToldWhatNothingReads() throws IOException {
        Map<String, String> misspelt = Map.of(
                "HERALD_RETETION", "9d",
                "PROVIDER_XBRIDGE_RETIRES", "5",
                "PROVIDER_BRIDGEXYZ_API_KEY", "sk-secret",
                "INTAKE_FILE_CSV_DELIMITTER", ";");
        Map<String, String> ofOthers = Map.of(
                "HERALD_SERVICE_HOST", "10.0.0.1",
                "HERALD_SERVICE_PORT_HTTP", "8080",
                "HERALD_PORT", "tcp://10.0.0.1:8080",
                "HERALD_PORT_8080_TCP_ADDR", "10.0.0.1",
                "HERALDRY", "any",
                "PATH", "/bin");
        Map<String, String> read = Map.of(
                "HERALD_IN_FLIGHT_MAX_BYTES", "1M",
                "PROVIDER_BRIDGE_XYZ_API_KEY", "any",
                "PROVIDER_XBRIDGE_SECRET", "any",
                "PROVIDER_XBRIDGE_URL", "https://${herald.region}.example.com",
                "HERALD_REGION", "eu",
                "HERALD_DB_HOST", "db.example.com",
                "PROVIDER_XBRIDGE_PARK_SCHEDULE_0_", "30s",
                "PROVIDER_GONE_ENABLED", "false",
                "PROVIDER_GONE_SECRET", "any");
        Map<String, String> environment = new HashMap<>(misspelt);
        environment.putAll(ofOthers);
        environment.putAll(read);

        assertThat(names(config("quarkus.any=//${HERALD_DB_HOST}/herald\n", environment), files())
                        .warnings())
                .containsExactly(
                        "nothing reads the environment variable HERALD_RETETION; the nearest is HERALD_RETENTION",
                        "nothing reads the environment variable INTAKE_FILE_CSV_DELIMITTER; the nearest is"
                                + " INTAKE_FILE_CSV_DELIMITER",
                        "nothing reads the environment variable PROVIDER_BRIDGEXYZ_API_KEY; the nearest is"
                                + " PROVIDER_BRIDGE_XYZ_API_KEY",
                        "nothing reads the environment variable PROVIDER_XBRIDGE_RETIRES; the nearest is"
                                + " PROVIDER_XBRIDGE_RETRY_*");
    }

    @Test
    void whatIsReadIsKnownAndNothingElse() throws IOException {
        Set<String> known = new HashSet<>(PropertyNames.OF_HERALD);
        PropertyNames.OF_EVERY_PROVIDER.forEach(name -> known.add("provider.<id>." + name));
        Set<String> documented = DOCUMENTED
                .matcher(Files.readString(Path.of("docs/configuration.md")))
                .results()
                .map(row -> row.group(1))
                .collect(Collectors.toSet());
        String routes = files().stream().map(RouteFiles::text).collect(Collectors.joining());

        assertThat(documented)
                .as(
                        "docs/configuration.md, which ConfigurationDocTest compares with the program, has all in PropertyNames")
                .containsAll(known);
        documented.removeAll(known);
        assertThat(documented)
                .as("what is not in PropertyNames only a route file reads")
                .allMatch(routes::contains);
    }

    private List<String> mistakes(String lines, Map<String, String> environment, List<Resource> files)
            throws IOException {
        return names(config(lines, environment), files).mistakes();
    }

    private SmallRyeConfig config(String lines, Map<String, String> environment) throws IOException {
        Path file = Files.writeString(directory.resolve("application.properties"), lines);
        return new SmallRyeConfigBuilder()
                .withProfile("prod")
                .addDefaultInterceptors()
                .withSources(
                        new PropertiesConfigSource(file.toUri().toURL()),
                        new EnvConfigSource(environment, 300),
                        new SysPropConfigSource())
                .withMapping(ProviderConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withValidateUnknown(false)
                .build();
    }

    private static PropertyNames names(SmallRyeConfig config, List<Resource> files) {
        return new PropertyNames(config, new Providers(config.getConfigMapping(ProviderConfig.class)), files);
    }

    /** The project's route files. */
    private static List<Resource> files() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            List<Resource> found = new ArrayList<>();
            for (Path file : files.filter(path -> path.toString().endsWith(".camel.yaml"))
                    .sorted()
                    .toList()) {
                found.add(ResourceHelper.fromString(file.toString(), Files.readString(file)));
            }
            return found;
        }
    }

    /** These, and one of a provider acme. */
    private static List<Resource> with(String text) throws IOException {
        List<Resource> files = new ArrayList<>(files());
        files.add(ResourceHelper.fromString(ACME, text));
        return files;
    }
}
