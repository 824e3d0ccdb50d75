package io.herald;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.caller.Issuer;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Herald costs beside a sandbox that answers at once: resident memory when idle, and processor time for a message on a
 * warm JVM. Both are the operating system's own figures for the packaged program, and are printed.
 */
class FootprintIT {

    /** The targets. A machine that does other work beside costs more; what is far beyond them is Herald's own. */
    private static final int MOST_IDLE_MEGABYTES = 250;

    private static final int MOST_MILLIS = 5;

    private static final int WARM_UP = 12000;
    private static final int MEASURED = 2000;
    private static final int AT_ONCE = 32;

    @TempDir
    Path directory;

    @Test
    void isLightWhenIdleAndForEachMessage() throws Exception {
        try (Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null, 0);
                PackagedProgram herald =
                        PackagedProgram.startAsShipped(directory, PackagedProgram.environment(sandbox))) {
            long idle = residentKiB(herald);
            send(herald, "warm", WARM_UP);
            Duration before = processorTime(herald);
            send(herald, "measured", MEASURED);
            double millis = processorTime(herald).minus(before).toNanos() / 1e6 / MEASURED;

            System.out.printf("idle after start: %d MB resident%n", idle / 1024);
            System.out.printf("processor time per message, warm: %.2f ms%n", millis);
            assertThat(idle / 1024).as("MB resident when idle").isLessThan(2 * MOST_IDLE_MEGABYTES);
            assertThat(millis).as("ms of processor time per message").isLessThan(3 * MOST_MILLIS);
        }
    }

    private static void send(PackagedProgram herald, String prefix, int count) throws InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        Semaphore places = new Semaphore(AT_ONCE);
        CompletableFuture<?>[] answers = new CompletableFuture<?>[count];
        for (int i = 0; i < count; i++) {
            places.acquire();
            HttpRequest request = HttpRequest.newBuilder(URI.create(herald.url() + "/v1/customers"))
                    .header("Content-Type", "application/json")
                    .header("Authorization", Issuer.TRUSTED.bearer())
                    .POST(HttpRequest.BodyPublishers.ofString(
                            Customers.person(prefix + "-" + i).toString()))
                    .build();
            answers[i] = client.sendAsync(request, HttpResponse.BodyHandlers.ofString())
                    .thenAccept(answer ->
                            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200))
                    .whenComplete((done, failure) -> places.release());
        }
        CompletableFuture.allOf(answers).join();
    }

    private static Duration processorTime(PackagedProgram herald) {
        return ProcessHandle.of(herald.pid())
                .orElseThrow()
                .info()
                .totalCpuDuration()
                .orElseThrow();
    }

    private static long residentKiB(PackagedProgram herald) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + herald.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
