package io.herald.delivery;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import io.herald.delivery.Caller.Report;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A 401 renews the token once and sends once more; a credential that cannot be renewed is not sent again. */
@QuarkusTest
@TestProfile(QuickRetries.class)
class ReauthenticationTest {

    Sandbox sandbox;

    private Faults faults;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        faults = new Faults(sandbox);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void aRefusedTokenIsRenewedAndTheSameRequestSentOnceMore(String provider) {
        warm(provider);
        int before = sandbox.logIns(provider);
        String reference = Caller.reference("renewed");
        String magic = provider + ".unauthorized-once";

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(report.attempts(provider)).isEqualTo(2);
        assertThat(report.delivery(provider).path("durationMs").asLong())
                .as("renewed at once")
                .isLessThan(900);
        assertThat(sandbox.logIns(provider) - before).isEqualTo(1);
        List<Received> sends = faults.sends(provider, Caller.email(reference, magic));
        assertThat(sends)
                .extracting(Received::answered)
                .satisfiesExactly(first -> assertThat(first).isEqualTo(401), second -> assertThat(second)
                        .isBetween(200, 201));
        assertThat(sends.get(1).body()).isEqualTo(sends.get(0).body());
        assertThat(sends.get(1).header("Authorization"))
                .isPresent()
                .isNotEqualTo(sends.get(0).header("Authorization"));
        assertThat(sends.get(1).header("Idempotency-Key"))
                .isEqualTo(sends.get(0).header("Idempotency-Key"));
        assertThat(faults.lookUps(provider))
                .as("a 401 says that nothing was done")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"xbridge, UNAUTHORIZED", "yativo, unauthorized"})
    void aTokenRefusedTwiceEndsTheDelivery(String provider, String code) {
        warm(provider);
        int before = sandbox.logIns(provider);
        String reference = Caller.reference("refused-twice");
        String magic = provider + ".unauthorized";

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.status()).isEqualTo(207);
        assertThat(report.outcome(provider)).isEqualTo("dead/unauthorized");
        assertThat(report.delivery(provider).at("/error/code").asText()).isEqualTo(code);
        assertThat(report.delivery(provider).at("/error/httpStatus").asInt()).isEqualTo(401);
        assertThat(report.attempts(provider)).isEqualTo(2);
        assertThat(faults.sends(provider, Caller.email(reference, magic))).hasSize(2);
        assertThat(sandbox.logIns(provider) - before).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"fraudspect, Unauthorized", "bridge-xyz, invalid"})
    void aRefusedStaticKeyIsNotSentAgain(String provider, String code) {
        String reference = Caller.reference("static");
        String magic = provider + ".unauthorized-once";

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.outcome(provider)).isEqualTo("dead/unauthorized");
        assertThat(report.delivery(provider).at("/error/code").asText()).isEqualTo(code);
        assertThat(report.attempts(provider)).isEqualTo(1);
        assertThat(sandbox.requests(provider)).hasSize(1);
        assertThat(sandbox.logIns(provider)).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void anUpdateIsSentOnceMoreToo(String provider) {
        String reference = Caller.reference("update");
        Caller.deliver(Caller.person(reference, "", provider));
        String email = Caller.email(reference, "");
        int before = sandbox.logIns(provider);
        sandbox.revokeTokens(provider);

        Report report = Caller.deliver(Caller.person(reference, "", provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(report.delivery(provider).path("operation").asText()).isEqualTo("updated");
        assertThat(report.attempts(provider)).isEqualTo(2);
        assertThat(sandbox.logIns(provider) - before).isEqualTo(1);
        assertThat(faults.customers(provider, email)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void aTokenThatIsRefusedInACharsetThatNobodyKnowsIsRenewedToo(String provider) {
        warm(provider);
        int before = sandbox.logIns(provider);
        String reference = Caller.reference("charset");
        faults.once(
                provider,
                Caller.email(reference, ""),
                aResponse()
                        .withStatus(401)
                        .withHeader("Content-Type", "text/html; charset=utf8mb4")
                        .withBody("<html></html>"));

        Report report = Caller.deliver(Caller.person(reference, "", provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(sandbox.logIns(provider) - before).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void aRefusedTokenAndATransientAnswerInOneDeliveryAreBothOvercome(String provider) {
        warm(provider);
        int before = sandbox.logIns(provider);
        String reference = Caller.reference("both");
        String magic = provider + ".unauthorized-once";
        faults.once(provider, Caller.email(reference, magic), aResponse().withStatus(429));

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(faults.sends(provider, Caller.email(reference, magic)))
                .extracting(Received::answered)
                .startsWith(429, 401)
                .hasSize(3);
        assertThat(sandbox.logIns(provider) - before).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void aTokenRefusedAtTheLookUpIsRenewedToo(String provider) {
        warm(provider);
        int before = sandbox.logIns(provider);
        String reference = Caller.reference("look-up");
        String magic = provider + ".lost-once";
        String email = Caller.email(reference, magic);
        faults.refusesTheTokenOfALookUpOnce(provider);

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(report.attempts(provider)).isEqualTo(1);
        assertThat(faults.customers(provider, email)).hasSize(1);
        assertThat(faults.lookUps(provider)).extracting(Received::answered).containsExactly(401, 200);
        assertThat(sandbox.logIns(provider) - before).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "yativo  | /auth/login     | {\"data\": {\"access_token\": \"stray\", \"expires_in\": 600}}",
                "xbridge | /generate-token | {\"token\": \"stray\", \"expiresIn\": 600}"
            })
    void aLogInThatIsAnsweredWithStrayCharactersBeforeTheJsonIsOne(String provider, String path, String answer) {
        String reference = Caller.reference("stray-log-in");
        String email = Caller.email(reference, "");
        faults.once(provider, email, aResponse().withStatus(401).withBody("{}"));
        sandbox.server()
                .stubFor(post(urlPathEqualTo("/" + provider + path))
                        .willReturn(aResponse().withBody("\uFEFFx" + answer)));
        faults.afterwards(
                provider,
                email,
                aResponse()
                        .withStatus(201)
                        .withBody(
                                "{\"status\": \"success\", \"status_code\": 201,"
                                        + " \"customerId\": \"c-1\", \"data\": {\"customer_id\": \"c-1\", \"customerId\": \"c-1\"}}"));

        Report report = Caller.deliver(Caller.person(reference, "", provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(faults.sends(provider, email).get(1).header("Authorization")).contains("Bearer stray");
    }

    @Test
    void theOtherProvidersAreNotTouched() {
        String reference = Caller.reference("others");

        Report report = Caller.deliver(Caller.person(reference, "yativo.unauthorized"));

        assertThat(report.body().path("status").asText()).isEqualTo("partial");
        assertThat(List.of("xbridge", "fraudspect", "bridge-xyz"))
                .allSatisfy(provider -> assertThat(report.attempts(provider)).isEqualTo(1))
                .allSatisfy(provider -> assertThat(report.outcome(provider)).isEqualTo("delivered"));
    }

    private static void warm(String provider) {
        Caller.deliver(Caller.person(Caller.reference("warm"), "", provider));
    }
}
