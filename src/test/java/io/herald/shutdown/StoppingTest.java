package io.herald.shutdown;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What waits in hand does not wait longer than there is time. */
class StoppingTest {

    @Test
    void theEndOfTheTimeEndsAWait() {
        Stopping stopping = new Stopping();
        assertThat(stopping.awaitEnd(Duration.ofMillis(1))).isFalse();
        CompletableFuture<Boolean> waiting =
                CompletableFuture.supplyAsync(() -> stopping.awaitEnd(Duration.ofHours(1)));

        stopping.begin();
        assertThat(waiting).isNotDone();
        stopping.end();

        assertThat(waiting).succeedsWithin(Duration.ofSeconds(20)).isEqualTo(true);
    }
}
