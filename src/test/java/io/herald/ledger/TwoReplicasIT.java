package io.herald.ledger;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.global.GlobalSettings;
import com.github.tomakehurst.wiremock.http.DelayDistribution;
import com.github.tomakehurst.wiremock.http.FixedDelayDistribution;
import com.github.tomakehurst.wiremock.http.UniformDistribution;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import io.herald.Customers;
import io.herald.delivery.Faults;
import io.herald.rest.Api;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promises 1 to 3 of two packaged programs that share one PostgreSQL: lanes go across both, and what a killed one had in
 * hand is taken over by the other.
 */
class TwoReplicasIT {

    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    private static final int WIDTH = 8;

    /** fraudspect's, where it has one. */
    private static final int RATE = 20;

    private static final Duration BOUND = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    private Sandbox sandbox;
    private Faults faults;
    private Map<String, String> environment;
    private PackagedProgram one;
    private PackagedProgram other;

    @BeforeEach
    void startSandbox() {
        sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);
        faults = new Faults(sandbox);
        environment = PackagedProgram.environment(sandbox);
        environment.put("HERALD_LEDGER", "postgresql");
        environment.put("QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL", TestPostgres.newDatabase());
        environment.put("HERALD_REPLICA_LEASE", "10s");
        environment.put("HERALD_PARK_POLL", "200ms");
        for (String provider : PROVIDERS) {
            environment.put(prefix(provider) + "PARK_SCHEDULE", "500ms,1s,2s,5s,10s");
            environment.put(prefix(provider) + "FIND_SETTLE", "200ms");
        }
    }

    private static String prefix(String provider) {
        return "PROVIDER_" + provider.toUpperCase(Locale.ROOT).replace('-', '_') + "_";
    }

    private void startBoth() throws IOException {
        one = PackagedProgram.launch(Files.createDirectory(directory.resolve("one")), environment);
        other = PackagedProgram.launch(Files.createDirectory(directory.resolve("other")), environment);
        one.awaitReady();
        other.awaitReady();
    }

    @AfterEach
    void stopBoth() {
        one.close();
        other.close();
        sandbox.close();
    }

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

    private void answersAfter(DelayDistribution delay) {
        sandbox.server()
                .updateGlobalSettings(
                        GlobalSettings.builder().delayDistribution(delay).build());
    }

    /** One after the other is stopped and started anew while customers come; the time to end is too short for all that is in hand. */
    @Test
    void aRollingRestartUnderLoadLosesAndDoublesNothing() throws Exception {
        environment.put("HERALD_SHUTDOWN_TIMEOUT", "300ms");
        environment.put("HERALD_REPLICA_LEASE", "10m");
        startBoth();
        answersAfter(new UniformDistribution(50, 4_000));
        Map<String, String> accepted = new ConcurrentHashMap<>();
        List<Api.Answer> refused = Collections.synchronizedList(new ArrayList<>());
        AtomicBoolean comes = new AtomicBoolean(true);
        AtomicReference<List<PackagedProgram>> behindTheBalancer = new AtomicReference<>(List.of(one, other));
        CompletableFuture<Void> load = CompletableFuture.runAsync(() -> {
            for (int i = 0; comes.get(); i++) {
                String reference = "CUST-rolling-" + i;
                for (int tries = 0; !accepted.containsKey(reference); tries++) {
                    List<PackagedProgram> all = behindTheBalancer.get();
                    submit(all.get(tries % all.size()), reference).ifPresent(answer -> {
                        if (answer.status() == 202) {
                            accepted.put(
                                    reference, answer.json().path("message").asText());
                        } else {
                            refused.add(answer);
                        }
                    });
                    pause();
                }
            }
        });

        await().atMost(BOUND).until(() -> accepted.size() > 60);
        one.stop();
        PackagedProgram first = one;
        one = PackagedProgram.start(Files.createDirectory(directory.resolve("one-again")), environment);
        behindTheBalancer.set(List.of(other, one));
        int before = accepted.size();
        await().atMost(BOUND).until(() -> accepted.size() > before + 60);
        other.stop();
        behindTheBalancer.set(List.of(one));
        comes.set(false);
        load.get(BOUND.toSeconds(), TimeUnit.SECONDS);
        answersAfter(null);

        assertThat(refused).extracting(Api.Answer::status).containsOnly(503);
        assertThat(refused).extracting(answer -> answer.header("Retry-After")).doesNotContainNull();
        assertThat(first.output() + other.output()).contains("have not ended in time, and go back to the ledger");
        assertThat(first.output() + other.output()).doesNotContain("some are still in hand");
        accepted.values().forEach(message -> await().atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .until(() -> isDelivered(api(one).report(message))));
        for (String provider : PROVIDERS) {
            List<String> customers =
                    sandbox.customers(provider).stream().map(JsonNode::toString).toList();
            assertThat(accepted.keySet()).allSatisfy(reference -> assertThat(customers)
                    .as("%s at %s", reference, provider)
                    .filteredOn(
                            customer -> customer.contains("\"" + reference.toLowerCase(Locale.ROOT) + "@example.com\""))
                    .hasSize(1));
        }
    }

    /** Twenty-five a second are load enough: fifty are in hand at each provider. */
    private static void pause() {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(40));
    }

    /** The answer; none if there was nobody to give one. */
    private static Optional<Api.Answer> submit(PackagedProgram program, String reference) {
        try {
            return Optional.of(api(program).submit(Customers.person(reference), "Prefer", "respond-async"));
        } catch (CompletionException gone) {
            return Optional.empty();
        }
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

    private static ObjectNode delivered(PackagedProgram program, Api.Answer answer) {
        return (ObjectNode) await().atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> report(program, answer), TwoReplicasIT::isDelivered);
    }

    private static JsonNode report(PackagedProgram program, Api.Answer answer) {
        return api(program).report(answer.json().path("message").asText());
    }

    private static boolean isDelivered(JsonNode report) {
        return report.path("status").asText().equals("delivered");
    }

    private static Api api(PackagedProgram program) {
        return Api.at(URI.create(program.url()).getPort());
    }
}
