package io.herald.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.herald.Customers;
import io.herald.metrics.Scrape;
import io.herald.rest.Api;
import io.herald.rest.Api.Answer;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nobody gets in without a token that is good now, of the one issuer, for Herald, and with the role of the call. */
@QuarkusTest
@TestProfile(Guarded.class)
class CallersTest {

    private static final Issuer TRUSTED = Issuer.TRUSTED;
    private static final String[] BOTH = {"submitter", "operator"};
    private static final Pattern ROW = Pattern.compile("\\| `([A-Z]+) ([^`?]+)[^`]*` \\| (submitter|operator) \\|.*");

    Sandbox sandbox;

    @TestHTTPResource(value = "/metrics", management = true)
    URI metrics;

    private final Api herald = Api.underTest();

    /** A call, without its token. */
    record Call(String method, String path, String role) {
        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    static final List<Call> ONE_OF_EACH_ROLE = List.of(
            new Call("POST", "/v1/customers", "submitter"),
            new Call("POST", "/v1/dead-letters/replay?provider=xbridge", "operator"));

    private Answer refused(Call call, String... headers) {
        return call("CUST-nobody", call, headers);
    }

    private Answer call(String reference, Call call, String... headers) {
        String body = call.method().equals("POST") && !call.path().contains("replay")
                ? Customers.person(reference).toString()
                : null;
        return herald.send(call.method(), call.path(), body, headers);
    }

    static Stream<Map.Entry<String, String>> badTokens() {
        Instant now = Instant.now();
        Map<String, String> tokens = new TreeMap<>();
        tokens.put(
                "expired", with(claims -> claims.put("exp", now.minusSeconds(5).getEpochSecond())));
        tokens.put("without an end", with(claims -> claims.remove("exp")));
        tokens.put(
                "not yet valid",
                with(claims -> claims.put("nbf", now.plusSeconds(600).getEpochSecond())));
        tokens.put("of another key", new Issuer("another").token("bad", claims -> {}, BOTH));
        tokens.put("of another issuer", with(claims -> claims.put("iss", "https://other.example.com")));
        tokens.put("without an issuer", with(claims -> claims.remove("iss")));
        tokens.put("for another audience", with(claims -> claims.put("aud", "another")));
        tokens.put("without an audience", with(claims -> claims.remove("aud")));
        tokens.put("without a subject", with(claims -> claims.remove("sub")));
        tokens.put("with an empty subject", with(claims -> claims.put("sub", "")));
        tokens.put("that nobody signed", TRUSTED.unsigned("bad", BOTH));
        tokens.put(
                "signed with the public key, as if it were a secret",
                TRUSTED.signedWithThePublicKey(TRUSTED.publicKeyBytes(), "bad", BOTH));
        tokens.put(
                "signed with the public key's text",
                TRUSTED.signedWithThePublicKey(TRUSTED.publicKey().getBytes(StandardCharsets.US_ASCII), "bad", BOTH));
        String good = with(claims -> {});
        tokens.put("with its signature cut off", good.substring(0, good.lastIndexOf('.') + 1));
        tokens.put("with a role that it was not given", forged(TRUSTED.token("bad", claims -> {}, "submitter")));
        tokens.put("that is none", "not-a-token");
        return tokens.entrySet().stream();
    }

    private static String with(Consumer<ObjectNode> change) {
        return TRUSTED.token("bad", change, BOTH);
    }

    /** The same token with another payload. */
    private static String forged(String token) {
        String[] parts = token.split("\\.");
        String claims = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
                .replace("[\"submitter\"]", "[\"submitter\",\"operator\"]");
        parts[1] = Base64.getUrlEncoder().withoutPadding().encodeToString(claims.getBytes(StandardCharsets.UTF_8));
        return String.join(".", parts);
    }

    @Test
    void aCustomerIsCountedAlsoWhereItsCallerIsRefused() {
        Call submit = ONE_OF_EACH_ROLE.get(0);
        Scrape before = Scrape.of(metrics);

        refused(submit);
        refused(submit, "Authorization", "Bearer " + TRUSTED.token("no-submitter", claims -> {}, "operator"));

        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
            assertThat(rise(before, "unauthenticated")).isEqualTo(1);
            assertThat(rise(before, "forbidden")).isEqualTo(1);
        });
    }

    private double rise(Scrape before, String answer) {
        String[] labels = {"source", "rest", "answer", answer};
        return Scrape.of(metrics).sum("herald_intake_total", labels) - before.sum("herald_intake_total", labels);
    }

    @Test
    void withoutATokenNobodyGetsIn() {
        for (Call call : ONE_OF_EACH_ROLE) {
            assertUnknown(refused(call));
            assertUnknown(refused(call, "Authorization", "Basic c3VibWl0dGVyOnN1Ym1pdHRlcg=="));
            assertUnknown(refused(call, "Authorization", "Bearer "));
        }
        assertThat(sandbox.customers("xbridge"))
                .noneMatch(kept -> kept.toString().contains("cust-nobody"));
    }

    @ParameterizedTest(name = "a token {0}")
    @MethodSource("badTokens")
    void withABadTokenNobodyGetsIn(Map.Entry<String, String> token) {
        for (Call call : ONE_OF_EACH_ROLE) {
            assertUnknown(refused(call, "Authorization", "Bearer " + token.getValue()));
        }
        assertThat(sandbox.customers("xbridge"))
                .noneMatch(kept -> kept.toString().contains("cust-nobody"));
    }

    @Test
    void everyOperationOfTheContractHasTheRoleOfTheDesignAndNoOther() throws IOException {
        Map<String, String> documented = documented();
        List<Call> calls = operations();
        assertThat(calls).hasSizeGreaterThanOrEqualTo(10);
        for (Call call : calls) {
            String wrong = call.role().equals("submitter") ? "operator" : "submitter";

            assertThat(documented).as("docs/http-api.md").containsEntry(call.method() + " " + call.path(), call.role());
            Call tried = new Call(call.method(), call.path().replaceAll("\\{[a-z]+}", "none"), call.role());
            assertUnknown(refused(tried));
            assertForbidden(refused(tried, "Authorization", TRUSTED.bearer("wrong-" + call, wrong)));
            assertForbidden(refused(tried, "Authorization", TRUSTED.bearer("none-" + call)));
            assertForbidden(refused(tried, "Authorization", TRUSTED.bearer("other-" + call, "Submitter", "admin")));
            Answer answer = call("CUST-somebody", tried, "Authorization", TRUSTED.bearer("right-" + call, call.role()));
            assertThat(answer.status()).as(call + ": " + answer.body()).isIn(200, 202, 400, 404);
        }
    }

    /** What is written otherwise than in the contract is not the call, or needs its role all the same. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /v1/Dead-Letters",
                "GET /v1/dead-letters/",
                "GET /v1/DEAD-LETTERS/none",
                "GET /v1//dead-letters",
                "GET //v1/dead-letters",
                "GET /v1/%64ead-letters",
                "GET /%76%31/dead-letters",
                "GET /v1/customers/../dead-letters",
                "GET /v1/customers/%2e%2e/dead-letters",
                "GET /v1/dead-letters/../customers/../dead-letters",
                "GET /v1/dead-letters;a=b",
                "GET /v1/dead-letters%2f",
                "GET /v1/dead-letters%00",
                "GET /v1/dead-letters%3fx",
                "get /v1/dead-letters",
                "GE /v1/dead-letters",
                "HEAD /v1/dead-letters",
                "POST /v1/dead-letters/../REPLAY",
                "POST /v1/dead-letters/../replay?provider=xbridge",
                "POST /v1/Dead-Letters/replay?provider=xbridge",
                "POST /v1/DEAD-letters/x/replay",
                "DELETE /v1/Customers/CUST-kept",
                "DELETE /v1/customers/CUST-kept/",
                "DELETE /v1//customers/CUST-kept",
                "delete /v1/customers/CUST-kept",
                "DEL /v1/customers/CUST-kept",
                "E /v1/customers/CUST-kept",
                "DELETE /v1/messages/../customers/CUST-kept",
                "DELETE /v1/messages/%2e%2e/customers/CUST-kept",
                "DELETE /v1/messages/..%2fcustomers/CUST-kept"
            })
    void anOperatorsCallIsNotMadeByWritingItOtherwise(String line) throws IOException {
        String submitter = TRUSTED.bearer("writes " + line, "submitter");
        String kept = TRUSTED.bearer("keeps " + line, BOTH);
        assertThat(herald.submit(Customers.person("CUST-kept"), "Authorization", kept)
                        .status())
                .isEqualTo(200);

        String answer = raw(line + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 0\r\n"
                + "Authorization: " + submitter + "\r\n\r\n");

        assertThat(Integer.parseInt(answer.substring(9, 12))).as(answer).isIn(400, 403, 404, 405);
        assertThat(herald.send("GET", "/v1/customers/CUST-kept", null, "Authorization", submitter)
                        .status())
                .isEqualTo(200);
    }

    @Test
    void whatIsNotInTheContractIsToldToCallersOnly() {
        String token = TRUSTED.bearer("curious", BOTH);
        for (String line : List.of("GET /v1/nothing", "PUT /v1/customers", "POST /v1/customers/CUST-1")) {
            String[] parts = line.split(" ");
            assertUnknown(herald.send(parts[0], parts[1], null));
            assertThat(herald.send(parts[0], parts[1], null, "Authorization", token)
                            .status())
                    .as(line)
                    .isIn(404, 405);
        }
    }

    @Test
    void theContractIsShownToEverybody() {
        assertThat(herald.get("/q/openapi").status()).isEqualTo(200);
        assertThat(herald.get("/q/swagger-ui/").status()).isEqualTo(200);
    }

    @Test
    void healthAndMetricsAreNotOnThePublicPort() {
        for (String path : List.of("/q/health", "/q/health/live", "/q/health/ready", "/q/metrics")) {
            assertThat(herald.get(path).status()).as(path).isEqualTo(404);
        }
    }

    /** The answer comes while most of the body is still to be sent. */
    @ParameterizedTest
    @ValueSource(strings = {"", "submitter"})
    void whoMayNotIsToldBeforeTheBodyIsRead(String role) throws IOException {
        String token = role.isEmpty() ? "none" : TRUSTED.bearer("early", role);
        String head =
                "POST /v1/dead-letters/none/replay HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "Content-Length: 1000000\r\nAuthorization: " + token + "\r\n\r\n{";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readNBytes(200), StandardCharsets.US_ASCII);

            assertThat(answer)
                    .startsWith(role.isEmpty() ? "HTTP/1.1 401 " : "HTTP/1.1 403 ")
                    .containsIgnoringCase("content-type: application/problem+json");
        }
    }

    /** Quarkus takes one text for several roles, parted by blanks, as in the claim scope (RFC 8693, 4.2). */
    @Test
    void rolesAreAListOrOneTextPartedByBlanks() {
        for (String role : List.of("submitter", "operator")) {
            String[] one = {"Authorization", "Bearer " + TRUSTED.token("text", claims -> claims.put("groups", role))};
            String[] both = {
                "Authorization",
                "Bearer " + TRUSTED.token("texts", claims -> claims.put("groups", "submitter operator"))
            };
            String[] listed = {"Authorization", TRUSTED.bearer("listed", "submitter operator")};
            for (Call call : ONE_OF_EACH_ROLE) {
                boolean may = call.role().equals(role);
                assertThat(call("CUST-text", call, one).status() == 403).isEqualTo(!may);
                assertThat(call("CUST-text", call, both).status()).isIn(200, 202);
                assertForbidden(refused(call, listed));
            }
        }
    }

    @Test
    void whoCallsTooOftenWaitsAndNobodyElseDoes() {
        String greedy = TRUSTED.bearer("greedy", BOTH);
        List<CompletableFuture<Answer>> calls = IntStream.range(0, 20 * Guarded.RATE)
                .mapToObj(i -> herald.submitting(
                        Customers.person("CUST-greedy"), "Authorization", greedy, "Prefer", "respond-async"))
                .toList();
        Answer other = herald.send("GET", "/v1/messages/none", null, "Authorization", TRUSTED.bearer("modest", BOTH));

        List<Answer> answers = calls.stream().map(CompletableFuture::join).toList();
        List<Answer> refused =
                answers.stream().filter(answer -> answer.status() == 429).toList();
        assertThat(other.status()).isEqualTo(404);
        assertThat(refused)
                .isNotEmpty()
                .hasSizeLessThanOrEqualTo(19 * Guarded.RATE)
                .allSatisfy(answer -> {
                    assertProblem(answer, 429);
                    assertThat(answer.header("Retry-After")).isEqualTo("1");
                });
        assertThat(answers)
                .filteredOn(answer -> answer.status() != 429)
                .extracting(Answer::status)
                .containsOnly(202);
    }

    @Test
    void anIdempotencyKeyIsItsCallersOwn() {
        JsonNode customer = Customers.person("CUST-keys");
        String[] one = {"Authorization", TRUSTED.bearer("one", "submitter"), "Idempotency-Key", "same"};
        String[] two = {"Authorization", TRUSTED.bearer("two", "submitter"), "Idempotency-Key", "same"};

        Answer first = herald.submit(customer, one);
        Answer again = herald.submit(customer, one);
        Answer others = herald.submit(customer, two);
        Answer another = herald.submit(Customers.person("CUST-keys-2"), two);

        assertThat(again.json().path("message")).isEqualTo(first.json().path("message"));
        assertThat(others.status()).isEqualTo(200);
        assertThat(others.json().path("message")).isNotEqualTo(first.json().path("message"));
        assertThat(another.status())
                .as("its own key stands for its own customer")
                .isEqualTo(409);
    }

    private static void assertUnknown(Answer answer) {
        assertProblem(answer, 401);
        assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer");
        assertThat(answer.headers().allValues("WWW-Authenticate")).hasSize(1);
    }

    private static void assertForbidden(Answer answer) {
        assertProblem(answer, 403);
    }

    private static void assertProblem(Answer answer, int status) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().path("status").asInt()).isEqualTo(status);
        assertThat(answer.json().path("detail").asText()).isNotBlank();
    }

    /** What the contract has, with the role that it says. */
    private static List<Call> operations() throws IOException {
        JsonNode contract = new ObjectMapper(new YAMLFactory())
                .readTree(Path.of("src/main/resources/META-INF/openapi.yaml").toFile());
        List<Call> calls = new ArrayList<>();
        contract.path("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    JsonNode role = operation.getValue().at("/security/0/bearer/0");
                    calls.add(new Call(operation.getKey().toUpperCase(Locale.ROOT), path.getKey(), role.asText()));
                    for (String status : List.of("401", "403", "429")) {
                        assertThat(operation.getValue().path("responses").has(status))
                                .as(operation.getKey() + " " + path.getKey() + " has " + status)
                                .isTrue();
                    }
                }));
        return calls;
    }

    private static Map<String, String> documented() throws IOException {
        Map<String, String> roles = new HashMap<>();
        for (String line : Files.readAllLines(Path.of("docs/http-api.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                roles.put(row.group(1) + " " + row.group(2), row.group(3));
            }
        }
        return roles;
    }

    private static String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
