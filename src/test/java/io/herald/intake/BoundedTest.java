package io.herald.intake;

import static java.net.http.HttpResponse.BodyHandlers.ofString;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.file.DropBox;
import io.herald.inflight.InFlight;
import io.herald.metrics.Scrape;
import io.herald.provider.Impostor.Behaviour;
import io.herald.provider.Impostors;
import io.herald.provider.Neighbours;
import io.herald.rest.Api;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import jakarta.inject.Inject;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.eclipse.microprofile.config.ConfigProvider;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A call takes its permit before its body is read, and whatever becomes of it, the permit is free again, once. */
@QuarkusTest
@TestProfile(BoundedTest.FewPermits.class)
class BoundedTest {

    private static final int PERMITS = 5;
    private static final int MAX_BYTES = 1024 * 1024;
    private static final int LARGE = 700 * 1000;
    private static final String SLOW = "bridge-xyz";
    private static final Duration BOUND = Duration.ofSeconds(20);

    /** {@link Neighbours} with few permits. */
    public static final class FewPermits implements QuarkusTestProfile {

        private final Neighbours neighbours = new Neighbours();

        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = new HashMap<>(neighbours.getConfigOverrides());
            settings.put("herald.in-flight.max", Integer.toString(PERMITS));
            settings.put("herald.in-flight.max-bytes", "1M");
            settings.put("herald.body.max", "2M");
            settings.put("herald.body.deadline", "10s");
            settings.put("intake.file.poll", "50ms");
            return settings;
        }

        @Override
        public List<TestResourceEntry> testResources() {
            return neighbours.testResources();
        }

        @Override
        public boolean disableGlobalTestResources() {
            return true;
        }
    }

    @Inject
    InFlight inFlight;

    @ConfigProperty(name = "intake.file.directory")
    Path inbox;

    @Inject
    @io.quarkus.agroal.DataSource("embedded")
    DataSource ledger;

    @Inject
    Vertx vertx;

    @TestHTTPResource(value = "/metrics", management = true)
    URI metrics;

    Impostors impostors;

    private final Api herald = Api.underTest();

    @BeforeEach
    void reset() {
        impostors.reset();
    }

    @AfterEach
    void allPermitsAreFree() {
        impostors.of(SLOW).behave(Behaviour.PASS_ON);
        await().atMost(BOUND).untilAsserted(() -> assertTaken(0, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v1/customers", "/v1/preview", "/v1/dead-letters/x/replay"})
    void isToldBeforeItSendsTheBody(String path) throws IOException {
        fill();
        for (String length : List.of("Content-Length: 1500000", "Transfer-Encoding: chunked")) {
            try (Socket socket = connect()) {
                write(socket, head(path, length));

                assertFull(answer(socket.getInputStream()));
            }
        }
        assertTaken(PERMITS, inFlight.takenBytes());
    }

    @Test
    void isNotAskedToContinue() throws IOException {
        String request = head("/v1/preview", "Content-Length: 1000000\r\nExpect: 100-continue");
        try (Socket socket = connect()) {
            write(socket, request);
            assertThat(line(socket.getInputStream())).startsWith("HTTP/1.1 100 ");
        }
        await().atMost(BOUND).until(() -> inFlight.taken() == 0);
        fill();
        try (Socket socket = connect()) {
            write(socket, request);
            String answer = new String(socket.getInputStream().readNBytes(40), StandardCharsets.US_ASCII);
            assertThat(answer).startsWith("HTTP/1.1 503 ");
        }
    }

    @Test
    void isToldAlsoIfItReadsOnlyWhenAllIsSent() throws IOException {
        fill();
        String body = customer("CUST-deaf", 1_900_000).toString();
        try (Socket socket = connect()) {
            InputStream in = socket.getInputStream();
            write(socket, head("/v1/customers", "Content-Length: " + body.length()));
            await().atMost(BOUND).until(() -> in.available() > 0);
            write(socket, body);

            String answer = new String(in.readAllBytes(), StandardCharsets.UTF_8);

            assertFull(answer);
            assertThat(answer.toLowerCase()).contains("\r\nconnection: close\r\n");
        }
    }

    @Test
    void keepsTheConnectionOfASmallOne() throws IOException {
        fill();
        String body = customer("CUST-small", 1_000).toString();
        try (Socket socket = connect()) {
            for (int i = 0; i < 3; i++) {
                write(socket, head("/v1/customers", "Content-Length: " + body.length()) + body);

                assertFull(answer(socket.getInputStream()));
            }
            write(socket, "GET /v1/messages/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
            assertThat(answer(socket.getInputStream())).startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void isToldOverHttp2() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        fill();
        for (int i = 0; i <= PERMITS; i++) {
            HttpResponse<String> answer = client.send(
                    post(HttpRequest.BodyPublishers.ofString(
                            customer("CUST-two", 1_000_000).toString())),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After")).contains("1");
        }
        impostors.of(SLOW).behave(Behaviour.PASS_ON);
        for (int i = 0; i <= PERMITS; i++) {
            free();
            CompletableFuture<?> broken = client.sendAsync(
                    post(HttpRequest.BodyPublishers.ofInputStream(Endless::new)),
                    HttpResponse.BodyHandlers.discarding());
            await().atMost(BOUND).until(() -> inFlight.taken() == 1);
            broken.cancel(true);
        }
    }

    /** HTTP/2 has no header that tells whether a body comes. */
    @ParameterizedTest
    @CsvSource({
        "GET,    /v1/messages/x,          404",
        "DELETE, /v1/customers/CUST-none, 404",
        "DELETE, /v1/dead-letters/x,      404",
        "POST,   /v1/dead-letters/replay, 400",
        "POST,   /v1/dead-letters/x/replay, 404"
    })
    void overHttp2ACallWithoutABodyNeedsNoPermit(String method, String path, int status) throws Exception {
        HttpClient client = http2();
        fill();

        assertThat(client.send(call(method, path, HttpRequest.BodyPublishers.noBody()), ofString())
                        .statusCode())
                .isEqualTo(status);
        assertTaken(PERMITS, PERMITS * 1_000);
    }

    @ParameterizedTest
    @CsvSource({
        "GET,    /v1/messages/x,          404",
        "DELETE, /v1/customers/CUST-none, 404",
        "DELETE, /v1/dead-letters/x,      404",
        "POST,   /v1/dead-letters/replay, 400"
    })
    void overHttp2ABodyThatNobodyTakesNeedsNoPermitAndIsSmall(String method, String path, int status) throws Exception {
        HttpClient client = http2();
        fill();

        assertThat(client.send(call(method, path, bytes(60_000)), ofString()).statusCode())
                .isEqualTo(status);
        HttpResponse<String> refused = client.send(call(method, path, bytes(700_000)), ofString());
        assertThat(refused.statusCode()).isEqualTo(413);
        assertThat(refused.body()).contains("this call takes no body");
        assertTaken(PERMITS, PERMITS * 1_000);

        CompletableFuture<?> broken = client.sendAsync(
                call(method, path, HttpRequest.BodyPublishers.ofInputStream(Endless::new)), ofString());
        assertThat(broken).failsWithin(Duration.ofMillis(300)).withThrowableOfType(TimeoutException.class);
        broken.cancel(true);
    }

    @Test
    void overHttp2ABodyThatMayComeTakesAPermit() throws Exception {
        CompletableFuture<?> broken = http2().sendAsync(
                        call(
                                "POST",
                                "/v1/dead-letters/x/replay",
                                HttpRequest.BodyPublishers.ofInputStream(Endless::new)),
                        ofString());
        await().atMost(BOUND).until(() -> inFlight.taken() == 1);
        broken.cancel(true);
    }

    @Test
    void aRecordOfADroppedFileWaitsForOne() {
        fill();
        DropBox box = new DropBox(inbox);
        box.drop(
                "waits.ndjson",
                IntStream.rangeClosed(1, 3)
                        .mapToObj(i ->
                                customer("CUST-file-" + i, "fraudspect", 1_000).toString())
                        .collect(Collectors.joining("\n")));
        await().atMost(BOUND).until(() -> herald.get("/v1/files").body().contains("waits.ndjson"));

        await().during(Duration.ofMillis(300)).atMost(BOUND).untilAsserted(() -> {
            assertThat(inFlight.taken()).isEqualTo(PERMITS);
            assertThat(herald.get("/v1/customers/CUST-file-1").status()).isEqualTo(404);
        });

        impostors.of(SLOW).behave(Behaviour.PASS_ON);
        assertThat(box.report("waits.ndjson").records())
                .extracting(line -> line.path("status").asText())
                .containsExactly("delivered", "delivered", "delivered");
    }

    @Test
    void bytesAreBounded() throws Exception {
        impostors.of(SLOW).behave(Behaviour.HOLD);
        Api.Answer first = herald.submit(customer("CUST-large-1", LARGE), "Prefer", "respond-async");
        assertThat(first.status()).isEqualTo(202);
        await().atMost(BOUND).untilAsserted(() -> assertTaken(1, LARGE));

        for (Api.Answer refused : List.of(
                herald.submit(customer("CUST-large-2", LARGE)), herald.preview(customer("CUST-large-2", LARGE)))) {
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            assertThat(refused.json().path("detail").asText()).contains("Herald is full", MAX_BYTES + " bytes");
        }
        assertThat(herald.get("/v1/customers/CUST-large-2").status()).isEqualTo(404);
        assertThat(herald.submit(customer("CUST-small-1", 1_000), "Prefer", "respond-async")
                        .status())
                .isEqualTo(202);
        assertTaken(2, LARGE + 1_000);

        impostors.of(SLOW).behave(Behaviour.PASS_ON);
        free();
        assertThat(herald.submit(customer("CUST-large-2", LARGE)).status()).isEqualTo(200);
    }

    /** In memory its customer weighs as much as one that is brought. */
    @Test
    void aDeadLetterIsShownWhereThereIsAPermitForItsCustomer() {
        String letter = deadLetter();
        impostors.of(SLOW).behave(Behaviour.HOLD);
        assertThat(herald.submit(customer("CUST-large", LARGE), "Prefer", "respond-async")
                        .status())
                .isEqualTo(202);

        Api.Answer refused = herald.get(letter);

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.json().path("detail").asText()).contains("Herald is full", MAX_BYTES + " bytes");
        assertTaken(1, LARGE);

        impostors.of(SLOW).behave(Behaviour.PASS_ON);
        assertThat(repeat(i -> herald.get(letter).json().at("/payload/attributes/padding")))
                .allSatisfy(padding -> assertThat(padding.asText()).isEqualTo("***"));
    }

    /** Of the answers the sockets hold some; with a small window it is not all of them. */
    @ParameterizedTest
    @ValueSource(strings = {"reads", "goes", "stays"})
    void anAnswerWeighsWhatItIsUntilItsCallerHasReadIt(String then) throws IOException {
        String letter = deadLetter();
        int calls = 12;
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(64 * 1024);
            socket.setSoTimeout((int) BOUND.toMillis());
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), RestAssured.port));
            write(socket, ("GET " + letter + "?reveal=true HTTP/1.1\r\nHost: localhost\r\n\r\n").repeat(calls));
            assertReadsNothing();

            if (then.equals("reads")) {
                List<String> statuses = IntStream.range(0, calls)
                        .mapToObj(i -> statusOf(socket))
                        .toList();
                assertThat(statuses).startsWith("200").containsOnly("200", "503");
            }
            if (!then.equals("goes")) {
                free();
            }
        }
        free();
        assertThat(herald.get(letter).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"reads", "resets", "goes", "stays"})
    void overHttp2AnAnswerWeighsWhatItIsUntilItsCallerHasReadIt(String then) {
        String letter = deadLetter();
        HttpClientOptions options =
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setDefaultPort(RestAssured.port);
        io.vertx.core.http.HttpClient client = vertx.createHttpClient(options);
        try {
            HttpClientResponse answer = join(client.request(HttpMethod.GET, letter + "?reveal=true")
                    .compose(HttpClientRequest::send)
                    .onSuccess(HttpClientResponse::pause));
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.request().connection().remoteSettings().getMaxConcurrentStreams())
                    .isEqualTo(1000);
            assertReadsNothing();

            switch (then) {
                case "reads" -> {
                    Future<Buffer> body = answer.body();
                    answer.resume();
                    assertThat(join(body).length()).isGreaterThan(LARGE);
                }
                case "resets" -> answer.request().reset();
                case "goes" -> join(client.close());
                default -> {}
            }
            free();
        } finally {
            join(client.close());
        }
        assertThat(herald.get(letter).status()).isEqualTo(200);
    }

    /** Sooner or later each is answered. */
    @Test
    void callsAreNotAnsweredAheadOfACallerWhoReadsNothing() throws Exception {
        int calls = 40_000;
        double before = answered();
        try (Socket socket = connect()) {
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                try {
                    write(
                            socket,
                            (head("/v1/customers", "Content-Length: 2").replace("json", "text") + "{}").repeat(calls));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            AtomicReference<Double> last = new AtomicReference<>(before);
            await().pollInterval(Duration.ofMillis(500)).atMost(BOUND).until(() -> {
                double now = answered();
                return now > before && last.getAndSet(now) == now;
            });
            assertThat(last.get() - before).isLessThan(calls);

            InputStream in = new BufferedInputStream(socket.getInputStream());
            for (int i = 0; i < calls; i++) {
                assertThat(answer(in)).startsWith("HTTP/1.1 4");
            }
            assertThat(writing).succeedsWithin(BOUND);
        }
        assertThat(answered() - before).isEqualTo(calls);
    }

    /** As most programs do that make one call. */
    @Test
    void whoGoesAwayWithTheWholeRefusalWasRefused() throws IOException {
        String body = "{\"reference\": \"x\"}";
        double before = refused();
        for (int i = 0; i < 20; i++) {
            try (Socket socket = connect()) {
                write(socket, head("/v1/customers", "Content-Length: " + body.length()) + body);
                assertThat(answer(socket.getInputStream()))
                        .startsWith("HTTP/1.1 422 ")
                        .endsWith("}");
            }
        }
        await().atMost(BOUND).untilAsserted(() -> assertThat(refused() - before).isEqualTo(20));
    }

    private double refused() {
        return Scrape.of(metrics).sum("herald_intake_total", "source", "rest", "answer", "invalid");
    }

    private double answered() {
        return Scrape.of(metrics).sum("herald_intake_total", "source", "rest");
    }

    private static <T> T join(Future<T> future) {
        return future.toCompletionStage()
                .toCompletableFuture()
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private void assertReadsNothing() {
        await().atMost(BOUND).until(() -> inFlight.taken() == 0 && inFlight.takenBytes() > MAX_BYTES / 2);
        Api.Answer refused = herald.get("/v1/messages/x");
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isEqualTo("1");
        assertThat(refused.json().path("detail").asText()).contains("Herald is full", "answers that you have not read");
    }

    @Test
    void aChunkedBodyWeighsWhatItIsOnceItIsRead() throws Exception {
        impostors.of(SLOW).behave(Behaviour.HOLD);
        assertThat(chunked(customer("CUST-chunked-1", 10_000)).statusCode()).isEqualTo(202);
        assertTaken(1, 10_000);

        HttpResponse<String> second = chunked(customer("CUST-chunked-2", 10_000));
        assertThat(second.statusCode()).as("it may be of any size").isEqualTo(503);
        assertThat(second.headers().firstValue("Retry-After")).contains("1");
        assertThat(herald.submit(customer("CUST-chunked-2", 10_000), "Prefer", "respond-async")
                        .status())
                .isEqualTo(202);
    }

    @ParameterizedTest(name = "{1} {2}")
    @CsvSource({
        "404, POST,   /v1/nothing,             ",
        "404, POST,   /v1/customers/CUST/more, ",
        "405, PUT,    /v1/customers,           POST",
        "405, DELETE, /v1/preview,             POST",
        "405, POST,   /v1/customers/CUST-1,    'GET, DELETE'",
        "405, POST,   /v1/messages/x,          GET",
        "405, PUT,    /v1/dead-letters/x/replay, POST",
        "413, GET,    /v1/messages/x,          ",
        "413, GET,    /v1/customers/CUST-1,    ",
        "413, DELETE, /v1/customers/replay,    ",
        "413, GET,    /v1/dead-letters,        ",
        "413, GET,    /v1/dead-letters/x,      ",
        "413, DELETE, /v1/dead-letters/x,      ",
        "413, POST,   /v1/dead-letters/replay, ",
        "413, GET,    /v1/files,               "
    })
    void aBodyThatNobodyTakesIsNotWaitedFor(int status, String method, String path, String allowed) throws IOException {
        for (String length : List.of("Content-Length: 1500000", "Transfer-Encoding: chunked")) {
            try (Socket socket = connect()) {
                write(socket, head(path, length).replaceFirst("POST", method));

                String answer = answer(socket.getInputStream());

                assertThat(answer).startsWith("HTTP/1.1 " + status + " ").contains("\"status\":" + status);
                if (allowed != null) {
                    assertThat(answer.toLowerCase()).contains("\r\nallow: " + allowed.toLowerCase() + "\r\n");
                }
                assertTaken(0, 0);
            }
        }
    }

    @Test
    void bodiesThatDoNotComeLeaveHalfOfTheBytes() throws IOException {
        try (Socket first = connect();
                Socket second = connect()) {
            write(first, head("/v1/customers", "Content-Length: 400000"));
            await().atMost(BOUND).until(() -> inFlight.taken() == 1);
            write(second, head("/v1/customers", "Content-Length: 400000"));

            assertFull(answer(second.getInputStream()));
            assertTaken(1, 400_000);
        }
    }

    @Test
    void aConnectionIsNotIdleForLong() {
        assertThat(ConfigProvider.getConfig().getValue("quarkus.http.idle-timeout", Duration.class))
                .isBetween(Duration.ofSeconds(60), Duration.ofMinutes(2));
        assertThat(ConfigProvider.getConfig().getValue("quarkus.http.limits.max-connections", Integer.class))
                .isLessThanOrEqualTo(10_000);
    }

    @Test
    void oneThatIsLargerThanAllPermitsIsTakenAlone() {
        assertThat(herald.submit(customer("CUST-alone", 1_900_000)).status()).isEqualTo(200);
    }

    @ParameterizedTest(name = "{1} {2}")
    @CsvSource({
        "200, POST, /v1/customers,    application/json",
        "200, POST, /v1/preview,      application/json",
        "404, POST, /v1/no/such/path, application/json",
        "405, PUT,  /v1/customers,    application/json",
        "415, POST, /v1/customers,    text/plain",
        "415, POST, /v1/preview,      application/x-www-form-urlencoded"
    })
    void thePermitIsFreeAfter(int status, String method, String path, String type) {
        repeat(i -> herald.send(
                                method,
                                path,
                                customer("CUST-after-" + i, 150_000).toString(),
                                "Content-Type",
                                type)
                        .status())
                .forEach(answered -> assertThat(answered).isEqualTo(status));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"400 | {", "422 | {}", "400 | ''"})
    void thePermitIsFreeAfterABodyThatIsRefused(int status, String body) {
        for (String path : List.of("/v1/customers", "/v1/preview")) {
            repeat(i -> herald.send("POST", path, body).status())
                    .forEach(answered -> assertThat(answered).isEqualTo(status));
        }
    }

    @Test
    void thePermitIsFreeAfterABodyThatProvesTooLarge() throws Exception {
        for (int i = 0; i <= PERMITS; i++) {
            free();
            assertThat(chunked(customer("CUST-too-large", 2_200_000)).statusCode())
                    .isEqualTo(413);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length: 150000\r\n\r\n{\"reference\":",
                "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"ref\r\n",
                "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"ref\r\nno number\r\n"
            })
    void thePermitIsFreeWhenTheCallerGoesInTheMiddleOfTheBody(String rest) throws IOException {
        for (int i = 0; i <= PERMITS; i++) {
            free();
            try (Socket socket = connect()) {
                write(
                        socket,
                        head("/v1/customers", rest.substring(0, rest.indexOf("\r\n\r\n")))
                                + rest.substring(rest.indexOf("\r\n\r\n") + 4));
                if (!rest.contains("no number")) {
                    await().atMost(BOUND).until(() -> inFlight.taken() == 1);
                }
            }
        }
    }

    @Test
    void thePermitOfAnAcceptedOneIsItsOwnWhenTheCallerGoes() throws IOException {
        impostors.of(SLOW).behave(Behaviour.HOLD);
        String body = customer("CUST-orphan", 10_000).toString();
        try (Socket socket = connect()) {
            write(socket, head("/v1/customers", "Content-Length: 10000") + body);
            await().atMost(BOUND).until(() -> impostors.of(SLOW).inHand() == 1);
        }
        await().during(Duration.ofMillis(500)).atMost(BOUND).untilAsserted(() -> assertTaken(1, 10_000));

        impostors.of(SLOW).behave(Behaviour.PASS_ON);
        free();
        assertThat(impostors.sandbox().customers(SLOW)).hasSize(1);
    }

    @Test
    void whatIsParkedHasNoPermit() {
        impostors.of(SLOW).behave(Behaviour.ERROR);

        assertThat(repeat(i -> herald.submit(customer("CUST-parked-" + i, 150_000))))
                .allSatisfy(answer -> {
                    assertThat(answer.status()).isEqualTo(202);
                    assertThat(answer.delivery(SLOW).path("state").asText()).isEqualTo("retrying");
                });
    }

    @Test
    void thePermitIsFreeWhenTheLedgerFails() throws SQLException {
        inTheLedger("ALTER TABLE message RENAME TO elsewhere");
        try {
            assertThat(repeat(i -> herald.submit(customer("CUST-unkept-" + i, 150_000))))
                    .allSatisfy(answer -> {
                        assertThat(answer.status()).isEqualTo(503);
                        assertThat(answer.header("Retry-After")).isEqualTo("1");
                        assertThat(answer.json().path("detail").asText()).contains("cannot keep");
                    });
        } finally {
            inTheLedger("ALTER TABLE elsewhere RENAME TO message");
        }
    }

    /** One after another, more often than there are permits. */
    private <T> List<T> repeat(IntFunction<T> call) {
        return IntStream.rangeClosed(0, PERMITS)
                .mapToObj(i -> {
                    free();
                    return call.apply(i);
                })
                .toList();
    }

    /** Takes all permits with messages that the slow provider holds. */
    private void fill() {
        impostors.of(SLOW).behave(Behaviour.HOLD);
        for (int i = 0; i < PERMITS; i++) {
            assertThat(herald.submit(customer("CUST-fill-" + i, 1_000), "Prefer", "respond-async")
                            .status())
                    .isEqualTo(202);
        }
        await().atMost(BOUND).untilAsserted(() -> assertTaken(PERMITS, PERMITS * 1_000));
    }

    private void free() {
        await().atMost(BOUND).pollDelay(Duration.ZERO).untilAsserted(() -> assertTaken(0, 0));
    }

    private void assertTaken(int messages, long bytes) {
        assertThat(inFlight.taken()).isEqualTo(messages);
        assertThat(inFlight.takenBytes()).isEqualTo(bytes);
    }

    private static void assertFull(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 503 ").contains("\"status\":503", "Herald is full");
        assertThat(answer.toLowerCase())
                .contains("\r\nretry-after: 1\r\n", "\r\ncontent-type: application/problem+json\r\n");
    }

    private void inTheLedger(String sql) throws SQLException {
        try (Connection connection = ledger.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The path of one whose customer is large. */
    private String deadLetter() {
        ObjectNode customer = customer("CUST-dead", LARGE);
        customer.withObject("/contact").put("email", "dead+" + SLOW + ".422@example.com");
        String message = herald.submit(customer).json().path("message").asText();
        free();
        return "/v1/dead-letters/" + message + "." + SLOW;
    }

    /** For the slow provider, in exactly so many bytes. */
    private static ObjectNode customer(String reference, int bytes) {
        return customer(reference, SLOW, bytes);
    }

    private static ObjectNode customer(String reference, String provider, int bytes) {
        ObjectNode customer = Customers.person(reference);
        customer.putArray("targets").add(provider);
        customer.withObject("/attributes").put("padding", "");
        int padding = bytes - customer.toString().length();
        customer.withObject("/attributes").put("padding", "x".repeat(padding));
        return customer;
    }

    /** Whose connection is of HTTP/2 already. */
    private static HttpClient http2() throws Exception {
        HttpClient client = HttpClient.newHttpClient();
        HttpResponse<String> first =
                client.send(call("GET", "/v1/messages/x", HttpRequest.BodyPublishers.noBody()), ofString());
        assertThat(first.version()).isEqualTo(HttpClient.Version.HTTP_2);
        return client;
    }

    private static HttpRequest call(String method, String path, HttpRequest.BodyPublisher body) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + RestAssured.port + path))
                .header("Content-Type", "application/json")
                .method(method, body)
                .build();
    }

    /** Their number is not told. */
    private static HttpRequest.BodyPublisher bytes(int number) {
        return HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(new byte[number]));
    }

    private static HttpResponse<String> chunked(ObjectNode customer) throws Exception {
        byte[] body = customer.toString().getBytes(StandardCharsets.UTF_8);
        HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        return client.send(
                post(HttpRequest.BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))),
                HttpResponse.BodyHandlers.ofString());
    }

    private static HttpRequest post(HttpRequest.BodyPublisher body) {
        return HttpRequest.newBuilder(URI.create("http://localhost:" + RestAssured.port + "/v1/customers"))
                .header("Content-Type", "application/json")
                .header("Prefer", "respond-async")
                .POST(body)
                .build();
    }

    private static Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), RestAssured.port);
        socket.setSoTimeout((int) BOUND.toMillis());
        return socket;
    }

    private static String head(String path, String more) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" + more
                + "\r\n\r\n";
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
            line.append((char) next);
        }
        return line.toString();
    }

    private static String statusOf(Socket socket) {
        try {
            return answer(socket.getInputStream()).substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One answer with a Content-Length, from its first line to its last byte. */
    private static String answer(InputStream in) throws IOException {
        StringBuilder answer = new StringBuilder();
        int length = 0;
        for (String line = line(in); !line.isBlank(); line = line(in)) {
            answer.append(line).append('\n');
            if (line.toLowerCase().startsWith("content-length: ")) {
                length = Integer.parseInt(
                        line.substring("content-length: ".length()).strip());
            }
        }
        return answer.append(new String(in.readNBytes(length), StandardCharsets.UTF_8))
                .toString();
    }

    /** A body that goes on until nobody wants it: a byte, and then no more. */
    private static final class Endless extends InputStream {

        private boolean begun;

        @Override
        public int read() throws IOException {
            if (!begun) {
                begun = true;
                return '{';
            }
            try {
                Thread.sleep(BOUND.toMillis());
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return -1;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            into[offset] = (byte) read();
            return 1;
        }
    }
}
