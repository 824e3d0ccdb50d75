package io.herald.health;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.delivery.Caller;
import io.herald.delivery.MovableClock;
import io.herald.lane.ParkedForMinutes;
import io.herald.rest.Api;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Herald is ready while it can keep a message, however its providers do. */
@QuarkusTest
@TestProfile(ParkedForMinutes.class)
class HealthTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TestHTTPResource(value = "/health/", management = true)
    URI health;

    @Inject
    MovableClock clock;

    Sandbox sandbox;

    private final Api herald = Api.underTest();

    @Test
    void aBrokenProviderIsShownAndHeraldStaysReady() throws Exception {
        sandbox.reset();
        clock.putForward(Duration.ofHours(2));
        refuse("fraudspect", 503);
        refuse("yativo", 403);

        IntStream.range(0, 30)
                .mapToObj(i -> herald.submitting(
                        Caller.person(Caller.reference("health"), "", "fraudspect", "yativo"), "Prefer", "wait=20"))
                .toList()
                .forEach(CompletableFuture::join);

        JsonNode providers = check(told("well", 200), "providers");
        assertThat(providers.at("/data/fraudspect").asText()).isEqualTo("fails too often");
        assertThat(providers.at("/data/yativo").asText()).isEqualTo("refuses the credential");
        assertThat(providers.at("/data/bridge-xyz").asText()).isEqualTo("ok");
        assertThat(told("", 200).path("status").asText()).isEqualTo("UP");
        JsonNode ready = told("ready", 200);
        assertThat(check(ready, "ledger").at("/data/freeBytes").asLong()).isPositive();
        assertThat(check(ready, "routes").at("/data/all").asInt())
                .isPositive()
                .isEqualTo(check(ready, "routes").at("/data/started").asInt());
        assertThat(check(told("live", 200), "ledger writer").path("status").asText())
                .isEqualTo("UP");
        assertThat(check(told("started", 200), "routes").path("status").asText())
                .isEqualTo("UP");
    }

    private void refuse(String provider, int status) {
        sandbox.server()
                .stubFor(any(urlPathMatching("/" + provider + "/.*"))
                        .atPriority(1)
                        .willReturn(aResponse().withStatus(status)));
    }

    private JsonNode told(String group, int status) throws Exception {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(health.resolve(group)).build(), BodyHandlers.ofString());
        assertThat(answer.statusCode()).as("%s: %s", group, answer.body()).isEqualTo(status);
        return JSON.readTree(answer.body());
    }

    private static JsonNode check(JsonNode health, String name) {
        for (JsonNode check : health.path("checks")) {
            if (check.path("name").asText().equals(name)) {
                return check;
            }
        }
        throw new AssertionError("no check " + name + " in " + health);
    }
}
