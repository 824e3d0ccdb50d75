package io.herald.provider;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.agroal.api.AgroalDataSource;
import io.herald.delivery.Caller;
import io.herald.delivery.Caller.Report;
import io.herald.delivery.Faults;
import io.herald.delivery.MovableClock;
import io.herald.metrics.Meters;
import io.herald.sandbox.Sandbox;
import io.herald.token.Tokens;
import io.herald.trace.Traces;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.agroal.DataSource;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A provider with a rate never gets more requests in any second, however many want to send, in however many replicas. */
@QuarkusTest
@TestProfile(Limits.class)
class RateTest {

    private static final int RATE = Limits.RATE;
    private static final int FLOOD = 25;

    Sandbox sandbox;

    @Inject
    Providers providers;

    @Inject
    RateSlots slots;

    @Inject
    MovableClock clock;

    @Inject
    Tokens tokens;

    @Inject
    @DataSource("embedded")
    AgroalDataSource ledger;

    @BeforeEach
    void fresh() {
        sandbox.reset();
    }

    @ParameterizedTest
    @ValueSource(strings = {"fraudspect", "xbridge"})
    void isNeverExceededByTwoReplicas(String provider) throws IOException {
        Caller.deliver(Caller.person(Caller.reference("warm"), "", provider));
        ExecutorService callers = Executors.newFixedThreadPool(8);
        ProviderHttp replica = replica();
        try {
            get(replica, provider);
            sandbox.reset();
            sandbox.revokeTokens(provider);

            List<CompletableFuture<Void>> flood = Stream.concat(
                            IntStream.range(0, FLOOD)
                                    .mapToObj(i -> Caller.submit(Caller.person(Caller.reference("flood"), "", provider))
                                            .thenAccept(report -> assertThat(report.outcome(provider))
                                                    .isEqualTo("delivered"))),
                            IntStream.range(0, FLOOD)
                                    .mapToObj(i -> CompletableFuture.runAsync(() -> get(replica, provider), callers)))
                    .toList();
            flood.forEach(CompletableFuture::join);
        } finally {
            replica.close();
            callers.shutdownNow();
        }

        List<Instant> arrivals = new Faults(sandbox).arrivals(provider);
        assertThat(arrivals).hasSizeGreaterThanOrEqualTo(2 * FLOOD);
        assertThat(Faults.mostIn(Duration.ofSeconds(2), arrivals))
                .as(
                        "two seconds, because a busy sandbox takes late requests together; two replicas that knew nothing of"
                                + " each other would send all within them")
                .isBetween((long) RATE, 2L * RATE);
    }

    @Test
    void anotherProviderDoesNotWait() {
        int many = 8 * RATE;
        long start = System.nanoTime();
        List<CompletableFuture<Report>> reports = IntStream.range(0, many)
                .mapToObj(i -> Caller.submit(Caller.person(Caller.reference("free"), "", "bridge-xyz")))
                .toList();

        assertThat(reports).allSatisfy(report -> assertThat(report.join().outcome("bridge-xyz"))
                .isEqualTo("delivered"));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(many / RATE));
    }

    /** A request waits for its slot with its token. */
    @Test
    void aTokenIsRenewedEarlierByTheLongestQueue() throws Exception {
        tokens.drop("xbridge", tokens.of("xbridge"));
        sandbox.reset();
        sandbox.server()
                .stubFor(post(urlPathEqualTo("/xbridge/generate-token"))
                        .willReturn(aResponse()
                                .withBody("{\"token\": \"{{token.value}}\", \"expiresIn\": 1000}")
                                .withTransformer("sandbox", "work", Map.of("do", "issue-token", "lifeSeconds", 3600))));
        tokens.of("xbridge");
        Duration queue = providers.longestQueue("xbridge");
        assertThat(queue).isGreaterThan(Duration.ofSeconds(3));

        clock.putForward(Duration.ofSeconds(1000 - 60).minus(queue));
        tokens.of("xbridge");

        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(sandbox.logIns("xbridge")).isEqualTo(2));
    }

    /** Another program took it over meanwhile, as it does when this one could not renew its lease. */
    @Test
    void whatIsTakenOverWhileItWaitsForItsSlotIsNotSent() throws SQLException {
        IntStream.range(0, 2 * FLOOD).forEach(i -> submit("before"));
        await().atMost(Duration.ofSeconds(60))
                .until(() -> count("reference like 'before-%' and (request is not null or state <> 'pending')")
                        == 2 * FLOOD);
        String reference = submit("taken-over");
        String email = Caller.email(reference, "");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> count("reference = '" + reference + "' and request is not null") == 1);
        change("update delivery set owner = 'another program', takes = takes + 1 where reference = '" + reference
                + "'");
        assertThat(sends(email)).as("it still waits").isZero();

        Caller.deliver(Caller.person(Caller.reference("behind"), "", "fraudspect"));

        assertThat(sends(email)).as("its slot has passed").isZero();
        change("update delivery set owner = null where reference = '" + reference + "'");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> count("reference = '" + reference + "' and state = 'delivered'") == 1);
        assertThat(sends(email)).isEqualTo(1);
    }

    private static String submit(String label) {
        String reference = Caller.reference(label);
        Caller.submit(Caller.person(reference, "", "fraudspect"));
        return reference;
    }

    private int sends(String email) {
        return new Faults(sandbox).sends("fraudspect", email).size();
    }

    private int count(String deliveries) throws SQLException {
        try (Connection connection = ledger.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from delivery where " + deliveries)) {
            row.next();
            return row.getInt(1);
        }
    }

    private void change(String sql) throws SQLException {
        try (Connection connection = ledger.getConnection();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    /** A commit that takes longer than a request may be late, and one that takes longer than the slots that it brings. */
    @ParameterizedTest
    @ValueSource(ints = {0, 40, 120})
    void slotsThatComeLateAreNotUsed(int commitMillis) {
        AtomicReference<Instant> free = new AtomicReference<>(Instant.EPOCH);
        Pace pace = new Pace(
                "acme",
                RATE,
                (provider, now, slots, interval) -> {
                    Instant first = free.get().isAfter(now) ? free.get() : now;
                    free.set(first.plus(interval.multipliedBy(slots)));
                    await().pollDelay(Duration.ofMillis(commitMillis)).until(() -> true);
                    return first;
                },
                Clock.systemUTC());

        List<Instant> left = IntStream.range(0, RATE + 5)
                .mapToObj(i -> {
                    try {
                        pace.await();
                        return Instant.now();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                })
                .toList();

        assertThat(Faults.mostIn(Duration.ofSeconds(1), left)).isBetween(1L, (long) RATE);
    }

    @Test
    void slotsOfAClockThatWasAheadAreNotWaitedFor() throws IOException {
        MovableClock set = new MovableClock();
        Pace pace = new Pace("acme", RATE, (provider, now, slots, interval) -> now, set);
        pace.await();

        set.putBack(Duration.ofDays(1));

        assertThat(CompletableFuture.runAsync(() -> {
                    try {
                        pace.await();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }))
                .succeedsWithin(Duration.ofSeconds(10));
    }

    private ProviderHttp replica() {
        return new ProviderHttp(
                providers,
                new Breakers(providers, clock),
                slots,
                clock,
                new Meters(new SimpleMeterRegistry()),
                new Traces("none", null),
                new MemorySize(BigInteger.valueOf(1_000_000)));
    }

    private void get(ProviderHttp replica, String provider) {
        CloseableHttpClient client = replica.clients().get(provider);
        try {
            client.execute(new HttpGet(sandbox.url(provider) + "/nothing"), answer -> answer.getCode());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
