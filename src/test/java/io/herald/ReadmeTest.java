package io.herald;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;

import io.herald.provider.Limits;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.response.ValidatableResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The README's first commands are the two that matter, and its curl lines do what it says. */
@QuarkusTest
@TestProfile(Limits.class)
class ReadmeTest {

    private static final Pattern COMMANDS = Pattern.compile("```sh\n(.*?)\n```", Pattern.DOTALL);
    private static final Pattern POST = Pattern.compile(
            "curl -s -X POST http://localhost:8080(/v1/\\S+) -H 'Content-Type: application/json' -d '(\\{.*})'");

    Sandbox sandbox;

    @BeforeEach
    void fresh() {
        sandbox.reset();
    }

    @Test
    void beginsWithTheCommandsAndACustomer() throws IOException {
        assertThat(commands()).startsWith("./mvnw quarkus:dev", "./mvnw verify");
        assertThat(commands().get(2)).startsWith("curl -s -X POST http://localhost:8080/v1/customers ");
    }

    @Test
    void itsFirstCurlLineCreatesAtAllFourAndThenUpdates() throws IOException {
        MatchResult first = posts().get(0);
        run(first)
                .body("deliveries", hasSize(4))
                .body("deliveries.state", everyItem(is("delivered")))
                .body("deliveries.operation", everyItem(is("created")));
        run(first)
                .body("deliveries", hasSize(4))
                .body("deliveries.state", everyItem(is("delivered")))
                .body("deliveries.operation", everyItem(is("updated")));
    }

    @Test
    void itsPreviewIsTheOneShown() throws IOException {
        MatchResult preview = posts().get(1);
        assertThat(preview.group(1)).isEqualTo("/v1/preview");
        List<String> messages = run(preview)
                .body("deliveries.provider", is(List.of("bridge-xyz", "fraudspect", "xbridge", "yativo")))
                .body("deliveries[2].request.legalName", is("Юлия Doe"))
                .extract()
                .path("deliveries.findAll { it.error != null }.error.fields.message.flatten()");
        assertThat(messages).hasSize(2).allSatisfy(message -> assertThat(readme())
                .contains(message));
    }

    @Test
    void itsFaultIsMetAndMended() throws IOException {
        MatchResult fault = posts().get(2);
        assertThat(fault.group(2)).contains("+yativo.429-once@");
        run(fault)
                .body("deliveries.state", everyItem(is("delivered")))
                .body("deliveries.attempts", is(List.of(1, 1, 1, 2)));
    }

    @Test
    void itsDeadLetterIsListedAndDeliveredAgain() throws IOException {
        MatchResult refused = posts().get(3);
        assertThat(refused.group(2)).contains("+fraudspect.unauthorized-once");
        assertThat(commands().stream().flatMap(String::lines))
                .contains(
                        "curl -s 'http://localhost:8080/v1/dead-letters?provider=fraudspect'",
                        "curl -s \"http://localhost:8080/v1/dead-letters/$ID\"",
                        "curl -s -X POST \"http://localhost:8080/v1/dead-letters/$ID/replay\"",
                        "curl -s -X POST 'http://localhost:8080/v1/dead-letters/replay?provider=fraudspect&reason=unauthorized'");
        send(refused).statusCode(207);

        String id = given().get("/v1/dead-letters?provider=fraudspect")
                .then()
                .body("items", hasSize(1))
                .extract()
                .path("items[0].id");
        given().get("/v1/dead-letters/" + id).then().statusCode(200).body("payload.person.firstName", is("***"));
        given().post("/v1/dead-letters/" + id + "/replay").then().statusCode(202);

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () -> given().get("/v1/dead-letters/" + id).then().body("state", is("delivered")));
        given().get("/v1/dead-letters?provider=fraudspect").then().body("items", hasSize(0));
        given().post("/v1/dead-letters/replay?provider=fraudspect&reason=unauthorized")
                .then()
                .statusCode(202)
                .body("count", is(0));
    }

    private static ValidatableResponse run(MatchResult line) {
        return send(line).statusCode(200);
    }

    private static ValidatableResponse send(MatchResult line) {
        return given().contentType("application/json")
                .body(line.group(2))
                .post(line.group(1))
                .then();
    }

    private static List<MatchResult> posts() throws IOException {
        return POST.matcher(readme()).results().toList();
    }

    private static List<String> commands() throws IOException {
        return COMMANDS.matcher(readme()).results().map(found -> found.group(1)).toList();
    }

    private static String readme() throws IOException {
        return Files.readString(Path.of("README.md"));
    }
}
