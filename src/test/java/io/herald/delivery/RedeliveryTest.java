package io.herald.delivery;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchException;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import io.herald.delivery.Caller.Report;
import io.herald.delivery.QuickRetries.Retry;
import io.herald.ledger.Message;
import io.herald.ledger.OpenDelivery;
import io.herald.provider.BreakerOpenException;
import io.herald.provider.Breakers;
import io.herald.provider.Providers;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExchangeException;
import org.apache.camel.Exchange;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What may pass by itself is tried again, with each provider's own numbers and no others; what will not pass is sent once.
 * bridge-xyz stands behind TLS here.
 */
@QuarkusTest
@TestProfile(QuickRetries.class)
class RedeliveryTest {

    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");

    private static final Map<Integer, String> TRANSIENT = IntStream.of(
                    408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 529, 530)
            .boxed()
            .collect(Collectors.toMap(status -> status, RedeliveryTest::passing));

    /** After these of them the provider may work on the request still. */
    private static final List<Integer> TIME_OUTS = List.of(504, 524);

    private static String passing(int status) {
        return switch (status) {
            case 408 -> "timeout";
            case 429 -> "rate_limited";
            default -> "unavailable";
        };
    }

    private static final List<Integer> LASTING = List.of(
            300, 301, 302, 303, 304, 307, 308, 400, 402, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415,
            416, 417, 418, 421, 422, 423, 424, 426, 428, 431, 444, 451, 499, 501, 505, 506, 507, 508, 510, 511, 528,
            599);

    Sandbox sandbox;

    Relay xbridge;

    @Inject
    Redelivery redelivery;

    @Inject
    DeliverySteps steps;

    @Inject
    Providers providers;

    @Inject
    CamelContext camel;

    @Inject
    MovableClock clock;

    private Faults faults;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        faults = new Faults(sandbox);
    }

    @Test
    void aTransientStatusThatPassesIsDelivered() {
        Map<Integer, String> emails = new LinkedHashMap<>();
        Map<Integer, CompletableFuture<Report>> reports = new LinkedHashMap<>();
        TRANSIENT.keySet().forEach(status -> {
            String reference = Caller.reference("passes-" + status);
            emails.put(status, Caller.email(reference, ""));
            PROVIDERS.forEach(provider ->
                    faults.once(provider, emails.get(status), aResponse().withStatus(status)));
            reports.put(status, Caller.submit(Caller.person(reference, "")));
        });

        reports.forEach((status, pending) -> {
            Report report = pending.join();
            assertThat(report.status()).as(status + ": " + report.body()).isEqualTo(200);
            assertThat(PROVIDERS).allSatisfy(provider -> {
                assertThat(report.attempts(provider)).isEqualTo(2);
                assertThat(faults.customers(provider, emails.get(status))).hasSize(1);
            });
        });
    }

    /** Such a page is often that of a front end. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/html; charset=utf8mb4",
                "text/html; charset=utf-8mb4",
                "text/html; charset=utf-8, text/html; charset=utf-8",
                "text/html; charset={charset}",
                "text/html; charset="
            })
    void aTransientStatusThatPassesIsDeliveredWhateverItIsWrittenIn(String contentType) {
        String reference = Caller.reference("charset");
        String email = Caller.email(reference, "");
        PROVIDERS.forEach(provider -> faults.once(
                provider,
                email,
                aResponse()
                        .withStatus(503)
                        .withHeader("Content-Type", contentType)
                        .withBody("<html></html>")));

        Report report = Caller.deliver(Caller.person(reference, ""));

        assertThat(report.status()).as(report.body().toString()).isEqualTo(200);
        assertThat(PROVIDERS)
                .allSatisfy(provider -> assertThat(report.attempts(provider)).isEqualTo(2));
    }

    @Test
    void aTransientStatusThatStaysIsSentAsOftenAsTheProvidersOwnAttempts() {
        staysTransient(answers(status -> !TIME_OUTS.contains(status)), PROVIDERS);
        staysTransient(answers(TIME_OUTS::contains), List.of("xbridge", "yativo", "bridge-xyz"));
    }

    private static Map<ResponseDefinitionBuilder, String> answers(Predicate<Integer> which) {
        return TRANSIENT.keySet().stream()
                .filter(which)
                .collect(Collectors.toMap(status -> aResponse().withStatus(status), TRANSIENT::get));
    }

    /** What comes late would overwrite what a newer message brings. */
    @Test
    void afterATimeOutOfWhatHasNoKeyTheNextTryWaitsUntilItMustHaveEnded() {
        Map<String, CompletableFuture<Report>> reports = new LinkedHashMap<>();
        TIME_OUTS.forEach(status -> {
            String reference = Caller.reference("straggles");
            faults.always("fraudspect", Caller.email(reference, ""), aResponse().withStatus(status));
            reports.put(Caller.email(reference, ""), Caller.submit(Caller.person(reference, "", "fraudspect")));
        });

        reports.forEach((email, pending) -> {
            assertThat(pending.join().outcome("fraudspect")).startsWith("retrying/");
            assertThat(gaps("fraudspect", email))
                    .as("a second such wait is more than the budget")
                    .singleElement()
                    .satisfies(gap -> assertThat(gap).isGreaterThan(QuickRetries.REQUEST_TIMEOUT.minusMillis(10)));
        });
    }

    @Test
    void aConnectionResetOrClosedIsSentAsOftenAsTheProvidersOwnAttempts() {
        Map<ResponseDefinitionBuilder, String> endings = new LinkedHashMap<>();
        endings.put(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER), "unavailable");
        endings.put(aResponse().withFault(Fault.EMPTY_RESPONSE), "unavailable");
        endings.put(aResponse().withFault(Fault.RANDOM_DATA_THEN_CLOSE), "unavailable");
        staysTransient(endings, PROVIDERS);
    }

    private void staysTransient(Map<ResponseDefinitionBuilder, String> answers, List<String> providers) {
        Map<String, CompletableFuture<Report>> reports = new LinkedHashMap<>();
        Map<String, String> reasons = new LinkedHashMap<>();
        answers.forEach((answer, reason) -> {
            String reference = Caller.reference("stays");
            String email = Caller.email(reference, "");
            providers.forEach(provider -> faults.always(provider, email, answer));
            reasons.put(email, reason);
            reports.put(email, Caller.submit(Caller.person(reference, "", providers.toArray(String[]::new))));
        });

        reports.forEach((email, pending) -> {
            Report report = pending.join();
            assertThat(report.status()).as(report.body().toString()).isEqualTo(202);
            assertThat(providers).allSatisfy(provider -> {
                int attempts = QuickRetries.RETRIES.get(provider).attempts();
                assertThat(report.outcome(provider)).isEqualTo("retrying/" + reasons.get(email));
                assertThat(report.attempts(provider)).isEqualTo(attempts);
                assertThat(faults.sends(provider, email))
                        .as("calls of " + provider)
                        .hasSize(attempts);
            });
        });
    }

    @Test
    void aTimeOutIsTriedAgain() {
        int late = (int) QuickRetries.REQUEST_TIMEOUT.plusSeconds(1).toMillis();
        String once = Caller.reference("late-once");
        PROVIDERS.forEach(provider -> faults.once(
                provider, Caller.email(once, ""), aResponse().withStatus(500).withFixedDelay(late)));
        String always = Caller.reference("late-always");
        faults.always("bridge-xyz", Caller.email(always, ""), aResponse().withFixedDelay(late));

        CompletableFuture<Report> pending = Caller.submit(Caller.person(always, "", "bridge-xyz"));
        Report report = Caller.deliver(Caller.person(once, ""));

        assertThat(report.status()).as(report.body().toString()).isEqualTo(200);
        assertThat(PROVIDERS).allSatisfy(provider -> {
            assertThat(report.attempts(provider)).isEqualTo(2);
            assertThat(report.delivery(provider).path("durationMs").asLong())
                    .isGreaterThanOrEqualTo(QuickRetries.REQUEST_TIMEOUT.toMillis());
            assertThat(faults.customers(provider, Caller.email(once, ""))).hasSize(1);
        });
        assertThat(pending.join().outcome("bridge-xyz")).isEqualTo("retrying/timeout");
        assertThat(pending.join().attempts("bridge-xyz")).isEqualTo(2);
    }

    @Test
    void aRefusedConnectionIsTriedAgainAndLeavesNoDoubt() {
        String provider = "xbridge";
        Caller.deliver(Caller.person(Caller.reference("logs-in"), "", provider));
        xbridge.shut();
        try {
            Report refused = await().atMost(Duration.ofSeconds(60))
                    .until(
                            () -> Caller.deliver(Caller.person(Caller.reference("refused"), "", provider)),
                            report -> report.attempts(provider)
                                    == QuickRetries.RETRIES.get(provider).attempts());
            assertThat(refused.status()).isEqualTo(202);
            assertThat(refused.outcome(provider)).isEqualTo("retrying/unavailable");
            assertThat(refused.delivery(provider).at("/error/code").asText()).isEqualTo("connection_failed");
        } finally {
            xbridge.reopen();
        }

        Report report = Caller.deliver(Caller.person(Caller.reference("reopened"), "", provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
    }

    @Test
    void everyOtherStatusIsSentOnce() {
        Map<Integer, String> emails = new LinkedHashMap<>();
        Map<Integer, CompletableFuture<Report>> reports = new LinkedHashMap<>();
        for (int status : LASTING) {
            String reference = Caller.reference("lasting-" + status);
            emails.put(status, Caller.email(reference, ""));
            PROVIDERS.forEach(provider -> faults.always(
                    provider,
                    emails.get(status),
                    aResponse()
                            .withStatus(status)
                            .withHeader("Location", sandbox.url(provider) + "/elsewhere")
                            .withHeader("Retry-After", "1")));
            reports.put(status, Caller.submit(Caller.person(reference, "")));
        }

        reports.forEach((status, pending) -> {
            Report report = pending.join();
            assertThat(report.status()).as(status + ": " + report.body()).isEqualTo(207);
            assertThat(PROVIDERS).allSatisfy(provider -> {
                assertThat(faults.sends(provider, emails.get(status)))
                        .as("%d at %s", status, provider)
                        .hasSize(1);
                assertThat(report.attempts(provider)).isEqualTo(1);
                assertThat(report.delivery(provider).at("/error/httpStatus").asInt())
                        .isEqualTo(status);
                assertThat(report.outcome(provider))
                        .as("%d at %s", status, provider)
                        .isIn(meaning(provider, status));
            });
        });
        PROVIDERS.forEach(provider -> assertThat(sandbox.requests(provider))
                .noneMatch(request -> request.path().equals("/elsewhere")));
    }

    private static List<String> meaning(String provider, int status) {
        if (status == 402 && provider.equals("fraudspect")) {
            return List.of("dead/forbidden");
        }
        if (status < 400) {
            return List.of("dead/unreadable_answer");
        }
        if (status >= 500) {
            return provider.equals("xbridge") || provider.equals("yativo")
                    ? List.of("dead/unavailable", "dead/unclear")
                    : List.of("dead/unavailable");
        }
        return switch (status) {
            case 403 -> List.of("dead/forbidden");
            case 409 -> List.of("rejected/duplicate");
            default -> List.of("rejected/invalid");
        };
    }

    /** bridge-xyz over TLS, fraudspect without: Camel has a component of its own for each. */
    @Test
    void httpClientItselfRetriesNothing() {
        List<String> emails = Stream.of(429, 503)
                .map(status -> {
                    String reference = Caller.reference("tls");
                    Stream.of("bridge-xyz", "fraudspect")
                            .forEach(provider -> faults.always(
                                    provider,
                                    Caller.email(reference, ""),
                                    aResponse().withStatus(status).withHeader("Retry-After", "1")));
                    return reference;
                })
                .map(reference -> Map.entry(
                        Caller.email(reference, ""),
                        Caller.submit(Caller.person(reference, "", "bridge-xyz", "fraudspect"))))
                .toList()
                .stream()
                .map(pending -> {
                    Report report = pending.getValue().join();
                    assertThat(report.attempts("bridge-xyz")).isEqualTo(2);
                    assertThat(report.attempts("fraudspect")).isEqualTo(3);
                    return pending.getKey();
                })
                .toList();

        assertThat(emails).hasSize(2).allSatisfy(email -> {
            assertThat(faults.sends("bridge-xyz", email)).as("calls over TLS").hasSize(2);
            assertThat(faults.sends("fraudspect", email))
                    .as("calls, a second apart while the budget lasts")
                    .hasSize(3);
        });
    }

    @Test
    void retryAfterInSecondsIsObeyed() {
        String reference = Caller.reference("seconds");
        String magic = "all.429-once";

        Report report = Caller.deliver(Caller.person(reference, magic));

        assertThat(report.status()).as(report.body().toString()).isEqualTo(200);
        assertThat(PROVIDERS).allSatisfy(provider -> assertThat(gaps(provider, Caller.email(reference, magic)))
                .singleElement()
                .satisfies(gap -> assertThat(gap).isBetween(Duration.ofMillis(990), Duration.ofMillis(1900))));
    }

    @Test
    void retryAfterAsADateIsObeyed() {
        Instant date = clock.instant().plusSeconds(2).truncatedTo(ChronoUnit.SECONDS);
        Duration ahead = Duration.between(Instant.now(), clock.instant());
        String reference = Caller.reference("date");
        String email = Caller.email(reference, "");
        PROVIDERS.forEach(provider ->
                faults.once(provider, email, aResponse().withStatus(503).withHeader("Retry-After", httpDate(date))));

        Report report = Caller.deliver(Caller.person(reference, ""));

        assertThat(report.status()).as(report.body().toString()).isEqualTo(200);
        assertThat(PROVIDERS).allSatisfy(provider -> assertThat(
                        faults.arrivals(provider, email).get(1).plus(ahead))
                .isAfterOrEqualTo(date.minusMillis(10))
                .isBefore(date.plusSeconds(4)));
    }

    private static final List<String> BEYOND_THE_BUDGET = List.of(
            "3600",
            "8",
            httpDate(Instant.now().plus(Duration.ofDays(3))),
            "99999999999",
            "9223372036854775807",
            "99999999999999999999999999");

    @Test
    void aRetryAfterBeyondTheBudgetEndsTheTriesAtOnce() {
        Map<String, CompletableFuture<Report>> reports = new LinkedHashMap<>();
        BEYOND_THE_BUDGET.forEach(retryAfter -> {
            String reference = Caller.reference("beyond");
            PROVIDERS.forEach(provider -> faults.always(
                    provider,
                    Caller.email(reference, ""),
                    aResponse().withStatus(429).withHeader("Retry-After", retryAfter)));
            reports.put(retryAfter, Caller.submit(Caller.person(reference, "")));
        });

        reports.forEach((retryAfter, pending) -> {
            Report report = pending.join();
            assertThat(report.status()).isEqualTo(202);
            assertThat(PROVIDERS).allSatisfy(provider -> {
                assertThat(report.outcome(provider)).isEqualTo("retrying/rate_limited");
                assertThat(report.attempts(provider))
                        .as("Retry-After: " + retryAfter)
                        .isEqualTo(1);
                assertThat(report.delivery(provider).path("durationMs").asLong())
                        .isLessThan(5_000);
            });
        });
        PROVIDERS.forEach(provider -> assertThat(sandbox.requests(provider))
                .filteredOn(sent -> sent.answered() == 429)
                .hasSize(BEYOND_THE_BUDGET.size()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-5", "1.5", "Thu, 01 Jan 1970 00:00:00 GMT"})
    void aRetryAfterThatSaysNothingChangesNothing(String retryAfter) {
        String reference = Caller.reference("nothing");
        String email = Caller.email(reference, "");
        faults.once("bridge-xyz", email, aResponse().withStatus(503).withHeader("Retry-After", retryAfter));

        Report report = Caller.deliver(Caller.person(reference, "", "bridge-xyz"));

        assertThat(report.outcome("bridge-xyz")).isEqualTo("delivered");
        assertThat(report.attempts("bridge-xyz")).isEqualTo(2);
    }

    @Test
    void theWaitsOnTheWireGrowAndAreTheProvidersOwn() {
        String reference = Caller.reference("backoff");
        String email = Caller.email(reference, "");
        Stream.of("bridge-xyz", "fraudspect")
                .forEach(provider -> faults.always(provider, email, aResponse().withStatus(503)));

        Caller.deliver(Caller.person(reference, "", "bridge-xyz", "fraudspect"));

        assertThat(gaps("bridge-xyz", email)).singleElement().satisfies(gap -> assertThat(gap)
                .isBetween(Duration.ofMillis(10), Duration.ofMillis(600)));
        List<Duration> gaps = gaps("fraudspect", email);
        assertThat(gaps).hasSize(4);
        List<Integer> least = List.of(60, 120, 150, 150);
        assertThat(IntStream.range(0, 4))
                .allSatisfy(i ->
                        assertThat(gaps.get(i).toMillis()).as("wait %d", i + 1).isBetween(least.get(i) - 5L, 900L));
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo", "fraudspect", "bridge-xyz"})
    void theDelayDoublesIsJitteredAndIsCapped(String provider) {
        Retry retry = QuickRetries.RETRIES.get(provider);
        int draws = 300;
        for (int failed = 1; failed < retry.attempts(); failed++) {
            long full =
                    Math.min(retry.maxDelay().toMillis(), retry.initialDelay().toMillis() << (failed - 1));
            int tries = failed;
            List<Long> delays = IntStream.range(0, draws)
                    .mapToObj(i -> delayAfter(provider, tries))
                    .toList();

            assertThat(delays).as("after failure %d", failed).allSatisfy(delay -> assertThat(delay)
                    .isBetween(full / 2, full));
            assertThat(delays.stream().distinct().count())
                    .as("jitter after failure %d", failed)
                    .isGreaterThan(full / 8);
            assertThat(delays.stream().mapToLong(Long::longValue).average().orElseThrow())
                    .isCloseTo(full * 0.75, within(full * 0.1));
        }
    }

    @Test
    void aLookUpWaitsUntilWhatIsUnderWayHasEndedAndCanBeSeen() throws Exception {
        long settle = QuickRetries.SETTLE.toMillis();
        long longest = settle + QuickRetries.REQUEST_TIMEOUT.toMillis();

        assertThat(waitOfALookUp(Duration.ofSeconds(-10))).isZero();
        assertThat(waitOfALookUp(Duration.ZERO)).isBetween(1L, settle);
        assertThat(waitOfALookUp(Duration.ofSeconds(1))).isBetween(settle + 1, settle + 1_000);
        assertThat(waitOfALookUp(Duration.ofHours(1)))
                .as("when the clock went back")
                .isEqualTo(longest);
    }

    @Test
    void aLookUpThatWaitsLongerThanTheBudgetIsParkedUntilThen() throws Exception {
        Delivery delivery = delivery("xbridge");
        delivery.doubt().raise(clock.instant().plus(QuickRetries.REQUEST_TIMEOUT));
        delivery.tries().addWait(QuickRetries.RETRIES.get("xbridge").budget().toMillis() - 1_000);
        Instant seen = delivery.doubt().since().orElseThrow().plus(QuickRetries.SETTLE);
        Exchange exchange = new DefaultExchange(camel);

        assertThatExceptionOfType(LookUpWaitsException.class)
                .isThrownBy(() -> steps.beginLookUp(delivery))
                .satisfies(exchange::setException);
        assertThat(redelivery.isTransient(exchange, delivery)).isFalse();
        redelivery.giveUp(exchange, delivery);

        assertThat(delivery.dueAt().orElseThrow()).isCloseTo(seen, within(1, ChronoUnit.SECONDS));
        assertThat(delivery.parks()).as("steps of the schedule").isZero();
        assertThat(delivery.getOutcome().path("state").asText()).isEqualTo("retrying");
    }

    /** Else one that is never answered with JSON would be created anew after each wait, for ever. */
    @ParameterizedTest
    @CsvSource({"retrying, true", "dead, false"})
    void aDeliveryThatWasTakenUpAndFailedHasHadItsTryWhereALookUpWouldWaitLongerThanTheBudget(
            String state, boolean isParked) {
        Delivery delivery = takenUp("xbridge");
        delivery.setRequest(JsonNodeFactory.instance.objectNode(), new byte[0]);
        delivery.beginSending(clock.instant());
        Exchange exchange = new DefaultExchange(camel);
        exchange.setException(isParked ? answered(500) : unreadable());
        assertThat(redelivery.again(exchange, delivery)).isTrue();
        delivery.tries().addWait(QuickRetries.RETRIES.get("xbridge").budget().toMillis());

        exchange.setException(catchException(() -> steps.beginLookUp(delivery)));
        assertThat(exchange.getException()).isInstanceOf(LookUpWaitsException.class);
        redelivery.giveUp(exchange, delivery);

        assertThat(delivery.getOutcome().path("state").asText()).isEqualTo(state);
        assertThat(delivery.dueAt().isPresent()).isEqualTo(isParked);
        assertThat(delivery.parks()).isEqualTo(isParked ? 1 : 0);
    }

    /** Whether the breaker is open, or Herald stops, says nothing of the answers of the provider when that is over. */
    @Test
    void aDeliveryThatWasTakenUpGoesOnWhenTheBreakerOpensAfterAnAnswerThatCannotBeRead() {
        Delivery delivery = takenUp("fraudspect");
        delivery.setRequest(JsonNodeFactory.instance.objectNode(), new byte[0]);
        Breakers stopped = new Breakers(providers, clock);
        stopped.stop();
        Exchange exchange = new DefaultExchange(camel);

        delivery.beginSending(clock.instant());
        exchange.setException(unreadable());
        assertThat(redelivery.again(exchange, delivery)).isTrue();
        exchange.setException(catchException(() -> stopped.of("fraudspect").check()));
        redelivery.giveUp(exchange, delivery);

        assertThat(delivery.getOutcome().path("state").asText()).isEqualTo("retrying");
        assertThat(delivery.dueAt()).isPresent();
        assertThat(delivery.parks()).isZero();
    }

    private static UnreadableAnswerException unreadable() {
        return new UnreadableAnswerException(
                Outcome.failed(State.DEAD, Reason.UNREADABLE_ANSWER, "the answer is not JSON"));
    }

    /** The next message of the customer may go as soon as it has ended, and what comes late would overwrite what that one brings. */
    @Test
    void afterATimeOutOfTheLastTryItHasNotEndedUntilTheRequestMustHave() {
        assertThat(lastTryEnds("fraudspect", 504)).isGreaterThanOrEqualTo(QuickRetries.REQUEST_TIMEOUT);
        assertThat(lastTryEnds("fraudspect", 500)).isLessThan(QuickRetries.REQUEST_TIMEOUT);
        assertThat(lastTryEnds("xbridge", 504))
                .as("a create, which is looked up before anything else is sent")
                .isLessThan(QuickRetries.REQUEST_TIMEOUT);
    }

    /** How long it takes to end a delivery whose schedule is used up. */
    private Duration lastTryEnds(String provider, int status) {
        Delivery delivery = delivery(provider);
        delivery.setRequest(JsonNodeFactory.instance.objectNode(), new byte[0]);
        IntStream.range(0, 100).forEach(step -> delivery.park(Instant.EPOCH, true));
        Exchange exchange = new DefaultExchange(camel);
        do {
            delivery.beginSending(clock.instant());
            exchange.setException(answered(status));
        } while (redelivery.again(exchange, delivery));
        long begun = System.nanoTime();

        redelivery.giveUp(exchange, delivery);

        assertThat(delivery.getOutcome().path("state").asText()).isEqualTo("dead");
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    /** Somebody on the way answers while the provider may be at work on it. */
    @Test
    void whatACreateWasAnsweredWithTellsWhetherItMayHaveArrivedAndByWhen() {
        assertThat(TIME_OUTS).allSatisfy(status -> assertThat(arrivesWithin(status, "<html></html>"))
                .hasValueSatisfying(time -> assertThat(time).isGreaterThanOrEqualTo(QuickRetries.REQUEST_TIMEOUT)));
        assertThat(List.of(301, 408, 500, 501, 502, 503, 520, 521, 522, 523, 525, 526, 527, 529, 530))
                .allSatisfy(status -> assertThat(arrivesWithin(status, "<html></html>"))
                        .hasValueSatisfying(time -> assertThat(time).isLessThan(QuickRetries.REQUEST_TIMEOUT)));
        assertThat(List.of(400, 422, 425, 429))
                .allSatisfy(status -> assertThat(arrivesWithin(status, "{}")).isEmpty());
    }

    /** How long after its answer a create may arrive at xbridge; empty if it has not, and will not. */
    private Optional<Duration> arrivesWithin(int status, String body) {
        Delivery delivery = delivery("xbridge");
        delivery.setRequest(JsonNodeFactory.instance.objectNode(), new byte[0]);
        Instant now = clock.instant();
        delivery.beginSending(now);
        Exchange exchange = new DefaultExchange(camel);
        exchange.setException(answered(status, body));

        redelivery.isTransient(exchange, delivery);

        return delivery.doubt().since().map(by -> Duration.between(now, by));
    }

    private static HttpOperationFailedException answered(int status) {
        return answered(status, "{}");
    }

    private static HttpOperationFailedException answered(int status, String body) {
        return new HttpOperationFailedException("http://localhost", status, "", null, Map.of(), body);
    }

    /** As of one call for each document. */
    @Test
    void aRefusalThatStopsASplitIsARefusal() {
        Delivery delivery = delivery("xbridge");
        delivery.setRequest(JsonNodeFactory.instance.objectNode(), new byte[0]);
        Exchange exchange = new DefaultExchange(camel);
        delivery.beginSending(clock.instant());
        exchange.setException(new CamelExchangeException("Sequential processing failed", exchange, answered(503)));

        assertThat(redelivery.isTransient(exchange, delivery)).isTrue();
        assertThat(delivery.failure().outcome().at("/error/httpStatus").asInt()).isEqualTo(503);
    }

    @Test
    void whatFailsInAWayThatNobodyThoughtOfMayHaveArrived() {
        Delivery delivery = delivery("xbridge");
        delivery.setRequest(JsonNodeFactory.instance.objectNode(), new byte[0]);
        Exchange exchange = new DefaultExchange(camel);
        delivery.beginSending(clock.instant());
        exchange.setException(new IllegalStateException());

        redelivery.giveUp(exchange, delivery);

        assertThat(delivery.isUnclear()).isTrue();
        assertThat(delivery.getOutcome().path("state").asText()).isEqualTo("dead");
        assertThat(delivery.getOutcome().at("/error/reason").asText()).isEqualTo("unclear");
    }

    /** As between fraudspect's customer and its connections. */
    @Test
    void whatIsCalledOffAfterAnAnswerWasATry() {
        Delivery delivery = delivery("fraudspect");
        delivery.setRequest(JsonNodeFactory.instance.objectNode(), new byte[0]);
        Breakers stopped = new Breakers(providers, clock);
        stopped.stop();
        Exchange exchange = new DefaultExchange(camel);

        delivery.beginSending(clock.instant());
        delivery.markDelivered(JsonNodeFactory.instance.objectNode().put("providerCustomerId", "id-1"));
        exchange.setException(catchException(() -> stopped.of("fraudspect").check()));
        redelivery.giveUp(exchange, delivery);
        assertThat(delivery.getAttempts()).isEqualTo(1);

        delivery.beginSending(clock.instant());
        exchange.setException(catchException(() -> stopped.of("fraudspect").check()));
        redelivery.giveUp(exchange, delivery);
        assertThat(delivery.getAttempts()).as("the second never left").isEqualTo(1);
    }

    private long waitOfALookUp(Duration untilItHasArrived) throws BreakerOpenException, LookUpWaitsException {
        Delivery delivery = delivery("xbridge");
        delivery.doubt().raise(clock.instant().plus(untilItHasArrived));
        return steps.beginLookUp(delivery);
    }

    private static Delivery delivery(String provider) {
        return new Delivery(message(provider), provider);
    }

    private static Delivery takenUp(String provider) {
        Message message = message(provider);
        OpenDelivery kept = new OpenDelivery(
                message.sequence(),
                message.reference(),
                provider,
                "intake",
                2,
                0,
                1,
                0,
                1,
                Optional.of(Instant.EPOCH),
                Optional.empty(),
                Optional.empty());
        return new Delivery(message, kept, Optional.empty(), new ObjectMapper());
    }

    private static Message message(String provider) {
        return new Message(
                new UUID(0, 1),
                1,
                "reference",
                Instant.EPOCH,
                JsonNodeFactory.instance.objectNode(),
                List.of(provider));
    }

    /** What the error handler says after so many failures of one delivery that certainly did not arrive. */
    private long delayAfter(String provider, int failures) {
        Delivery delivery = delivery(provider);
        delivery.setRequest(JsonNodeFactory.instance.objectNode(), new byte[0]);
        Exchange exchange = new DefaultExchange(camel);
        for (int i = 0; i < failures; i++) {
            delivery.beginSending(Instant.EPOCH);
            exchange.setException(answered(429));
            assertThat(redelivery.again(exchange, delivery)).isTrue();
        }
        return exchange.getIn().getHeader(Exchange.REDELIVERY_DELAY, Long.class);
    }

    private List<Duration> gaps(String provider, String email) {
        List<Instant> arrivals = faults.arrivals(provider, email);
        return IntStream.range(1, arrivals.size())
                .mapToObj(i -> Duration.between(arrivals.get(i - 1), arrivals.get(i)))
                .toList();
    }

    private static String httpDate(Instant at) {
        return DateTimeFormatter.RFC_1123_DATE_TIME
                .format(at.atOffset(ZoneOffset.UTC))
                .replace("+0000", "GMT");
    }
}
