package io.herald.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code application.properties} says of the providers is what a start would take. */
class PropertiesTest {

    /** What the page has no address for is given by each deployment. */
    private static final Map<String, String> GIVEN =
            Map.of("provider.fraudspect.url", "https://fraudspect.example.com", "herald.sandbox.port", "8089");

    @ParameterizedTest
    @ValueSource(strings = {"dev", "prod"})
    void aStartWouldTakeThem(String profile) throws IOException {
        Providers providers = providers(profile, GIVEN);

        assertThat(providers.mistakes()).isEmpty();
        assertThat(providers.ids()).isNotEmpty();
    }

    /** Its dead letters could not be named, nor it in the targets of a customer. */
    @ParameterizedTest
    @ValueSource(
            strings = {"acme_eu", "Acme", "-acme", "a2345678901234567890123456789012345678901234567890123456789012345"})
    void anIdThatCannotStandInAnAddressIsAMistake(String id) throws IOException {
        Map<String, String> given = new HashMap<>(GIVEN);
        given.put("provider." + id + ".url", "https://acme.example.com");

        assertThat(providers("prod", given).mistakes())
                .containsExactly("provider." + id
                        + ": the id must be 1 to 64 of a to z, 0 to 9 and -, the first a letter or digit");
    }

    private static Providers providers(String profile, Map<String, String> given) throws IOException {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withProfile(profile)
                .addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(
                        Path.of("application.properties").toUri().toURL()))
                .withMapping(ProviderConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withDefaultValues(given)
                .withValidateUnknown(false)
                .build();
        return new Providers(config.getConfigMapping(ProviderConfig.class));
    }
}
