package io.herald.delivery;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.common.Json;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Makes the sandbox's providers fail in ways that its magic values do not have, and tells what they received. */
public final class Faults {

    /** The scenario of a fault shown once is in this state when it has been shown. */
    public static final String SHOWN = "shown";

    private static final Map<String, String> CREATES = Map.of(
            "xbridge", "xbridge: create,",
            "yativo", "yativo: create;",
            "fraudspect", "fraudspect: create,",
            "bridge-xyz", "bridge-xyz: create;");

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Sandbox sandbox;

    public Faults(Sandbox sandbox) {
        this.sandbox = sandbox;
    }

    /** A provider's answer to every request whose body has that address. */
    public void always(String provider, String email, ResponseDefinitionBuilder answer) {
        sandbox.server().stubFor(requests(provider, email).willReturn(answer));
    }

    /** A provider's answer to the first request whose body has that address; what it does then is as usual. */
    public void once(String provider, String email, ResponseDefinitionBuilder answer) {
        sandbox.server()
                .stubFor(requests(provider, email)
                        .inScenario(provider + " " + email)
                        .whenScenarioStateIs(Scenario.STARTED)
                        .willSetStateTo(SHOWN)
                        .willReturn(answer));
    }

    /** A provider's answer to the requests with that address after the one of {@link #once}. */
    public void afterwards(String provider, String email, ResponseDefinitionBuilder answer) {
        sandbox.server()
                .stubFor(requests(provider, email)
                        .inScenario(provider + " " + email)
                        .whenScenarioStateIs(SHOWN)
                        .willReturn(answer));
    }

    private static MappingBuilder requests(String provider, String email) {
        return any(urlPathMatching("/" + provider + "/.*")).withRequestBody(containing("\"" + email + "\""));
    }

    /** The provider creates the customer with that address, but answers only after a while; once. */
    void answersLateOnce(String provider, String email, Duration delay) {
        createsOnce(provider, email, response -> response.put("fixedDelayMilliseconds", delay.toMillis()));
    }

    /** The provider creates the customer with that address, and resets the connection; once. */
    void losesTheAnswerOnce(String provider, String email) {
        createsOnce(provider, email, response -> response.put("fault", Fault.CONNECTION_RESET_BY_PEER.name()));
    }

    /** The provider creates the customer with that address, and somebody on the way answers with a page for people; once. */
    void answersOnTheWayOnce(String provider, String email, int status) {
        createsOnce(provider, email, response -> {
            response.remove("jsonBody");
            response.put("status", status).put("body", "<html><body>Oh dear</body></html>");
            response.withObject("/headers").put("Content-Type", "text/html");
        });
    }

    /** The provider creates the customer with that address, but answers in letters that nobody knows; once. */
    void answersInAnUnknownCharsetOnce(String provider, String email) {
        createsOnce(provider, email, response -> response.withObject("/headers")
                .put("Content-Type", "application/json; charset=utf8mb4"));
    }

    private void createsOnce(String provider, String email, Consumer<ObjectNode> spoil) {
        instead(CREATES.get(provider), create -> {
            create.put("scenarioName", provider + " " + email)
                    .put("requiredScenarioState", Scenario.STARTED)
                    .put("newScenarioState", SHOWN);
            create.withObject("/request").withArray("/bodyPatterns").addObject().put("contains", "\"" + email + "\"");
            spoil.accept(create.withObject("/response"));
        });
    }

    /** Puts a changed copy of one of the sandbox's own stubs before it. */
    void instead(String stub, Consumer<ObjectNode> change) {
        StubMapping usual = sandbox.server().getStubMappings().stream()
                .filter(mapping ->
                        mapping.getName() != null && mapping.getName().startsWith(stub))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the sandbox has no stub '" + stub + "'"));
        ObjectNode changed = (ObjectNode) tree(Json.write(usual));
        changed.remove(List.of("id", "uuid", "name"));
        changed.put("priority", 1);
        change.accept(changed);
        sandbox.server().addStubMapping(StubMapping.buildFrom(changed.toString()));
    }

    /** The provider answers a look-up's first request with 401, and revokes its token; what it does then is as usual. */
    void refusesTheTokenOfALookUpOnce(String provider) {
        sandbox.server()
                .stubFor(get(urlPathMatching("/" + provider + "/.*"))
                        .inScenario(provider + " look-up")
                        .whenScenarioStateIs(Scenario.STARTED)
                        .willSetStateTo(SHOWN)
                        .willReturn(aResponse()
                                .withStatus(401)
                                .withTransformer("sandbox", "work", Map.of("do", "revoke-token"))));
    }

    /** The requests whose body has that address: those that may do the work; look-ups and log-ins are not among them. */
    public List<Received> sends(String provider, String email) {
        return sandbox.requests(provider).stream()
                .filter(request -> new String(request.body(), StandardCharsets.UTF_8).contains("\"" + email + "\""))
                .toList();
    }

    /** When those requests arrived. The sandbox remembers this of its last hundred requests only. */
    List<Instant> arrivals(String provider, String email) {
        return sandbox.server().getAllServeEvents().stream()
                .map(event -> event.getRequest())
                .filter(request -> request.getUrl().startsWith("/" + provider + "/")
                        && request.getBodyAsString().contains("\"" + email + "\""))
                .map(request -> request.getLoggedDate())
                .map(Date::toInstant)
                .sorted()
                .toList();
    }

    /** When a provider's requests arrived; of all providers' requests the last hundred only. */
    public List<Instant> arrivals(String provider) {
        return sandbox.server().getAllServeEvents().stream()
                .map(event -> event.getRequest())
                .filter(request -> request.getUrl().startsWith("/" + provider + "/"))
                .map(request -> request.getLoggedDate().toInstant())
                .sorted()
                .toList();
    }

    /** How many of these times lie in the span of that length that has most of them. */
    public static long mostIn(Duration span, List<Instant> times) {
        return times.stream()
                .mapToLong(start -> times.stream()
                        .filter(time -> !time.isBefore(start) && time.isBefore(start.plus(span)))
                        .count())
                .max()
                .orElseThrow();
    }

    /** The look-ups that a provider received. */
    public List<Received> lookUps(String provider) {
        return sandbox.requests(provider).stream()
                .filter(request -> request.method().equals("GET"))
                .toList();
    }

    /** The customers of that address that a provider has. */
    public List<JsonNode> customers(String provider, String email) {
        return sandbox.customers(provider).stream()
                .filter(customer -> customer.toString().contains("\"" + email + "\""))
                .toList();
    }

    private static JsonNode tree(String text) {
        try {
            return JSON.readTree(text);
        } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
