package io.herald.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.agroal.api.AgroalDataSource;
import io.herald.Customers;
import io.herald.delivery.QuickRetries;
import io.quarkus.agroal.DataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A body that is made to hurt is refused with a problem document, in bounded time and memory, and goes to no provider; others
 * are served meanwhile.
 */
@QuarkusTest
@TestProfile(QuickRetries.class)
class HostileJsonTest {

    private static final Duration BOUND = Duration.ofSeconds(60);

    /** As many as may come at once of those that do not say how long they are. */
    private static final int CHUNKED = 1;

    private static final int MEGABYTE = 1024 * 1024;

    @Inject
    @DataSource("embedded")
    AgroalDataSource ledger;

    private final Api herald = Api.underTest();
    private long before;

    @BeforeEach
    void count() throws SQLException {
        before = accepted();
    }

    /** What is not accepted is sent to nobody. */
    @AfterEach
    void nothingWasAccepted() throws SQLException {
        assertThat(accepted()).isEqualTo(before);
        assertThat(herald.send(
                                "POST",
                                "/v1/preview",
                                Customers.person("CUST-after").toString())
                        .status())
                .as("others are served")
                .isEqualTo(200);
    }

    static Stream<Arguments> bodies() {
        return Stream.of(
                hostile("lists ten thousand deep", "[".repeat(10_000), 400, "100 levels of nesting"),
                hostile(
                        "objects ten thousand deep",
                        "{\"a\":".repeat(10_000) + "1" + "}".repeat(10_000),
                        400,
                        "100 levels of nesting"),
                hostile(
                        "attributes ten thousand deep",
                        with("\"attributes\": {\"a\": " + "[".repeat(10_000) + "]".repeat(10_000) + "}"),
                        400,
                        "100 levels of nesting"),
                hostile("the same name twice", with("\"reference\": \"CUST-other\""), 400, "the same name twice"),
                hostile(
                        "the same name twice, once escaped",
                        with("\"\\u0072eference\": \"CUST-other\""),
                        400,
                        "the same name twice"),
                hostile(
                        "the same name twice, deep",
                        with("\"attributes\": {\"a\": {\"b\": 1, \"b\": 2}}"),
                        400,
                        "the same name twice"),
                hostile("a million digits", attribute("9".repeat(1_000_000)), 400, "100 characters of a number"),
                hostile(
                        "a million digits behind the point",
                        attribute("0." + "1".repeat(1_000_000)),
                        400,
                        "100 characters of a number"),
                hostile("a large exponent", attribute("1e999999999"), 400, "a number is out of range"),
                hostile("half of a pair, escaped", attribute("\"\\ud800\""), 400, "half of a surrogate pair"),
                hostile("the other half", attribute("\"\\udc00x\""), 400, "half of a surrogate pair"),
                hostile("half of a pair in a name", with("\"\\ud800\": 1"), 400, "half of a surrogate pair"),
                hostile("a name of a megabyte", with("\"" + "a".repeat(MEGABYTE) + "\": 1"), 400, "1024 of a name"),
                hostile(
                        "a million attributes",
                        with("\"attributes\": {" + numbered(1_000_000) + "}"),
                        400,
                        "20000 names, values and brackets"),
                hostile("a million unknown fields", with(numbered(1_000_000)), 400, "20000 names"),
                hostile(
                        "a million identifiers",
                        with("\"identifiers\": [" + "1,".repeat(1_000_000) + "1]"),
                        400,
                        "20000 names"),
                hostile(
                        "a million empty objects",
                        attribute("[" + "{},".repeat(1_000_000) + "{}]"),
                        400,
                        "20000 names"),
                hostile("thirty megabytes of white space", " ".repeat(30 * MEGABYTE), 400, "the body is empty"),
                hostile(
                        "white space in front of a fault",
                        "\n".repeat(20 * MEGABYTE) + "{",
                        400,
                        "at line " + (20 * MEGABYTE + 1)),
                hostile(
                        "as many faults as fit",
                        with("\"targets\": [" + "1,".repeat(19_000) + "1]"),
                        422,
                        "not a canonical customer"),
                hostile(
                        "a reference of twenty megabytes",
                        "{\"reference\": \"" + "a".repeat(20 * MEGABYTE) + "\"}",
                        422,
                        "not a canonical customer"));
    }

    private static Arguments hostile(String name, String body, int status, String told) {
        return Arguments.of(org.junit.jupiter.api.Named.of(name, body), status, told);
    }

    private long accepted() throws SQLException {
        try (Connection connection = ledger.getConnection();
                Statement query = connection.createStatement();
                ResultSet count = query.executeQuery("select count(*) from message")) {
            return count.getLong(1);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bodies")
    void isRefused(String body, int status, String told) {
        Api.Answer answer = herald.send("POST", "/v1/customers", body);

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().path("detail").textValue()).contains(told);
        assertThat(answer.body().length()).isLessThan(2 * MEGABYTE);
        assertThat(answer.millis()).isLessThan(BOUND.toMillis());
    }

    /** Bytes that are half of a pair, or no UTF-8 at all, which no client would send as text. */
    @ParameterizedTest
    @ValueSource(strings = {"\u00ed\u00a0\u0080", "\u00c0\u00af", "\u00ff\u00fe", "\u00f4\u0090\u0080\u0080"})
    void bytesThatAreNoUnicodeAreRefused(String bytes) throws IOException {
        byte[] body = attribute("\"" + bytes + "\"").getBytes(StandardCharsets.ISO_8859_1);
        try (Socket socket = connect()) {
            socket.getOutputStream().write(head("Content-Length: " + body.length + "\r\nConnection: close"));
            socket.getOutputStream().write(body);

            assertThat(text(socket)).startsWith("HTTP/1.1 400 ").contains("the text is not UTF-8");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 104857600", "Transfer-Encoding: chunked"})
    void aHundredMegabytesOfWhiteSpaceAreTooLarge(String framing) throws IOException {
        byte[] white = new byte[MEGABYTE];
        Arrays.fill(white, (byte) ' ');
        try (Socket socket = connect()) {
            OutputStream out = socket.getOutputStream();
            out.write(head(framing + "\r\nConnection: close"));
            try {
                for (int i = 0; i < 100 && socket.getInputStream().available() == 0; i++) {
                    out.write(framing.startsWith("T") ? "100000\r\n".getBytes(StandardCharsets.US_ASCII) : new byte[0]);
                    out.write(white);
                    out.write(framing.startsWith("T") ? "\r\n".getBytes(StandardCharsets.US_ASCII) : new byte[0]);
                }
            } catch (IOException e) {
                // the answer came before the end of the body; it can still be read
            }

            assertThat(text(socket, "larger than herald.body.max"))
                    .startsWith("HTTP/1.1 413 ")
                    .contains("larger than herald.body.max");
        }
    }

    /** Each sends a byte now and then, for ever, as long as it may. */
    @Test
    void bodiesThatDripLoseTheirPermitsAndTheirConnections() throws Exception {
        List<Socket> slow = new ArrayList<>();
        ExecutorService readers = Executors.newCachedThreadPool();
        try {
            for (int i = 0; i < 20; i++) {
                Socket socket = connect();
                slow.add(socket);
                socket.getOutputStream()
                        .write(head(i < CHUNKED ? "Transfer-Encoding: chunked" : "Content-Length: 1000000"));
            }
            List<CompletableFuture<String>> answers = slow.stream()
                    .map(socket -> CompletableFuture.supplyAsync(() -> text(socket), readers))
                    .toList();
            await().atMost(BOUND).pollInterval(Duration.ofMillis(200)).until(() -> {
                for (int i = 0; i < slow.size(); i++) {
                    drip(slow.get(i), i < CHUNKED ? "1\r\n \r\n" : " ");
                }
                return answers.stream().allMatch(CompletableFuture::isDone);
            });

            assertThat(answers).allSatisfy(answer -> {
                assertThat(answer.join()).startsWith("HTTP/1.1 408 ").contains("herald.body.deadline");
                assertThat(answer.join().toLowerCase(Locale.ROOT))
                        .contains("\r\nconnection: close", "\r\ncontent-type: application/problem+json");
            });
        } finally {
            for (Socket socket : slow) {
                socket.close();
            }
            readers.shutdown();
        }
    }

    private static void drip(Socket socket, String piece) {
        try {
            socket.getOutputStream().write(piece.getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            // it was sent away
        }
    }

    private static String with(String more) {
        String customer = Customers.person("CUST-hostile").toString();
        return customer.substring(0, customer.length() - 1) + ", " + more + "}";
    }

    private static String attribute(String value) {
        return with("\"attributes\": {\"a\": " + value + "}");
    }

    private static String numbered(int names) {
        StringBuilder all = new StringBuilder();
        IntStream.range(0, names)
                .forEach(i ->
                        all.append(i == 0 ? "" : ",").append("\"e").append(i).append("\":1"));
        return all.toString();
    }

    private static Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port);
        socket.setSoTimeout((int) BOUND.toMillis());
        return socket;
    }

    private static byte[] head(String more) {
        return ("POST /v1/customers HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + more
                        + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** What comes until the connection ends. */
    private static String text(Socket socket) {
        return text(socket, "until it ends");
    }

    /** What comes until these words do. */
    private static String text(Socket socket, String last) {
        StringBuilder text = new StringBuilder();
        try {
            InputStream in = socket.getInputStream();
            for (int next = in.read(); next >= 0 && text.indexOf(last) < 0; next = in.read()) {
                text.append((char) next);
            }
        } catch (IOException e) {
            // reset behind the answer, because it went on sending
        }
        return text.toString();
    }
}
