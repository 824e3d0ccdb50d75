package io.herald.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.herald.delivery.MovableClock;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is to be kept is not erased because a clock was wrong for a while. */
class RetentionTest {

    private final MovableClock clock = new MovableClock();
    private final AtomicInteger sweeps = new AtomicInteger();
    private final Retention retention = new Retention(sweeps::incrementAndGet, clock);

    @Test
    void nothingIsErasedWhenTheClockWasSetAndAgainOnceItGoesRight() {
        retention.sweep();
        assertThat(sweeps).hasValue(1);

        clock.putForward(Duration.ofDays(31));
        retention.sweep();
        clock.putBack(Duration.ofDays(31));
        retention.sweep();
        assertThat(sweeps).as("while it was ahead, and just after").hasValue(1);

        retention.sweep();
        assertThat(sweeps).hasValue(2);
    }

    /** A machine's clock is often mended a minute after its boot only. */
    @Test
    void nothingIsErasedAtTheStart() {
        retention.start(null);
        try {
            await().during(Duration.ofMillis(500))
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> sweeps.get() == 0);
        } finally {
            retention.stop(null);
        }
    }
}
