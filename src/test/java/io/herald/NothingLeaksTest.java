package io.herald;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import io.herald.caller.Issuer;
import io.herald.delivery.Faults;
import io.herald.delivery.MovableClock;
import io.herald.delivery.QuickRetries;
import io.herald.rest.Api;
import io.herald.rest.Api.Answer;
import io.herald.sandbox.Sandbox;
import io.herald.trace.Collector;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.Test;

/**
 * Nothing of a customer but the reference, and no secret and no token, is in what Herald logs, prints, answers, writes or shows in traces, by
 * whatever way a customer goes, with everything logged that can be logged by configuration.
 */
@QuarkusTest
@TestProfile(NothingLeaksTest.EverythingIsLogged.class)
class NothingLeaksTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration A_REFUSED_LOG_IN_RESTS = Duration.ofSeconds(10);
    private static final Pattern CATEGORY = Pattern.compile("\\[([a-zA-Z0-9.$]+)] \\(");
    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    private static final List<String> SECRETS = List.of(
            "provider.xbridge.key-id",
            "provider.xbridge.secret",
            "provider.yativo.account-id",
            "provider.yativo.app-secret",
            "provider.fraudspect.api-key",
            "provider.bridge-xyz.api-key",
            "herald.payload-key");

    /** The lowest level everywhere, by the operator's means; what the build allows of it is what is proved here. */
    public static final class EverythingIsLogged extends QuickRetries {

        static final List<String> CATEGORIES = List.of(
                "io.agroal",
                "io.github.resilience4j",
                "io.herald",
                "io.netty",
                "io.netty.handler.logging",
                "io.quarkus",
                "io.quarkus.oidc",
                "io.smallrye",
                "io.vertx",
                "com.networknt",
                "org.apache.camel",
                "org.apache.camel.Tracing",
                "org.apache.camel.component.http",
                "org.apache.camel.component.http.LoggingHttpActivityListener",
                "org.apache.camel.processor.FatalFallbackErrorHandler",
                "org.apache.camel.processor.errorhandler",
                "org.apache.camel.processor.errorhandler.DefaultErrorHandler",
                "org.apache.camel.quarkus.main.CamelMainRuntime",
                "org.apache.hc",
                "org.apache.hc.client5.http.headers",
                "org.apache.hc.client5.http.wire",
                "org.flywaydb",
                "org.jboss",
                "org.jose4j",
                "org.sqlite");

        @Override
        public List<TestResourceEntry> testResources() {
            List<TestResourceEntry> resources = new ArrayList<>(super.testResources());
            resources.add(new TestResourceEntry(Collector.class));
            return resources;
        }

        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> config = new HashMap<>(super.getConfigOverrides());
            config.putAll(Issuer.TRUSTED.settings());
            config.put("herald.caller.rate", "100000");
            config.put("herald.park.poll", "500ms");
            config.put("provider.yativo.park.schedule", "1s");
            config.put("camel.component.http.log-http-activity", "true");
            config.put("camel.main.tracing", "true");
            config.put("quarkus.log.level", "ALL");
            CATEGORIES.forEach(category -> config.put("quarkus.log.category.\"" + category + "\".level", "ALL"));
            // the providers' side is none of Herald's
            List.of("org.eclipse.jetty", "WireMock", "jdk.internal.httpclient")
                    .forEach(category -> config.put("quarkus.log.category.\"" + category + "\".level", "OFF"));
            config.put("quarkus.log.console.level", "ERROR");
            config.put("quarkus.log.file.enabled", "true");
            config.put("quarkus.log.file.json.enabled", "false");
            config.put("quarkus.log.file.level", "ALL");
            config.put("quarkus.log.file.format", "%d %-5p [%c] (%t) %X %s%e%n");
            config.put("quarkus.log.file.rotation.max-file-size", "2G");
            config.put(
                    "quarkus.log.file.path",
                    Path.of("target/nothing-leaks/herald-" + System.nanoTime() + ".log")
                            .toAbsolutePath()
                            .toString());
            return config;
        }
    }

    @TestHTTPResource(value = "/metrics", management = true)
    URI metrics;

    @ConfigProperty(name = "quarkus.log.file.path")
    Path log;

    @ConfigProperty(name = "herald.data-directory")
    Path data;

    @Inject
    MovableClock clock;

    Sandbox sandbox;
    Collector collector;

    private final Marked customers = new Marked();
    private final Api herald = Api.underTest();
    private final String bearer = Issuer.TRUSTED.bearer();
    private final String bearerOfNobody = Issuer.TRUSTED.bearer("nobody");
    private final List<String> answers = Collections.synchronizedList(new ArrayList<>());
    private final Set<String> tokens = new LinkedHashSet<>();
    private Faults faults;
    private int last;

    @Test
    void nothingOfACustomerNorASecretIsWrittenAnywhere() throws IOException {
        faults = new Faults(sandbox);
        sandbox.reset();
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream out = System.out;
        PrintStream err = System.err;
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        System.setErr(System.out);
        try {
            delivered();
            refusedByHerald();
            refusedByProviders();
            failedOnTheWay();
            lookedUp();
            failedToLogIn();
            dropped();
            erased();
            answers.add(RestAssured.get(metrics).asString());
        } finally {
            System.setOut(out);
            System.setErr(err);
        }

        String logged = Files.readString(log);
        assertThat(logged)
                .as("the log works, at the lowest level of Herald's own category")
                .contains("[io.herald");
        Set<String> secretsAndTokens = allSecrets();
        List<String> leaks = new ArrayList<>();
        search(leaks, secretsAndTokens, "log", logged);
        awaitAllKindsOfSpans();
        collector.bodies().forEach(body -> search(leaks, secretsAndTokens, "span", body));
        search(leaks, secretsAndTokens, "standard output", printed.toString(StandardCharsets.UTF_8));
        answers.forEach(answer -> search(leaks, secretsAndTokens, "answer", answer));
        for (Path file : written()) {
            search(leaks, secretsAndTokens, data.relativize(file).toString(), file.toString());
            search(
                    leaks,
                    secretsAndTokens,
                    data.relativize(file).toString(),
                    Files.readString(file, StandardCharsets.ISO_8859_1));
        }
        assertThat(leaks).isEmpty();
    }

    @Test
    void everyFieldOfTheSchemaIsMarked() throws IOException {
        Set<String> known = new TreeSet<>();
        properties(
                JSON.readTree(Path.of("mappings/canonical/customer.schema.json").toFile()), known);
        Set<String> marked = new TreeSet<>();
        names(customers.person("LEAK-1", "", "xbridge"), marked);
        names(customers.business("LEAK-1", "", "xbridge"), marked);

        assertThat(known).hasSizeGreaterThan(50);
        assertThat(marked).containsAll(known);
    }

    /** Where spans are searched there must be some, of everything that spans are made of. */
    private void awaitAllKindsOfSpans() {
        List<String> names = new ArrayList<>(List.of(
                "POST /v1/customers",
                "POST /v1/dead-letters/replay",
                "POST /v1/dead-letters/{id}/replay",
                "file record",
                "record",
                "log_in xbridge",
                "log_in yativo",
                "find xbridge",
                "find yativo"));
        PROVIDERS.forEach(provider -> names.addAll(List.of("deliver " + provider, "send " + provider)));
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(collector.spans())
                .extracting(Collector.Exported::name)
                .containsAll(names));
    }

    private static void properties(JsonNode schema, Set<String> names) {
        schema.path("properties").fieldNames().forEachRemaining(names::add);
        schema.forEach(part -> properties(part, names));
    }

    private static void names(JsonNode customer, Set<String> names) {
        customer.fieldNames().forEachRemaining(names::add);
        customer.forEach(part -> names(part, names));
    }

    private void delivered() {
        ObjectNode first = customers.person(next(), "");
        first.remove("connections");
        assertDelivered(submit(first));
        for (ObjectNode customer : List.of(customers.person(next(), ""), customers.business(next(), ""))) {
            assertDelivered(submit(customer));
            assertDelivered(submit(customers.changed(customer)));
            Answer preview = asked("POST", "/v1/preview", customer.toString());
            assertThat(preview.body()).as("a preview shows the requests").contains(customers.stem());
            told(asked("GET", "/v1/customers/" + customer.path("reference").asText(), null));
        }
        told(asked("GET", "/v1/customers/nobody", null));
    }

    private void refusedByHerald() {
        ObjectNode unknownField = customers.person(next(), "");
        unknownField.withObject("/person").put("maidenName", customers.stem());
        told(422, submit(unknownField));

        ObjectNode badEverywhere = customers.person(next(), "");
        String word = customers.stem();
        badEverywhere.put("reference", word + " " + word);
        badEverywhere.withObject("/person").put("birthDate", word).put("nationality", word);
        badEverywhere.withObject("/contact").put("email", word).put("phone", word);
        badEverywhere.withObject("/profile").put("occupation", "\u0007" + word);
        badEverywhere.withObject("/address").put("country", "XX").put("subdivision", word);
        badEverywhere.withArray("/documents").addObject().put("file", word);
        told(422, submit(badEverywhere));

        String whole = customers.person(next(), "").toString();
        told(400, asked("POST", "/v1/customers", whole.substring(0, whole.length() / 2)));
        told(400, asked("POST", "/v1/customers", word + whole));
        told(400, asked("POST", "/v1/customers", whole.replaceFirst("\"type\"", word + ": 1")));
        told(415, herald.send("POST", "/v1/customers", whole, "Authorization", bearer, "Content-Type", "text/" + word));
        told(
                400,
                herald.send(
                        "POST",
                        "/v1/customers",
                        whole,
                        "Authorization",
                        bearer,
                        "Content-Type",
                        "application/json",
                        "Idempotency-Key",
                        word + " \t" + word.repeat(100)));
        told(401, herald.send("POST", "/v1/customers", whole));
        told(401, herald.send("POST", "/v1/customers", whole, "Authorization", bearer + "x"));
        told(401, herald.send("POST", "/v1/customers", whole, "Authorization", "Bearer " + customers.stem()));
        told(403, herald.send("POST", "/v1/customers", whole, "Authorization", bearerOfNobody));
        told(404, asked("GET", "/v1/" + word, null));
        told(400, asked("GET", "/v1/dead-letters?reason=" + word, null));
    }

    private void refusedByProviders() {
        for (String provider : PROVIDERS) {
            ObjectNode echoed = customers.person(next(), "", provider);
            StubMapping echo = echo(provider, echoed, 422);
            Answer rejected = submit(echoed);
            assertThat(outcomes(rejected)).containsOnly("rejected");
            String letter = letter(rejected, provider);
            told(asked("GET", "/v1/dead-letters/" + letter, null));
            assertThat(asked("GET", "/v1/dead-letters/" + letter + "?reveal=true", null)
                            .body())
                    .as("what is revealed")
                    .contains(customers.stem());
            told(202, asked("POST", "/v1/dead-letters/" + letter + "/replay", null));
            awaitState(letter, "rejected");
            told(
                    422,
                    asked(
                            "POST",
                            "/v1/dead-letters/" + letter + "/replay",
                            "{\"reference\": \"" + customers.stem() + "\"}"));
            sandbox.server().removeStub(echo);
            told(
                    202,
                    asked(
                            "POST",
                            "/v1/dead-letters/" + letter + "/replay",
                            customers.changed(echoed).toString()));
            awaitState(letter, "delivered");

            for (int status : new int[] {302, 400, 403, 409, 500}) {
                ObjectNode customer = customers.business(next(), "", provider);
                echo = echo(provider, customer, status);
                Answer answer = submit(customer);
                assertThat(outcomes(answer)).as(provider + " " + status).doesNotContain("delivered");
                told(asked("GET", "/v1/dead-letters/" + letter(answer, provider), null));
                sandbox.server().removeStub(echo);
            }
            ObjectNode taken = customers.person(next(), "", provider);
            echo = always(
                    provider,
                    taken,
                    aResponse()
                            .withStatus(200)
                            .withHeader("Content-Type", "application/json")
                            .withBody("{\"echo\": " + taken + ", " + customers.stem()));
            told(submit(taken));
            sandbox.server().removeStub(echo);
        }
        assertThat(outcomes(submit(customers.person(next(), "all.422")))).containsOnly("rejected");
        told(asked("GET", "/v1/dead-letters?state=rejected&limit=500", null));
        told(asked("GET", "/v1/dead-letters?limit=500", null));
        told(202, asked("POST", "/v1/dead-letters/replay?state=rejected&provider=yativo", null));
    }

    /** The provider says all that it was told, and more, in every place where it can say something. */
    private StubMapping echo(String provider, ObjectNode customer, int status) {
        String word = customers.stem();
        ObjectNode body = JSON.createObjectNode()
                .put(
                        "message",
                        "not this one: " + customer + " nor "
                                + customer.at("/person/lastName").asText())
                .put("code", customer.at("/contact/phone").asText())
                .put("error", customer.at("/contact/email").asText());
        body.withObject("/errors")
                .putArray("customer_email")
                .add(customer.at("/contact/email").asText() + " is taken by "
                        + customer.at("/person/firstName").asText());
        body.set("details", customer);
        return always(
                provider,
                customer,
                aResponse()
                        .withStatus(status)
                        .withStatusMessage(word)
                        .withHeader("Content-Type", "application/json")
                        .withHeader("X-Echo", customer.toString().replaceAll("[^ -~]", "?"))
                        .withHeader("Location", "http://localhost:1/" + word)
                        .withHeader("Set-Cookie", "a=" + word)
                        .withHeader("Retry-After", word)
                        .withBody(body.toString()));
    }

    private StubMapping always(String provider, ObjectNode customer, ResponseDefinitionBuilder answer) {
        return sandbox.server()
                .stubFor(any(urlPathMatching("/" + provider + "/.*"))
                        .atPriority(1)
                        .withRequestBody(
                                containing(customer.at("/contact/email").asText()))
                        .willReturn(answer));
    }

    private void failedOnTheWay() {
        for (String fault : List.of(
                "500",
                "429",
                "reset",
                "timeout-once",
                "lost-once",
                "truncated-once",
                "502-after-once",
                "html-once",
                "unauthorized-once")) {
            told(submit(customers.person(next(), "all." + fault)));
        }
        Answer parked = submit(customers.person(next(), "yativo.500", "yativo"));
        assertThat(outcomes(parked)).containsOnly("retrying");
        told(asked("GET", "/v1/dead-letters?state=retrying&limit=500", null));
        awaitState(letter(parked, "yativo"), "dead");
        told(202, asked("POST", "/v1/dead-letters/" + letter(parked, "yativo") + "/replay", null));
    }

    /** The values looked for stand in the URL here. */
    private void lookedUp() {
        for (String provider : List.of("xbridge", "yativo")) {
            ObjectNode found = customers.person(next(), provider + ".lost-once", provider);
            assertDelivered(submit(found));
            assertThat(faults.lookUps(provider)).as("look-ups").isNotEmpty();

            List<ResponseDefinitionBuilder> failures = List.of(
                    aResponse().withStatus(400).withBody(customers.stem()),
                    aResponse().withStatus(500).withBody(customers.stem()),
                    aResponse().withStatus(302).withHeader("Location", "http://localhost:1/" + customers.stem()),
                    aResponse().withStatus(200).withBody("<p>" + customers.stem()),
                    aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK),
                    aResponse().withFault(Fault.RANDOM_DATA_THEN_CLOSE),
                    aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER),
                    aResponse().withFixedDelay((int) QuickRetries.REQUEST_TIMEOUT.toMillis() + 500));
            for (ResponseDefinitionBuilder failure : failures) {
                StubMapping stub = sandbox.server()
                        .stubFor(get(urlPathMatching("/" + provider + "/.*"))
                                .atPriority(1)
                                .willReturn(failure));
                Answer answer = submit(customers.person(next(), provider + ".lost-once", provider));
                assertThat(outcomes(answer)).doesNotContain("delivered");
                sandbox.server().removeStub(stub);
            }
        }
    }

    private void failedToLogIn() {
        for (String provider : List.of("xbridge", "yativo")) {
            for (int status : new int[] {200, 302, 500, 401}) {
                remember(provider);
                sandbox.revokeTokens(provider);
                StubMapping stub = sandbox.server()
                        .stubFor(any(urlPathMatching("/" + provider + "/(generate-token|auth/login)"))
                                .atPriority(1)
                                .willReturn(aResponse()
                                        .withStatus(status)
                                        .withHeader("Location", "http://localhost:1/" + secret(SECRETS.get(1)))
                                        .withBody("not: " + secrets())));
                Answer answer = submit(customers.person(next(), "", provider));
                assertThat(outcomes(answer)).containsOnly("retrying");
                sandbox.server().removeStub(stub);
                clock.putForward(A_REFUSED_LOG_IN_RESTS);
            }
        }
    }

    private void dropped() throws IOException {
        ObjectNode good = customers.person(next(), "", "fraudspect");
        ObjectNode refused = customers.person(next(), "fraudspect.422", "fraudspect");
        ObjectNode faulty = customers.person(next(), "", "fraudspect");
        faulty.withObject("/person").put("maidenName", customers.stem());
        faulty.withObject("/contact").put("email", customers.stem());
        String content = good + "\n" + refused + "\n" + faulty + "\n" + customers.stem() + "{\n"
                + faulty.toString().substring(0, 400) + "\n";
        drop("leak-a.ndjson", content);
        drop("leak-b.ndjson", content);
        drop("leak-c.json", "[" + faulty + ", " + customers.stem() + "]");
        drop("leak-d.csv", "reference,type,person.firstName," + customers.stem() + "\nA,person,b,c\n");
        drop(
                "leak-e.csv",
                "reference,type,person.firstName,person.lastName,contact.email\nLEAK-e,person,"
                        + (customers.stem() + ",").repeat(9) + "\nLEAK-f,person," + customers.stem() + ",\""
                        + customers.stem()
                        + "\nLEAK-g,person," + customers.stem() + "\n");
        drop("leak-f.ndjson.gz", content);
        told(asked("GET", "/v1/files?limit=500", null));
    }

    private void drop(String name, String content) throws IOException {
        Path part = data.resolve("inbox").resolve(name + ".part");
        Files.writeString(part, content);
        Files.move(part, data.resolve("inbox").resolve(name));
        Path report = data.resolve("reports").resolve(name + ".summary.json");
        await().atMost(PATIENCE).until(() -> Files.exists(report));
    }

    private void erased() {
        ObjectNode customer = customers.person(next(), "all.422", "fraudspect", "bridge-xyz");
        told(submit(customer));
        String path = "/v1/customers/" + customer.path("reference").asText();
        told(204, asked("DELETE", path, null));
        told(asked("GET", path, null));
    }

    /** What Herald wrote below its data directory; the files that were dropped are theirs who dropped them. */
    private List<Path> written() throws IOException {
        try (Stream<Path> files = Files.walk(data)) {
            List<Path> all = files.peek(NothingLeaksTest::assertIsItsOwnersOnly)
                    .filter(Files::isRegularFile)
                    .filter(file -> Stream.of("inbox", "done", "failed")
                            .noneMatch(folder -> file.startsWith(data.resolve(folder))))
                    .toList();
            assertThat(all)
                    .extracting(file -> file.getFileName().toString())
                    .contains("herald.db", "herald.db-wal", "leak-a.ndjson.report.ndjson", "leak-d.csv.summary.json");
            return all;
        }
    }

    /** What was dropped keeps what its owner gave it, in folders that nobody else may enter. */
    private static void assertIsItsOwnersOnly(Path path) {
        try {
            String permissions = PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
            if (Files.isDirectory(path)) {
                assertThat(permissions).as(path.toString()).isEqualTo("rwx------");
            } else if (!List.of("inbox", "done", "failed")
                    .contains(path.getParent().getFileName().toString())) {
                assertThat(permissions).as(path.toString()).isEqualTo("rw-------");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void search(List<String> leaks, Set<String> secretsAndTokens, String where, String text) {
        Map<String, String> found = new TreeMap<>();
        Stream.concat(
                        customers.places(text).stream(),
                        secretsAndTokens.stream().map(text::indexOf).filter(at -> at >= 0))
                .forEach(at -> found.putIfAbsent(where + category(text, at), around(text, at)));
        found.forEach((place, words) -> leaks.add(place + ": " + words));
    }

    /** Of the log's line that is nearest before. */
    private static String category(String text, int at) {
        Matcher category = CATEGORY.matcher(text.substring(Math.max(0, at - 10_000), at));
        String last = "";
        while (category.find()) {
            last = " " + category.group(1);
        }
        return last;
    }

    private static String around(String text, int at) {
        return text.substring(Math.max(0, at - 100), Math.min(text.length(), at + 100));
    }

    private Set<String> allSecrets() {
        PROVIDERS.forEach(this::remember);
        Set<String> all = new LinkedHashSet<>(tokens);
        all.addAll(secrets());
        all.add(bearer.substring("Bearer ".length()));
        all.add(bearerOfNobody.substring("Bearer ".length()));
        assertThat(all).hasSizeGreaterThan(SECRETS.size() + 3);
        return all;
    }

    private void remember(String provider) {
        sandbox.requests(provider).stream()
                .flatMap(request -> request.header("Authorization").stream())
                .map(header -> header.replaceFirst("(?i)^Bearer ", ""))
                .forEach(tokens::add);
    }

    private static List<String> secrets() {
        return SECRETS.stream().map(NothingLeaksTest::secret).toList();
    }

    private static String secret(String property) {
        return ConfigProvider.getConfig().getValue(property, String.class);
    }

    private String next() {
        return "LEAK-" + ++last;
    }

    private Answer submit(ObjectNode customer) {
        Answer answer = herald.submit(
                customer,
                "Authorization",
                bearer,
                "Prefer",
                "wait=30",
                "traceparent",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "tracestate",
                "vendor=" + customers.stem(),
                "baggage",
                "who=" + customers.stem(),
                "User-Agent",
                customers.stem());
        told(answer);
        if (answer.json().has("message")) {
            told(asked("GET", "/v1/messages/" + answer.json().path("message").asText(), null));
        }
        return answer;
    }

    private Answer asked(String method, String path, String body) {
        return herald.send(method, path, body, "Authorization", bearer);
    }

    private void told(int status, Answer answer) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        told(answer);
    }

    private void told(Answer answer) {
        answers.add(answer.status() + " " + answer.headers().map() + " " + answer.body());
    }

    private static void assertDelivered(Answer answer) {
        assertThat(outcomes(answer)).as(answer.body()).containsOnly("delivered");
    }

    private static List<String> outcomes(Answer answer) {
        List<String> outcomes = new ArrayList<>();
        answer.json()
                .path("deliveries")
                .forEach(delivery -> outcomes.add(delivery.path("state").asText()));
        assertThat(outcomes).as(answer.body()).isNotEmpty();
        return outcomes;
    }

    private static String letter(Answer answer, String provider) {
        return answer.json().path("message").asText() + "." + provider;
    }

    private void awaitState(String letter, String state) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode report = asked("GET", "/v1/messages/" + letter.substring(0, letter.indexOf('.')), null)
                    .json();
            assertThat(report.at("/deliveries/0/state").asText())
                    .as(report.toString())
                    .isEqualTo(state);
        });
    }
}
