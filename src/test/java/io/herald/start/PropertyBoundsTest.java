package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.SmallRyeConfigBuilder;
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
                        "herald.wait.max", "-1s",
                        "intake.file.max-line", "2G",
                        "intake.file.parallel", "0")))
                .containsExactlyInAnyOrder(
                        "herald.caller.rate: must be more than 0",
                        "herald.in-flight.max: must be at least 1",
                        "herald.park.poll: must be at least 1ms",
                        "herald.wait.max: must be at least 0ms",
                        "intake.file.max-line: must be from 1 to 1G",
                        "intake.file.parallel: must be at least 1");
    }

    @Test
    void whatCanBePasses() {
        assertThat(mistakes(
                        Map.of("herald.caller.rate", "0.5", "intake.file.max-line", "1G", "intake.file.parallel", "1")))
                .isEmpty();
    }

    private static List<String> mistakes(Map<String, String> settings) {
        List<String> mistakes = new ArrayList<>();
        PropertyBounds.check(
                new SmallRyeConfigBuilder()
                        .addDiscoveredConverters()
                        .withDefaultValues(settings)
                        .build(),
                mistakes);
        return mistakes;
    }
}
