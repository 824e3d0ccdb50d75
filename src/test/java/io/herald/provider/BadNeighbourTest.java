package io.herald.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.provider.Impostor.Behaviour;
import io.herald.rest.Api;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Promise 5: one slow, broken or refusing provider changes nothing for the others. Many messages at once, three providers
 * that are well and one that is not.
 */
@QuarkusTest
@TestProfile(Neighbours.class)
class BadNeighbourTest extends AmongImpostors {

    private static final int MESSAGES = Neighbours.MESSAGES;
    private static final Duration BOUND = Duration.ofSeconds(90);

    /** What a run beside a bad provider may take: this often the time without it, and this much more. */
    private static final int FACTOR = 3;

    private static final Duration SLACK = Duration.ofSeconds(3);

    private static final String BAD = "fraudspect";
    private static final String SLOW = "bridge-xyz";
    private static final List<String> WELL = List.of("bridge-xyz", "xbridge", "yativo");

    /** What the others take without a bad one; measured once, on a warm JVM. */
    private static Duration alone;

    private static long references;

    /** The bad one ends at once or at its deadline, in as many rounds as its width needs. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "HANG,  retrying, timeout,           timeout,           0",
        "DRIP,  retrying, timeout,           timeout,           0",
        "RESET, retrying, unavailable,       connection_failed, 0",
        "HTML,  dead,     unreadable_answer, unreadable_answer, 200",
        "GZIP,  dead,     unreadable_answer, unreadable_answer, 200",
        "ERROR, retrying, unavailable,       http_500,          500",
        "HUGE,  dead,     unreadable_answer, unreadable_answer, 0"
    })
    void changesNothingForTheOthers(Behaviour behaviour, String state, String reason, String code, int httpStatus) {
        if (alone == null) {
            run(MESSAGES, WELL);
            impostors.reset();
            alone = run(MESSAGES, WELL).theOthers();
            impostors.reset();
        }
        impostors.of(BAD).behave(behaviour);

        Run beside = run(MESSAGES, Impostors.PROVIDERS);

        assertThat(beside.reports()).hasSize(MESSAGES).allSatisfy(report -> {
            for (String provider : WELL) {
                JsonNode delivery = Api.delivery(report, provider);
                assertThat(delivery.path("state").asText()).as(provider).isEqualTo("delivered");
                assertThat(delivery.path("attempts").asInt()).as(provider).isEqualTo(1);
            }
            assertBad(Api.delivery(report, BAD), state, reason, code, httpStatus);
        });
        assertThat(beside.theOthers())
                .as("the others, beside one that does %s", behaviour)
                .isLessThan(alone.multipliedBy(FACTOR).plus(SLACK));
        int rounds = MESSAGES / Neighbours.WIDTH.get(BAD);
        assertThat(beside.all())
                .as("the bad one")
                .isLessThan(Duration.ofMillis(2 * Neighbours.DEADLINE.get(BAD))
                        .multipliedBy(rounds)
                        .plus(beside.theOthers())
                        .plus(SLACK));
        assertThat(impostors.of(BAD).mostTaken())
                .as("bytes of a huge answer, those in the sockets' buffers included")
                .isLessThan(Impostor.HUGE_BYTES / 3);
        assertThat(impostors.of(BAD).requests()).isEqualTo(MESSAGES);
        assertThat(impostors.sandbox().customers(BAD)).isEmpty();
        for (String provider : WELL) {
            assertThat(impostors.of(provider).mostAtOnce())
                    .as("requests at %s at once", provider)
                    .isLessThanOrEqualTo(Neighbours.WIDTH.get(provider));
            assertThat(impostors.of(provider).requests())
                    .as("requests to %s, a log-in among them", provider)
                    .isBetween(MESSAGES, MESSAGES + 1);
            assertThat(impostors.sandbox().customers(provider)).hasSize(MESSAGES);
        }
    }

    /** A provider that must be asked whether a create arrived: it is, and the create is not sent again. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "HANG,         retrying, timeout,     timeout,           0,   1",
        "DRIP,         retrying, timeout,     timeout,           0,   1",
        "RESET,        retrying, unavailable, connection_failed, 0,   1",
        "HTML,         retrying, unclear,     unclear,           0,   1",
        "ERROR,        retrying, unavailable, http_500,          500, 1",
        "HUGE,         dead,     unclear,     unclear,           0,   1",
        "HUGE_ERROR,   retrying, unavailable, http_500,          500, 1",
        "LOG_IN_HANGS, retrying, unavailable, log_in_failed,     0,   1"
    })
    void endsInItsTimeAndSendsNoCreateTwice(
            Behaviour behaviour, String state, String reason, String code, int httpStatus, int attempts) {
        impostors.sandbox().revokeTokens("yativo");
        run(1, List.of("yativo"));
        impostors.reset();
        if (behaviour == Behaviour.LOG_IN_HANGS) {
            impostors.sandbox().revokeTokens("yativo");
        }
        impostors.of("yativo").behave(behaviour);

        Run run = run(1, Impostors.PROVIDERS);

        JsonNode report = run.reports().get(0);
        assertBad(Api.delivery(report, "yativo"), state, reason, code, httpStatus);
        assertThat(Api.delivery(report, "yativo").path("attempts").asInt()).isEqualTo(attempts);
        assertThat(List.of("bridge-xyz", "fraudspect", "xbridge")).allSatisfy(well -> assertThat(
                        Api.delivery(report, well).path("state").asText())
                .isEqualTo("delivered"));
        assertThat(run.all())
                .isLessThan(
                        Duration.ofMillis(2 * Neighbours.DEADLINE.get("yativo")).plus(SLACK));
        assertThat(impostors.of("yativo").requests())
                .as("two requests; with a refused token a log-in for each, and no look-up")
                .isLessThanOrEqualTo(behaviour == Behaviour.LOG_IN_HANGS ? 3 : 2);
        assertThat(impostors.sandbox().customers("yativo")).isEmpty();
    }

    @Test
    void goesOnWhenTheNeighbourIsWellAgain() {
        impostors.of(BAD).behave(Behaviour.RESET);
        run(20, Impostors.PROVIDERS);
        impostors.reset();

        assertThat(run(20, Impostors.PROVIDERS).reports())
                .allSatisfy(report -> assertThat(report.path("status").asText()).isEqualTo("delivered"));
    }

    /** Only a provider's words are masked, so only for these it matters how much of a customer there is to look for. */
    @Test
    void isToldOfInHeraldsOwnWordsHoweverManyValuesTheCustomerHas() {
        impostors.of("fraudspect").behave(Behaviour.RESET);
        ObjectNode customer = Customers.person("CUST-neighbour-" + ++references);
        customer.putArray("targets").add("fraudspect");
        IntStream.range(0, 2_000)
                .forEach(i -> customer.withArray("/attributes/codes").add("value " + i));

        String message = messages(List.of(herald.submitting(customer, "Prefer", "respond-async")))
                .get(0);

        JsonNode error = Api.delivery(ended(message), "fraudspect").path("error");
        assertThat(error.path("code").asText()).isEqualTo("connection_failed");
        assertThat(error.path("message").asText()).startsWith("the connection failed: ");
    }

    /** Deliveries at once, and connections, as a provider sees them. */
    @Test
    void noProviderGetsMoreAtOnceThanItsWidth() {
        impostors.of("bridge-xyz").behave(Behaviour.HOLD);
        List<CompletableFuture<Api.Answer>> calls = submit(60, List.of("bridge-xyz"));
        int width = Neighbours.WIDTH.get("bridge-xyz");

        await().atMost(BOUND).until(() -> impostors.of("bridge-xyz").inHand() == width);
        List<String> messages = messages(calls);
        assertThat(impostors.of("bridge-xyz").inHand()).isEqualTo(width);
        impostors.of("bridge-xyz").behave(Behaviour.PASS_ON);

        messages.forEach(
                message -> assertThat(ended(message).path("status").asText()).isEqualTo("delivered"));
        assertThat(impostors.of("bridge-xyz").mostAtOnce()).isEqualTo(width);
        assertThat(impostors.of("bridge-xyz").mostConnections()).isEqualTo(width);
    }

    /** All that is accepted of one customer goes one at a time. */
    @Test
    void oneThatIsSlowWithOneCustomerLeavesTheOthersTheirPlaces() {
        impostors.of(SLOW).behave(Behaviour.HOLD);
        ObjectNode customer = customer(List.of(SLOW));
        int last = Neighbours.IN_FLIGHT + 20;

        List<Api.Answer> answers = IntStream.rangeClosed(1, last)
                .mapToObj(i -> {
                    customer.withObject("/person").put("firstName", "Number" + i);
                    return herald.submit(customer, "Prefer", "respond-async");
                })
                .toList();

        goOnBeside(answers);
        assertThat(impostors.sandbox().customers(SLOW)).singleElement().satisfies(kept -> assertThat(kept.toString())
                .contains("Number" + last));
    }

    @Test
    void oneThatIsSlowWithLargeCustomersLeavesTheOthersTheirBytes() throws InterruptedException {
        impostors.of(SLOW).behave(Behaviour.HOLD);
        int bytes = Neighbours.BODY_MAX - 4 * 1024;
        List<Api.Answer> answers = new ArrayList<>();

        for (int i = 0; i < Neighbours.IN_FLIGHT_BYTES / bytes + 10; i++) {
            ObjectNode customer = customer(List.of(SLOW));
            customer.withObject("/attributes").put("padding", "x".repeat(bytes));
            answers.add(herald.submit(customer, "Prefer", "respond-async"));
            TimeUnit.MILLISECONDS.sleep(80);
        }

        goOnBeside(answers);
    }

    /** The others are delivered to while the slow one holds, and it has everything in the end. */
    private void goOnBeside(List<Api.Answer> answers) {
        List<String> messages = messages(
                answers.stream().map(CompletableFuture::completedFuture).toList());
        assertThat(herald.submit(customer(List.of("fraudspect", "xbridge", "yativo")))
                        .status())
                .isEqualTo(200);
        impostors.of(SLOW).behave(Behaviour.PASS_ON);
        assertThat(messages)
                .allSatisfy(message ->
                        assertThat(ended(message).path("status").asText()).isEqualTo("delivered"));
    }

    /**
     * @param theOthers until the sandbox had all customers of those who are well
     * @param all until every delivery ended
     */
    private record Run(List<JsonNode> reports, Duration theOthers, Duration all) {}

    private Run run(int messages, List<String> targets) {
        long start = System.nanoTime();
        List<String> well =
                targets.stream().filter(id -> impostors.of(id).isWell()).toList();
        List<CompletableFuture<Api.Answer>> calls = submit(messages, targets);
        await().atMost(BOUND).pollInterval(Duration.ofMillis(20)).until(() -> well.stream()
                .allMatch(id -> impostors.sandbox().customers(id).size() == messages));
        Duration theOthers = Duration.ofNanos(System.nanoTime() - start);
        List<JsonNode> reports = messages(calls).stream().map(this::ended).toList();
        return new Run(reports, theOthers, Duration.ofNanos(System.nanoTime() - start));
    }

    private List<CompletableFuture<Api.Answer>> submit(int messages, List<String> targets) {
        return IntStream.range(0, messages)
                .mapToObj(i -> herald.submitting(customer(targets), "Prefer", "respond-async"))
                .toList();
    }

    private static ObjectNode customer(List<String> targets) {
        ObjectNode customer = Customers.person("CUST-neighbour-" + ++references);
        targets.forEach(customer.putArray("targets")::add);
        return customer;
    }

    private static List<String> messages(List<CompletableFuture<Api.Answer>> calls) {
        List<Api.Answer> answers = calls.stream().map(CompletableFuture::join).toList();
        assertThat(answers).extracting(Api.Answer::status).containsOnly(202);
        return answers.stream()
                .map(answer -> answer.json().path("message").asText())
                .toList();
    }

    /** The report, when nothing in it is pending; what is retrying waits for another day. */
    private JsonNode ended(String message) {
        return await().atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(100))
                .until(() -> herald.report(message), report -> report.path("deliveries")
                        .valueStream()
                        .noneMatch(delivery -> delivery.path("state").asText().equals("pending")));
    }

    private static void assertBad(JsonNode delivery, String state, String reason, String code, int httpStatus) {
        JsonNode error = delivery.path("error");
        assertThat(Map.of(
                        "state", delivery.path("state").asText(),
                        "reason", error.path("reason").asText(),
                        "code", error.path("code").asText(),
                        "httpStatus", error.path("httpStatus").asInt()))
                .isEqualTo(Map.of("state", state, "reason", reason, "code", code, "httpStatus", httpStatus));
    }
}
