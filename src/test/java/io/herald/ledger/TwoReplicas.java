package io.herald.ledger;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.global.GlobalSettings;
import com.github.tomakehurst.wiremock.http.DelayDistribution;
import io.herald.delivery.Faults;
import io.herald.rest.Api;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Two packaged programs that share one PostgreSQL, and the sandbox of their providers. */
abstract class TwoReplicas {

    static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    static final Duration BOUND = Duration.ofSeconds(120);

    @TempDir
    Path directory;

    Sandbox sandbox;
    Faults faults;
    Map<String, String> environment;
    PackagedProgram one;
    PackagedProgram other;

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
            environment.put(prefix(provider) + "REQUEST_TIMEOUT", "6s");
        }
    }

    static String prefix(String provider) {
        return "PROVIDER_" + provider.toUpperCase(Locale.ROOT).replace('-', '_') + "_";
    }

    void startBoth() throws IOException {
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

    void answersAfter(DelayDistribution delay) {
        sandbox.server()
                .updateGlobalSettings(
                        GlobalSettings.builder().delayDistribution(delay).build());
    }

    static ObjectNode delivered(PackagedProgram program, Api.Answer answer) {
        return (ObjectNode) await().atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> report(program, answer), TwoReplicas::isDelivered);
    }

    static JsonNode report(PackagedProgram program, Api.Answer answer) {
        return api(program).report(answer.json().path("message").asText());
    }

    static boolean isDelivered(JsonNode report) {
        return report.path("status").asText().equals("delivered");
    }

    static Api api(PackagedProgram program) {
        return Api.at(URI.create(program.url()).getPort());
    }
}
