package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.http.UniformDistribution;
import io.herald.Customers;
import io.herald.rest.Api;
import io.herald.start.PackagedProgram;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Promises 1 to 3 of two replicas that are stopped and started anew, one after the other, as a new release does. */
class RollingRestartIT extends TwoReplicas {

    /** One after the other is stopped and started anew while customers come; the time to end is too short for all that is in hand. */
    @Test
    void aRollingRestartUnderLoadLosesAndDoublesNothing() throws Exception {
        environment.put("HERALD_SHUTDOWN_TIMEOUT", "300ms");
        environment.put("HERALD_REPLICA_LEASE", "10m");
        startBoth();
        answersAfter(new UniformDistribution(50, 4_000));
        Map<String, String> accepted = new ConcurrentHashMap<>();
        List<Api.Answer> refused = Collections.synchronizedList(new ArrayList<>());
        AtomicBoolean comes = new AtomicBoolean(true);
        AtomicReference<List<PackagedProgram>> behindTheBalancer = new AtomicReference<>(List.of(one, other));
        CompletableFuture<Void> load = CompletableFuture.runAsync(() -> {
            for (int i = 0; comes.get(); i++) {
                String reference = "CUST-rolling-" + i;
                for (int tries = 0; !accepted.containsKey(reference); tries++) {
                    List<PackagedProgram> all = behindTheBalancer.get();
                    submit(all.get(tries % all.size()), reference).ifPresent(answer -> {
                        if (answer.status() == 202) {
                            accepted.put(
                                    reference, answer.json().path("message").asText());
                        } else {
                            refused.add(answer);
                        }
                    });
                    pause();
                }
            }
        });

        await().atMost(BOUND).until(() -> accepted.size() > 60);
        one.stop();
        PackagedProgram first = one;
        one = PackagedProgram.start(Files.createDirectory(directory.resolve("one-again")), environment);
        behindTheBalancer.set(List.of(other, one));
        int before = accepted.size();
        await().atMost(BOUND).until(() -> accepted.size() > before + 60);
        other.stop();
        behindTheBalancer.set(List.of(one));
        comes.set(false);
        load.get(BOUND.toSeconds(), TimeUnit.SECONDS);
        answersAfter(null);

        assertThat(refused).extracting(Api.Answer::status).allMatch(status -> status == 503);
        assertThat(refused).extracting(answer -> answer.header("Retry-After")).doesNotContainNull();
        assertThat(first.output() + other.output()).contains("have not ended in time, and go back to the ledger");
        assertThat(first.output() + other.output()).doesNotContain("some are still in hand");
        accepted.values().forEach(message -> await().atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .until(() -> isDelivered(api(one).report(message))));
        for (String provider : PROVIDERS) {
            List<String> customers =
                    sandbox.customers(provider).stream().map(JsonNode::toString).toList();
            assertThat(accepted.keySet()).allSatisfy(reference -> assertThat(customers)
                    .as("%s at %s", reference, provider)
                    .filteredOn(
                            customer -> customer.contains("\"" + reference.toLowerCase(Locale.ROOT) + "@example.com\""))
                    .hasSize(1));
        }
    }

    /** Twenty-five a second are load enough: fifty are in hand at each provider. */
    private static void pause() {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(40));
    }

    /** The answer; none if there was nobody to give one. */
    private static Optional<Api.Answer> submit(PackagedProgram program, String reference) {
        try {
            return Optional.of(api(program).submit(Customers.person(reference), "Prefer", "respond-async"));
        } catch (CompletionException gone) {
            return Optional.empty();
        }
    }
}
