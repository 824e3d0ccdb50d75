package io.herald.rest;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.Customers;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostors;
import io.herald.provider.Neighbours;
import io.herald.sandbox.Received;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What a caller sends beside the message changes nothing; what a provider sends beside its answer reaches nobody. */
@QuarkusTest
@TestProfile(Neighbours.class)
class HeadersTest extends AmongImpostors {

    private static final String MARK = "from-the-caller";
    static final Set<String> ANSWERED =
            Set.of("content-type", "content-length", "transfer-encoding", "location", "connection", "date");
    private static final List<String> OF_EACH_CALL = List.of("authorization", "content-length", "idempotency-key");

    @Test
    void aCallersHeadersReachNoProvider() throws IOException {
        try (ServerSocket trap = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Answer plain =
                    call("POST", "/v1/customers", Customers.person("CUST-plain").toString(), Map.of());
            Map<String, Map<String, List<String>>> usual = received(impostors);
            impostors.sandbox().reset();

            Answer answer = call(
                    "POST",
                    "/v1/customers?" + query(),
                    Customers.person("CUST-hostile").toString(),
                    hostile(trap));

            assertThat(plain.status()).isEqualTo(200);
            assertThat(answer.status()).as(answer.body()).isEqualTo(200);
            assertThat(answer.json().path("reference").asText()).isEqualTo("CUST-hostile");
            assertThat(received(impostors)).isEqualTo(usual);
            for (String provider : Impostors.PROVIDERS) {
                assertThat(impostors.sandbox().requests(provider)).isNotEmpty().allSatisfy(request -> {
                    assertThat(request.headers().toString()).doesNotContain(MARK);
                    assertThat(request.path()).doesNotContain(MARK);
                    assertThat(new String(request.body(), StandardCharsets.UTF_8))
                            .doesNotContain(MARK);
                });
            }
            assertThat(headerNames(answer)).isSubsetOf(ANSWERED);
            trap.setSoTimeout(1);
            assertThat(trap).satisfies(HeadersTest::nobodyCame);
        }
    }

    @Test
    void aCallersHeadersDoNotChangeWhatIsShown() throws IOException {
        Answer one = call("POST", "/v1/customers", Customers.person("CUST-one").toString(), Map.of());
        Answer two = call("POST", "/v1/customers", Customers.person("CUST-two").toString(), Map.of());
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("id", two.json().path("message").asText());
        headers.put("reference", "CUST-two");
        headers.put("CamelHttpPath", "/v1/customers/CUST-two");
        headers.put("CamelHttpUri", "/v1/customers/CUST-two");
        headers.put("CamelHttpResponseCode", "299");
        headers.put("Location", "http://" + MARK + ".example");
        headers.put("CamelBeanMethodName", "ofCustomer");
        String query = "?id=" + two.json().path("message").asText() + "&reference=CUST-two&CamelHttpResponseCode=299";

        Answer message =
                call("GET", "/v1/messages/" + one.json().path("message").asText() + query, null, headers);
        Answer customer = call("GET", "/v1/customers/CUST-one" + query, null, headers);

        assertThat(message.status()).isEqualTo(200);
        assertThat(message.json()).isEqualTo(one.json());
        assertThat(message.headers().get("location"))
                .isEqualTo("/v1/messages/" + one.json().path("message").asText());
        assertThat(customer.status()).isEqualTo(200);
        assertThat(customer.json().path("reference").asText()).isEqualTo("CUST-one");
        assertThat(headerNames(message)).isSubsetOf(ANSWERED);
        assertThat(headerNames(customer)).isSubsetOf(ANSWERED);
    }

    @Test
    void aCallersHeadersDoNotChangeAPreviewOrAProblem() throws IOException {
        try (ServerSocket trap = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String person = Customers.person("CUST-preview-headers").toString();
            Answer plain = call("POST", "/v1/preview", person, Map.of());

            Answer preview = call("POST", "/v1/preview?" + query(), person, hostile(trap));
            Answer problem = call("POST", "/v1/preview?" + query(), "{}", hostile(trap));

            assertThat(preview.status()).isEqualTo(200);
            assertThat(preview.json()).isEqualTo(plain.json());
            assertThat(problem.status()).isEqualTo(422);
            assertThat(headerNames(preview)).isSubsetOf(ANSWERED);
            assertThat(headerNames(problem)).isSubsetOf(ANSWERED);
            for (String provider : Impostors.PROVIDERS) {
                assertThat(impostors.of(provider).requests()).as(provider).isZero();
            }
        }
    }

    /** What a caller sent with a call that no route took. */
    @ParameterizedTest
    @CsvSource({"404, GET, /v1/nothing", "405, GET, /v1/customers", "405, PUT, /v1/messages/x"})
    void aCallThatIsRefusedGetsNothingBack(int status, String method, String path) throws IOException {
        Answer answer = call(
                method,
                path + "?Set-Cookie=" + MARK + "&allow=" + MARK + "&phone=%2B255700000000%0A",
                null,
                Map.of("authorization", "Bearer " + MARK, "x-mine", MARK, "allow", MARK));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.headers().toString()).doesNotContain(MARK, "255700000000");
        assertThat(answer.headers().keySet())
                .filteredOn(name -> !name.equals("allow"))
                .isSubsetOf(ANSWERED);
        assertThat(answer.headers().containsKey("allow")).isEqualTo(status == 405);
        assertThat(answer.body()).doesNotContain(MARK, "255700000000");
    }

    static Stream<Arguments> parametersOfQueries() {
        JsonNode contract = Contract.load().tree();
        return contract.path("paths").properties().stream()
                .flatMap(path -> path.getValue().properties().stream().flatMap(operation -> operation
                        .getValue()
                        .path("parameters")
                        .valueStream()
                        .map(named -> named.has("$ref")
                                ? contract.at(named.get("$ref").textValue().substring(1))
                                : named)
                        .filter(parameter -> parameter.path("in").asText().equals("query"))
                        .map(parameter -> Arguments.of(
                                operation.getKey().toUpperCase(Locale.ROOT),
                                path.getKey().replaceAll("\\{[a-z]+}", "none"),
                                parameter.path("name").textValue()))));
    }

    @ParameterizedTest
    @MethodSource("parametersOfQueries")
    void aHeaderIsNoParameterOfAQuery(String method, String path, String name) throws IOException {
        Answer plain = call(method, path, null, Map.of());

        Answer answer = call(method, path, null, Map.of(name, MARK));

        assertThat(call(method, path + "?" + name + "=" + MARK, null, Map.of()).status())
                .as("as a parameter")
                .isIn(400, 404);
        assertThat(answer.status()).isEqualTo(plain.status());
        assertThat(answer.json().path("detail")).isEqualTo(plain.json().path("detail"));
    }

    @Test
    void aParameterOfAQueryIsNoHeader() throws IOException {
        Answer answer = call(
                "POST",
                "/v1/customers?Prefer=respond-async&Idempotency-Key=%20&Content-Type=text/plain",
                Customers.person("CUST-no-header").toString(),
                Map.of());

        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }

    @Test
    void aProvidersHeadersReachNoCaller() throws IOException {
        impostors
                .sandbox()
                .server()
                .stubFor(post(urlEqualTo("/fraudspect/api/v1/customers"))
                        .willReturn(okJson("{\"data\": {\"id\": 3}}")
                                .withHeader("Set-Cookie", "session=leak")
                                .withHeader("X-Leak", "leak")
                                .withHeader("Location", "http://leak.example")
                                .withHeader("CamelHttpResponseCode", "299")
                                .withHeader("Retry-After", "77")));

        Answer answer =
                call("POST", "/v1/customers", Customers.person("CUST-leak").toString(), Map.of());

        assertThat(answer.status()).isEqualTo(200);
        assertThat(headerNames(answer)).isSubsetOf(ANSWERED);
        assertThat(answer.headers().toString()).doesNotContain("leak");
        assertThat(answer.body()).doesNotContain("leak.example");
    }

    /** What would send the message elsewhere, log in as somebody else or change a step, if any of it were believed. */
    private static Map<String, String> hostile(ServerSocket trap) {
        String elsewhere = "http://localhost:" + trap.getLocalPort() + "/" + MARK;
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("CamelHttpUri", elsewhere);
        headers.put("camelhttpbaseuri", elsewhere);
        headers.put("CAMELHTTPURL", elsewhere);
        headers.put("CamelHttpPath", "/" + MARK);
        headers.put("CamelHttpRawQuery", MARK);
        headers.put("CamelHttpQuery", MARK + "=1");
        headers.put("CamelHttpMethod", "DELETE");
        headers.put("CamelHttpHost", MARK);
        headers.put("CamelBeanMethodName", "preview");
        headers.put("CamelRedeliveryDelay", "60000");
        headers.put("CamelSplitComplete", "true");
        headers.put("CamelRestHttpUri", elsewhere);
        headers.put("CamelFileName", MARK);
        headers.put("CamelToEndpoint", "direct:not-delivered");
        headers.put("CamelSlipEndpoint", "direct:not-delivered");
        headers.put("recipientListHeader", "direct:not-delivered");
        headers.put("Authorization", "Bearer " + MARK);
        headers.put("X-Api-Key", MARK);
        headers.put("Api-Key", MARK);
        headers.put("Accept", "text/" + MARK);
        headers.put("Accept-Encoding", "br;" + MARK + "=1, identity");
        headers.put("Accept-Language", MARK);
        headers.put("User-Agent", MARK);
        headers.put("Cookie", "session=" + MARK);
        headers.put("X-Forwarded-For", MARK);
        headers.put("traceparent", MARK);
        headers.put("provider", MARK);
        headers.put("delivery", MARK);
        headers.put("Host", MARK + ".example");
        return headers;
    }

    private static String query() {
        return "CamelHttpPath=%2F" + MARK + "&CamelHttpMethod=DELETE&token=" + MARK + "&id=" + MARK + "&reference="
                + MARK;
    }

    /** By provider and request line, the headers that do not differ from call to call. */
    static Map<String, Map<String, List<String>>> received(Impostors impostors) {
        Map<String, Map<String, List<String>>> all = new TreeMap<>();
        for (String provider : Impostors.PROVIDERS) {
            for (Received request : impostors.sandbox().requests(provider)) {
                if (request.path().contains("token") || request.path().contains("login")) {
                    continue;
                }
                Map<String, List<String>> headers = new TreeMap<>();
                request.headers()
                        .forEach((name, values) -> headers.put(
                                name.toLowerCase(Locale.ROOT),
                                OF_EACH_CALL.contains(name.toLowerCase(Locale.ROOT)) ? List.of("its own") : values));
                all.put(provider + " " + request.method() + " " + request.path(), headers);
            }
        }
        return all;
    }

    static Set<String> headerNames(Answer answer) {
        return new TreeSet<>(answer.headers().keySet());
    }

    static void nobodyCame(ServerSocket trap) {
        try (Socket caller = trap.accept()) {
            throw new AssertionError("somebody called: " + caller);
        } catch (java.net.SocketTimeoutException e) {
            // as it should be
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    record Answer(int status, Map<String, String> headers, String body) {

        JsonNode json() throws IOException {
            return new ObjectMapper().readTree(body);
        }
    }

    /** On a bare socket, because clients do not let every header be set. */
    static Answer call(String method, String path, String body, Map<String, String> headers) throws IOException {
        StringBuilder request = new StringBuilder(method + " " + path + " HTTP/1.0\r\n");
        headers.forEach(
                (name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
        if (body != null) {
            request.append("Content-Type: application/json\r\nContent-Length: ")
                    .append(body.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n");
        }
        request.append("\r\n").append(body == null ? "" : body);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.toString().getBytes(StandardCharsets.UTF_8));
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            int status = Integer.parseInt(in.readLine().split(" ")[1]);
            Map<String, String> answered = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
                answered.put(
                        line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT),
                        line.substring(line.indexOf(':') + 1).strip());
            }
            return new Answer(status, answered, in.lines().collect(Collectors.joining("\n")));
        }
    }
}
