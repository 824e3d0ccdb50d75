package io.herald.delivery;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import io.herald.delivery.Caller.Report;
import io.herald.lane.ParkedForMinutes;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * bridge-xyz knows a create by its key for 24 hours; what may have arrived is not created again after that. Nor is it where a look-up
 * has no end.
 */
@QuarkusTest
@TestProfile(ParkedForMinutes.class)
class ForgottenKeyTest {

    private static final String PROVIDER = "bridge-xyz";

    @Inject
    MovableClock clock;

    Sandbox sandbox;

    private Faults faults;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        faults = new Faults(sandbox);
    }

    @Test
    void aCreateThatMayHaveArrivedIsNotSentAgainNorMadeByTheNextMessage() {
        String reference = Caller.reference("forgotten");
        String email = Caller.email(reference, "");
        faults.always(PROVIDER, email, unclear());
        Report first = Caller.deliver(Caller.person(reference, "", PROVIDER));
        assertThat(first.outcome(PROVIDER)).isEqualTo("retrying/unavailable");
        int sent = faults.sends(PROVIDER, email).size();

        clock.putForward(Duration.ofHours(24));

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(state(reference)).isEqualTo("dead"));
        Report next = Caller.deliver(Caller.person(reference, "", PROVIDER));
        assertThat(next.outcome(PROVIDER)).isEqualTo("dead/unclear");
        assertThat(faults.sends(PROVIDER, email)).hasSize(sent);
    }

    @Test
    void aProviderThatAsksForADayIsAskedAgainWhileItKnowsTheKey() {
        String reference = Caller.reference("a-day");
        String email = Caller.email(reference, "");
        faults.once(PROVIDER, email, aResponse().withStatus(503).withHeader("Retry-After", "86400"));
        Report parked = Caller.deliver(Caller.person(reference, "", PROVIDER));
        assertThat(parked.outcome(PROVIDER)).isEqualTo("retrying/unavailable");

        clock.putForward(Duration.ofHours(12));

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(state(reference)).isEqualTo("delivered"));
        assertThat(faults.sends(PROVIDER, email)).hasSize(2);
    }

    @Test
    void whatWasRefusedForCertainIsMadeByTheNextMessage() {
        String reference = Caller.reference("refused");
        String email = Caller.email(reference, "");
        faults.once(PROVIDER, email, unclear());
        faults.afterwards(
                PROVIDER,
                email,
                aResponse()
                        .withStatus(422)
                        .withHeader("Content-Type", "application/json")
                        .withBody("{\"code\": \"invalid_parameters\", \"message\": \"no\"}"));

        Report refused = Caller.deliver(Caller.person(reference, "", PROVIDER));
        assertThat(refused.outcome(PROVIDER)).isEqualTo("rejected/invalid");
        sandbox.reset();

        Report next = Caller.deliver(Caller.person(reference, "", PROVIDER));
        assertThat(next.outcome(PROVIDER)).isEqualTo("delivered");
    }

    /** It would hold a place in the provider's lane as long. */
    @Test
    void aLookUpThatTakesTooLongIsMadeLater() {
        String reference = Caller.reference("slow-list");
        String email = Caller.email(reference, "");
        faults.once("yativo", email, aResponse().withStatus(500));
        for (int page = 1; page <= 30; page++) {
            sandbox.server()
                    .stubFor(get(urlPathMatching("/yativo/customer"))
                            .withQueryParam("page", equalTo(Integer.toString(page)))
                            .willReturn(aResponse()
                                    .withFixedDelay(300)
                                    .withBody("{\"status\": \"success\", \"data\": [], \"pagination\":"
                                            + " {\"current_page\": " + page + ", \"last_page\": 30}}")));
        }
        CompletableFuture<Report> submitted = Caller.submit(Caller.person(reference, "", "yativo"));
        await().atMost(Duration.ofSeconds(60))
                .until(() -> !faults.lookUps("yativo").isEmpty());

        clock.putForward(Duration.ofMinutes(5));

        assertThat(submitted.join().outcome("yativo")).isEqualTo("retrying/unclear");
        assertThat(faults.lookUps("yativo")).hasSizeLessThan(30);
        assertThat(faults.sends("yativo", email)).hasSize(1);
    }

    /** The request arrived, and whether it was carried out nobody tells. */
    private static ResponseDefinitionBuilder unclear() {
        return aResponse().withFault(Fault.EMPTY_RESPONSE);
    }

    private static String state(String reference) {
        return Caller.customer(reference).at("/providers/0/state").asText();
    }
}
