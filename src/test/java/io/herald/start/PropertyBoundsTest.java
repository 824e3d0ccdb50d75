package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.provider.ProviderConfig;
import io.herald.provider.Providers;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PropertyBoundsTest {

    @Test
    void whatCannotBeIsTold() {
        assertThat(mistakes(Map.of(
                        "herald.caller.rate", "0",
                        "herald.in-flight.max", "0",
                        "herald.park.poll", "0s",
                        "herald.retention", "30",
                        "provider.bolt.url", "https://bolt.example.com",
                        "provider.bolt.park.schedule", "30s, 2,1h",
                        "herald.wait.max", "-1s",
                        "intake.file.max-line", "2G",
                        "intake.file.parallel", "0",
                        "provider.acme.enabled", "ture")))
                .containsExactlyInAnyOrder(
                        "herald.caller.rate: must be more than 0",
                        "herald.in-flight.max: must be at least 1",
                        "herald.park.poll: must be at least 1ms",
                        "herald.retention: must be a number with ms, s, m, h or d",
                        "provider.bolt.park.schedule: must be a number with ms, s, m, h or d",
                        "herald.wait.max: must be at least 0ms",
                        "intake.file.max-line: must be from 1 to 1G",
                        "intake.file.parallel: must be at least 1",
                        "provider.acme.enabled: must be true or false");
    }

    @Test
    void whatCanBePasses() {
        assertThat(mistakes(Map.of(
                        "herald.caller.rate", "0.5",
                        "herald.retention", "PT1H",
                        "herald.wait.default", "0",
                        "intake.file.max-line", "1G",
                        "intake.file.parallel", "1")))
                .isEmpty();
    }

    private static List<String> mistakes(Map<String, String> settings) {
        List<String> mistakes = new ArrayList<>();
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(ProviderConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withDefaultValues(settings)
                .build();
        PropertyBounds.check(config, new Providers(config.getConfigMapping(ProviderConfig.class)), mistakes);
        return mistakes;
    }
}
