package io.herald.delivery;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.herald.delivery.Caller.Report;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** bridge-xyz knows a create by its key for 24 hours; what may have arrived is not created again after that. */
@QuarkusTest
@TestProfile(ForgottenKeyTest.TakenUpSoon.class)
class ForgottenKeyTest {

    private static final String PROVIDER = "bridge-xyz";

    /** {@link QuickRetries}, and what is parked is taken up when it is due. */
    public static final class TakenUpSoon extends QuickRetries {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> config = super.getConfigOverrides();
            config.put("herald.park.poll", "100ms");
            return config;
        }
    }

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
        faults.always(PROVIDER, email, late());
        Report first = Caller.deliver(Caller.person(reference, "", PROVIDER));
        assertThat(first.outcome(PROVIDER)).isEqualTo("retrying/timeout");
        int sent = faults.sends(PROVIDER, email).size();

        clock.putForward(Duration.ofHours(24));

        await().untilAsserted(() -> assertThat(state(reference)).isEqualTo("dead"));
        Report next = Caller.deliver(Caller.person(reference, "", PROVIDER));
        assertThat(next.outcome(PROVIDER)).isEqualTo("dead/unclear");
        assertThat(faults.sends(PROVIDER, email)).hasSize(sent);
    }

    @Test
    void whatWasRefusedForCertainIsMadeByTheNextMessage() {
        String reference = Caller.reference("refused");
        String email = Caller.email(reference, "");
        faults.once(PROVIDER, email, late());
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

    private static ResponseDefinitionBuilder late() {
        return aResponse().withFixedDelay((int)
                QuickRetries.REQUEST_TIMEOUT.plusSeconds(1).toMillis());
    }

    private static String state(String reference) {
        return Caller.customer(reference).at("/providers/0/state").asText();
    }
}
