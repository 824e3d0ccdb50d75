package io.herald.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.herald.intake.Places.Place;
import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A place is taken once, shared by all who need it, and free again exactly when the last of them has left. */
class PlacesTest {

    private static final Duration BOUND = Duration.ofSeconds(20);

    private final Places places = new Places(3, new MemorySize(BigInteger.valueOf(1000)));

    @Test
    void areCounted() throws OverloadedException {
        Place first = places.take(1);
        places.take(1);
        places.take(1);

        assertThatThrownBy(() -> places.take(1))
                .isInstanceOf(OverloadedException.class)
                .hasMessage("3 messages are being worked on");
        first.leave();
        first.leave();

        assertTaken(2, 2);
        places.take(1);
        assertThatThrownBy(() -> places.take(1)).isInstanceOf(OverloadedException.class);
    }

    @Test
    void areWeighed() throws OverloadedException {
        places.take(300);
        Place heavy = places.take(700);

        assertThatThrownBy(() -> places.take(1))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("1000 bytes");
        heavy.leave();

        assertTaken(1, 300);
        places.take(700);
    }

    @Test
    void areHeldByAllWhoShareThem() throws OverloadedException {
        Place call = places.take(500);
        Place message = call.share().orElseThrow();
        call.leave();
        call.leave();

        assertTaken(1, 500);
        assertThat(call.share()).as("of one who has left").isEmpty();
        message.leave();

        assertTaken(0, 0);
    }

    @Test
    void areWeighedAnewWhenTheBodyIsRead() throws OverloadedException {
        Place place = places.take(1000);
        Place shared = place.share().orElseThrow();

        shared.weigh(400);
        assertTaken(1, 400);
        shared.weigh(600);
        assertTaken(1, 400);

        place.leave();
        place.weigh(100);
        assertTaken(1, 400);
        shared.leave();
        assertTaken(0, 0);
    }

    @Test
    void takeWhatIsLargerThanAllOfThemAlone() throws OverloadedException {
        Place small = places.take(1);
        assertThatThrownBy(() -> places.take(5000)).isInstanceOf(OverloadedException.class);
        small.leave();

        Place large = places.take(5000);
        assertThatThrownBy(() -> places.take(1)).isInstanceOf(OverloadedException.class);
        large.weigh(4000);
        assertTaken(1, 1000);
        large.leave();
        assertTaken(0, 0);
    }

    @Test
    void ofTheirBytesHalfMayBeClaimedByOneCallerWhoseBodiesHaveYetToCome() throws OverloadedException {
        Place first = places.take("one", 300);
        assertThatThrownBy(() -> places.take("one", 201))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("your bodies that are on their way");
        places.take("another", 400).leave();

        first.weigh(300);
        Place second = places.take("one", 500);
        assertThatThrownBy(() -> places.take("one", 1)).isInstanceOf(OverloadedException.class);
        second.leave();
        places.take("one", 400);
        places.take("one", 100);
    }

    @Test
    void whoWaitsGetsOneWhenAnotherHasLeft() throws OverloadedException {
        Place all = places.take(1000);
        CompletableFuture<Place> awaited = waiting(100);
        all.leave();

        assertThat(awaited).succeedsWithin(BOUND);
        assertTaken(1, 100);
    }

    @Test
    void whoWaitsGetsOneWhenAnotherWeighsLess() throws OverloadedException {
        Place all = places.take(1000);
        CompletableFuture<Place> awaited = waiting(100);
        all.weigh(900);

        assertThat(awaited).succeedsWithin(BOUND);
        assertTaken(2, 1000);
    }

    /** Somebody who waits for one by now. */
    private CompletableFuture<Place> waiting(long bytes) {
        CompletableFuture<Place> awaited = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                awaited.complete(places.takeWhenFree(bytes));
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
        assertThat(places.taken()).isEqualTo(messages);
        assertThat(places.takenBytes()).isEqualTo(bytes);
    }
}
