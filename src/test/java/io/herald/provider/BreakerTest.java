package io.herald.provider;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.herald.delivery.Caller;
import io.herald.delivery.Caller.Report;
import io.herald.delivery.MovableClock;
import io.herald.rest.Api;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider that keeps failing is left alone, and what is for it waits without being used up; one probe ends that. */
@QuarkusTest
@TestProfile(Limits.class)
class BreakerTest {

    private static final int WINDOW = Limits.WINDOW;
    private static final Duration DELAY = Limits.DELAY;
    private static final Duration STEP = Limits.STEP;
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Duration A_FEW_POLLS = Duration.ofMillis(700);

    Sandbox sandbox;

    @Inject
    MovableClock clock;

    private final Api herald = Api.underTest();

    @BeforeEach
    void fresh() {
        sandbox.reset();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fraudspect", "bridge-xyz"})
    void isLeftAloneWhileItFailsAndOneProbeAtATimeAsks(String provider) {
        IntStream.range(0, WINDOW).forEach(i -> deliver(provider));
        answers(provider, aResponse().withStatus(503));
        Report failed = deliver(provider);
        Report cutShort = deliver(provider);
        int before = calls(provider);
        assertThat(before - WINDOW).as("answers until the breaker opened").isEqualTo(WINDOW / 2);
        assertThat(code(failed, provider)).isEqualTo("http_503");
        assertThat(code(cutShort, provider)).isEqualTo("breaker_open");
        assertThat(cutShort.outcome(provider)).isEqualTo("retrying/unavailable");
        assertThat(cutShort.attempts(provider)).isEqualTo(1);

        List<Report> waiting = IntStream.range(0, 5)
                .mapToObj(i -> Caller.deliver(Caller.person(Caller.reference("waits"), "")))
                .toList();

        assertThat(waiting).allSatisfy(report -> {
            assertThat(report.outcome(provider)).isEqualTo("pending");
            assertThat(report.attempts(provider)).isZero();
            Impostors.PROVIDERS.stream()
                    .filter(other -> !other.equals(provider))
                    .forEach(other -> assertThat(report.outcome(other)).isEqualTo("delivered"));
        });
        clock.putForward(DELAY.minusMinutes(1));
        staysAt(before, provider);

        clock.putForward(Duration.ofMinutes(1));
        await().atMost(SOON).until(() -> calls(provider) > before);
        staysAt(before + 1, provider);

        sandbox.server().resetToDefaultMappings();
        staysAt(before + 1, provider);
        clock.putForward(DELAY);
        List<Report> held = Stream.concat(Stream.of(cutShort), waiting.stream()).toList();
        await().atMost(SOON)
                .until(() -> held.stream()
                                .filter(report -> isDelivered(report, provider))
                                .count()
                        == held.size() - 1);

        clock.putForward(STEP);
        int attempts = Stream.concat(Stream.of(failed), held.stream())
                .mapToInt(report -> delivered(report, provider))
                .sum();
        assertThat(attempts)
                .as("tries until it opened, the probe in vain, and one for each")
                .isEqualTo(WINDOW / 2 + 1 + 1 + held.size());
    }

    @Test
    void aLogInThatFailsOpensItAndIsNotTriedWhileItIsOpen() {
        String provider = "xbridge";
        sandbox.revokeTokens(provider);
        answers(provider, aResponse().withStatus(500));
        Report last = deliver(provider);
        while (!last.outcome(provider).equals("pending")) {
            assertThat(last.outcome(provider)).isEqualTo("retrying/unavailable");
            last = deliver(provider);
        }
        int before = calls(provider);
        assertThat(before).isBetween(WINDOW / 2, WINDOW);
        staysAt(before, provider);

        sandbox.server().resetToDefaultMappings();
        clock.putForward(DELAY.plusSeconds(1));

        assertThat(delivered(last, provider)).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 409, 422, 501})
    void staysClosedInAFloodOfRefusals(int status) {
        String provider = "bridge-xyz";
        answers(provider, aResponse().withStatus(status));
        List<Report> refused =
                IntStream.range(0, 3 * WINDOW).mapToObj(i -> Caller.submit(person(provider))).toList().stream()
                        .map(CompletableFuture::join)
                        .toList();
        assertThat(refused)
                .allSatisfy(report -> assertThat(report.outcome(provider)).matches("(rejected|dead)/.*"));
        assertThat(calls(provider)).isEqualTo(3 * WINDOW);

        sandbox.server().resetToDefaultMappings();

        assertThat(deliver(provider).outcome(provider)).isEqualTo("delivered");
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530})
    void opensAtItsShareOfTransientAnswers(int status) throws Exception {
        Breaker breaker = breaker("50%");
        for (int i = 0; i < WINDOW / 2; i++) {
            assertThat(breaker.admits(7)).isEqualTo(7);
            answer(breaker, 200);
            answer(breaker, status);
        }

        assertThat(breaker.admits(7)).isZero();
        assertThatExceptionOfType(BreakerOpenException.class)
                .isThrownBy(() -> answer(breaker, 200))
                .satisfies(open ->
                        assertThat(open.millisToProbe()).isBetween(DELAY.toMillis() - 10_000, DELAY.toMillis()));
    }

    @Test
    void opensWhenNoConnectionOrNoAnswerComes() {
        Breaker breaker = breaker("100");
        for (IOException broken : List.of(new ConnectException(), new SocketTimeoutException(), new IOException())) {
            fail(breaker, broken);
            fail(breaker, broken);
        }

        assertThat(breaker.admits(1)).isZero();
    }

    @Test
    void staysClosedBelowItsShareAndWhenTheFaultIsOurs() throws Exception {
        Breaker breaker = breaker("60%");
        for (int i = 0; i < 10 * WINDOW; i++) {
            answer(breaker, i % 2 == 0 ? 503 : 200);
            fail(breaker, new ConnectionRequestTimeoutException());
            assertThatIllegalStateException()
                    .isThrownBy(() -> breaker.call(() -> {
                        throw new IllegalStateException("not the provider's");
                    }));
        }

        assertThat(breaker.admits(1)).isEqualTo(1);
    }

    @Test
    void lateAnswersToEarlierCallsDoNotDecideForTheProbe() throws Exception {
        Breaker breaker = breaker("50");
        answer(breaker, 200, () -> {
            for (int i = 0; i < WINDOW; i++) {
                answer(breaker, 503);
            }
            clock.putForward(DELAY.plusMillis(1));
            assertThat(breaker.admits(7)).isEqualTo(1);
            answer(breaker, 200, () -> {
                assertThat(breaker.admits(7)).as("beside the probe").isZero();
                assertThatExceptionOfType(BreakerOpenException.class).isThrownBy(() -> answer(breaker, 200));
            });
            assertThat(breaker.admits(7)).as("after the probe").isEqualTo(7);
        });
        Breaker other = breaker("50");
        answer(other, 200, () -> {
            for (int i = 0; i < WINDOW; i++) {
                answer(other, 503);
            }
            clock.putForward(DELAY.plusMillis(1));
            fail(other, new ConnectionRequestTimeoutException());
        });

        assertThat(other.admits(7))
                .as("a probe that could not leave is asked again")
                .isEqualTo(1);
        answer(other, 200);
        assertThat(other.admits(7)).isEqualTo(7);
    }

    @Test
    void asksInTimeAfterTheClockWasSetBack() throws Exception {
        MovableClock set = new MovableClock();
        Breaker breaker = new Breaker("acme", settings("50"), set);
        for (int i = 0; i < WINDOW; i++) {
            answer(breaker, 503);
        }
        assertThat(breaker.admits(7)).isZero();

        set.putBack(Duration.ofDays(1));

        assertThat(breaker.admits(7)).isEqualTo(1);
        answer(breaker, 200);
        assertThat(breaker.admits(7)).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0%", "101", "half", "", "NaN"})
    void aShareThatIsNoneIsAMistake(String share) {
        assertThat(Breaker.share(settings(share))).isEmpty();
    }

    private interface Meanwhile {
        void run() throws Exception;
    }

    private static void answer(Breaker breaker, int status) throws Exception {
        answer(breaker, status, () -> {});
    }

    private static void answer(Breaker breaker, int status, Meanwhile meanwhile) throws Exception {
        breaker.call(() -> {
            try {
                meanwhile.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
            return new BasicClassicHttpResponse(status);
        });
    }

    private static void fail(Breaker breaker, IOException how) {
        assertThatExceptionOfType(how.getClass())
                .isThrownBy(() -> breaker.call(() -> {
                    throw how;
                }));
    }

    private Breaker breaker(String share) {
        return new Breaker("acme", settings(share), clock);
    }

    private static ProviderConfig.Breaker settings(String share) {
        return new ProviderConfig.Breaker() {
            @Override
            public String failures() {
                return share;
            }

            @Override
            public int window() {
                return WINDOW;
            }

            @Override
            public Duration delay() {
                return DELAY;
            }
        };
    }

    private void answers(String provider, ResponseDefinitionBuilder answer) {
        sandbox.server().stubFor(any(urlPathMatching("/" + provider + "/.*")).willReturn(answer));
    }

    private static ObjectNode person(String provider) {
        return Caller.person(Caller.reference("breaker"), "", provider);
    }

    private static Report deliver(String provider) {
        return Caller.deliver(person(provider));
    }

    private static String code(Report report, String provider) {
        return report.delivery(provider).at("/error/code").asText();
    }

    private int calls(String provider) {
        return sandbox.requests(provider).size();
    }

    private void staysAt(int calls, String provider) {
        await().during(A_FEW_POLLS).atMost(SOON).until(() -> calls(provider) == calls);
    }

    /** Waits until that delivery is delivered, and tells its attempts. */
    private int delivered(Report report, String provider) {
        await().atMost(SOON).until(() -> isDelivered(report, provider));
        return now(report, provider).path("attempts").asInt();
    }

    private boolean isDelivered(Report report, String provider) {
        return now(report, provider).path("state").asText().equals("delivered");
    }

    private JsonNode now(Report report, String provider) {
        return Api.delivery(herald.report(report.body().path("message").asText()), provider);
    }
}
