package io.herald.delivery;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.put;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.herald.delivery.Caller.Report;
import io.herald.privacy.Redaction;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every answer among the examples of {@code mappings/} comes over HTTP, and is in the report as the example says; the
 * provider's words come without the customer's values.
 */
@QuarkusTest
@TestProfile(QuickRetries.class)
class ClassificationTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final AtomicLong IDS = new AtomicLong();
    private static final Path MAPPINGS = Path.of("mappings");

    /** How each provider answers a create with success and this id. */
    private static final Map<String, String> CREATED = Map.of(
            "xbridge", "{\"customerId\": \"%s\"}",
            "yativo", "{\"status\": \"success\", \"data\": {\"customer_id\": \"%s\"}}",
            "fraudspect", "{\"data\": {\"id\": \"%s\"}}",
            "bridge-xyz", "{\"id\": \"%s\"}");

    private static final String WITHOUT_WORDS = """
            {"code": "http_400", "reason": "invalid", "httpStatus": 400,
             "message": "the provider answered with status 400, without readable words"}""";

    Sandbox sandbox;

    private Faults faults;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        faults = new Faults(sandbox);
    }

    private record Case(String provider, Path folder) {

        String name() {
            return provider + " " + folder.getFileName();
        }

        JsonNode file(String name) {
            return json(folder.resolve(name));
        }

        boolean isUpdate() {
            return Files.exists(folder.resolve("link.json"));
        }
    }

    @TestFactory
    Stream<DynamicTest> everyExampleOfAnAnswerIsReportedAsItSays() {
        List<Case> cases = CREATED.keySet().stream()
                .sorted()
                .flatMap(provider -> folders(MAPPINGS.resolve(provider).resolve("examples")).stream()
                        .map(folder -> new Case(provider, folder)))
                .filter(example -> Files.exists(example.folder().resolve("response.json")))
                .toList();
        assertThat(cases).hasSizeGreaterThan(60);
        List<CompletableFuture<Void>> checks = cases.stream().map(this::check).toList();
        return Stream.iterate(0, i -> i < cases.size(), i -> i + 1)
                .map(i -> dynamicTest(cases.get(i).name(), () -> checks.get(i).join()));
    }

    private CompletableFuture<Void> check(Case example) {
        String provider = example.provider();
        String reference = Caller.reference("example");
        ObjectNode customer = (ObjectNode) example.file("canonical.json");
        customer.put("reference", reference).putArray("targets").add(provider);
        String email = Caller.email(reference, "");
        ObjectNode contact = customer.withObject("/contact");
        contact.put("email", email);
        CompletableFuture<Report> linked = CompletableFuture.completedFuture(null);
        String said = example.isUpdate()
                ? example.file("link.json").asText()
                : example.file("outcome.json").path("providerCustomerId").asText();
        String id = anotherThan(said);
        if (example.isUpdate()) {
            faults.always(
                    provider,
                    email,
                    aResponse().withStatus(200).withBody(CREATED.get(provider).formatted(id)));
            linked = Caller.submit(Caller.person(reference, "", provider));
        }
        return linked.thenCompose(created -> {
                    faults.always(provider, email, answer(with(id, said, example.file("response.json"))));
                    takesConnectionsOf(reference);
                    return Caller.submit(customer);
                })
                .thenAccept(report -> {
                    ObjectNode expected = (ObjectNode) with(id, said, example.file("outcome.json"));
                    Redaction.of(customer).redactError(expected);
                    assertThat(outcome(report.delivery(provider), expected))
                            .as(example.folder().toString())
                            .isEqualTo(expected);
                });
    }

    /** Of the same form: no two customers of a provider have the same id. */
    private static String anotherThan(String id) {
        if (id.matches("[0-9]*")) {
            return String.valueOf(7_000_000_000L + IDS.incrementAndGet());
        }
        return id.length() == 36 ? UUID.randomUUID().toString() : id + "-" + IDS.incrementAndGet();
    }

    private static JsonNode with(String id, String said, JsonNode json) {
        try {
            return said.isEmpty() ? json : JSON.readTree(json.toString().replace(said, id));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The second call of an update at fraudspect. */
    private void takesConnectionsOf(String reference) {
        sandbox.server()
                .stubFor(put(urlPathEqualTo("/fraudspect/api/v1/customers/" + reference + "/connections"))
                        .willReturn(aResponse().withStatus(200)));
    }

    private static ResponseDefinitionBuilder answer(JsonNode response) {
        ResponseDefinitionBuilder answer =
                aResponse().withStatus(response.get("status").asInt());
        return response.has("body")
                ? answer.withHeader("Content-Type", "application/json")
                        .withBody(response.get("body").toString())
                : answer.withHeader("Content-Type", "text/html").withBody("<html><body>Oh dear</body></html>");
    }

    /** What an example's outcome says of a delivery; Herald's own words about an answer without an id are free. */
    private static ObjectNode outcome(JsonNode delivery, JsonNode expected) {
        ObjectNode outcome = delivery.deepCopy();
        outcome.remove(List.of("provider", "attempts", "durationMs"));
        if (outcome.at("/error/code").asText().equals("unreadable_answer")
                && !expected.at("/error").has("message")) {
            outcome.withObject("/error").remove("message");
        }
        return outcome;
    }

    /** A customer each of whose values is a word that nobody says by chance. */
    private static ObjectNode marked(String reference, String provider) {
        ObjectNode customer = Caller.person(reference, "", provider);
        customer.withObject("/person")
                .put("firstName", "Zorquilla")
                .put("middleName", "Vexumbra")
                .put("lastName", "Quandrowitz")
                .put("birthDate", "1987-03-29");
        customer.withObject("/contact").put("phone", "+255789456123");
        customer.withObject("/address").put("city", "Brumbleheim").put("postalCode", "ZX98-77Q");
        ((ArrayNode) customer.at("/address/lines")).removeAll().add("17 Wimplethorpe Parade");
        customer.putArray("identifiers")
                .addObject()
                .put("type", "national_id")
                .put("number", "NID5550123987")
                .put("country", "TZ");
        return customer;
    }

    private static List<String> markers(ObjectNode customer) {
        return List.of(
                "Zorquilla",
                "Vexumbra",
                "Quandrowitz",
                "1987-03-29",
                "+255789456123",
                "Brumbleheim",
                "ZX98-77Q",
                "17 Wimplethorpe Parade",
                "NID5550123987",
                customer.at("/contact/email").asText());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "xbridge    | {'error': {'code': 'BAD %1$s', 'message': 'No %1$s', 'details': [{'field': 'mobile', 'message': 'is %1$s'}]}}",
                "xbridge    | {'statusCode': 400, 'code': 'BAD %1$s', 'error': 'Bad %1$s', 'message': 'No %1$s'}",
                "yativo     | {'status': 'error', 'message': 'No %1$s', 'errors': {'customer_email': ['is %1$s', 'not %1$s']}}",
                "yativo     | {'error': 'No %1$s'}",
                "fraudspect | {'message': ['No %1$s', 'is %1$s'], 'error': 'Bad %1$s', 'statusCode': 400}",
                "fraudspect | {'success': false, 'statusCode': 400, 'message': 'No %1$s', 'name': 'Bad %1$s'}",
                "bridge-xyz | {'code': 'bad %1$s', 'message': 'No %1$s', 'source': {'location': 'body', 'key': {'email': 'is %1$s'}}}",
                "bridge-xyz | {'errors': [{'code': 'bad %1$s', 'message': 'No %1$s'}]}"
            })
    void theProvidersWordsComeWithoutTheCustomersValues(String provider, String shape) {
        String reference = Caller.reference("marked");
        ObjectNode customer = marked(reference, provider);
        String email = customer.at("/contact/email").asText();
        String said = String.join(" and ", markers(customer));
        String echo = said + ", also " + said.toUpperCase(Locale.ROOT);
        faults.always(
                provider,
                email,
                aResponse()
                        .withStatus(400)
                        .withHeader("Content-Type", "application/json")
                        .withBody(shape.replace('\'', '"').formatted(echo)));

        Report report = Caller.deliver(customer);

        assertThat(report.outcome(provider)).isEqualTo("rejected/invalid");
        assertThat(faults.sends(provider, email)).hasSize(1);
        JsonNode error = report.delivery(provider).get("error");
        assertThat(error.path("message").asText()).startsWith("No ").contains("***");
        assertThat(markers(customer))
                .allSatisfy(marker -> assertThat(error.toString().toLowerCase(Locale.ROOT))
                        .doesNotContain(marker.toLowerCase(Locale.ROOT)));
    }

    @Test
    void theNameAsThisProviderWritesItIsRemovedToo() {
        String reference = Caller.reference("joined");
        ObjectNode customer = marked(reference, "xbridge");
        faults.always(
                "xbridge",
                customer.at("/contact/email").asText(),
                aResponse()
                        .withStatus(409)
                        .withBody("{\"error\": {\"code\": \"TAKEN\", \"message\":"
                                + " \"Zorquilla Vexumbra Quandrowitz of Brumbleheim exists\"}}"));

        Report report = Caller.deliver(customer);

        assertThat(report.outcome("xbridge")).isEqualTo("rejected/duplicate");
        assertThat(report.delivery("xbridge").at("/error/message").asText()).isEqualTo("*** of *** exists");
    }

    /** Each of the words would stand in each of the fields. */
    @Test
    void anErrorOfLongTextsIsToldWithoutThem() {
        ObjectNode expected = (ObjectNode) json(WITHOUT_WORDS);
        expected.putArray("fields").addObject().put("pointer", "/a").put("message", "");

        assertThat(refusal("{\"message\": \"%s\", \"source\": {\"key\": \"a\"}}".formatted("m".repeat(9_000))))
                .isEqualTo(expected);
    }

    @Test
    void anErrorThatIsTooLargeGoesByItsStatus() {
        String[] texts = new String[10];
        Arrays.fill(texts, "\"" + "t".repeat(7_000) + "\"");
        assertThat(refusal("{\"message\": \"no\", \"trace\": [%s]}".formatted(String.join(",", texts))))
                .isEqualTo(json(WITHOUT_WORDS));
    }

    @Test
    void ofManyFieldsOfAnErrorAHundredAreToldAndHowManyMore() {
        JsonNode error = refusal("{\"message\": \"no\", \"source\": {\"key\": \"%s\"}}".formatted("a,".repeat(4_000)));

        assertThat(error.path("message").textValue()).isEqualTo("no");
        assertThat(error.path("fields")).hasSize(101);
        assertThat(error.at("/fields/100/message").textValue()).isEqualTo("has 3900 more faults");
    }

    /** Customers who name each other come one after the other, however many of them there are. */
    @Test
    void aLongRefusalIsUnderstoodByItsBeginning() {
        ObjectNode customer = Caller.person(Caller.reference("connected"), "", "fraudspect");
        faults.always(
                "fraudspect",
                customer.at("/contact/email").asText(),
                aResponse()
                        .withStatus(400)
                        .withBody("{\"message\": \"Connected customer(s) not found: " + "COMP-1, ".repeat(1_500)
                                + "\"}"));

        assertThat(Caller.deliver(customer).outcome("fraudspect")).startsWith("retrying/");
    }

    private JsonNode refusal(String body) {
        ObjectNode customer = Caller.person(Caller.reference("hostile"), "", "bridge-xyz");
        faults.always(
                "bridge-xyz",
                customer.at("/contact/email").asText(),
                aResponse()
                        .withStatus(400)
                        .withHeader("Content-Type", "application/json")
                        .withBody(body));
        return Caller.deliver(customer).delivery("bridge-xyz").path("error");
    }

    /** What is kept of it could not be written, or would take forty times as much as it came with. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"too deep, '[', '', ']', 997", "of too many parts, ',{}', '[{}', ']', 20000"})
    void aSuccessThatCannotBeReadIsNoAnswer(String name, String part, String before, String after, int parts) {
        String score = before + part.repeat(parts) + (before.isEmpty() ? after.repeat(parts) : after);
        ObjectNode customer = Caller.person(Caller.reference("hostile"), "", "fraudspect");
        faults.always(
                "fraudspect",
                customer.at("/contact/email").asText(),
                aResponse()
                        .withHeader("Content-Type", "application/json")
                        .withBody("{\"data\": {\"id\": \"4711\", \"riskScore\": " + score + "}}"));

        assertThat(Caller.deliver(customer).outcome("fraudspect")).isEqualTo("dead/unreadable_answer");
    }

    private static List<Path> folders(Path parent) {
        try (Stream<Path> children = Files.list(parent)) {
            return children.filter(Files::isDirectory).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode json(Path file) {
        try {
            return JSON.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }
}
