package io.herald.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.provider.Impostors;
import io.herald.rest.Api;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten times the load that can be carried, every fourth message with a document of 500 kB, on a small heap: what is accepted is kept
 * and delivered, what is refused is told so, and memory stays flat.
 */
class OverloadIT {

    /** Of the slowest provider, which so carries 16 messages a second. */
    private static final int WIDTH = 8;

    private static final int LATENCY_MILLIS = 500;
    private static final int IN_FLIGHT = 24;
    private static final int CARRIED_PER_SECOND = WIDTH * 1000 / LATENCY_MILLIS;
    private static final Duration LOAD = Duration.ofSeconds(Integer.getInteger("herald.load.seconds", 5));
    private static final int CALLS = 10 * CARRIED_PER_SECOND * (int) LOAD.toSeconds();
    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final String DOCUMENT =
            "data:application/pdf;base64," + Base64.getEncoder().encodeToString(new byte[500_000]);

    @TempDir
    Path directory;

    @Test
    void carriesWhatItCanAndSaysSo() throws Exception {
        try (Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null, 0);
                PackagedProgram program = PackagedProgram.start(directory, environment(sandbox))) {
            sandbox.server().setGlobalFixedDelay(LATENCY_MILLIS);
            Api herald = Api.at(URI.create(program.url()).getPort());
            List<Long> resident = new ArrayList<>();

            long begun = System.nanoTime();
            List<Api.Answer> answers = load(herald, () -> resident.add(residentMegabytes(program)));
            double seconds = (System.nanoTime() - begun) / 1e9;
            List<Api.Answer> accepted =
                    answers.stream().filter(answer -> answer.status() < 300).toList();
            List<Api.Answer> refused =
                    answers.stream().filter(answer -> answer.status() >= 300).toList();
            System.out.printf(
                    "of %d calls in %.1f s %d accepted, %d refused; MB resident, each half second: %s%n",
                    CALLS, seconds, accepted.size(), refused.size(), resident);

            assertThat(refused).as("ten times what it carries").isNotEmpty().allSatisfy(answer -> {
                assertThat(answer.status()).as(answer.body()).isEqualTo(503);
                assertThat(answer.header("Retry-After")).isEqualTo("1");
                assertThat(answer.json().path("detail").asText()).startsWith("Herald is full");
            });
            assertThat(accepted)
                    .as("it carried what it can, and not what it cannot")
                    .hasSizeBetween(
                            CARRIED_PER_SECOND * (int) LOAD.toSeconds() / 2, (int) (2 * CARRIED_PER_SECOND * seconds));
            assertThat(accepted).as("also messages with a document").anySatisfy(answer -> assertThat(
                            hasDocument(Integer.parseInt(
                                    answer.json().path("reference").asText().replaceAll("[^0-9]", ""))))
                    .isTrue());
            assertThat(accepted).allSatisfy(answer -> assertDelivered(herald, answer));
            for (String provider : Impostors.PROVIDERS) {
                assertThat(sandbox.customers(provider))
                        .as("one customer for each accepted message at " + provider)
                        .hasSize(accepted.size());
            }
            assertThat(herald.submit(customer(CALLS)).status())
                    .as("after the load")
                    .isEqualTo(200);
            assertThat(program.output()).doesNotContain("OutOfMemoryError");
            assertFlat(resident);
        }
    }

    /** Calls at an even pace, whatever becomes of them. */
    private static List<Api.Answer> load(Api herald, Runnable everyHalfSecond) throws InterruptedException {
        List<CompletableFuture<Api.Answer>> calls = new ArrayList<>();
        CountDownLatch left = new CountDownLatch(CALLS);
        ScheduledExecutorService pace = Executors.newSingleThreadScheduledExecutor();
        try {
            pace.scheduleAtFixedRate(
                    () -> {
                        if (left.getCount() > 0) {
                            calls.add(herald.submitting(customer(calls.size()), "Prefer", "respond-async"));
                            left.countDown();
                        }
                    },
                    0,
                    LOAD.toNanos() / CALLS,
                    TimeUnit.NANOSECONDS);
            pace.scheduleAtFixedRate(everyHalfSecond, 500, 500, TimeUnit.MILLISECONDS);
            assertThat(left.await(LOAD.plus(BOUND).toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        } finally {
            pace.shutdown();
        }
        return calls.stream().map(CompletableFuture::join).toList();
    }

    private static void assertDelivered(Api herald, Api.Answer accepted) {
        await().atMost(BOUND).pollDelay(Duration.ZERO).untilAsserted(() -> assertThat(
                        herald.get(accepted.header("Location"))
                                .json()
                                .path("status")
                                .asText())
                .isEqualTo("delivered"));
    }

    /** The heap is taken up by and by until its limit; what is looked at is that it does not go on growing there. */
    private static void assertFlat(List<Long> resident) {
        int half = resident.size() / 2;
        long before = resident.subList(0, half).stream().max(Long::compare).orElseThrow();
        long after = resident.subList(half, resident.size()).stream()
                .max(Long::compare)
                .orElseThrow();
        assertThat(after).as("MB resident in the second half").isLessThan(before * 5 / 4);
    }

    private static ObjectNode customer(int number) {
        ObjectNode customer = Customers.person("CUST-load-" + number);
        if (hasDocument(number)) {
            ObjectNode document = customer.putArray("documents").addObject();
            document.putArray("purposes").add("proof_of_address");
            document.put("file", DOCUMENT);
        }
        return customer;
    }

    private static boolean hasDocument(int number) {
        return number % 4 == 0;
    }

    private static Map<String, String> environment(Sandbox sandbox) {
        Map<String, String> environment = PackagedProgram.environment(sandbox);
        environment.put("JAVA_TOOL_OPTIONS", "-Xmx256m");
        environment.put("HERALD_IN_FLIGHT_MAX", Integer.toString(IN_FLIGHT));
        environment.put("HERALD_IN_FLIGHT_MAX_BYTES", "3M");
        environment.put("PROVIDER_BRIDGE_XYZ_MAX_CONNECTIONS", Integer.toString(WIDTH));
        return environment;
    }

    private static long residentMegabytes(PackagedProgram program) {
        try {
            return Files.readAllLines(Path.of("/proc/" + program.pid() + "/status")).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
