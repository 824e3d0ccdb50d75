package io.herald.lane;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A source that brings much does not hold up one that brings little. */
class FairQueueTest {

    private final FairQueue<String> queue = new FairQueue<>();

    @Test
    void servesTheSourcesInTurnAndEachInItsOrder() {
        for (int i = 1; i <= 4; i++) {
            queue.add("file", "file " + i);
        }
        queue.add("rest", "rest 1");
        queue.add("ledger", "ledger 1");
        queue.add("rest", "rest 2");

        assertThat(rest()).containsExactly("file 1", "rest 1", "ledger 1", "file 2", "rest 2", "file 3", "file 4");
    }

    @Test
    void aSourceThatComesLaterHasItsTurnAtOnce() {
        queue.add("file", "file 1");
        queue.add("file", "file 2");
        assertThat(queue.poll()).isEqualTo("file 1");
        queue.add("rest", "rest 1");

        assertThat(queue.peek()).isEqualTo("file 2");
        assertThat(queue.size()).isEqualTo(2);
        assertThat(rest()).containsExactly("file 2", "rest 1");
        assertThat(queue.poll()).isNull();
        assertThat(queue.peek()).isNull();
    }

    private List<String> rest() {
        List<String> all = new ArrayList<>();
        for (String next = queue.poll(); next != null; next = queue.poll()) {
            all.add(next);
        }
        return all;
    }
}
