package io.herald.trace;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.delivery.Caller;
import io.herald.delivery.Faults;
import io.herald.delivery.MovableClock;
import io.herald.lane.ParkedForMinutes;
import io.herald.rest.Api;
import io.herald.rest.Api.Answer;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import io.herald.trace.Collector.Exported;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who follows a message sees one trace, from its intake to each provider's answer, however long it took. */
@QuarkusTest
@TestProfile(ParkedForMinutes.class)
class TracesTest {

    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    private static final String INTAKE = "POST /v1/customers";
    private static final String REPLAY = "POST /v1/dead-letters/{id}/replay";
    private static final String CALLERS_SPAN = "00f067aa0ba902b7";

    Sandbox sandbox;
    Collector collector;

    @Inject
    MovableClock clock;

    @ConfigProperty(name = "herald.data-directory")
    Path data;

    private final Api herald = Api.underTest();

    /** The caller's own trace. */
    private final String trace = UUID.randomUUID().toString().replace("-", "");

    private final String traceparent = "00-" + trace + "-" + CALLERS_SPAN + "-01";

    @BeforeEach
    void fresh() {
        sandbox.reset();
    }

    @Test
    void isOneFromTheCallerToEachProvider() {
        Answer answer = submit(Caller.person(Caller.reference("traced"), ""));

        Exported intake = awaitSpan(INTAKE);
        assertThat(intake.parent()).isEqualTo(CALLERS_SPAN);
        assertThat(intake.attributes())
                .containsEntry("http.route", "/v1/customers")
                .containsEntry("http.response.status_code", "200")
                .containsEntry("herald.message.id", message(answer));
        for (String provider : PROVIDERS) {
            Exported delivery = awaitSpan("deliver " + provider);
            assertThat(delivery.parent()).isEqualTo(intake.id());
            assertThat(delivery.links()).isEmpty();
            assertThat(delivery.failed()).isFalse();
            assertThat(delivery.attributes())
                    .containsEntry("herald.provider", provider)
                    .containsEntry("herald.state", "delivered")
                    .containsEntry("herald.reason", "none")
                    .containsEntry("herald.attempts", "1")
                    .containsEntry("herald.message.id", message(answer));
            Exported send = awaitSpan("send " + provider);
            assertThat(send.parent()).isEqualTo(delivery.id());
            assertThat(send.attributes())
                    .containsEntry("herald.provider", provider)
                    .containsEntry("herald.attempt", "1")
                    .containsEntry("http.request.method", "POST")
                    .containsKey("http.response.status_code");
        }
        assertThat(spans("record")).hasSize(4);
    }

    @Test
    void hasEachTryAndTheLogInBetween() {
        submit(Caller.person(Caller.reference("logged-in"), "", "xbridge"));
        sandbox.revokeTokens("xbridge");

        String second = UUID.randomUUID().toString().replace("-", "");
        herald.submit(
                Caller.person(Caller.reference("logged-in"), "", "xbridge"),
                "traceparent",
                "00-" + second + "-" + CALLERS_SPAN + "-01");

        Exported delivery = Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> find(second, "deliver xbridge"), found -> !found.isEmpty())
                .get(0);
        List<Exported> sends = find(second, "send xbridge");
        assertThat(sends)
                .extracting(
                        Exported::parent,
                        Exported::failed,
                        send -> send.attributes().get("http.response.status_code"),
                        send -> send.attributes().get("herald.attempt"))
                .containsExactly(tuple(delivery.id(), true, "401", "1"), tuple(delivery.id(), false, "200", "2"));
        assertThat(find(second, "log_in xbridge")).singleElement().satisfies(logIn -> assertThat(logIn.parent())
                .isEqualTo(delivery.id()));
    }

    @Test
    void goesOnWhenAParkedDeliveryIsTakenUpAgain() {
        String reference = Caller.reference("traced-parked");
        new Faults(sandbox)
                .always("xbridge", Caller.email(reference, ""), aResponse().withStatus(503));
        submit(Caller.person(reference, "", "xbridge"));
        Exported parked = awaitSpan("deliver xbridge");
        assertThat(parked.failed()).isTrue();
        assertThat(parked.attributes())
                .containsEntry("herald.state", "retrying")
                .containsEntry("herald.reason", "unavailable");

        sandbox.server().resetToDefaultMappings();
        clock.putForward(Duration.ofMinutes(2));

        Exported again = awaitSpans("deliver xbridge", 2).get(1);
        assertThat(again.parent()).isEqualTo(awaitSpan(INTAKE).id());
        assertThat(again.links()).containsExactly(parked.asLink());
        assertThat(again.attributes()).containsEntry("herald.state", "delivered");
        assertThat(spans("find xbridge").stream().map(Exported::parent).distinct())
                .as("looked up before the second try, and before that of the second delivery")
                .containsExactly(parked.id(), again.id());
    }

    @Test
    void goesOnWhenADeadLetterIsReplayed() {
        String reference = Caller.reference("traced-replayed");
        ObjectNode customer = Caller.person(reference, "bridge-xyz.422", "bridge-xyz");
        String letter = message(submit(customer)) + ".bridge-xyz";
        awaitSpan("deliver bridge-xyz");
        String operators = UUID.randomUUID().toString().replace("-", "");
        customer.withObject("/contact").put("email", Caller.email(reference, ""));

        Answer replayed = herald.send(
                "POST",
                "/v1/dead-letters/" + letter + "/replay",
                customer.toString(),
                "traceparent",
                "00-" + operators + "-" + CALLERS_SPAN + "-01");

        assertThat(replayed.status()).as(replayed.body()).isEqualTo(202);
        Exported again = awaitSpans("deliver bridge-xyz", 2).get(1);
        Exported call = Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> find(operators, REPLAY), found -> !found.isEmpty())
                .get(0);
        assertThat(call.parent()).isEqualTo(CALLERS_SPAN);
        assertThat(again.parent()).isEqualTo(awaitSpan(INTAKE).id());
        assertThat(again.links()).containsExactly(call.asLink());
        assertThat(again.attributes())
                .containsEntry("herald.source", "replay")
                .containsEntry("herald.generation", "1")
                .containsEntry("herald.state", "delivered");
    }

    @Test
    void goesOnWhenAllAreReplayed() {
        String reference = Caller.reference("traced-all");
        new Faults(sandbox)
                .once("yativo", Caller.email(reference, ""), aResponse().withStatus(403));
        submit(Caller.person(reference, "", "yativo"));
        awaitSpan("deliver yativo");
        String operators = UUID.randomUUID().toString().replace("-", "");

        herald.send(
                "POST",
                "/v1/dead-letters/replay?provider=yativo&reason=forbidden",
                null,
                "traceparent",
                "00-" + operators + "-" + CALLERS_SPAN + "-01");

        Exported again = awaitSpans("deliver yativo", 2).get(1);
        Exported call = Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> find(operators, "POST /v1/dead-letters/replay"), found -> !found.isEmpty())
                .get(0);
        assertThat(again.links()).containsExactly(call.asLink());
    }

    @Test
    void beginsWithTheRecordOfADroppedFile() throws IOException {
        String reference = Caller.reference("traced-file");
        Path part = data.resolve("inbox").resolve(reference + ".ndjson.part");
        Files.writeString(part, Caller.person(reference, "", "fraudspect") + "\n{\"reference\": 1}\n");
        Files.move(part, data.resolve("inbox").resolve(reference + ".ndjson"));

        Awaitility.await()
                .atMost(Duration.ofSeconds(30))
                .until(() -> Files.exists(data.resolve("reports").resolve(reference + ".ndjson.summary.json")));
        String message = Caller.customer(reference).at("/providers/0/message").asText();

        Exported delivery = awaitAny(span -> span.name().equals("deliver fraudspect")
                && message.equals(span.attributes().get("herald.message.id")));
        Exported record =
                awaitAny(span -> span.name().equals("file record") && span.id().equals(delivery.parent()));
        assertThat(record.trace()).isEqualTo(delivery.trace());
        assertThat(record.parent()).isEmpty();
        assertThat(record.attributes())
                .containsEntry("herald.message.id", message)
                .containsEntry("herald.record", "1")
                .containsEntry("herald.answer", "accepted");
        assertThat(collector.spans()).anySatisfy(span -> assertThat(span.attributes())
                .containsEntry("herald.record", "2")
                .containsEntry("herald.answer", "invalid"));
    }

    @Test
    void onlyAProviderThatIsToBeToldIsTold() {
        String reference = Caller.reference("told");
        submit(Caller.person(reference, ""), "tracestate", "vendor=1", "baggage", "who=me");

        Exported send = awaitSpan("send fraudspect");
        assertThat(PROVIDERS).allSatisfy(provider -> {
            List<Received> received = sandbox.requests(provider);
            assertThat(received).as(provider).isNotEmpty().allSatisfy(request -> {
                assertThat(request.header("tracestate")).isEmpty();
                assertThat(request.header("baggage")).isEmpty();
                assertThat(request.header("traceparent"))
                        .isEqualTo(provider.equals("fraudspect") ? Optional.of(send.traceparent()) : Optional.empty());
            });
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "none",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"
            })
    void whatIsNoTraceOfACallerBeginsOneOfItsOwn(String wrong) {
        Answer answer =
                herald.submit(Caller.person(Caller.reference("not-traced"), "", "fraudspect"), "traceparent", wrong);

        Exported intake = awaitAny(span -> span.name().equals(INTAKE)
                && message(answer).equals(span.attributes().get("herald.message.id")));
        assertThat(intake.parent()).isEmpty();
        assertThat(intake.trace()).isNotEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    }

    /** Whoever asks for nothing of the kind does not pay for it: OpenTelemetry is not even asked for. */
    @Test
    void withoutAnEndpointNoneIsMade() {
        Traces off = new Traces("none", null);

        Span span = off.begin("anything", SpanKind.SERVER, Optional.of(traceparent), Optional.of(traceparent));

        assertThat(span).isSameAs(Span.getInvalid());
        assertThat(off.beginIn(span, "more", SpanKind.CLIENT)).isSameAs(Span.getInvalid());
        assertThat(Traces.traceparent(span)).isEmpty();
    }

    private Answer submit(ObjectNode customer, String... headers) {
        List<String> all = new ArrayList<>(List.of("traceparent", traceparent, "Prefer", "wait=20"));
        all.addAll(List.of(headers));
        return herald.submit(customer, all.toArray(String[]::new));
    }

    private static String message(Answer answer) {
        return answer.json().path("message").asText();
    }

    private Exported awaitSpan(String name) {
        return awaitSpans(name, 1).get(0);
    }

    /** Those of the caller's trace. */
    private List<Exported> awaitSpans(String name, int count) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> spans(name), found -> found.size() == count);
    }

    private List<Exported> spans(String name) {
        return find(trace, name);
    }

    private List<Exported> find(String of, String name) {
        return collector.spans().stream()
                .filter(span -> span.trace().equals(of) && span.name().equals(name))
                .toList();
    }

    private Exported awaitAny(Predicate<Exported> wanted) {
        return Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> collector.spans().stream().filter(wanted).findFirst(), Optional::isPresent)
                .orElseThrow();
    }
}
