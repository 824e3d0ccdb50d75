package io.herald.provider;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
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
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withProfile(profile)
                .addDefaultInterceptors()
                .withSources(new PropertiesConfigSource(
                        Path.of("application.properties").toUri().toURL()))
                .withMapping(ProviderConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withDefaultValues(GIVEN)
                .withValidateUnknown(false)
                .build();

        Providers providers = new Providers(config.getConfigMapping(ProviderConfig.class));

        assertThat(providers.mistakes()).isEmpty();
        assertThat(providers.ids()).isNotEmpty();
    }
}
