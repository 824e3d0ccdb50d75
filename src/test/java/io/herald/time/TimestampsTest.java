package io.herald.time;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class TimestampsTest {

    @Test
    void aWholeSecondHasItsThreeDigitsToo() {
        Clock clock = Clock.fixed(Instant.parse("2026-07-28T12:00:00Z"), ZoneOffset.UTC);

        assertThat(Timestamps.of(clock.instant())).isEqualTo("2026-07-28T12:00:00.000Z");
    }

    @Test
    void whatIsPastTheMillisecondIsCutOff() {
        assertThat(Timestamps.of(Instant.parse("2026-07-28T12:00:00.010999999Z")))
                .isEqualTo("2026-07-28T12:00:00.010Z");
    }
}
