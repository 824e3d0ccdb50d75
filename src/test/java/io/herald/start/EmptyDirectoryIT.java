package io.herald.start;

import static io.herald.Customers.person;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.matchesPattern;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.sandbox.Sandbox;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The packaged program runs in an empty working directory with nothing but environment variables, and what it has linked
 * and answered outlives it, stopped or killed.
 */
class EmptyDirectoryIT {

    private static final List<String> PROVIDERS = List.of("bridge-xyz", "fraudspect", "xbridge", "yativo");

    @TempDir
    Path directory;

    @AutoClose
    private final Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);

    @Test
    void createsThenUpdatesAfterAStopAndAfterAKill() throws IOException {
        ObjectNode customer = person("CUST-empty");
        customer.withObject("/person").put("firstName", "Jose\u0301");
        Map<String, String> environment = PackagedProgram.environment(sandbox);
        assertThat(directory).isEmptyDirectory();

        ValidatableResponse created;
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            created = delivered(program.submit(customer), "created");
            program.stop();
        }
        List<String> ids = created.extract().path("deliveries.providerCustomerId");

        ValidatableResponse updated;
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            program.assertTellsOf(created);
            assertKnows(program, "CUST-empty", ids, created.extract().path("message"));
            updated = delivered(program.submit(customer), "updated")
                    .body("deliveries.providerCustomerId", equalTo(ids))
                    .body("sequence", is(created.extract().<Integer>path("sequence") + 1));
            program.kill();
        }

        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            program.assertTellsOf(created);
            program.assertTellsOf(updated);
            assertKnows(program, "CUST-empty", ids, updated.extract().path("message"));
            delivered(program.submit(customer), "updated").body("deliveries.providerCustomerId", equalTo(ids));
        }

        for (String provider : PROVIDERS) {
            assertThat(sandbox.customers(provider))
                    .as("customers at " + provider)
                    .singleElement()
                    .satisfies(known -> assertThat(known.toString())
                            .as("what needs the tables of Unicode, which a native program has to bring along")
                            .contains("Jos\u00E9"));
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files).as("what it made").containsExactly(directory.resolve("data"));
        }
    }

    private static ValidatableResponse delivered(ValidatableResponse report, String operation) {
        return report.statusCode(200)
                .body("status", is("delivered"))
                .body("deliveries.provider", is(PROVIDERS))
                .body("deliveries.state", everyItem(is("delivered")))
                .body("deliveries.operation", everyItem(is(operation)))
                .body("deliveries.attempts", everyItem(is(1)))
                .header("Location", matchesPattern("/v1/messages/[0-9a-f-]{36}"));
    }

    private static void assertKnows(PackagedProgram program, String reference, List<String> ids, String message) {
        program.call()
                .get("/v1/customers/" + reference)
                .then()
                .statusCode(200)
                .body("reference", is(reference))
                .body("providers", hasSize(4))
                .body("providers.provider", is(PROVIDERS))
                .body("providers.providerCustomerId", equalTo(ids))
                .body("providers.state", everyItem(is("delivered")))
                .body("providers.message", everyItem(is(message)));
    }
}
