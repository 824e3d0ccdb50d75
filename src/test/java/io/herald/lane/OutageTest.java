package io.herald.lane;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import io.herald.Customers;
import io.herald.delivery.MovableClock;
import io.herald.provider.Limits;
import io.herald.rest.Api;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Ten minutes without one provider, on Herald's clock: no person is needed afterwards, and the others notice nothing. */
@QuarkusTest
@TestProfile(Limits.class)
class OutageTest {

    private static final String DOWN = "yativo";
    private static final int CUSTOMERS = 60;
    private static final Duration OUTAGE = Duration.ofMinutes(10);
    private static final Duration STEP = Duration.ofSeconds(20);

    @Inject
    MovableClock clock;

    Sandbox sandbox;

    private final Api herald = Api.underTest();

    @Test
    void endsWithEverythingDelivered() {
        StubMapping outage = sandbox.server()
                .stubFor(any(urlPathMatching("/" + DOWN + "/.*"))
                        .atPriority(1)
                        .willReturn(aResponse().withStatus(503)));

        List<String> accepted = IntStream.range(0, 2 * CUSTOMERS)
                .mapToObj(i -> herald.submitting(Customers.person("CUST-outage-" + i % CUSTOMERS), "Prefer", "wait=20"))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .map(this::toldThatOneWaits)
                .toList();
        for (Duration passed = Duration.ZERO; passed.compareTo(OUTAGE) < 0; passed = passed.plus(STEP)) {
            clock.putForward(STEP);
            await().pollDelay(Duration.ofMillis(60)).until(() -> true);
        }
        int callsInVain = sandbox.requests(DOWN).size();
        assertThat(accepted).allSatisfy(message -> assertThat(
                        herald.report(message).path("status").asText())
                .isEqualTo("pending"));

        sandbox.server().removeStub(outage);

        await().atMost(Duration.ofSeconds(120))
                .pollInterval(Duration.ofMillis(100))
                .until(() -> {
                    clock.putForward(STEP);
                    return accepted.stream().allMatch(message -> herald.report(message)
                            .path("status")
                            .asText()
                            .equals("delivered"));
                });
        assertThat(sandbox.customers(DOWN)).hasSize(CUSTOMERS);
        assertThat(callsInVain)
                .as("calls while it was down: the breaker keeps most of them back")
                .isLessThan(3 * CUSTOMERS);
    }

    private String toldThatOneWaits(Api.Answer answer) {
        assertThat(answer.status()).isEqualTo(202);
        for (JsonNode delivery : answer.json().path("deliveries")) {
            String provider = delivery.path("provider").asText();
            assertThat(delivery.path("state").asText())
                    .as(provider)
                    .isIn(provider.equals(DOWN) ? List.of("retrying", "pending") : List.of("delivered"));
        }
        return answer.json().path("message").asText();
    }
}
