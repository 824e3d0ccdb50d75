package io.herald.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.herald.metrics.Meters;
import io.herald.provider.Impostor.Behaviour;
import io.herald.trace.Traces;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecRuntime;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.HttpEntities;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every call has a deadline, whatever it waits for, and every answer a largest size. */
class ProviderHttpTest {

    private static final Duration DEADLINE = Duration.ofMillis(2_500);
    private static final int ANSWER_MAX = 256 * 1024;

    private final Impostors impostors = new Impostors();
    private final ExecutorService callers = Executors.newCachedThreadPool();
    private Providers providers;
    private ProviderHttp http;

    @BeforeEach
    void start() {
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withMapping(ProviderConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withDefaultValues(Map.of(
                        "provider.xbridge.url",
                        impostors.url("xbridge"),
                        "provider.xbridge.max-connections",
                        "1",
                        "provider.xbridge.request-timeout",
                        DEADLINE.toMillis() + "ms",
                        "provider.yativo.url",
                        impostors.url("yativo"),
                        "provider.yativo.max-connections",
                        "3",
                        "provider.yativo.request-timeout",
                        "30s",
                        "provider.bridge-xyz.url",
                        impostors.url("bridge-xyz"),
                        "provider.bridge-xyz.connect-timeout",
                        "300ms",
                        "provider.bridge-xyz.request-timeout",
                        DEADLINE.toMillis() + "ms"))
                .build();
        providers = new Providers(config.getConfigMapping(ProviderConfig.class));
        http = new ProviderHttp(
                providers,
                new Breakers(providers, Clock.systemUTC()),
                (provider, now, slots, interval) -> now,
                Clock.systemUTC(),
                new Meters(new SimpleMeterRegistry()),
                new Traces("none", null),
                new MemorySize(BigInteger.valueOf(ANSWER_MAX)));
    }

    @AfterEach
    void stop() throws Exception {
        http.close();
        callers.shutdownNow();
        impostors.close();
    }

    @Test
    void theDeadlineCountsFromBeforeTheWaitForAConnection() {
        impostors.of("xbridge").behave(Behaviour.HANG);
        long start = System.nanoTime();

        List<CompletableFuture<Throwable>> calls =
                IntStream.range(0, 4).mapToObj(i -> failing("xbridge")).toList();

        assertThat(calls.stream().map(CompletableFuture::join))
                .allSatisfy(failure -> assertThat(failure instanceof NotSentException ? failure.getCause() : failure)
                        .isInstanceOf(InterruptedIOException.class));
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(DEADLINE, DEADLINE.multipliedBy(2).minusMillis(100));
    }

    /** Else each later customer on that connection would get the id of the one before. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n12345",
                "HTTP/1.1 204 No Content\r\n\r\n1"
            })
    void whatComesUnaskedIsNoAnswerToTheNextRequest(String first) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
            AtomicInteger requests = new AtomicInteger();
            callers.submit(() -> {
                while (true) {
                    Socket connection = server.accept();
                    callers.submit(() -> answerInOrder(connection, requests, first));
                }
            });
            CloseableHttpClient client = http.clients().get("xbridge");
            HttpPost request = post(server);

            client.execute(
                    request,
                    answer -> EntityUtils.toString(
                            Optional.ofNullable(answer.getEntity()).orElse(HttpEntities.create(""))));

            for (String next : List.of("2", "3", "4")) {
                String answer = client.execute(request, given -> EntityUtils.toString(given.getEntity()));
                assertThat(answer).isEqualTo(next);
            }
            assertThat(requests).as("each was sent once").hasValue(4);
        }
    }

    /** Else the next customer would have an unclear ending, though nothing was sent. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatTheProviderHasEndedIsNotSentOver(boolean reset) throws Exception {
        try (ServerSocket server = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
            AtomicInteger requests = new AtomicInteger();
            CloseableHttpClient client = http.clients().get("xbridge");
            HttpPost request = post(server);

            for (String number : List.of("1", "2", "3")) {
                Future<Socket> caller = callers.submit(server::accept);
                callers.submit(() -> answerInOrder(caller.get(), requests, ""));
                String answer = client.execute(request, given -> EntityUtils.toString(given.getEntity()));
                assertThat(answer).isEqualTo(number);
                caller.get().setSoLinger(reset, 0);
                caller.get().close();
            }
        }
    }

    private static HttpPost post(ServerSocket server) {
        HttpPost request = new HttpPost("http://127.0.0.1:" + server.getLocalPort() + "/");
        request.setEntity(HttpEntities.create("{}", ContentType.APPLICATION_JSON));
        return request;
    }

    /** Answers the first request with that, if with anything, and each other one with its number. */
    private static Void answerInOrder(Socket connection, AtomicInteger requests, String first) throws IOException {
        try (connection) {
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty()) {
                    int number = requests.incrementAndGet();
                    String answer = number == 1 && !first.isEmpty()
                            ? first
                            : "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + number;
                    connection.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                }
            }
            return null;
        }
    }

    @Test
    void aDrippingAnswerEndsAtTheDeadline() {
        impostors.of("xbridge").behave(Behaviour.DRIP);
        long start = System.nanoTime();

        assertThatThrownBy(() -> get("xbridge"))
                .isInstanceOf(SocketTimeoutException.class)
                .hasMessage("no complete answer within 2500 ms");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(DEADLINE, DEADLINE.multipliedBy(2));
    }

    @Test
    void aConnectionThatDoesNotComeAboutEndsBeforeTheDeadline() throws IOException {
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            List<Socket> waiting = List.of(connect(full), connect(full));
            HttpGet call = new HttpGet("http://127.0.0.1:" + full.getLocalPort());
            long start = System.nanoTime();

            assertThatThrownBy(() -> http.clients().get("bridge-xyz").execute(call, answer -> answer.getCode()))
                    .isInstanceOf(NotSentException.class)
                    .cause()
                    .isInstanceOf(ConnectTimeoutException.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(DEADLINE);
            for (Socket one : waiting) {
                one.close();
            }
        }
    }

    /** One that waits to be taken by the server; there is one more of these than it says. */
    private static Socket connect(ServerSocket server) throws IOException {
        return new Socket(server.getInetAddress(), server.getLocalPort());
    }

    /** HttpClient has no time-out of its own for it. */
    @Test
    void aHandshakeThatHangsEndsAtTheDeadline() throws IOException {
        try (ServerSocket silent = new ServerSocket(0)) {
            HttpGet call = new HttpGet("https://localhost:" + silent.getLocalPort());
            long start = System.nanoTime();

            assertThatThrownBy(() -> http.clients().get("xbridge").execute(call, answer -> answer.getCode()))
                    .isInstanceOf(NotSentException.class)
                    .cause()
                    .isInstanceOf(SocketTimeoutException.class)
                    .hasMessage("no complete answer within 2500 ms");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(DEADLINE, DEADLINE.multipliedBy(2));
        }
    }

    @Test
    void whatIsResetDuringTheHandshakeWasNotSent() throws IOException {
        try (ServerSocket server = new ServerSocket(0)) {
            callers.execute(() -> {
                try (Socket caller = server.accept()) {
                    caller.getInputStream().read();
                    caller.setSoLinger(true, 0);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            HttpGet call = new HttpGet("https://localhost:" + server.getLocalPort());

            assertThatThrownBy(() -> http.clients().get("xbridge").execute(call, answer -> answer.getCode()))
                    .isInstanceOf(NotSentException.class);
        }
    }

    @Test
    void ofAHugeAnswerNotMuchMoreIsReadThanIsTaken() {
        impostors.of("yativo").behave(Behaviour.HUGE);

        assertThatThrownBy(() -> get("yativo")).isInstanceOf(AnswerTooLargeException.class);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> impostors.of("yativo").inHand() == 0);
        assertThat(impostors.of("yativo").mostTaken())
                .as("of 50 MB, those in the sockets' buffers included")
                .isLessThan(Impostor.HUGE_BYTES / 3);
    }

    @Test
    void aConnectionIsGoodAgainAfterEveryKindOfFailure() throws Exception {
        for (Behaviour bad : List.of(Behaviour.HANG, Behaviour.DRIP, Behaviour.RESET, Behaviour.HUGE)) {
            impostors.of("xbridge").behave(bad);
            assertThat(failing("xbridge").join())
                    .as("%s", bad)
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(NotSentException.class);
            impostors.of("xbridge").behave(Behaviour.PASS_ON);

            assertThat(get("xbridge")).as("after %s", bad).isEqualTo(401);
        }
    }

    @Test
    void thereAreNoMoreConnectionsThanConfigured() {
        impostors.of("yativo").behave(Behaviour.HOLD);
        List<CompletableFuture<Integer>> calls = Stream.generate(() -> CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return get("yativo");
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        },
                        callers))
                .limit(20)
                .toList();
        await().atMost(Duration.ofSeconds(60))
                .until(() -> impostors.of("yativo").inHand() == 3);
        impostors.of("yativo").behave(Behaviour.PASS_ON);

        assertThat(calls.stream().map(CompletableFuture::join)).containsOnly(401);
        assertThat(impostors.of("yativo").mostAtOnce()).isEqualTo(3);
        assertThat(impostors.of("yativo").mostConnections()).isEqualTo(3);
    }

    /** The status of an error answer says all; its body is dropped when it is too large. */
    @Test
    void ofAHugeErrorTheStatusIsKept() throws Exception {
        impostors.of("yativo").behave(Behaviour.HUGE_ERROR);

        assertThat(get("yativo")).isEqualTo(500);
    }

    /** To expand it would take minutes, which no deadline can end. */
    @Test
    void whatIsCompressedIsNotExpandedHereNorByCamel() throws Exception {
        impostors.of("xbridge").behave(Behaviour.GZIP);
        HttpGet call = new HttpGet(impostors.url("xbridge"));

        CompletableFuture<Header> encoding = CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return http.clients()
                                .get("xbridge")
                                .execute(call, answer -> answer.getFirstHeader(HttpHeaders.CONTENT_ENCODING));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                callers);

        assertThat(encoding).succeedsWithin(DEADLINE.multipliedBy(2)).isNull();
    }

    @Test
    void theHeadOfAnAnswerIsBounded() {
        impostors.of("xbridge").behave(Behaviour.LONG_HEADER);
        assertThat(failing("xbridge").join()).isInstanceOf(MessageConstraintException.class);

        impostors.of("xbridge").behave(Behaviour.MANY_HEADERS);
        assertThat(failing("xbridge").join()).isInstanceOf(MessageConstraintException.class);
    }

    /** Camel catches none of a call: its delivery would be in hand for ever. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anErrorIsAnEndingAsAnotherAndTellsWhetherAnythingWasSent(boolean departed) {
        Gate gate = new Gate(new Breakers(providers, Clock.systemUTC()).of("xbridge"), Optional.empty());
        List<String> asked = new ArrayList<>();
        ExecChain.Scope scope = scope(asked);
        ExecChain failing = (request, same) -> {
            throw new OutOfMemoryError("Java heap space");
        };

        assertThatThrownBy(() -> gate.execute(
                        scope.originalRequest,
                        scope,
                        departed ? (request, same) -> Gate.departs(request, same, failing) : failing))
                .isExactlyInstanceOf(departed ? IOException.class : NotSentException.class)
                .hasRootCauseInstanceOf(OutOfMemoryError.class);
        assertThat(asked).containsExactly("discardEndpoint");
    }

    @Test
    void anErrorOfOneCallLeavesTheConnectionsOfTheOthers() throws Exception {
        HttpPost failing = new HttpPost(impostors.url("yativo") + "/customer");
        failing.setEntity(HttpEntities.create(
                body -> {
                    throw new StackOverflowError();
                },
                ContentType.APPLICATION_JSON));
        impostors.of("yativo").behave(Behaviour.HUGE_ERROR);

        assertThatThrownBy(() -> http.clients().get("yativo").execute(failing, ClassicHttpResponse::getCode))
                .isExactlyInstanceOf(IOException.class)
                .hasRootCauseInstanceOf(StackOverflowError.class);
        assertThat(get("yativo")).isEqualTo(500);
    }

    /** @param asked takes what is asked of the connection */
    private static ExecChain.Scope scope(List<String> asked) {
        ExecRuntime connection = (ExecRuntime) Proxy.newProxyInstance(
                ExecRuntime.class.getClassLoader(), new Class<?>[] {ExecRuntime.class}, (on, method, with) -> {
                    asked.add(method.getName());
                    return null;
                });
        return new ExecChain.Scope(
                "1",
                new HttpRoute(new HttpHost("localhost", 80)),
                new HttpGet("http://localhost"),
                connection,
                HttpClientContext.create());
    }

    /** The status of an answer to a request without a token. */
    private int get(String provider) throws IOException {
        CloseableHttpClient client = http.clients().get(provider);
        String path = provider.equals("xbridge") ? "/v1/kyc/customers/phone/1" : "/customer";
        return client.execute(new HttpGet(impostors.url(provider) + path), answer -> {
            EntityUtils.consume(answer.getEntity());
            return answer.getCode();
        });
    }

    private CompletableFuture<Throwable> failing(String provider) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return new AssertionError("answered with " + get(provider));
                    } catch (IOException e) {
                        return e;
                    }
                },
                callers);
    }
}
