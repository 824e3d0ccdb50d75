package io.herald.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.herald.delivery.Dispatch;
import io.herald.ledger.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

class WaitingTest {

    private static final long LONG = Duration.ofMinutes(10).toMillis();

    @AutoClose("shutdownNow")
    private final ExecutorService callers = Executors.newCachedThreadPool();

    private final Waiting waiting = new Waiting(2);
    private final Message message = new Message(
            UUID.randomUUID(), 1, "CUST-1", Instant.EPOCH, JsonNodeFactory.instance.objectNode(), List.of("acme"));
    private final Dispatch first = new Dispatch(message);

    /** Else one caller's thousand repeats would hold all threads and permits while a provider hangs. */
    @Test
    void ofThoseWhoSendItAgainSoManyWait() throws Exception {
        CompletableFuture<Void> original = await(first);
        List<CompletableFuture<Void>> repeats =
                Stream.generate(this::awaitAgain).limit(3).toList();

        CompletableFuture.anyOf(repeats.toArray(CompletableFuture[]::new)).get(1, TimeUnit.MINUTES);
        assertThat(repeats.stream().filter(CompletableFuture::isDone)).hasSize(1);
        assertThat(original).isNotDone();

        first.settled();
        CompletableFuture.allOf(repeats.toArray(CompletableFuture[]::new)).get(1, TimeUnit.MINUTES);
        original.get(1, TimeUnit.MINUTES);
    }

    private CompletableFuture<Void> awaitAgain() {
        return await(Dispatch.repeated(message, Optional.of(first)));
    }

    private CompletableFuture<Void> await(Dispatch dispatch) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        waiting.await(dispatch, LONG);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                callers);
    }
}
