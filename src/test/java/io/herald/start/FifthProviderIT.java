package io.herald.start;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static io.herald.Customers.person;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A fifth provider without Java: the files that {@code docs/add-a-provider.md} shows, laid over the project's own routes and
 * mappings beside the packaged program. What the four have in common, {@code routes/customer.camel.yaml} above all, is
 * not touched.
 */
class FifthProviderIT {

    private static final Path FIFTH = Path.of("src/test/resources/fifth-provider");
    private static final List<String> ALL = List.of("acme", "bridge-xyz", "fraudspect", "xbridge", "yativo");

    @TempDir
    static Path directory;

    private static Sandbox sandbox;
    private static PackagedProgram herald;

    @BeforeAll
    static void startWithFiveProviders() throws IOException {
        Path sandboxFiles = directory.resolve("sandbox");
        Files.createDirectory(sandboxFiles);
        copy(Path.of("src/sandbox"), sandboxFiles);
        copy(FIFTH.resolve("src/sandbox"), sandboxFiles);
        sandbox = Sandbox.start(0, sandboxFiles, null);

        herald = PackagedProgram.start(workingDirectory("herald"), environment());
    }

    private static Path workingDirectory(String folder) throws IOException {
        Path workingDirectory = Files.createDirectory(directory.resolve(folder));
        for (String name : List.of("routes", "mappings")) {
            Path mounted = Files.createDirectory(workingDirectory.resolve(name));
            copy(Path.of(name), mounted);
            copy(FIFTH.resolve(name), mounted);
        }
        Path config = Files.createDirectory(workingDirectory.resolve("config"));
        Files.copy(FIFTH.resolve("application.properties"), config.resolve("application.properties"));
        return workingDirectory;
    }

    private static Map<String, String> environment() {
        Map<String, String> environment = PackagedProgram.environment(sandbox);
        environment.put("PROVIDER_ACME_ENABLED", "true");
        environment.put("PROVIDER_ACME_URL", sandbox.url("acme") + "/v2");
        environment.put("PROVIDER_ACME_TOKEN", "sandbox-acme-token");
        environment.put("PROVIDER_XBRIDGE_FIND_SETTLE", "10ms");
        environment.put("PROVIDER_YATIVO_FIND_SETTLE", "10ms");
        return environment;
    }

    @AfterAll
    static void stop() {
        if (herald != null) {
            herald.close();
        }
        if (sandbox != null) {
            sandbox.close();
        }
    }

    @BeforeEach
    void reset() {
        sandbox.reset();
    }

    @Test
    void aCustomerIsCreatedAndUpdatedAtAllFive() {
        for (String operation : List.of("created", "updated")) {
            herald.submit(person("CUST-five"))
                    .statusCode(200)
                    .body("deliveries.provider", is(ALL))
                    .body("deliveries.state", everyItem(is("delivered")))
                    .body("deliveries.operation", everyItem(is(operation)))
                    .body("deliveries[0].providerStatus", equalTo(Map.of("stage", "review")));
        }

        List<Received> received = sandbox.requests("acme");
        assertThat(received).extracting(Received::method).containsExactly("POST", "PUT");
        assertThat(received.get(0).path()).isEqualTo("/v2/clients");
        assertThat(received.get(0).header("Idempotency-Key")).isPresent();
        String id = sandbox.customers("acme").get(0).get("id").asText();
        assertThat(received.get(1).path()).isEqualTo("/v2/clients/" + id);
        assertThat(received.get(1).json().toString())
                .isEqualTo("{\"externalNo\":\"CUST-five\",\"kind\":\"natural\",\"fullName\":\"Jane Doe\","
                        + "\"mail\":\"cust-five@example.com\",\"country\":\"TZA\"}");
        herald.call()
                .get("/v1/customers/CUST-five")
                .then()
                .statusCode(200)
                .body("providers.provider", is(ALL))
                .body("providers[0].providerCustomerId", is(id));
    }

    /** Its URL stands for its secrets: a library that prints the one prints the others, where it does not know their names. */
    @Test
    void whatItsRouteTakesFromPropertiesIsNotPrinted() {
        assertThat(herald.output()).contains("Listening on").doesNotContain(sandbox.url("acme"), "sandbox-acme-token");
    }

    @Test
    void itIsTriedAsOftenAsItsOwnPropertiesSay() {
        herald.submit(person("CUST-broken", "jane+all.500@example.com"))
                .statusCode(202)
                .body("deliveries.provider", is(ALL))
                .body("deliveries.state", everyItem(is("retrying")))
                .body("deliveries.attempts", is(List.of(5, 3, 3, 3, 3)));

        assertThat(sandbox.requests("acme")).hasSize(5).allSatisfy(received -> assertThat(received.answered())
                .isEqualTo(500));
        assertThat(sandbox.requests("fraudspect")).hasSize(3);
    }

    @Test
    void itIsDeliveredByItsLastAttempt() {
        for (int failure = 1; failure <= 4; failure++) {
            sandbox.server()
                    .stubFor(any(urlPathMatching("/acme/.*"))
                            .inScenario("busy")
                            .whenScenarioStateIs(failure == 1 ? Scenario.STARTED : "failed " + (failure - 1))
                            .willSetStateTo("failed " + failure)
                            .willReturn(aResponse().withStatus(503)));
        }

        herald.submit(person("CUST-busy"))
                .statusCode(200)
                .body("deliveries.attempts", is(List.of(5, 1, 1, 1, 1)))
                .body("deliveries.operation", everyItem(is("created")));

        assertThat(sandbox.requests("acme")).extracting(Received::answered).containsExactly(503, 503, 503, 503, 201);
        assertThat(sandbox.customers("acme")).hasSize(1);
    }

    /** acme may know the first one by its key, and the next one has another. */
    @Test
    void aCreateThatMayHaveArrivedIsNotMadeByTheNextMessage() {
        ObjectNode customer = person("CUST-unclear");
        customer.putArray("targets").add("acme");
        sandbox.server()
                .stubFor(any(urlPathMatching("/acme/.*"))
                        .willReturn(aResponse().withStatus(201).withBody("{}")));
        herald.submit(customer).body("deliveries[0].state", is("dead"));
        sandbox.reset();

        herald.submit(customer)
                .body("deliveries[0].state", is("dead"))
                .body("deliveries[0].error.reason", is("unclear"));

        assertThat(sandbox.requests("acme")).isEmpty();
    }

    /** As {@code docs/add-a-provider.md} has it of a provider with no key, no upsert and no look-up. */
    @Test
    void whereNothingCanTellACreateThatMayHaveArrivedIsSentAgainByAPersonOnly() throws IOException {
        Map<String, String> environment = environment();
        environment.put("PROVIDER_ACME_IDEMPOTENCY_LIFETIME", "0s");
        ObjectNode customer = person("CUST-nobody-knows");
        customer.putArray("targets").add("acme");
        try (PackagedProgram program = PackagedProgram.start(workingDirectory("keyless"), environment)) {
            sandbox.server()
                    .stubFor(any(urlPathMatching("/acme/.*"))
                            .willReturn(aResponse().withStatus(500)));

            String message = program.submit(customer)
                    .body("deliveries[0].state", is("dead"))
                    .body("deliveries[0].error.reason", is("unclear"))
                    .body("deliveries[0].attempts", is(1))
                    .extract()
                    .path("message");
            program.submit(customer).body("deliveries[0].error.reason", is("unclear"));
            String replay = "/v1/dead-letters/" + message + ".acme/replay";
            program.call().post(replay).then().statusCode(409);
            assertThat(sandbox.requests("acme")).hasSize(1);

            sandbox.reset();
            program.call().post(replay + "?force=true").then().statusCode(202);
            await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> program.call()
                    .get("/v1/messages/" + message)
                    .then()
                    .body("deliveries[0].state", is("delivered")));
            assertThat(sandbox.customers("acme")).hasSize(1);
        }
    }

    @Test
    void itsRulesAndItsWordsAreItsOwn() {
        ObjectNode nobody = person("CUST-nobody");
        nobody.remove("contact");
        nobody.putArray("targets").add("acme");
        herald.submit(nobody)
                .statusCode(207)
                .body("deliveries", hasSize(1))
                .body("deliveries[0].state", is("rejected"))
                .body("deliveries[0].error.code", is("not_mappable"))
                .body("deliveries[0].error.fields.pointer", is(List.of("/mail")));
        assertThat(sandbox.requests("acme")).isEmpty();

        ObjectNode first = person("CUST-first", "same@example.com");
        first.putArray("targets").add("acme");
        herald.submit(first).statusCode(200);
        ObjectNode second = person("CUST-second", "same@example.com");
        second.putArray("targets").add("acme");
        herald.submit(second)
                .statusCode(207)
                .body("deliveries[0].state", is("rejected"))
                .body("deliveries[0].error.code", is("mail.taken"))
                .body("deliveries[0].error.reason", is("duplicate"))
                .body("deliveries[0].error.fields.pointer", is(List.of("/mail")));
    }

    /** Adds files; replaces none. */
    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                if (Files.exists(target)) {
                    assertThat(target).hasSameTextualContentAs(file);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }
}
