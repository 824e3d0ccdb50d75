package io.herald.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostors;
import io.herald.provider.Neighbours;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is refused is refused with a problem document that tells what is wrong, and goes to no provider. */
@QuarkusTest
@TestProfile(Neighbours.class)
class RefusalsTest extends AmongImpostors {

    private static final Contract CONTRACT = Contract.load();

    @AfterEach
    void nothingWasSent() {
        for (String provider : Impostors.PROVIDERS) {
            assertThat(impostors.of(provider).requests()).as(provider).isZero();
        }
    }

    static Stream<Arguments> notJson() {
        return Stream.of(
                Arguments.of("", "the body is empty"),
                Arguments.of("   \n ", "the body is empty"),
                Arguments.of("{\n  \"reference\": \"s3cret\",\n}", "line 3, column "),
                Arguments.of("{\"reference\": s3cret}", "line 1, column "),
                Arguments.of("{\"reference\": \"s3cret\"", "ends too early"),
                Arguments.of("{\"reference\": \"s3cret\"} s3cret", "line 1"),
                Arguments.of("{\"s3cret\": 1, \"s3cret\": 2}", "the same name twice"),
                Arguments.of("[".repeat(5_000), "100 levels"));
    }

    @ParameterizedTest
    @MethodSource("notJson")
    void whatIsNotJson(String body, String told) {
        for (String path : List.of("/v1/customers", "/v1/preview")) {
            Api.Answer answer = herald.send("POST", path, body);

            assertProblem(answer, 400, "Bad Request");
            assertThat(answer.json().path("detail").asText()).contains(told);
            assertThat(answer.body()).doesNotContain("s3cret");
        }
    }

    @Test
    void everyFaultIsTold() {
        ObjectNode customer = Customers.person("CUST-faults");
        customer.put("s3cretField", "s3cret-1");
        customer.withObject("/person")
                .put("birthDate", "1995-02-30")
                .put("firstName", "")
                .putNull("middleName");
        customer.withObject("/contact").put("email", "s3cret-2").put("phone", "s3cret-3");
        customer.withObject("/address").put("country", "S3").put("subdivision", "US-NY");
        customer.putArray("targets").add("s3cret-4");
        customer.put("reference", "s3cret 5");

        for (String path : List.of("/v1/customers", "/v1/preview")) {
            Api.Answer answer = herald.send("POST", path, customer.toString());

            assertProblem(answer, 422, "Unprocessable Entity");
            assertThat(answer.json().path("errors"))
                    .extracting(error -> error.path("pointer").asText())
                    .contains(
                            "/s3cretField",
                            "/person/birthDate",
                            "/person/firstName",
                            "/person/middleName",
                            "/contact/email",
                            "/contact/phone",
                            "/address/country",
                            "/targets/0",
                            "/reference");
            assertThat(answer.json().path("errors")).allSatisfy(error -> {
                assertThat(SubmitTest.fields(error)).containsExactly("pointer", "message");
                assertThat(error.path("message").asText()).isNotBlank();
            });
            assertThat(answer.body()).doesNotContainPattern("s3cret[- ]").doesNotContain("1995-02-30");
        }
        assertThat(herald.get("/v1/customers/s3cret%205").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "1", "\"s3cret\"", "[]", "{}", "true"})
    void whatIsJsonAndNoCustomer(String body) {
        Api.Answer answer = herald.send("POST", "/v1/customers", body);

        assertProblem(answer, 422, "Unprocessable Entity");
        assertThat(answer.json().path("errors")).isNotEmpty();
        assertThat(answer.body()).doesNotContain("s3cret");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "GET,    /v1/customers,        POST",
        "PUT,    /v1/customers,        POST",
        "PATCH,  /v1/customers,        POST",
        "DELETE, /v1/customers,        POST",
        "GET,    /v1/preview,          POST",
        "DELETE, /v1/preview,          POST",
        "POST,   /v1/customers/CUST-1, GET DELETE",
        "PUT,    /v1/customers/CUST-1, GET DELETE",
        "POST,   /v1/messages/x,       GET",
        "PATCH,  /v1/messages/x,       GET",
        "OPTIONS, /v1/customers,       POST",
        "OPTIONS, /v1/customers/CUST-1, GET DELETE",
        "TRACE,  /v1/preview,          POST",
        "PROPFIND, /v1/messages/x,     GET",
        "DEL,    /v1/customers/CUST-1, GET DELETE",
        "GET,    /v1/dead-letters/replay, POST",
        "DELETE, /v1/dead-letters/replay, POST",
        "OPTIONS, /v1/dead-letters/replay, POST",
    })
    void aWrongMethod(String method, String path, String allowed) {
        for (String body : new String[] {null, "{}"}) {
            Api.Answer answer = herald.send(method, path, body);

            assertProblem(answer, 405, "Method Not Allowed");
            assertThat(answer.header("Allow").split(" *, *")).containsExactlyInAnyOrder(allowed.split(" "));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/xml",
                "application/json-seq",
                "application/jsonx",
                "multipart/form-data; boundary=x",
                "application/x-www-form-urlencoded",
                "*/*",
                "text/plain; charset=\"",
                "json"
            })
    void aWrongContentType(String type) {
        for (String path : List.of("/v1/customers", "/v1/preview")) {
            assertProblem(
                    herald.send("POST", path, Customers.person("CUST-type").toString(), "Content-Type", type),
                    415,
                    "Unsupported Media Type");
        }
        assertThat(herald.get("/v1/customers/CUST-type").status()).isEqualTo(404);
    }

    @Test
    void noContentType() throws IOException {
        for (String path : List.of("/v1/preview", "/v1/preview?Content-Type=application/json")) {
            String answer = raw("POST " + path
                    + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");

            assertThat(answer).as(path).startsWith("HTTP/1.1 415 ").contains("application/problem+json");
        }
    }

    @Test
    void aWrongContentTypeIsToldBeforeTheBodyComes() throws IOException {
        String head = "POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                + "Content-Length: 10\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readNBytes(40), StandardCharsets.US_ASCII);

            assertThat(answer).startsWith("HTTP/1.1 415 ");
        }
    }

    /** The body of a replay may be left out; who sends none in chunks need not say what it is. */
    @Test
    void noBodyHasNoContentType() throws IOException {
        String answer = raw("POST /v1/dead-letters/" + UUID.randomUUID() + ".xbridge/replay HTTP/1.1\r\n"
                + "Host: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n");

        assertThat(answer).startsWith("HTTP/1.1 404 ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json;charset=utf-8",
                "APPLICATION/JSON",
                "application/json ; charset=\"UTF-8\"",
                "application/json; charset=\""
            })
    void aContentTypeThatIsRight(String type) {
        assertThat(herald.send(
                                "POST",
                                "/v1/preview",
                                Customers.person("CUST-type").toString(),
                                "Content-Type",
                                type)
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language"})
    void whatIsAcceptedDoesNotMatter(String header) {
        assertThat(herald.send(
                                "POST",
                                "/v1/preview",
                                Customers.person("CUST-accept").toString(),
                                header,
                                "text/html, */*;x=\"")
                        .status())
                .isEqualTo(200);
    }

    /** A first line and a host that come as far as to Herald, and are none. */
    @ParameterizedTest
    @CsvSource({
        "400, ?x,       Host: localhost",
        "400, /nothing, Host: a b",
        "400, /nothing, X: no host",
        "400, /v1/files, X: no host",
        "404, *,        Host: localhost"
    })
    void whatIsNoAddress(int status, String path, String header) throws IOException {
        String answer =
                raw("POST " + path + " HTTP/1.1\r\n" + header + "\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");

        assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
        assertThat(answer.toLowerCase(Locale.ROOT)).contains("\r\ncontent-type: application/problem+json");
        assertThat(answer).contains("\"status\":" + status);
    }

    @Test
    void whatIsNotThere() {
        for (String path : List.of(
                "/v1/messages/" + UUID.randomUUID(),
                "/v1/messages/not-an-id",
                "/v1/messages/1-1-1-1-1",
                "/v1/customers/CUST-nobody",
                "/v1/customers/%20",
                "/v1/customers/a%2Fb%3Fc",
                "/v1/messages/%7Bid%7D",
                "/v1/nothing",
                "/v1/customers/CUST-1/more",
                "/v1",
                "/v2/customers")) {
            assertProblem(herald.get(path), 404, "Not Found");
        }
        assertProblem(herald.send("POST", "/v1/nothing", "{}"), 404, "Not Found");
        assertProblem(herald.send("DELETE", "/v1/nothing", null), 404, "Not Found");
        assertProblem(herald.send("PROPFIND", "/v1/nothing", null), 404, "Not Found");
    }

    @Test
    void aBodyThatIsTooLarge() throws IOException {
        String body = sized(Neighbours.BODY_MAX + 1);
        for (String path : List.of("/v1/customers", "/v1/preview")) {
            String head = "POST " + path
                    + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n";
            for (String answer : List.of(
                    raw(head + "Content-Length: " + body.length() + "\r\n\r\n" + body),
                    raw(head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body)))) {
                assertThat(answer).startsWith("HTTP/1.1 413 ");
                assertThat(answer.toLowerCase(Locale.ROOT)).contains("\r\ncontent-type: application/problem+json");
                assertThat(answer).contains("\"status\":413").contains("herald.body.max");
            }
        }
    }

    @Test
    void aBodyOfTheLargestSize() throws IOException {
        String body = sized(Neighbours.BODY_MAX);
        String head =
                "POST /v1/preview HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n";

        assertThat(raw(head + "Content-Length: " + body.length() + "\r\n\r\n" + body))
                .startsWith("HTTP/1.1 200 ");
        assertThat(raw(head + "Transfer-Encoding: chunked\r\n\r\n" + chunked(body)))
                .startsWith("HTTP/1.1 200 ");
    }

    /** Vert.x ends the connection with it. */
    @ParameterizedTest
    @ValueSource(strings = {"no number\r\n", "5\r\n{\"ref\r\nno number\r\n", "-1\r\n", "5\r\n{\"reference\": 1}\r\n"})
    void aBodyThatIsNotWrittenAsHttpWantsIt(String chunks) throws IOException {
        for (String path : List.of("/v1/customers", "/v1/preview", "/v1/dead-letters/x/replay")) {
            String answer = raw("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n" + chunks);

            assertThat(answer)
                    .as(path)
                    .startsWith("HTTP/1.1 400 ")
                    .endsWith("}")
                    .contains("\"status\":400");
            assertThat(answer.toLowerCase(Locale.ROOT))
                    .contains("\r\ncontent-type: application/problem+json", "\r\nconnection: close\r\n");
        }
    }

    /** A customer of exactly so many bytes. */
    private static String sized(int bytes) {
        ObjectNode customer = Customers.person("CUST-sized");
        customer.withObject("/attributes").put("padding", "");
        int padding = bytes - customer.toString().length();
        customer.withObject("/attributes").put("padding", "x".repeat(padding));
        return customer.toString();
    }

    private static String chunked(String body) {
        StringBuilder chunks = new StringBuilder();
        for (int at = 0; at < body.length(); at += 8_000) {
            String chunk = body.substring(at, Math.min(body.length(), at + 8_000));
            chunks.append(Integer.toHexString(chunk.length()))
                    .append("\r\n")
                    .append(chunk)
                    .append("\r\n");
        }
        return chunks.append("0\r\n\r\n").toString();
    }

    /** Sends that and reads what comes until the connection is closed. */
    private static String raw(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port)) {
            socket.setSoTimeout(20_000);
            OutputStream out = socket.getOutputStream();
            InputStream in = socket.getInputStream();
            try {
                out.write(request.getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException e) {
                // the answer came before the end of the request; it can still be read
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void assertProblem(Api.Answer answer, int status, String title) {
        assertThat(answer.status()).as(answer.body()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        JsonNode problem = answer.json();
        assertThat(CONTRACT.faults("Problem", problem)).isEmpty();
        assertThat(SubmitTest.fields(problem)).startsWith("type", "title", "status", "detail");
        assertThat(problem.path("title").asText()).isEqualTo(title);
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("detail").asText()).isNotBlank();
    }
}
