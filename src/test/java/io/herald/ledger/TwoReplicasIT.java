package io.herald.ledger;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.http.FixedDelayDistribution;
import com.github.tomakehurst.wiremock.http.UniformDistribution;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import io.herald.Customers;
import io.herald.delivery.Faults;
import io.herald.rest.Api;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Promises 1 to 3 of two replicas: lanes go across both, and what a killed one had in hand is taken over by the other. */
class TwoReplicasIT extends TwoReplicas {

    private static final int WIDTH = 8;

    /** fraudspect's, where it has one. */
    private static final int RATE = 20;

    @Test
    void lanesAndARateGoAcrossBothAndOneThatStopsLeavesNothingInHand() throws IOException {
        environment.put("PROVIDER_FRAUDSPECT_RATE", Integer.toString(RATE));
        startBoth();
        ofAHundredFirstMessagesOverBothOneCreatesAndTheLastStands();
        bothTogetherStayUnderAProvidersRate();
        oneThatStopsWhileItWorksLeavesNothingInHand();
    }

    private void ofAHundredFirstMessagesOverBothOneCreatesAndTheLastStands() {
        List<CompletableFuture<Api.Answer>> calls = IntStream.range(0, 100)
                .mapToObj(i -> {
                    ObjectNode customer = Customers.person("CUST-hundred");
                    customer.withObject("/person").put("firstName", "Number" + i);
                    return api(i % 2 == 0 ? one : other).submitting(customer, "Prefer", "respond-async");
                })
                .toList();
        List<Api.Answer> answers = calls.stream().map(CompletableFuture::join).toList();
        assertThat(answers).extracting(Api.Answer::status).containsOnly(202);

        List<JsonNode> reports = IntStream.range(0, 100)
                .mapToObj(i -> delivered(one, answers.get(i)).put("sent", "Number" + i))
                .map(JsonNode.class::cast)
                .sorted(Comparator.comparingLong(
                        report -> report.path("sequence").asLong()))
                .toList();
        for (String provider : PROVIDERS) {
            assertThat(reports)
                    .as(provider)
                    .extracting(report ->
                            Api.delivery(report, provider).path("operation").asText())
                    .startsWith("created")
                    .filteredOn("updated"::equals)
                    .hasSize(99);
            assertThat(sandbox.customers(provider)).as(provider).hasSize(1).allSatisfy(customer -> assertThat(
                            customer.toString())
                    .contains(reports.get(99).path("sent").asText()));
        }
        assertThat(directory.resolve("one/data/herald.db"))
                .as("no embedded ledger is made")
                .doesNotExist();
    }

    private void oneThatStopsWhileItWorksLeavesNothingInHand() {
        List<Api.Answer> kept = IntStream.range(0, 100)
                .mapToObj(i -> api(one).submitting(Customers.person("CUST-" + i % 50), "Prefer", "respond-async"))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();

        one.stop();

        kept.forEach(answer -> delivered(other, answer));
        assertThat(other.output()).doesNotContain("its lease has ended");
        assertThat(one.output()).doesNotContain("the ledger cannot be written");
    }

    @Test
    void whatAReplicaHadInHandThatHangsOrIsKilledIsTakenOver() throws Exception {
        for (String provider : PROVIDERS) {
            environment.put(prefix(provider) + "MAX_CONNECTIONS", Integer.toString(WIDTH));
        }
        startBoth();
        oneHangsAndWhenItWakesItSendsNothingTwice();
        answersAfter(new UniformDistribution(200, 1_000));
        List<CompletableFuture<Api.Answer>> calls = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            calls.add(api(i % 2 == 0 ? one : other)
                    .submitting(Customers.person("CUST-" + i % 125), "Prefer", "respond-async"));
        }
        List<Api.Answer> kept = calls.stream().map(CompletableFuture::join).toList();
        assertThat(kept).extracting(Api.Answer::status).containsOnly(202);
        one.kill();
        assertThat(kept)
                .as("a killed replica leaves something to take over")
                .anyMatch(answer -> !isDelivered(report(other, answer)));
        answersAfter(null);

        kept.forEach(answer -> delivered(other, answer));

        assertThat(other.output()).contains("its lease has ended");
        for (String provider : PROVIDERS) {
            for (int i = 0; i < 125; i++) {
                assertThat(faults.customers(provider, "cust-" + i + "@example.com"))
                        .as("CUST-%d at %s", i, provider)
                        .hasSize(1);
            }
        }
    }

    /** It stops while it waits for answers, and has more in hand that it has not sent yet. */
    private void oneHangsAndWhenItWakesItSendsNothingTwice() throws Exception {
        delivered(one, api(one).submit(Customers.person("CUST-logs-in")));
        answersAfter(new FixedDelayDistribution(8_000));
        List<Api.Answer> kept = IntStream.range(0, 10 * WIDTH)
                .mapToObj(i -> api(one).submitting(Customers.person("CUST-hang-" + i), "Prefer", "respond-async"))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
        await().atMost(BOUND).until(() -> PROVIDERS.stream()
                .allMatch(provider -> sandbox.customers(provider).size() == WIDTH + 1));
        one.signal("STOP");
        answersAfter(null);

        kept.forEach(answer -> delivered(other, answer));
        assertThat(other.output()).contains("its lease has ended");
        Map<String, Long> sent = sent();
        one.signal("CONT");
        Api.Answer awake = await().atMost(BOUND)
                .until(
                        () -> api(one).submit(Customers.person("CUST-awake"), "Prefer", "respond-async"),
                        answer -> answer.status() == 202);
        delivered(one, awake);

        await().during(Duration.ofSeconds(2)).atMost(BOUND).untilAsserted(() -> assertThat(sent())
                .isEqualTo(sent));
        for (String provider : PROVIDERS) {
            assertThat(sandbox.customers(provider)).as(provider).hasSize(10 * WIDTH + 2);
        }
    }

    /** How often a customer of those in hand was sent, at each provider. */
    private Map<String, Long> sent() {
        return PROVIDERS.stream()
                .collect(Collectors.toMap(provider -> provider, provider -> sandbox.requests(provider).stream()
                        .filter(request -> new String(request.body(), StandardCharsets.UTF_8).contains("cust-hang-"))
                        .count()));
    }

    /** Replays, too, and with what comes in beside them. */
    private void bothTogetherStayUnderAProvidersRate() {
        StubMapping refusal = sandbox.server()
                .stubFor(any(urlPathMatching("/fraudspect/.*"))
                        .atPriority(1)
                        .willReturn(aResponse().withStatus(422).withBody("{}")));
        List<Api.Answer> kept = new ArrayList<>(submitOverBoth("CUST-replayed-", 40));
        kept.forEach(answer -> await().atMost(BOUND)
                .until(() -> report(one, answer).path("status").asText().equals("failed")));
        sandbox.server().removeStub(refusal);
        sandbox.server().resetRequests();

        Api.Answer replay = api(one).send("POST", "/v1/dead-letters/replay?provider=fraudspect&state=rejected", null);
        kept.addAll(submitOverBoth("CUST-fresh-", 30));

        assertThat(replay.json().path("count").asInt()).isEqualTo(40);
        kept.forEach(answer -> delivered(other, answer));
        List<Instant> arrivals = faults.arrivals("fraudspect");
        assertThat(arrivals).hasSizeGreaterThanOrEqualTo(70);
        assertThat(Faults.mostIn(Duration.ofSeconds(2), arrivals))
                .as("two seconds, because a busy sandbox takes late requests together; two that knew nothing of each"
                        + " other would send nearly all within them")
                .isLessThanOrEqualTo(2L * RATE);
    }

    private List<Api.Answer> submitOverBoth(String prefix, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    ObjectNode customer = Customers.person(prefix + i);
                    customer.putArray("targets").add("fraudspect");
                    return api(i % 2 == 0 ? one : other).submitting(customer, "Prefer", "respond-async");
                })
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
    }
}
