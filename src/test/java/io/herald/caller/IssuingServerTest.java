package io.herald.caller;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.metrics.Scrape;
import io.herald.rest.Api;
import io.herald.rest.Api.Answer;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Callers' tokens are held against the keys and the name of the server that issues them, which may come up after Herald. */
@QuarkusTest
@TestProfile(IssuingServer.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class IssuingServerTest {

    private static final Issuer OURS = Issuer.TRUSTED;

    IssuingServer.Resource server;

    @TestHTTPResource(value = "/metrics", management = true)
    URI metrics;

    private final Api herald = Api.underTest();

    private String token(Issuer signer, String keyId, Consumer<ObjectNode> change, String... roles) {
        return signer.token(
                Issuer.header("RS256").put("kid", keyId),
                "somebody",
                claims -> {
                    claims.put("iss", server.url());
                    change.accept(claims);
                },
                roles);
    }

    private Answer ask(String method, String path, String token) {
        return herald.send(method, path, null, "Authorization", "Bearer " + token);
    }

    private void assertRefused(String token) {
        assertThat(ask("GET", "/v1/messages/none", token).status()).isEqualTo(401);
        assertThat(ask("GET", "/v1/dead-letters", token).status()).isEqualTo(401);
    }

    @Test
    @Order(1)
    void whileItIsNotThereNobodyGetsInAndIsToldSo() {
        Answer answer = ask("GET", "/v1/messages/none", token(OURS, "one", claims -> {}, "submitter"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(503);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.header("Retry-After")).isNotBlank();
        assertThat(herald.get("/v1/messages/none").status()).isIn(401, 503);
    }

    @Test
    @Order(1)
    void aCustomerThatComesMeanwhileIsCountedAsUnavailable() {
        Answer answer = ask("POST", "/v1/customers", token(OURS, "one", claims -> {}, "submitter"));

        assertThat(answer.status()).as(answer.body()).isEqualTo(503);
        await().atMost(Duration.ofSeconds(10))
                .until(() ->
                        Scrape.of(metrics).sum("herald_intake_total", "source", "rest", "answer", "unavailable") == 1);
    }

    @Test
    @Order(2)
    void whenItIsThereItsTokensAreTakenWithTheirRoles() {
        server.has("one", OURS);
        String submitter = token(OURS, "one", claims -> {}, "submitter");
        String operator = token(OURS, "one", claims -> {}, "operator");

        assertThat(ask("GET", "/v1/messages/none", submitter).status()).isEqualTo(404);
        assertThat(ask("GET", "/v1/dead-letters", submitter).status()).isEqualTo(403);
        assertThat(ask("GET", "/v1/dead-letters", operator).status()).isEqualTo(200);
        assertThat(ask("GET", "/v1/messages/none", operator).status()).isEqualTo(403);
        assertThat(server.asked()).contains("/.well-known/openid-configuration", "/keys");
    }

    @Test
    @Order(3)
    void whatIsNotItsOwnIsRefused() {
        server.has("one", OURS);
        String[] both = {"submitter", "operator"};

        assertRefused(token(new Issuer("another"), "one", claims -> {}, both));
        assertRefused(token(new Issuer("another"), "two", claims -> {}, both));
        assertRefused(token(OURS, "one", claims -> claims.put("iss", Issuer.NAME), both));
        assertRefused(token(OURS, "one", claims -> claims.put("aud", "another"), both));
        assertRefused(token(OURS, "one", claims -> claims.remove("aud"), both));
        assertRefused(token(OURS, "one", claims -> claims.put("exp", 1_000_000_000), both));
        assertRefused(token(OURS, "one", claims -> claims.remove("sub"), both));
        assertRefused(OURS.unsigned("somebody", both));
        assertRefused(OURS.signedWithThePublicKey(OURS.publicKeyBytes(), "somebody", both));
        assertThat(server.asked())
                .as("a token is never sent anywhere")
                .allMatch(path -> path.equals("/keys") || path.equals("/.well-known/openid-configuration"));
    }
}
