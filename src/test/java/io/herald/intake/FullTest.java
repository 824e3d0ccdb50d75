package io.herald.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostor.Behaviour;
import io.herald.provider.Neighbours;
import io.herald.rest.Api;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Past {@code herald.in-flight.max} Herald says that it is full, and keeps nothing of what it refuses. */
@QuarkusTest
@TestProfile(Neighbours.class)
class FullTest extends AmongImpostors {

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final String SLOW = "bridge-xyz";

    /** As slow; what waits for each of the two is less than the share of the permits that one provider may keep. */
    private static final String SLOW_TOO = "xbridge";

    @Test
    void refusesWhatIsTooMuchAndTakesItLater() {
        impostors.of(SLOW).behave(Behaviour.HOLD);
        impostors.of(SLOW_TOO).behave(Behaviour.HOLD);
        List<CompletableFuture<Api.Answer>> calls = IntStream.range(0, Neighbours.IN_FLIGHT)
                .mapToObj(i -> customer("CUST-full-" + i, i % 2 == 0 ? SLOW : SLOW_TOO))
                .map(customer -> herald.submitting(customer, "Prefer", "respond-async"))
                .toList();
        List<Api.Answer> accepted = calls.stream().map(CompletableFuture::join).toList();
        assertThat(accepted).extracting(Api.Answer::status).containsOnly(202);

        Api.Answer refused = herald.submit(customer("CUST-too-much"));
        Api.Answer preview = herald.preview(customer("CUST-too-much"));
        int atTheProvider = impostors.of(SLOW).requests();

        for (Api.Answer answer : List.of(refused, preview)) {
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
            assertThat(answer.header("Location")).isNull();
            assertThat(answer.json().path("status").asInt()).isEqualTo(503);
            assertThat(answer.json().path("detail").asText()).contains("full");
        }
        assertThat(herald.get("/v1/customers/CUST-too-much").status()).isEqualTo(404);
        assertThat(atTheProvider).isEqualTo(Neighbours.WIDTH.get(SLOW));
        assertThat(herald.get(accepted.get(0).header("Location")).status()).isEqualTo(200);

        impostors.of(SLOW).behave(Behaviour.PASS_ON);
        impostors.of(SLOW_TOO).behave(Behaviour.PASS_ON);
        accepted.forEach(
                answer -> await().atMost(BOUND).pollDelay(Duration.ZERO).until(() -> herald.get(
                                answer.header("Location"))
                        .json()
                        .path("status")
                        .asText()
                        .equals("delivered")));
        Api.Answer later = herald.submit(customer("CUST-too-much"));

        assertThat(later.status()).isEqualTo(200);
        assertThat(later.delivery(SLOW).path("operation").asText()).isEqualTo("created");
        assertThat(impostors.sandbox().customers(SLOW)).hasSize(Neighbours.IN_FLIGHT / 2 + 1);
    }

    /** The message that they stand for is worked on, and has its permit. */
    @Test
    void whatIsRepeatedOrRefusedUnderAKeyTakesNoPermit() {
        impostors.of(SLOW).behave(Behaviour.HOLD);
        for (int i = 0; i <= Neighbours.IN_FLIGHT; i++) {
            assertThat(herald.submit(
                                    customer("CUST-repeated"), "Idempotency-Key", "repeated", "Prefer", "respond-async")
                            .status())
                    .isEqualTo(202);
            assertThat(herald.submit(customer("CUST-other"), "Idempotency-Key", "repeated")
                            .status())
                    .isEqualTo(409);
        }
        impostors.of(SLOW).behave(Behaviour.PASS_ON);
        assertThat(herald.submit(customer("CUST-after-the-repeated")).status()).isEqualTo(200);
    }

    @Test
    void whatIsRefusedForAnotherReasonTakesNoPermit() {
        for (int i = 0; i <= Neighbours.IN_FLIGHT; i++) {
            assertThat(herald.send("POST", "/v1/customers", "{}").status()).isEqualTo(422);
        }
        assertThat(herald.submit(customer("CUST-after-the-refused")).status()).isEqualTo(200);
    }

    private static ObjectNode customer(String reference) {
        return customer(reference, SLOW);
    }

    private static ObjectNode customer(String reference, String provider) {
        ObjectNode customer = Customers.person(reference);
        customer.putArray("targets").add(provider);
        return customer;
    }
}
