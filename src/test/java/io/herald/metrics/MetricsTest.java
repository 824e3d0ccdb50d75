package io.herald.metrics;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import io.herald.Customers;
import io.herald.delivery.Caller;
import io.herald.lane.ParkedForMinutes;
import io.herald.provider.Providers;
import io.herald.rest.Api;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code /q/metrics} tells: what docs/metrics.md says, of what happened, with labels of few values. */
@QuarkusTest
@TestProfile(ParkedForMinutes.class)
class MetricsTest {

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final Pattern METRIC =
            Pattern.compile("\\| `(herald_[a-z_]+)` \\| (counter|gauge|histogram) \\| ([^|]*)\\| [^|]+ \\|");
    private static final Pattern LABEL = Pattern.compile("\\| `([a-z]+)`(?: of (`[^|]+`))? \\| ([^|]+) \\|");
    private static final Pattern QUOTED = Pattern.compile("`([^`]*)`");
    private static final Pattern SUFFIX = Pattern.compile("_(bucket|count|sum|max)$");

    private record Documented(String type, Set<String> labels) {}

    @Inject
    Providers providers;

    @TestHTTPResource(value = "/metrics", management = true)
    URI metrics;

    Sandbox sandbox;

    private final Api herald = Api.underTest();

    @BeforeEach
    void fresh() {
        sandbox.reset();
    }

    @Test
    void thePageSaysWhatThereIsAndNoLabelGrows() throws IOException {
        mixedLoad();

        Map<String, Documented> documented = documented();
        Scrape scrape = Scrape.of(metrics);

        Map<String, Documented> told = new TreeMap<>();
        scrape.types().forEach((name, type) -> {
            if (name.startsWith("herald_") && !name.matches("herald_.*_duration_seconds_max")) {
                told.put(name, new Documented(type, labelsOf(scrape, name)));
            }
        });
        assertThat(scrape.sum("herald_step_duration_seconds_count", "step", "find"))
                .isPositive();
        assertThat(told)
                .as("what is told (actual) is what docs/metrics.md says (expected)")
                .isEqualTo(documented);
        Map<String, Set<String>> values = values();
        scrape.samples().stream()
                .filter(sample -> sample.name().startsWith("herald_"))
                .forEach(sample -> sample.labels().forEach((label, value) -> {
                    String metric = SUFFIX.matcher(sample.name()).replaceFirst("");
                    Set<String> allowed = values.getOrDefault(metric + "/" + label, values.get(label));
                    if (!label.equals("le")) {
                        assertThat(value)
                                .as("label %s of %s", label, sample.name())
                                .isIn(allowed);
                    }
                }));
        assertThat(values.get("herald_deliveries_total/state"))
                .as("the states that docs/metrics.md lists are those that are counted")
                .isEqualTo(valuesOf(scrape, "herald_deliveries_total", "state"));
        assertThat(scrape.samples())
                .as("no reference, id, address or path in any label, Micrometer's own among them")
                .allSatisfy(sample -> assertThat(sample.labels().toString())
                        .doesNotContain("CUST-", "example.com", "/v1/", "/phone/", "+255")
                        .doesNotContainPattern("[0-9a-f]{8}-[0-9a-f]{4}-"));
        assertThat(scrape.types()).containsKey("jvm_memory_used_bytes");
    }

    /** Deliveries of every kind, and calls that are refused in every way, each for a reference of its own. */
    private void mixedLoad() {
        List<String> magic = List.of("bridge-xyz.422", "xbridge.500-once", "fraudspect.unauthorized", "");
        IntStream.range(0, 16)
                .mapToObj(i -> herald.submitting(
                        Caller.person("CUST-metrics-" + i, magic.get(i % magic.size())), "Prefer", "wait=20"))
                .toList()
                .forEach(CompletableFuture::join);
        herald.submit(Caller.person("CUST-parked", "fraudspect.500", "fraudspect"), "Prefer", "wait=20");
        herald.submit(Customers.person("CUST-key"), "Idempotency-Key", "CUST-key");
        herald.submit(Customers.person("CUST-another"), "Idempotency-Key", "CUST-key");
        herald.submit(Customers.person("CUST-faulty").put("type", "CUST-x"));
        herald.send("POST", "/v1/customers", "{");
        herald.send("POST", "/v1/customers", "CUST", "Content-Type", "text/plain");
        herald.get("/v1/customers/CUST-unknown");
        herald.get("/v1/messages/CUST-unknown");
        herald.get("/CUST-nowhere");
    }

    @Test
    void countsAndTimesWhatHappens() {
        Scrape before = Scrape.of(metrics);
        StubMapping away = sandbox.server()
                .stubFor(any(urlPathMatching("/fraudspect/.*"))
                        .atPriority(1)
                        .willReturn(aResponse().withStatus(503)));

        herald.submit(Caller.person(Caller.reference("counted"), "bridge-xyz.422"), "Prefer", "wait=20");
        herald.submit(Customers.person("CUST-faulty").put("type", "no such type"));

        await().atMost(BOUND).untilAsserted(() -> {
            Scrape later = Scrape.of(metrics);
            assertThat(rise(before, later, "herald_intake_total", "source", "rest", "answer", "accepted"))
                    .isEqualTo(1);
            assertThat(rise(before, later, "herald_intake_total", "source", "rest", "answer", "invalid"))
                    .isEqualTo(1);
        });
        Scrape after = Scrape.of(metrics);
        for (String provider : List.of("xbridge", "yativo")) {
            assertThat(delivered(before, after, provider, "delivered", "none"))
                    .as(provider)
                    .isEqualTo(1);
            assertThat(sent(before, after, provider)).as(provider).isEqualTo(1);
        }
        assertThat(delivered(before, after, "bridge-xyz", "rejected", "invalid"))
                .isEqualTo(1);
        assertThat(delivered(before, after, "fraudspect", "retrying", "unavailable"))
                .isEqualTo(1);
        assertThat(sent(before, after, "fraudspect")).isEqualTo(2);
        assertThat(rise(before, after, "herald_attempts_total", "provider", "fraudspect", "reason", "unavailable"))
                .isEqualTo(2);
        assertThat(rise(before, after, "herald_delivery_duration_seconds_count"))
                .isEqualTo(4);
        for (String step : List.of("wait", "map", "record")) {
            assertThat(rise(before, after, "herald_step_duration_seconds_count", "step", step))
                    .as(step)
                    .isEqualTo(4);
        }
        assertThat(rise(before, after, "herald_ledger_commit_duration_seconds_count", "kept", "true"))
                .isPositive();
        assertThat(after.sum("herald_log_ins_total", "provider", "xbridge", "kind", "new", "answer", "ok"))
                .isPositive();
        assertThat(after.sum("herald_token_age_seconds", "provider", "xbridge")).isNotNegative();
        assertThat(after.sum("herald_breaker_state", "provider", "fraudspect")).isEqualTo(1);
        assertThat(after.sum("herald_in_flight_messages_limit")).isEqualTo(1000);
        assertThat(after.sum("herald_ledger_disk_free_bytes")).isPositive();
        await().atMost(BOUND).untilAsserted(() -> {
            Scrape later = Scrape.of(metrics);
            assertThat(later.sum("herald_parked", "provider", "fraudspect")).isPositive();
            assertThat(later.sum("herald_waiting", "provider", "fraudspect")).isPositive();
            assertThat(later.sum("herald_dead_letters", "provider", "bridge-xyz", "state", "rejected"))
                    .isPositive();
            assertThat(later.sum("herald_parked_oldest_age_seconds", "provider", "fraudspect"))
                    .isPositive();
            assertThat(later.sum("herald_in_flight_messages")).isZero();
        });
        sandbox.server().removeStub(away);
    }

    private static double delivered(Scrape before, Scrape after, String provider, String state, String reason) {
        return rise(before, after, "herald_deliveries_total", "provider", provider, "state", state, "reason", reason);
    }

    private static double sent(Scrape before, Scrape after, String provider) {
        return rise(before, after, "herald_step_duration_seconds_count", "provider", provider, "step", "send");
    }

    private static double rise(Scrape before, Scrape after, String name, String... labels) {
        return after.sum(name, labels) - before.sum(name, labels);
    }

    private static Set<String> labelsOf(Scrape scrape, String metric) {
        return scrape.samples().stream()
                .filter(sample -> sample.name().equals(metric)
                        || SUFFIX.matcher(sample.name()).replaceFirst("").equals(metric)
                                && !scrape.types().containsKey(sample.name()))
                .flatMap(sample -> sample.labels().keySet().stream())
                .filter(label -> !label.equals("le"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> valuesOf(Scrape scrape, String metric, String label) {
        return scrape.samples().stream()
                .filter(sample -> sample.name().equals(metric))
                .map(sample -> sample.labels().get(label))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Map<String, Documented> documented() throws IOException {
        Map<String, Documented> documented = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("docs/metrics.md"))) {
            Matcher row = METRIC.matcher(line);
            if (row.matches()) {
                documented.put(row.group(1), new Documented(row.group(2), quoted(row.group(3))));
            }
        }
        return documented;
    }

    /** By label, or by metric and label where the page says of which. */
    private Map<String, Set<String>> values() throws IOException {
        Map<String, Set<String>> values = new TreeMap<>();
        for (String line : Files.readAllLines(Path.of("docs/metrics.md"))) {
            Matcher row = LABEL.matcher(line);
            if (row.matches() && row.group(2) == null) {
                values.put(row.group(1), quoted(row.group(3)));
            } else if (row.matches()) {
                quoted(row.group(2)).forEach(metric -> values.put(metric + "/" + row.group(1), quoted(row.group(3))));
            }
        }
        values.get("provider").addAll(providers.ids());
        return values;
    }

    private static Set<String> quoted(String text) {
        return QUOTED.matcher(text)
                .results()
                .map((MatchResult found) -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
