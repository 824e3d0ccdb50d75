package io.herald.caller;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A caller may make the calls of one second at once, and no more than the rate over time; what is kept of callers is bounded. */
class CallerRateTest {

    private final AtomicLong nanos =
            new AtomicLong(Long.MAX_VALUE - Duration.ofSeconds(3).toNanos());

    private long taken(CallerRate rate, String subject, int calls) {
        return IntStream.range(0, calls)
                .filter(i -> rate.tooEarlyBy(subject).isEmpty())
                .count();
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void asManyAtOnceAsInASecondAndThenAsTheyComeDue() {
        CallerRate rate = new CallerRate(50, nanos::get);

        assertThat(taken(rate, "one", 200)).isEqualTo(50);
        assertThat(rate.tooEarlyBy("one")).contains(Duration.ofMillis(20));
        pass(Duration.ofMillis(100));
        assertThat(taken(rate, "one", 200)).isEqualTo(5);
        pass(Duration.ofSeconds(10));
        assertThat(taken(rate, "one", 200)).as("nothing is saved up").isEqualTo(50);
    }

    @Test
    void oneCallerTakesNothingFromAnother() {
        CallerRate rate = new CallerRate(50, nanos::get);

        assertThat(taken(rate, "one", 200)).isEqualTo(50);
        assertThat(taken(rate, "two", 50)).isEqualTo(50);
    }

    @Test
    void aRateBelowOneASecond() {
        CallerRate rate = new CallerRate(0.1, nanos::get);

        assertThat(taken(rate, "one", 3)).isEqualTo(1);
        assertThat(rate.tooEarlyBy("one")).contains(Duration.ofSeconds(10));
        pass(Duration.ofSeconds(10));
        assertThat(taken(rate, "one", 3)).isEqualTo(1);
    }

    @Test
    void howeverManyCallersThereAreFewAreKept() {
        CallerRate rate = new CallerRate(50, nanos::get);
        assertThat(taken(rate, "one", 50)).isEqualTo(50);

        for (int i = 0; i < 3 * CallerRate.MOST_CALLERS; i++) {
            assertThat(rate.tooEarlyBy("subject " + i)).isEmpty();
            rate.tooEarlyBy("one");
        }

        assertThat(rate.kept()).isEqualTo(CallerRate.MOST_CALLERS);
        assertThat(rate.tooEarlyBy("one"))
                .as("who goes on calling is not forgotten")
                .isPresent();
    }
}
