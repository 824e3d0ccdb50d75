package io.herald.inflight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.herald.inflight.InFlight.Permit;
import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A permit is taken once, shared by all who need it, and free again exactly when the last of them has released it. */
class InFlightTest {

    private static final Duration BOUND = Duration.ofSeconds(20);

    private final InFlight inFlight = new InFlight(3, new MemorySize(BigInteger.valueOf(1000)));

    @Test
    void areCounted() throws OverloadedException {
        Permit first = inFlight.take(1);
        inFlight.take(1);
        inFlight.take(1);

        assertThatThrownBy(() -> inFlight.take(1))
                .isInstanceOf(OverloadedException.class)
                .hasMessage("3 messages are being worked on");
        first.release();
        first.release();

        assertTaken(2, 2);
        inFlight.take(1);
        assertThatThrownBy(() -> inFlight.take(1)).isInstanceOf(OverloadedException.class);
    }

    @Test
    void areWeighed() throws OverloadedException {
        inFlight.take(300);
        Permit heavy = inFlight.take(700);

        assertThatThrownBy(() -> inFlight.take(1))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("1000 bytes");
        heavy.release();

        assertTaken(1, 300);
        inFlight.take(700);
    }

    @Test
    void areHeldByAllWhoShareThem() throws OverloadedException {
        Permit call = inFlight.take(500);
        Permit message = call.share().orElseThrow();
        call.release();
        call.release();

        assertTaken(1, 500);
        assertThat(call.share()).as("of one who has released it").isEmpty();
        message.release();

        assertTaken(0, 0);
    }

    @Test
    void areWeighedAnewWhenTheBodyIsRead() throws OverloadedException {
        Permit permit = inFlight.take(1000);
        Permit shared = permit.share().orElseThrow();

        shared.weigh(400);
        assertTaken(1, 400);
        shared.weigh(600);
        assertTaken(1, 400);

        permit.release();
        permit.weigh(100);
        assertTaken(1, 400);
        shared.release();
        assertTaken(0, 0);
    }

    @Test
    void takeWhatIsLargerThanAllOfThemAlone() throws OverloadedException {
        Permit small = inFlight.take(1);
        assertThatThrownBy(() -> inFlight.take(5000)).isInstanceOf(OverloadedException.class);
        small.release();

        Permit large = inFlight.take(5000);
        assertThatThrownBy(() -> inFlight.take(1)).isInstanceOf(OverloadedException.class);
        large.weigh(4000);
        assertTaken(1, 1000);
        large.release();
        assertTaken(0, 0);
    }

    @Test
    void ofTheirBytesHalfMayBeClaimedByOneCallerWhoseBodiesHaveYetToCome() throws OverloadedException {
        Permit first = inFlight.take("one", 300);
        assertThatThrownBy(() -> inFlight.take("one", 201))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("your bodies that are on their way");
        inFlight.take("another", 400).release();

        first.weigh(300);
        Permit second = inFlight.take("one", 500);
        assertThatThrownBy(() -> inFlight.take("one", 1)).isInstanceOf(OverloadedException.class);
        second.release();
        inFlight.take("one", 400);
        inFlight.take("one", 100);
    }

    @Test
    void answersThatWaitAreWeighedWhetherThereIsRoomOrNot() throws OverloadedException {
        Permit message = inFlight.take(900);
        inFlight.answerWaits("one", 300);
        inFlight.answerWaits("one", 0);

        assertTaken(1, 1200);
        assertThatThrownBy(() -> inFlight.take(1)).isInstanceOf(OverloadedException.class);
        message.release();
        inFlight.take(700);
        inFlight.answerIsGone("one", 300);
        inFlight.answerIsGone("one", 0);
        assertTaken(1, 700);
    }

    @Test
    void ofOneCallersAnswersThatWaitHalfOfTheBytesMayBe() throws OverloadedException {
        inFlight.answerWaits("one", 300);
        inFlight.answerWaits("one", 200);
        inFlight.checkAnswersOf("one");
        inFlight.answerWaits("one", 1);

        assertThatThrownBy(() -> inFlight.checkAnswersOf("one"))
                .isInstanceOf(OverloadedException.class)
                .hasMessage("of the 1000 bytes that may be worked on, answers that you have not read fill half");
        inFlight.checkAnswersOf("another");
        inFlight.answerIsGone("one", 300);
        inFlight.checkAnswersOf("one");
    }

    @Test
    void whoWaitsGetsOneWhenAnAnswerIsGone() throws OverloadedException {
        inFlight.answerWaits("one", 1000);
        CompletableFuture<Permit> awaited = waiting(100);
        inFlight.answerIsGone("one", 1000);

        assertThat(awaited).succeedsWithin(BOUND);
        assertTaken(1, 100);
    }

    @Test
    void whoWaitsGetsOneWhenAnotherHasLeft() throws OverloadedException {
        Permit all = inFlight.take(1000);
        CompletableFuture<Permit> awaited = waiting(100);
        all.release();

        assertThat(awaited).succeedsWithin(BOUND);
        assertTaken(1, 100);
    }

    @Test
    void whoWaitsGetsOneWhenAnotherWeighsLess() throws OverloadedException {
        Permit all = inFlight.take(1000);
        CompletableFuture<Permit> awaited = waiting(100);
        all.weigh(900);

        assertThat(awaited).succeedsWithin(BOUND);
        assertTaken(2, 1000);
    }

    /** Somebody who waits for one by now. */
    private CompletableFuture<Permit> waiting(long bytes) {
        CompletableFuture<Permit> awaited = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                awaited.complete(inFlight.takeWhenFree(bytes));
            } catch (InterruptedException e) {
                awaited.completeExceptionally(e);
            }
        });
        waiting.setDaemon(true);
        waiting.start();
        await().atMost(BOUND).until(() -> waiting.getState() == Thread.State.WAITING);
        return awaited;
    }

    private void assertTaken(int messages, long bytes) {
        assertThat(inFlight.taken()).isEqualTo(messages);
        assertThat(inFlight.takenBytes()).isEqualTo(bytes);
    }
}
