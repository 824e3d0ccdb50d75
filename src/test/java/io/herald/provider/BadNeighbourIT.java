package io.herald.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.provider.Impostor.Behaviour;
import io.herald.rest.Api;
import io.herald.start.PackagedProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged program, in little memory: on virtual threads where there is a JDK of 21 or later (JAVA_HOME, or below
 * {@code /usr/lib/jvm}), and else on the thread pool of the build's own, on which {@link BadNeighbourTest} runs.
 */
class BadNeighbourIT {

    private static final int MESSAGES = 100;
    private static final int WIDTH = 8;
    private static final Duration BOUND = Duration.ofSeconds(60);

    /** 64 answers of 50 MB would be 25 times as much. */
    private static final String MEMORY = "-Xmx128m";

    @TempDir
    Path directory;

    @Test
    void keepsItsBounds() {
        Optional<Path> newer = jdkWithVirtualThreads();
        Path jdk = newer.orElseGet(() -> Path.of(System.getProperty("java.home")));
        boolean virtual = newer.isPresent() || PackagedProgram.isNative();
        System.out.println("On virtual threads: " + virtual + ", by " + jdk);
        try (Impostors impostors = new Impostors();
                PackagedProgram program = PackagedProgram.start(directory, environment(impostors, jdk))) {
            Api herald = Api.at(URI.create(program.url()).getPort());
            neverMoreAtOnceThanItsWidth(herald, impostors, program, virtual);
            impostors.reset();
            ofHugeAnswersLittleIsKept(herald, impostors);
            assertThat(program.output()).doesNotContain("OutOfMemoryError");
        }
    }

    private static void neverMoreAtOnceThanItsWidth(
            Api herald, Impostors impostors, PackagedProgram program, boolean virtual) {
        Impostor held = impostors.of("bridge-xyz");
        held.behave(Behaviour.HOLD);
        List<CompletableFuture<Api.Answer>> calls = submit(herald, "CUST-width-", 60, List.of("bridge-xyz"));
        await().atMost(BOUND).until(() -> held.inHand() == WIDTH);
        List<String> messages = messages(calls);

        assertThat(held.inHand()).isEqualTo(WIDTH);
        assertThat(platformThreads(program, "bridge-xyz-")).isEqualTo(virtual ? 0 : WIDTH);
        held.behave(Behaviour.PASS_ON);

        messages.forEach(message ->
                assertThat(ended(herald, message).path("status").asText()).isEqualTo("delivered"));
        assertThat(held.mostAtOnce()).isEqualTo(WIDTH);
        assertThat(held.mostConnections()).isEqualTo(WIDTH);
    }

    private static void ofHugeAnswersLittleIsKept(Api herald, Impostors impostors) {
        impostors.of("fraudspect").behave(Behaviour.HUGE);

        List<String> messages = messages(submit(herald, "CUST-huge-", MESSAGES, Impostors.PROVIDERS));

        for (String message : messages) {
            JsonNode report = ended(herald, message);
            assertThat(Api.delivery(report, "fraudspect").at("/error/reason").asText())
                    .isEqualTo("unreadable_answer");
            for (String well : List.of("bridge-xyz", "xbridge", "yativo")) {
                assertThat(Api.delivery(report, well).path("state").asText())
                        .as(well)
                        .isEqualTo("delivered");
                assertThat(impostors.of(well).mostAtOnce()).as(well).isLessThanOrEqualTo(WIDTH);
            }
        }
    }

    private static Map<String, String> environment(Impostors impostors, Path jdk) {
        Map<String, String> environment = PackagedProgram.environment(impostors.sandbox());
        environment.put("JAVA_HOME", jdk.toString());
        environment.put("JDK_JAVA_OPTIONS", MEMORY);
        environment.put("HERALD_ANSWER_MAX", "256K");
        for (String provider : Impostors.PROVIDERS) {
            String prefix =
                    "PROVIDER_" + provider.toUpperCase(java.util.Locale.ROOT).replace('-', '_') + "_";
            boolean bad = provider.equals("fraudspect");
            environment.put(prefix + "URL", impostors.url(provider));
            environment.put(prefix + "MAX_CONNECTIONS", bad ? "64" : Integer.toString(WIDTH));
            environment.put(prefix + "REQUEST_TIMEOUT", "30s");
            environment.put(prefix + "RETRY_ATTEMPTS", "1");
            environment.put(prefix + "BREAKER_WINDOW", "100000");
        }
        return environment;
    }

    private static List<CompletableFuture<Api.Answer>> submit(
            Api herald, String prefix, int messages, List<String> targets) {
        return IntStream.range(0, messages)
                .mapToObj(i -> {
                    ObjectNode customer = Customers.person(prefix + i);
                    targets.forEach(customer.withArray("/targets")::add);
                    return herald.submitting(customer, "Prefer", "respond-async");
                })
                .toList();
    }

    private static List<String> messages(List<CompletableFuture<Api.Answer>> calls) {
        List<Api.Answer> answers = calls.stream().map(CompletableFuture::join).toList();
        assertThat(answers).extracting(Api.Answer::status).containsOnly(202);
        return answers.stream()
                .map(answer -> answer.json().path("message").asText())
                .toList();
    }

    private static JsonNode ended(Api herald, String message) {
        return await().atMost(BOUND).pollDelay(Duration.ZERO).until(() -> herald.report(message), report -> report.path(
                        "deliveries")
                .valueStream()
                .noneMatch(delivery -> delivery.path("state").asText().equals("pending")));
    }

    /** As the operating system sees them, which does not see virtual ones. */
    private static long platformThreads(PackagedProgram program, String prefix) {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + program.pid() + "/task"))) {
            return tasks.filter(task -> name(task).startsWith(prefix)).count();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String name(Path task) {
        try {
            return Files.readString(task.resolve("comm"));
        } catch (IOException e) {
            return "";
        }
    }

    private static Optional<Path> jdkWithVirtualThreads() {
        Stream<Path> candidates = Stream.concat(
                Stream.of("JAVA_HOME", "JAVA_HOME_21", "JAVA_HOME_25")
                        .map(System::getenv)
                        .filter(home -> home != null && !home.isBlank())
                        .map(Path::of),
                installed());
        return candidates.filter(home -> feature(home) >= 21).findFirst();
    }

    private static Stream<Path> installed() {
        Path folder = Path.of("/usr/lib/jvm");
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of the JDK there, by its file {@code release}; 0 if there is none that runs. */
    private static int feature(Path home) {
        Properties release = new Properties();
        try (var file = Files.newBufferedReader(home.resolve("release"))) {
            release.load(file);
        } catch (IOException e) {
            return 0;
        }
        if (!Files.isExecutable(home.resolve("bin/java"))) {
            return 0;
        }
        String version = release.getProperty("JAVA_VERSION", "0").replace("\"", "");
        return version.startsWith("1.") ? 8 : Integer.parseInt(version.split("[.+-]")[0]);
    }
}
