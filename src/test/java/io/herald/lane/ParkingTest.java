package io.herald.lane;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.agroal.api.AgroalDataSource;
import io.herald.delivery.Caller;
import io.herald.delivery.Caller.Report;
import io.herald.delivery.Faults;
import io.herald.delivery.MovableClock;
import io.herald.rest.Api;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import io.quarkus.agroal.DataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.stream.Stream;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Promises 1 to 3 for a delivery whose quick attempts are used up: it is parked, holds its lane back meanwhile, and is taken
 * up again when it is due, to be sent as it was.
 */
@QuarkusTest
@TestProfile(ParkedForMinutes.class)
class ParkingTest {

    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    private static final Duration FIRST_STEP = ParkedForMinutes.SCHEDULE.get(0);

    /** What the clock goes by itself while a test looks is less. */
    private static final Duration SHORTLY = Duration.ofSeconds(20);

    Sandbox sandbox;

    @Inject
    MovableClock clock;

    @Inject
    @DataSource("embedded")
    AgroalDataSource ledger;

    private final Api herald = Api.underTest();
    private Faults faults;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        faults = new Faults(sandbox);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo", "fraudspect", "bridge-xyz"})
    void goesOnWhenItIsDueAndTheProviderIsWellAgain(String provider) {
        String reference = Caller.reference("parked");
        String email = Caller.email(reference, "");
        faults.always(provider, email, aResponse().withStatus(500));

        Report parked = Caller.deliver(Caller.person(reference, ""));

        assertThat(parked.status()).isEqualTo(202);
        assertThat(parked.outcome(provider)).isEqualTo("retrying/unavailable");
        assertThat(others(provider))
                .allSatisfy(well -> assertThat(parked.outcome(well)).isEqualTo("delivered"));

        wellAgain();
        isNotSentUntil(FIRST_STEP, provider, email);

        Report delivered = awaitOutcome(parked, provider, "delivered");
        assertThat(delivered.body().path("status").asText()).isEqualTo("delivered");
        assertThat(delivered.delivery(provider).path("durationMs").asLong())
                .as("from acceptance on")
                .isGreaterThanOrEqualTo(FIRST_STEP.toMillis());
        assertThat(PROVIDERS)
                .allSatisfy(each ->
                        assertThat(faults.customers(each, email)).as(each).hasSize(1));
        assertThat(others(provider)).allSatisfy(well -> {
            assertThat(delivered.delivery(well)).isEqualTo(parked.delivery(well));
            assertThat(faults.sends(well, email)).hasSize(1);
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {429, 500})
    void aCreateThatWaitsIsAnUpdateOnceAnOlderMessageWasReplayed(int status) {
        String reference = Caller.reference("older-replayed");
        String email = Caller.email(reference, "");
        faults.once("xbridge", email, aResponse().withStatus(422).withBody("{}"));
        Report older = Caller.deliver(named("Older", reference, "xbridge"));
        assertThat(older.outcome("xbridge")).isEqualTo("rejected/invalid");
        faults.always("xbridge", email, aResponse().withStatus(status));
        Report newer = Caller.deliver(named("Newer", reference, "xbridge"));
        assertThat(newer.outcome("xbridge")).startsWith("retrying/");
        wellAgain();

        String letter = older.body().path("message").textValue() + ".xbridge";
        assertThat(herald.send("POST", "/v1/dead-letters/" + letter + "/replay", null)
                        .status())
                .isEqualTo(202);
        awaitOutcome(older, "xbridge", "delivered");
        clock.putForward(FIRST_STEP);

        assertThat(operation(awaitOutcome(newer, "xbridge", "delivered"), "xbridge"))
                .isEqualTo("updated");
        assertThat(faults.customers("xbridge", email))
                .singleElement()
                .satisfies(customer -> assertThat(customer.toString()).contains("Newer"));
    }

    @ParameterizedTest
    @CsvSource({"30, PT30S", "180, PT3M", "99999999999, P1D"})
    void waitsAsLongAsTheProviderAsksByADayAtMost(String retryAfter, Duration wait) {
        String reference = Caller.reference("asked-to-wait");
        String email = Caller.email(reference, "");
        faults.once("fraudspect", email, aResponse().withStatus(429).withHeader("Retry-After", retryAfter));

        Report parked = Caller.deliver(Caller.person(reference, "", "fraudspect"));

        assertThat(parked.outcome("fraudspect")).isEqualTo("retrying/rate_limited");
        assertThat(parked.attempts("fraudspect")).isEqualTo(1);
        isNotSentUntil(wait, "fraudspect", email);
        awaitOutcome(parked, "fraudspect", "delivered");
    }

    /** Else it would be dead in minutes. */
    @Test
    void afterTheFirstTimeItWaitsForItsStepWhateverTheProviderAsks() {
        String reference = Caller.reference("asked-again");
        String email = Caller.email(reference, "");
        faults.always("fraudspect", email, aResponse().withStatus(429).withHeader("Retry-After", "30"));
        Report parked = Caller.deliver(Caller.person(reference, "", "fraudspect"));
        clock.putForward(Duration.ofSeconds(30));
        awaitAttempts(parked, "fraudspect", 2);

        wellAgain();
        isNotSentUntil(ParkedForMinutes.SCHEDULE.get(1), "fraudspect", email);

        awaitOutcome(parked, "fraudspect", "delivered");
    }

    /** A clock that was a year ahead, and was set. */
    @Test
    void doesNotWaitForAsLongAsTheClockWasAheadThatParkedIt() throws SQLException {
        String reference = Caller.reference("clock-was-ahead");
        String email = Caller.email(reference, "");
        faults.always("bridge-xyz", email, aResponse().withStatus(503));
        Report parked = Caller.deliver(Caller.person(reference, "", "bridge-xyz"));
        wellAgain();

        try (Connection connection = ledger.getConnection();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("update delivery set due_at = due_at + "
                    + Duration.ofDays(365).toMillis() + " where reference = '" + reference + "'");
        }

        awaitOutcome(parked, "bridge-xyz", "delivered");
    }

    @Test
    void getsItsQuickAttemptsAtEachStepAndEndsAfterTheLast() {
        String reference = Caller.reference("exhausted");
        String email = Caller.email(reference, "bridge-xyz.500");

        Report parked = Caller.deliver(Caller.person(reference, "bridge-xyz.500", "bridge-xyz"));

        int attempts = ParkedForMinutes.ATTEMPTS;
        for (Duration step : ParkedForMinutes.SCHEDULE) {
            assertThat(now(parked).outcome("bridge-xyz")).isEqualTo("retrying/unavailable");
            isNotSentUntil(step, "bridge-xyz", email);
            attempts += ParkedForMinutes.ATTEMPTS;
            awaitAttempts(parked, "bridge-xyz", attempts);
        }
        assertThat(now(parked).outcome("bridge-xyz")).isEqualTo("dead/exhausted");
        clock.putForward(Duration.ofDays(1));
        isNotSentNow("bridge-xyz", email);
    }

    @Test
    void aDuplicateOfOurOwnIsFoundWhenItCanBeSeen() {
        String reference = Caller.reference("not-seen-yet");
        String magic = "yativo.lost-once";
        sandbox.server()
                .stubFor(get(urlPathEqualTo("/yativo/customer"))
                        .willReturn(aResponse()
                                .withBody("{\"status\": \"success\", \"data\": [], \"pagination\":"
                                        + " {\"current_page\": 1, \"last_page\": 1}}")));

        Report parked = Caller.deliver(Caller.person(reference, magic, "yativo"));
        assertThat(parked.outcome("yativo")).isEqualTo("retrying/unclear");
        wellAgain();
        clock.putForward(FIRST_STEP);

        awaitOutcome(parked, "yativo", "delivered");
        assertThat(faults.customers("yativo", Caller.email(reference, magic))).hasSize(1);
    }

    @Test
    void holdsItsLaneBackAndThoseBehindItGoInOrder() {
        String reference = Caller.reference("lane");
        String email = Caller.email(reference, "");
        faults.always("xbridge", email, aResponse().withStatus(503).withFixedDelay(300));

        CompletableFuture<Report> firstTried = Caller.submit(named("First", reference));
        patiently().until(() -> !faults.sends("xbridge", email).isEmpty());
        Report second = Caller.deliver(named("Second", reference));
        Report first = firstTried.join();
        Report third = Caller.deliver(named("Third", reference));

        assertThat(first.outcome("xbridge")).isEqualTo("retrying/unavailable");
        assertThat(Stream.of(second, third)).allSatisfy(behind -> {
            assertThat(behind.outcome("xbridge")).isEqualTo("pending");
            assertThat(others("xbridge"))
                    .allSatisfy(well -> assertThat(behind.outcome(well)).isEqualTo("delivered"));
        });

        wellAgain();
        isNotSentUntil(FIRST_STEP, "xbridge", email);

        assertThat(operation(awaitOutcome(first, "xbridge", "delivered"), "xbridge"))
                .isEqualTo("created");
        assertThat(operation(awaitOutcome(second, "xbridge", "delivered"), "xbridge"))
                .isEqualTo("updated");
        assertThat(operation(awaitOutcome(third, "xbridge", "delivered"), "xbridge"))
                .isEqualTo("updated");
        assertThat(faults.sends("xbridge", email))
                .extracting(send -> send.json().path("legalName").asText())
                .containsExactly("First Doe", "First Doe", "First Doe", "Second Doe", "Third Doe");
        assertThat(faults.customers("xbridge", email)).singleElement().satisfies(customer -> assertThat(
                        customer.at("/fields/legalName").asText())
                .isEqualTo("Third Doe"));
        awaitOutcome(Caller.deliver(named("Fourth", reference)), "xbridge", "delivered");
    }

    @ParameterizedTest
    @CsvSource({"422, rejected/invalid", "403, dead/forbidden"})
    void letsItsLaneGoOnWhenItEndsBadly(int status, String outcome) {
        String reference = Caller.reference("ends-badly");
        String email = Caller.email(reference, "");
        faults.always("fraudspect", email, aResponse().withStatus(503));
        Report first = Caller.deliver(named("First", reference, "fraudspect"));
        Report second = Caller.deliver(named("Second", reference, "fraudspect"));
        assertThat(second.outcome("fraudspect")).isEqualTo("pending");

        wellAgain();
        sandbox.server()
                .stubFor(any(urlPathMatching("/fraudspect/.*"))
                        .withRequestBody(containing("First Doe"))
                        .willReturn(aResponse().withStatus(status)));
        clock.putForward(FIRST_STEP);

        awaitOutcome(first, "fraudspect", outcome);
        awaitOutcome(second, "fraudspect", "delivered");
        assertThat(faults.customers("fraudspect", email)).singleElement().satisfies(customer -> assertThat(
                        customer.at("/fields/name").asText())
                .isEqualTo("Second Doe"));
    }

    @Test
    void isSentAgainWithTheSameBytesUnderTheSameKey() {
        String reference = Caller.reference("same-bytes");
        String email = Caller.email(reference, "");
        PROVIDERS.forEach(provider -> faults.always(provider, email, aResponse().withStatus(503)));
        Report parked = Caller.deliver(Caller.person(reference, ""));

        wellAgain();
        clock.putForward(FIRST_STEP);

        assertThat(PROVIDERS).allSatisfy(provider -> {
            awaitOutcome(parked, provider, "delivered");
            List<Received> sends = faults.sends(provider, email);
            assertThat(sends).hasSize(ParkedForMinutes.ATTEMPTS + 1).allSatisfy(send -> {
                assertThat(send.method() + send.path())
                        .isEqualTo(sends.get(0).method() + sends.get(0).path());
                assertThat(send.body()).isEqualTo(sends.get(0).body());
                assertThat(send.header("Idempotency-Key"))
                        .isEqualTo(sends.get(0).header("Idempotency-Key"));
            });
        });
        assertThat(List.of("yativo", "bridge-xyz")).allSatisfy(provider -> assertThat(
                        faults.sends(provider, email).get(0).header("Idempotency-Key"))
                .isPresent());
    }

    @ParameterizedTest
    @CsvSource({"xbridge, /xbridge/generate-token", "yativo, /yativo/auth/login"})
    void aRefusedLogInUsesUpNoStepAndPassesWhenTheCredentialIsMended(String provider, String logIn)
            throws SQLException {
        String reference = Caller.reference("refused-log-in");
        String email = Caller.email(reference, "");
        sandbox.server()
                .stubFor(post(urlPathEqualTo(logIn))
                        .willReturn(aResponse().withStatus(401).withHeader("Retry-After", "30")));
        sandbox.revokeTokens(provider);
        Report parked = Caller.deliver(Caller.person(reference, "", provider));

        for (int i = 0; i <= ParkedForMinutes.SCHEDULE.size(); i++) {
            assertThat(now(parked).outcome(provider)).isEqualTo("retrying/unauthorized");
            assertThat(now(parked).delivery(provider).at("/error/code").asText())
                    .isEqualTo("log_in_refused");
            assertThat(dueIn(reference))
                    .as("no sooner than the step, whatever the provider asks: who logs in too often is locked out")
                    .isGreaterThan(FIRST_STEP.minus(SHORTLY));
            parkedAgainAfter(FIRST_STEP, reference);
        }
        wellAgain();
        clock.putForward(FIRST_STEP);

        awaitOutcome(parked, provider, "delivered");
        assertThat(faults.customers(provider, email)).hasSize(1);
    }

    @Test
    void whatCannotBeToldIsNotCreatedByTheNextMessageEither() {
        String reference = Caller.reference("cannot-be-told");
        String magic = "xbridge.lost-once";
        String email = Caller.email(reference, magic);
        sandbox.server()
                .stubFor(get(urlPathMatching("/xbridge/.*"))
                        .willReturn(aResponse().withStatus(503)));

        Report first = Caller.deliver(Caller.person(reference, magic, "xbridge"));
        assertThat(first.outcome("xbridge")).isEqualTo("retrying/unavailable");
        int last = ParkedForMinutes.SCHEDULE.size() - 1;
        ParkedForMinutes.SCHEDULE.subList(0, last).forEach(step -> parkedAgainAfter(step, reference));
        Report second = Caller.deliver(Caller.person(reference, magic, "xbridge"));
        assertThat(second.outcome("xbridge")).isEqualTo("pending");
        clock.putForward(ParkedForMinutes.SCHEDULE.get(last));

        awaitOutcome(first, "xbridge", "dead/exhausted");
        awaitOutcome(second, "xbridge", "retrying/unavailable");
        assertThat(faults.sends("xbridge", email)).hasSize(1);

        wellAgain();
        clock.putForward(FIRST_STEP);

        assertThat(operation(awaitOutcome(second, "xbridge", "delivered"), "xbridge"))
                .isEqualTo("updated");
        assertThat(faults.customers("xbridge", email)).hasSize(1);
    }

    /** Jackson by itself reads no text of more than twenty million characters. */
    @Test
    void aCustomerWithALongDocumentGoesOnFromTheLedgerToo() {
        String reference = Caller.reference("long-document");
        String email = Caller.email(reference, "");
        ObjectNode customer = Caller.person(reference, "", "bridge-xyz");
        customer.putArray("documents")
                .addObject()
                .put("file", "data:application/pdf;base64," + "QUFB".repeat(5_100_000))
                .putArray("purposes")
                .add("proof_of_address");
        faults.always("bridge-xyz", email, aResponse().withStatus(500));
        Report parked = Caller.deliver(customer);
        assertThat(parked.outcome("bridge-xyz")).isEqualTo("retrying/unavailable");

        wellAgain();
        clock.putForward(FIRST_STEP);

        awaitOutcome(parked, "bridge-xyz", "delivered");
        assertThat(faults.customers("bridge-xyz", email)).hasSize(1);
    }

    /** It is more than is taken up at once. */
    @Test
    void besideALargeCustomerNoOtherIsTakenUp() {
        String large = Caller.reference("beside-a-large-one");
        String small = Caller.reference("beside-a-large-one");
        ObjectNode customer = Caller.person(large, "", "bridge-xyz");
        customer.withObject("/attributes").put("note", "x".repeat(17 << 20));
        Stream.of(large, small)
                .forEach(reference -> faults.once("bridge-xyz", Caller.email(reference, ""), parksForAMinute()));
        Caller.deliver(customer);
        Caller.deliver(Caller.person(small, "", "bridge-xyz"));
        faults.afterwards(
                "bridge-xyz",
                Caller.email(large, ""),
                okJson("{\"id\": \"" + UUID.randomUUID() + "\"}").withFixedDelay(500));

        clock.putForward(FIRST_STEP);

        assertThat(mostInHandUntilDelivered("beside-a-large-one", 2)).isLessThan(2);
    }

    @Test
    void ofManyThatAreDueAFewAreTakenUpAtATime() {
        sandbox.server().stubFor(any(urlPathMatching("/bridge-xyz/.*")).willReturn(parksForAMinute()));
        List<CompletableFuture<Report>> parked = Stream.generate(() -> Caller.reference("one-of-many"))
                .limit(70)
                .map(reference -> Caller.submit(Caller.person(reference, "", "bridge-xyz")))
                .toList();
        parked.forEach(report -> assertThat(report.join().outcome("bridge-xyz")).isEqualTo("retrying/rate_limited"));
        wellAgain();
        sandbox.server().setGlobalFixedDelay(500);
        try {
            clock.putForward(FIRST_STEP);

            assertThat(mostInHandUntilDelivered("one-of-many", 70)).isLessThanOrEqualTo(64);
        } finally {
            sandbox.server().setGlobalFixedDelay(0);
        }
    }

    /** How many of the deliveries of such references were in hand at once, until all of them were delivered. */
    private long mostInHandUntilDelivered(String label, int all) {
        LongAccumulator most = new LongAccumulator(Math::max, 0);
        patiently().until(() -> {
            most.accumulate(deliveries(label, "owner is not null"));
            return deliveries(label, "state = 'delivered'") == all;
        });
        return most.get();
    }

    private long deliveries(String label, String condition) throws SQLException {
        try (Connection connection = ledger.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "select count(*) from delivery where reference like '" + label + "-%' and " + condition)) {
            row.next();
            return row.getLong(1);
        }
    }

    /** At the first try: to wait for a minute is more than the budget. */
    private static ResponseDefinitionBuilder parksForAMinute() {
        return aResponse().withStatus(429).withHeader("Retry-After", "60");
    }

    /** Every provider does again what it usually does. */
    private void wellAgain() {
        sandbox.server().resetToDefaultMappings();
    }

    /** Puts the clock forward by that much, and nothing is sent until then. */
    private void isNotSentUntil(Duration due, String provider, String email) {
        clock.putForward(due.minus(SHORTLY));
        isNotSentNow(provider, email);
        clock.putForward(SHORTLY);
    }

    private Duration dueIn(String reference) throws SQLException {
        try (Connection connection = ledger.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row =
                        statement.executeQuery("select due_at from delivery where reference = '" + reference + "'")) {
            row.next();
            return Duration.between(clock.instant(), Instant.ofEpochMilli(row.getLong(1)));
        }
    }

    private void isNotSentNow(String provider, String email) {
        int sends = faults.sends(provider, email).size();
        await().during(Duration.ofMillis(400))
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> faults.sends(provider, email).size() == sends);
    }

    private Report awaitOutcome(Report report, String provider, String outcome) {
        return patiently().until(() -> now(report), now -> now.outcome(provider).equals(outcome));
    }

    private void awaitAttempts(Report report, String provider, int attempts) {
        patiently().until(() -> now(report).attempts(provider) == attempts);
    }

    /** Puts the clock forward, and waits until the reference's last message was tried and recorded at its one provider. */
    private void parkedAgainAfter(Duration step, String reference) {
        String before = recordedAt(reference);
        clock.putForward(step);
        patiently().until(() -> !recordedAt(reference).equals(before));
    }

    private static String recordedAt(String reference) {
        return Caller.customer(reference).at("/providers/0/at").asText();
    }

    private static ConditionFactory patiently() {
        return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(25));
    }

    /** The report of that message, as it is by now. */
    private Report now(Report report) {
        return new Report(200, herald.report(report.body().path("message").asText()));
    }

    private static String operation(Report report, String provider) {
        return report.delivery(provider).path("operation").asText();
    }

    private static List<String> others(String provider) {
        return PROVIDERS.stream().filter(other -> !other.equals(provider)).toList();
    }

    private static ObjectNode named(String firstName, String reference, String... targets) {
        ObjectNode customer = Caller.person(reference, "", targets);
        customer.withObject("/person").put("firstName", firstName);
        return customer;
    }
}
