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
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promises 1 to 3 of the packaged program that is killed (SIGKILL) at any moment and started again: what was answered with
 * 2xx is delivered in the end, once, and in order. The providers live in the test, and so outlive it.
 *
 * <p>The profile {@code soak} kills more often, {@code -Dherald.kill.seed=…} repeats the choices of a run; the moments
 * still depend on the machine.
 */
class AcceptedMeansKeptIT {

    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    private static final int ROUNDS = Integer.getInteger("herald.kill.rounds", 2);
    private static final int MESSAGES_A_ROUND = ROUNDS > 2 ? 120 : 60;
    private static final int CALLERS = 8;
    private static final int REPLAYED = 60;
    private static final Duration BOUND = Duration.ofSeconds(120);
    private static final Pattern NAME = Pattern.compile("Round\\d+Number\\d+");
    private static final String EDITED_PHONE = "+255711111111";

    /**
     * A message that was answered with 2xx.
     *
     * @param name the customer's, which no other message has
     */
    private record Kept(String id, long sequence, String reference, String name) {}

    @TempDir
    Path directory;

    @AutoClose
    private final Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null, 1_000 * (ROUNDS + 10));

    private final Faults faults = new Faults(sandbox);
    private final Map<String, String> environment = PackagedProgram.environment(sandbox);

    @BeforeEach
    void settings() {
        environment.put("HERALD_PARK_POLL", "100ms");
        for (String provider : PROVIDERS) {
            String prefix = "PROVIDER_" + provider.toUpperCase(Locale.ROOT).replace('-', '_');
            environment.put(prefix + "_PARK_SCHEDULE", "200ms,500ms,1s,2s,5s,10s");
            environment.put(prefix + "_FIND_SETTLE", "200ms");
        }
    }

    @Test
    void whatWasAnsweredIsDeliveredOnceAndInOrderHoweverOftenItIsKilled() {
        long seed = Long.getLong("herald.kill.seed", System.nanoTime());
        Random random = new Random(seed);
        Queue<Kept> kept = new ConcurrentLinkedQueue<>();
        for (int round = 0; round < ROUNDS; round++) {
            int comingUp = round % 2 == 0 ? 1 + random.nextInt(4_000) : 0;
            int answers = MESSAGES_A_ROUND / 2 + random.nextInt(MESSAGES_A_ROUND / 2);
            int later = random.nextInt(1_000);
            System.out.printf(
                    "-Dherald.kill.seed=%d, round %d: %skilled %d ms after %d answers%n",
                    seed, round, comingUp > 0 ? "killed " + comingUp + " ms after its launch, " : "", later, answers);
            if (comingUp > 0) {
                killWhileItComesUp(comingUp);
            }
            answersAfter(round % 4 < 2 ? new UniformDistribution(1_000, 2_000) : new UniformDistribution(20, 300));
            killAfterAnswers(answers, later, customers(round, random), kept);
        }

        answersAfter(null);
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            Api herald = api(program);
            kept.forEach(message -> awaitDelivered(herald, message.id()));
            kept.stream().collect(Collectors.groupingBy(Kept::reference)).forEach((reference, messages) -> {
                List<Kept> inOrder = messages.stream()
                        .sorted(Comparator.comparingLong(Kept::sequence))
                        .toList();
                JsonNode providers =
                        herald.get("/v1/customers/" + reference).json().path("providers");
                assertThat(providers).hasSize(PROVIDERS.size()).allSatisfy(provider -> {
                    isThereOnce(provider, inOrder);
                    wasSentInOrder(provider.path("provider").asText(), inOrder);
                });
            });
        }
        System.out.printf("%d messages were answered%n", kept.size());
        assertThat(kept).hasSizeGreaterThanOrEqualTo(ROUNDS);
    }

    /** Customers of few references, some of them of several rounds; each has a name of its own. */
    private static List<ObjectNode> customers(int round, Random random) {
        List<ObjectNode> customers = new ArrayList<>();
        for (int i = 0; i < MESSAGES_A_ROUND; i++) {
            boolean often = random.nextInt(3) == 0;
            ObjectNode customer = Customers.person(
                    often ? "CUST-often-" + random.nextInt(5) : "CUST-kept-" + random.nextInt(100 + 25 * ROUNDS));
            customer.withObject("/person").put("firstName", "Round" + round + "Number" + i);
            customers.add(customer);
        }
        return customers;
    }

    private void killWhileItComesUp(int millis) {
        try (PackagedProgram program = PackagedProgram.launch(directory, environment)) {
            pause(millis);
            program.kill();
        }
    }

    private static void pause(int millis) {
        await().pollDelay(Duration.ofMillis(millis)).atMost(BOUND).until(() -> true);
    }

    private void killAfterAnswers(int answers, int later, List<ObjectNode> customers, Queue<Kept> kept) {
        int wanted = kept.size() + answers;
        AtomicBoolean killed = new AtomicBoolean();
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            CompletableFuture<Void> submitting =
                    CompletableFuture.runAsync(() -> submit(api(program), customers, kept, killed::get));
            await().atMost(BOUND)
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> kept.size() >= wanted || submitting.isCompletedExceptionally());
            pause(later);
            killed.set(true);
            program.kill();
            submitting.join();
        }
    }

    /** Several at once; what is answered with 2xx is kept, and where no answer comes nobody knows. */
    private static void submit(Api herald, List<ObjectNode> customers, Queue<Kept> kept, BooleanSupplier killed) {
        Semaphore callers = new Semaphore(CALLERS);
        List<CompletableFuture<Void>> calls = new ArrayList<>();
        for (ObjectNode customer : customers) {
            callers.acquireUninterruptibly();
            if (killed.getAsBoolean()) {
                break;
            }
            String prefer = calls.size() % 5 == 0 ? "wait=2" : "respond-async";
            calls.add(herald.submitting(customer, "Prefer", prefer)
                    .thenAccept(answer -> kept.add(kept(customer, answer)))
                    .whenComplete((done, failed) -> callers.release()));
        }
        for (CompletableFuture<Void> call : calls) {
            try {
                call.join();
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof IOException)) {
                    throw e;
                }
            }
        }
    }

    private static Kept kept(ObjectNode customer, Api.Answer answer) {
        assertThat(answer.status()).as(answer.body()).isBetween(200, 299);
        return new Kept(
                answer.json().path("message").asText(),
                answer.json().path("sequence").asLong(),
                customer.path("reference").asText(),
                customer.at("/person/firstName").asText());
    }

    private static JsonNode awaitDelivered(Api herald, String message) {
        return awaitStatus(herald, message, "delivered");
    }

    private static JsonNode awaitStatus(Api herald, String message, String status) {
        return await().alias("message " + message + " is " + status)
                .atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(200))
                .until(
                        () -> herald.report(message),
                        report -> report.path("status").asText().equals(status));
    }

    /** With the data of the last message; that may be one whose answer was lost, but none before the last answered one. */
    private void isThereOnce(JsonNode link, List<Kept> inOrder) {
        String provider = link.path("provider").asText();
        Kept last = inOrder.get(inOrder.size() - 1);
        List<JsonNode> customers = faults.customers(provider, email(last.reference()));
        assertThat(customers).as("%s at %s", last.reference(), provider).hasSize(1);
        assertThat(link.path("providerCustomerId").asText())
                .isEqualTo(customers.get(0).path("id").asText());
        String name = name(customers.get(0).toString());
        if (link.path("message").asText().equals(last.id())) {
            assertThat(name).as("%s at %s", last.reference(), provider).isEqualTo(last.name());
        } else {
            assertThat(inOrder)
                    .as("%s at %s", last.reference(), provider)
                    .extracting(Kept::name)
                    .doesNotContain(name);
        }
    }

    private void wasSentInOrder(String provider, List<Kept> inOrder) {
        String reference = inOrder.get(0).reference();
        List<String> answered = inOrder.stream().map(Kept::name).toList();
        List<String> sent = new ArrayList<>();
        for (Received send : faults.sends(provider, email(reference))) {
            String name = name(new String(send.body(), StandardCharsets.UTF_8));
            if (sent.isEmpty() || !sent.get(sent.size() - 1).equals(name)) {
                sent.add(name);
            }
        }
        assertThat(sent)
                .as("%s at %s, each message however often", reference, provider)
                .doesNotHaveDuplicates()
                .filteredOn(answered::contains)
                .isEqualTo(answered);
    }

    private static String name(String text) {
        Matcher name = NAME.matcher(text);
        assertThat(name.find()).as(text).isTrue();
        return name.group();
    }

    @Test
    void whatTheProviderDidAndWeDoNotKnowIsSentAgainAsItWasOrLookedUp() throws IOException {
        mountMappings();
        ObjectNode customer = Customers.person("CUST-unknown");
        String email = email("CUST-unknown");
        String message;
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            program.submit(Customers.person("CUST-logs-in")).statusCode(200);
            answersAfter(new FixedDelayDistribution(8_000));
            message = accepted(program, customer);
            await().atMost(BOUND).until(() -> PROVIDERS.stream()
                    .noneMatch(provider -> faults.customers(provider, email).isEmpty()));
            program.kill();
        }
        answersAfter(null);
        editTemplates();

        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            Api herald = api(program);
            JsonNode report = awaitDelivered(herald, message);
            assertThat(PROVIDERS).allSatisfy(provider -> {
                assertThat(faults.customers(provider, email)).as(provider).hasSize(1);
                assertThat(Api.delivery(report, provider).path("operation").asText())
                        .isEqualTo("created");
            });
            program.submit(customer).statusCode(200);
        }

        assertThat(List.of("bridge-xyz", "fraudspect")).allSatisfy(provider -> {
            List<Received> sends = faults.sends(provider, email);
            assertThat(sends).as(provider).hasSize(3);
            assertThat(sends.get(1).body()).isEqualTo(sends.get(0).body());
            assertThat(sends.get(1).header("Idempotency-Key"))
                    .isEqualTo(sends.get(0).header("Idempotency-Key"));
        });
        assertThat(faults.sends("bridge-xyz", email).get(0).header("Idempotency-Key"))
                .isPresent();
        assertThat(List.of("xbridge", "yativo")).allSatisfy(provider -> {
            assertThat(faults.lookUps(provider)).as(provider).isNotEmpty();
            assertThat(faults.sends(provider, email)).as(provider).hasSize(2);
        });
        assertThat(PROVIDERS).allSatisfy(provider -> {
            List<Received> sends = faults.sends(provider, email);
            assertThat(sends.get(sends.size() - 1).json().toString())
                    .as("the next message goes by the edited template")
                    .contains(EDITED_PHONE);
            assertThat(sends.subList(0, sends.size() - 1))
                    .noneMatch(send -> send.json().toString().contains(EDITED_PHONE));
        });
    }

    @Test
    void aLogInThatAKillCutsOffIsMadeAnewAndWhatWaitedForItIsDelivered() {
        List<String> loggingIn = List.of("xbridge", "yativo");
        String message;
        answersAfter(new FixedDelayDistribution(8_000));
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            message = accepted(program, Customers.person("CUST-waits"));
            await().atMost(BOUND).until(() -> loggingIn.stream().allMatch(provider -> sandbox.logIns(provider) == 1));
            program.kill();
        }
        assertThat(loggingIn).allSatisfy(provider -> assertThat(sandbox.customers(provider))
                .as("%s has sent no token yet", provider)
                .isEmpty());
        answersAfter(null);

        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            awaitDelivered(api(program), message);
        }

        assertThat(loggingIn)
                .allSatisfy(provider ->
                        assertThat(sandbox.logIns(provider)).as(provider).isEqualTo(2));
        assertThat(PROVIDERS).allSatisfy(provider -> assertThat(faults.customers(provider, email("CUST-waits")))
                .as(provider)
                .hasSize(1));
    }

    /** The message of a customer that is on disk, and not delivered yet. */
    private static String accepted(PackagedProgram program, ObjectNode customer) {
        return program.call()
                .header("Prefer", "respond-async")
                .contentType("application/json")
                .body(customer.toString())
                .post("/v1/customers")
                .then()
                .statusCode(202)
                .extract()
                .path("message");
    }

    @Test
    void aReplayOfManyGoesOnWhereverItIsKilled() {
        long seed = Long.getLong("herald.kill.seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> refusing = List.of("xbridge", "bridge-xyz");
        StubMapping refusal = sandbox.server()
                .stubFor(any(urlPathMatching("/xbridge/v1/kyc/.*|/bridge-xyz/.*"))
                        .atPriority(1)
                        .willReturn(aResponse().withStatus(422).withBody("{}")));
        Queue<Kept> kept = new ConcurrentLinkedQueue<>();
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            Api herald = api(program);
            List<ObjectNode> customers = IntStream.range(0, REPLAYED)
                    .mapToObj(i -> Customers.person("CUST-replayed-" + i))
                    .toList();
            submit(herald, customers, kept, () -> false);
            kept.forEach(message -> awaitStatus(herald, message.id(), "partial"));
            sandbox.server().removeStub(refusal);
            answersAfter(new UniformDistribution(200, 1_500));
            for (String provider : refusing) {
                Api.Answer answer =
                        herald.send("POST", "/v1/dead-letters/replay?state=rejected&provider=" + provider, null);
                assertThat(answer.json().path("count").asInt()).isEqualTo(REPLAYED);
            }
            pause(random.nextInt(1_000));
            program.kill();
        }
        for (int round = 2; round < ROUNDS; round++) {
            try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
                int later = random.nextInt(800);
                System.out.printf("-Dherald.kill.seed=%d, replay: killed %d ms after it was up%n", seed, later);
                pause(later);
                program.kill();
            }
        }

        answersAfter(null);
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            Api herald = api(program);
            assertThat(kept).hasSize(REPLAYED).allSatisfy(message -> {
                awaitDelivered(herald, message.id());
                assertThat(PROVIDERS)
                        .allSatisfy(provider -> assertThat(faults.customers(provider, email(message.reference())))
                                .as("%s at %s", message.reference(), provider)
                                .hasSize(1));
            });
        }
    }

    private void mountMappings() throws IOException {
        Path from = Path.of("mappings");
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = directory.resolve(file);
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }

    private void editTemplates() throws IOException {
        for (String provider : PROVIDERS) {
            Path template = directory.resolve("mappings").resolve(provider).resolve("request.jslt");
            String text = Files.readString(template);
            assertThat(text).contains(".contact.phone");
            Files.writeString(template, text.replace(".contact.phone", '"' + EDITED_PHONE + '"'));
        }
    }

    /** The providers do their work at once, and answer only after that long. */
    private void answersAfter(DelayDistribution delay) {
        sandbox.server()
                .updateGlobalSettings(
                        GlobalSettings.builder().delayDistribution(delay).build());
    }

    private static String email(String reference) {
        return reference.toLowerCase(Locale.ROOT) + "@example.com";
    }

    private static Api api(PackagedProgram program) {
        return Api.at(URI.create(program.url()).getPort());
    }
}
