package io.herald.token;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import io.herald.delivery.Caller;
import io.herald.delivery.Caller.Report;
import io.herald.delivery.Faults;
import io.herald.delivery.MovableClock;
import io.herald.delivery.QuickRetries;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Promise 4: however many deliveries find no token or a revoked one, there is one log-in per provider. */
@QuarkusTest
@TestProfile(QuickRetries.class)
class OneLoginTest {

    private static final int MANY = 250;
    private static final Duration LONGER_THAN_ANY_TOKEN = Duration.ofHours(2);
    private static final Map<String, String> LOG_INS =
            Map.of("xbridge", "/xbridge/generate-token", "yativo", "/yativo/auth/login");

    Sandbox sandbox;

    @Inject
    Tokens tokens;

    @Inject
    MovableClock clock;

    private Faults faults;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        faults = new Faults(sandbox);
    }

    /** A refused credential rests; time passes, so that the next test can log in. */
    @AfterEach
    void rested() {
        clock.putForward(TokenCache.REST);
    }

    @Test
    void manyDeliveriesWithoutATokenLogInOnce() throws Exception {
        cool("xbridge");
        cool("yativo");

        List<Report> reports = deliverMany();

        assertThat(LOG_INS.keySet()).allSatisfy(provider -> {
            assertThat(reports)
                    .allSatisfy(report -> assertThat(report.outcome(provider)).isEqualTo("delivered"));
            assertThat(reports)
                    .allSatisfy(report -> assertThat(report.attempts(provider)).isEqualTo(1));
            assertThat(sandbox.logIns(provider)).isEqualTo(1);
        });
    }

    @Test
    void manyDeliveriesWithARevokedTokenLogInOnce() {
        Caller.deliver(Caller.person(Caller.reference("warm"), "", "xbridge", "yativo"));
        Map<String, Integer> before = Map.of("xbridge", sandbox.logIns("xbridge"), "yativo", sandbox.logIns("yativo"));
        LOG_INS.keySet().forEach(sandbox::revokeTokens);

        List<Report> reports = deliverMany();

        assertThat(LOG_INS.keySet()).allSatisfy(provider -> {
            assertThat(reports)
                    .allSatisfy(report -> assertThat(report.outcome(provider)).isEqualTo("delivered"));
            assertThat(reports)
                    .allSatisfy(report -> assertThat(report.attempts(provider)).isBetween(1, 2))
                    .anySatisfy(report -> assertThat(report.attempts(provider)).isEqualTo(2));
            assertThat(sandbox.logIns(provider) - before.get(provider)).isEqualTo(1);
            assertThat(sandbox.customers(provider)).hasSize(MANY + 1);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void aLateRefusalDoesNotDropTheTokenThatCameSince(String provider) {
        Caller.deliver(Caller.person(Caller.reference("warm"), "", provider));
        int before = sandbox.logIns(provider);
        String late = Caller.reference("late");
        String email = Caller.email(late, "");
        faults.once(provider, email, aResponse().withStatus(401).withFixedDelay(2_000));
        CompletableFuture<Report> waiting = Caller.submit(Caller.person(late, "", provider));
        await().atMost(Duration.ofSeconds(60)).until(() -> sandbox.server().getAllScenarios().getScenarios().stream()
                .anyMatch(scenario -> scenario.getState().equals(Faults.SHOWN)));
        sandbox.revokeTokens(provider);
        Report meanwhile = Caller.deliver(Caller.person(Caller.reference("meanwhile"), "", provider));
        assertThat(waiting).as("the first one still waits for its 401").isNotDone();

        Report report = waiting.join();

        assertThat(meanwhile.attempts(provider)).isEqualTo(2);
        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(report.attempts(provider)).isEqualTo(2);
        assertThat(sandbox.logIns(provider) - before).isEqualTo(1);
    }

    static Stream<Arguments> lives() {
        return Stream.of(
                Arguments.of("yativo", "expires_in", JsonNodeFactory.instance.numberNode(900), 900 - 60),
                Arguments.of("yativo", "expires_in", JsonNodeFactory.instance.textNode("900"), 900 - 60),
                Arguments.of("yativo", "expires_in", JsonNodeFactory.instance.numberNode(120), 120 - 30),
                Arguments.of("yativo", "expires_in", JsonNodeFactory.instance.nullNode(), 600 - 60),
                Arguments.of("yativo", "expires_in", JsonNodeFactory.instance.textNode("soon"), 600 - 60),
                Arguments.of("xbridge", "expiresIn", JsonNodeFactory.instance.numberNode(900), 900 - 60),
                Arguments.of("xbridge", "expiresAt", JsonNodeFactory.instance.textNode("in 1000 s"), 1000 - 60),
                Arguments.of("xbridge", "expiresAt", JsonNodeFactory.instance.textNode("in 1000 s, +03:00"), 1000 - 60),
                Arguments.of("xbridge", "expiresAt", JsonNodeFactory.instance.nullNode(), 3600 - 60),
                Arguments.of("xbridge", "expiresAt", JsonNodeFactory.instance.textNode("tomorrow"), 3600 - 60));
    }

    /** The configured fall-backs are xbridge's 1h of application.properties and the common 10m. */
    @ParameterizedTest
    @MethodSource("lives")
    void aTokenIsRenewedShortlyBeforeTheEndThatTheAnswerStates(
            String provider, String field, JsonNode life, int dueAfterSeconds) throws Exception {
        cool(provider);
        issues(provider, field, life.asText().startsWith("in 1000 s") ? in1000(life) : life, 0);
        Caller.deliver(Caller.person(Caller.reference("life"), "", provider));
        assertThat(sandbox.logIns(provider)).isEqualTo(1);

        clock.putForward(Duration.ofSeconds(dueAfterSeconds - 20));
        Caller.deliver(Caller.person(Caller.reference("life"), "", provider));
        assertThat(sandbox.logIns(provider)).as("before it is due").isEqualTo(1);

        clock.putForward(Duration.ofSeconds(20));
        Report report = Caller.deliver(Caller.person(Caller.reference("life"), "", provider));
        assertThat(report.attempts(provider)).isEqualTo(1);
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(sandbox.logIns(provider)).isEqualTo(2));
    }

    private JsonNode in1000(JsonNode life) {
        Instant end = clock.instant().plusSeconds(1000).truncatedTo(ChronoUnit.MILLIS);
        return JsonNodeFactory.instance.textNode(
                life.asText().endsWith("+03:00")
                        ? end.atOffset(ZoneOffset.ofHours(3)).toString()
                        : end.toString());
    }

    @ParameterizedTest
    @CsvSource({"xbridge, expiresIn", "yativo, expires_in"})
    void aRenewalLetsNobodyWait(String provider, String field) throws Exception {
        cool(provider);
        issues(provider, field, JsonNodeFactory.instance.numberNode(3600), 0);
        Caller.deliver(Caller.person(Caller.reference("renewal"), "", provider));
        int slow = 1_200;
        issues(provider, field, JsonNodeFactory.instance.numberNode(3600), slow);

        clock.putForward(Duration.ofSeconds(3600 - 60));
        List<Report> reports = Stream.generate(
                        () -> Caller.submit(Caller.person(Caller.reference("renewal"), "", provider)))
                .limit(20)
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();

        assertThat(reports).allSatisfy(report -> {
            assertThat(report.outcome(provider)).isEqualTo("delivered");
            assertThat(report.attempts(provider)).isEqualTo(1);
            assertThat(report.delivery(provider).path("durationMs").asLong()).isLessThan(slow);
        });
        await("the renewal, which may arrive later than those that did not wait for it")
                .during(Duration.ofMillis(slow))
                .atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(sandbox.logIns(provider)).isEqualTo(2));
    }

    @Test
    void aLogInThatHangsIsAnOutcomeInTime() throws Exception {
        int hang = (int) QuickRetries.REQUEST_TIMEOUT.plusSeconds(1).toMillis();
        cool("xbridge");
        logInAnswers("xbridge", aResponse().withFixedDelay(hang));
        String reference = Caller.reference("hangs");
        long start = System.nanoTime();

        Report report = Caller.deliver(Caller.person(reference, "", "xbridge", "fraudspect"));

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isLessThan(QuickRetries.REQUEST_TIMEOUT.multipliedBy(3).plusSeconds(3));
        assertThat(report.status()).isEqualTo(202);
        assertThat(report.outcome("xbridge")).isIn("retrying/timeout", "retrying/unavailable");
        assertThat(report.delivery("xbridge").at("/error/code").asText()).isEqualTo("log_in_failed");
        assertThat(report.outcome("fraudspect")).isEqualTo("delivered");
        nothingWasSent("xbridge", reference, report);
    }

    static Stream<Arguments> brokenLogIns() {
        return Stream.of("xbridge", "yativo")
                .flatMap(provider -> Stream.of(
                        Arguments.of(provider, "500", aResponse().withStatus(500)),
                        Arguments.of(provider, "503", aResponse().withStatus(503)),
                        Arguments.of(provider, "reset", aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER))));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("brokenLogIns")
    void aLogInThatFailsIsTransientForTheDeliveryThatWaits(
            String provider, String how, ResponseDefinitionBuilder answer) throws Exception {
        cool(provider);
        logInAnswers(provider, answer);
        String reference = Caller.reference("log-in-fails");

        Report report = Caller.deliver(Caller.person(reference, "", provider));

        assertThat(report.status()).isEqualTo(202);
        assertThat(report.outcome(provider)).isEqualTo("retrying/unavailable");
        assertThat(report.delivery(provider).at("/error/code").asText()).isEqualTo("log_in_failed");
        assertThat(report.delivery(provider).at("/error/httpStatus").asText())
                .isEqualTo(how.equals("reset") ? "" : how);
        nothingWasSent(provider, reference, report);

        fresh();
        Report later = Caller.deliver(Caller.person(Caller.reference("mended"), "", provider));
        assertThat(later.outcome(provider))
                .as("as soon as it can be logged in again")
                .isEqualTo("delivered");
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of("xbridge", 401, "{\"message\": \"Invalid credentials\"}"),
                Arguments.of("xbridge", 400, "{\"message\": \"Invalid credentials\"}"),
                Arguments.of("xbridge", 423, "{\"message\": \"Too many log-ins\"}"),
                Arguments.of("xbridge", 200, "{\"expiresAt\": null}"),
                Arguments.of("xbridge", 200, "{\"token\": null}"),
                Arguments.of("xbridge", 200, "<html><body>Please wait</body></html>"),
                Arguments.of("xbridge", 200, ""),
                Arguments.of("yativo", 401, "{\"message\": \"Invalid credentials\"}"),
                Arguments.of("yativo", 403, "{\"message\": \"Invalid credentials\"}"),
                Arguments.of("yativo", 422, "{\"message\": \"Invalid credentials\"}"),
                Arguments.of("yativo", 404, "<html><body>no such path</body></html>"),
                Arguments.of("yativo", 200, "{\"data\": {\"expires_in\": 600}}"),
                Arguments.of("yativo", 200, "{\"data\": {\"access_token\": null}}"),
                Arguments.of("yativo", 200, "<html><body>Please wait</body></html>"),
                Arguments.of("yativo", 200, ""));
    }

    @ParameterizedTest(name = "{0}: {1} {2}")
    @MethodSource("refusals")
    void aRefusedCredentialIsAnOutcomeForAllAndIsNotHammered(String provider, int status, String body)
            throws Exception {
        cool(provider);
        logInAnswers(provider, aResponse().withStatus(status).withBody(body));

        List<Report> reports = Stream.concat(together(provider).stream(), together(provider).stream())
                .toList();

        assertThat(reports).hasSize(100).allSatisfy(report -> {
            assertThat(report.status()).isEqualTo(202);
            assertThat(report.outcome(provider)).isEqualTo("retrying/unauthorized");
            assertThat(report.delivery(provider).at("/error/code").asText()).isEqualTo("log_in_refused");
            assertThat(report.delivery(provider).at("/error/httpStatus").asInt())
                    .isEqualTo(status);
            assertThat(report.attempts(provider)).isZero();
        });
        assertThat(logInRequests(provider)).isEqualTo(1);
        assertThat(sandbox.customers(provider)).isEmpty();

        fresh();
        clock.putForward(TokenCache.REST);
        Report mended = Caller.deliver(Caller.person(Caller.reference("mended"), "", provider));
        assertThat(mended.outcome(provider)).as("by itself, after a while").isEqualTo("delivered");
    }

    private List<Report> together(String provider) {
        return IntStream.range(0, 50)
                .mapToObj(i -> Caller.submit(Caller.person(Caller.reference("refused"), "", provider)))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
    }

    private static List<Report> deliverMany() {
        return IntStream.range(0, MANY)
                .mapToObj(i -> Caller.submit(Caller.person(Caller.reference("many"), "", "xbridge", "yativo")))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
    }

    private void nothingWasSent(String provider, String reference, Report report) {
        assertThat(report.attempts(provider)).isZero();
        assertThat(faults.sends(provider, Caller.email(reference, ""))).isEmpty();
    }

    /**
     * Empties the cache of the application under test. It holds a new token before that, which nobody renews beside a sandbox that
     * is being reset.
     */
    private void cool(String provider) throws LogInFailedException {
        clock.putForward(LONGER_THAN_ANY_TOKEN);
        tokens.drop(provider, tokens.of(provider));
        sandbox.reset();
    }

    private void logInAnswers(String provider, ResponseDefinitionBuilder answer) {
        sandbox.server().stubFor(post(urlPathEqualTo(LOG_INS.get(provider))).willReturn(answer));
    }

    /** The log-in gives a token that the sandbox takes, with that statement about its life. */
    private void issues(String provider, String field, JsonNode life, int delayMillis) {
        ObjectNode token = JsonNodeFactory.instance.objectNode();
        token.put(provider.equals("yativo") ? "access_token" : "token", "{{token.value}}");
        token.set(field, life);
        ObjectNode body = provider.equals("yativo")
                ? JsonNodeFactory.instance.objectNode().set("data", token)
                : token;
        logInAnswers(
                provider,
                aResponse()
                        .withHeader("Content-Type", "application/json")
                        .withJsonBody(body)
                        .withTransformer("sandbox", "work", Map.of("do", "issue-token", "lifeSeconds", 3600))
                        .withFixedDelay(delayMillis));
    }

    private int logInRequests(String provider) {
        return (int) sandbox.requests(provider).stream()
                .filter(request ->
                        request.method().equals("POST") && LOG_INS.get(provider).endsWith(request.path()))
                .count();
    }
}
