package io.herald.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.sandbox.Caller.Answer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class XbridgeSandboxTest extends SandboxTest {

    private static final String CUSTOMERS = "/v1/kyc/customers";
    private static final String JANE = """
            {"legalName":"Jane \\"JD\\" Doe","type":"PERSON","mobile":"+255700000000","email":"jane@example.com",
             "dob":"1995-01-10","nationalId":"NID12345","address":{"line1":"1 High St","country":"TZ"}}""";

    @Test
    void logsInWithItsOwnKeyOnly() {
        Caller caller = Caller.of(sandbox, "xbridge");

        Answer good = caller.post("/generate-token", "{\"keyId\":\"sandbox-key-id\",\"secret\":\"sandbox-secret\"}");
        assertThat(good.status()).isEqualTo(200);
        assertThat(good.json().get("token").asText()).hasSizeGreaterThan(40);
        assertThat(Instant.parse(good.json().get("expiresAt").asText()))
                .isEqualTo(clock.instant().plusSeconds(3600));
        assertThat(good.json().get("scopes")).isNotEmpty();

        Answer wrong = caller.post("/generate-token", "{\"keyId\":\"sandbox-key-id\",\"secret\":\"guess\"}");
        assertThat(wrong.status()).isEqualTo(401);
        assertThat(wrong.json().at("/error/code").asText()).isEqualTo("UNAUTHORIZED");

        assertThat(caller.post("/generate-token", "{\"keyId\":\"sandbox-key-id\"}")
                        .status())
                .isEqualTo(400);
        assertThat(caller.post("/generate-token", "keyId=1").status()).isEqualTo(400);
        assertThat(sandbox.logIns("xbridge")).isEqualTo(4);
    }

    @Test
    void everyTokenIsAnother() {
        Caller caller = Caller.of(sandbox, "xbridge");
        List<String> tokens = Caller.atOnce(50, () -> Caller.xbridgeToken(caller));
        assertThat(Set.copyOf(tokens)).hasSize(50);
        assertThat(sandbox.logIns("xbridge")).isEqualTo(50);
        for (String token : tokens) {
            assertThat(caller.with("Authorization", "Bearer " + token)
                            .get(CUSTOMERS + "/phone/%2B1")
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void lettingInOnlyTokensThatItIssuedAndThatAreGood() {
        Caller plain = Caller.of(sandbox, "xbridge");
        Answer none = plain.post(CUSTOMERS, JANE);
        assertThat(none.status()).isEqualTo(401);
        assertThat(none.json().toString())
                .isEqualTo("{\"error\":{\"code\":\"UNAUTHORIZED\",\"message\":\"Token expired or invalid\"}}");
        assertThat(plain.with("Authorization", "Bearer made-up")
                        .post(CUSTOMERS, JANE)
                        .status())
                .isEqualTo(401);
        String foreign = Caller.yativoToken(Caller.of(sandbox, "yativo"));
        assertThat(plain.with("Authorization", "Bearer " + foreign)
                        .post(CUSTOMERS, JANE)
                        .status())
                .isEqualTo(401);

        Caller trusted = Caller.trusted(sandbox, "xbridge");
        assertThat(trusted.post(CUSTOMERS, JANE).status()).isEqualTo(200);
        sandbox.revokeTokens("xbridge");
        assertThat(trusted.post(CUSTOMERS, JANE).status()).isEqualTo(401);
        assertThat(sandbox.customers("xbridge")).hasSize(1);
    }

    @Test
    void tokensExpireWhenTheAnswerSaid() {
        sandbox.expireTokensAfter("xbridge", Duration.ofSeconds(5));
        Caller caller = Caller.of(sandbox, "xbridge");
        JsonNode issued = caller.post("/generate-token", "{\"keyId\":\"sandbox-key-id\",\"secret\":\"sandbox-secret\"}")
                .json();
        assertThat(issued.get("expiresAt").asText())
                .isEqualTo(clock.instant().plusSeconds(5).toString());
        Caller trusted =
                caller.with("Authorization", "Bearer " + issued.get("token").asText());

        clock.move(Duration.ofMillis(4999));
        assertThat(trusted.post(CUSTOMERS, JANE).status()).isEqualTo(200);
        clock.move(Duration.ofMillis(1));
        assertThat(trusted.post(CUSTOMERS, JANE).status()).isEqualTo(401);
    }

    @Test
    void everyCreateIsANewCustomer() {
        Caller caller = Caller.trusted(sandbox, "xbridge");
        Answer first = caller.post(CUSTOMERS, JANE);
        assertThat(first.status()).isEqualTo(200);
        assertThat(first.json().get("legalName").asText()).isEqualTo("Jane \"JD\" Doe");
        assertThat(first.json().get("type").asText()).isEqualTo("PERSON");

        Set<String> ids =
                Caller.atOnce(40, () -> caller.post(CUSTOMERS, JANE)
                                .json()
                                .get("customerId")
                                .asText())
                        .stream()
                        .collect(Collectors.toSet());
        assertThat(ids)
                .hasSize(40)
                .doesNotContain(first.json().get("customerId").asText());
        assertThat(sandbox.customers("xbridge")).hasSize(41);
    }

    @Test
    void updatesTheCustomerItKnows() {
        Caller caller = Caller.trusted(sandbox, "xbridge");
        String id = caller.post(CUSTOMERS, JANE).json().get("customerId").asText();

        Answer updated = caller.post(
                CUSTOMERS, "{\"customerId\":\"" + id + "\",\"legalName\":\"Jane Roe\",\"type\":\"PERSON\"}");
        assertThat(updated.status()).isEqualTo(200);
        assertThat(updated.json().get("customerId").asText()).isEqualTo(id);
        JsonNode kept = sandbox.customers("xbridge").get(0);
        assertThat(sandbox.customers("xbridge")).hasSize(1);
        assertThat(kept.get("id").asText()).isEqualTo(id);
        assertThat(kept.at("/fields/legalName").asText()).isEqualTo("Jane Roe");
        assertThat(kept.at("/fields/mobile").asText()).isEqualTo("+255700000000");

        Answer unknown =
                caller.post(CUSTOMERS, "{\"customerId\":\"cust_0000\",\"legalName\":\"X\",\"type\":\"PERSON\"}");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.json().at("/error/code").asText()).isEqualTo("NOT_FOUND");
        assertThat(caller.get(CUSTOMERS + "/" + id)
                        .json()
                        .at("/profile/legalName")
                        .asText())
                .isEqualTo("Jane Roe");
        assertThat(caller.get(CUSTOMERS + "/nobody").status()).isEqualTo(404);
    }

    @Test
    void refusesWhatThePageRefuses() {
        Caller caller = Caller.trusted(sandbox, "xbridge");
        Answer refused = caller.post(CUSTOMERS, "{\"type\":\"ROBOT\",\"email\":\"nobody\",\"dob\":\"1995-02-30\"}");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/error/details").findValuesAsText("field"))
                .containsExactlyInAnyOrder("legalName", "type", "email", "dob");
        assertThat(caller.post(CUSTOMERS, "{").status()).isEqualTo(400);
        assertThat(caller.with("Content-Type", "text/plain")
                        .post(CUSTOMERS, JANE)
                        .status())
                .isEqualTo(415);
        assertThat(caller.without("Content-Type").post(CUSTOMERS, JANE).status())
                .isEqualTo(415);
        assertThat(caller.get("/v1/kyc/elsewhere/x").status()).isEqualTo(404);
        assertThat(sandbox.customers("xbridge")).isEmpty();
    }

    @Test
    void looksUpByPhone() {
        Caller caller = Caller.trusted(sandbox, "xbridge");
        Answer none = caller.get(CUSTOMERS + "/phone/%2B255700000000");
        assertThat(none.status()).isEqualTo(200);
        assertThat(none.body()).isEqualTo("null");

        String id = caller.post(CUSTOMERS, JANE).json().get("customerId").asText();
        caller.post(CUSTOMERS, JANE);
        Answer found = caller.get(CUSTOMERS + "/phone/%2B255700000000");
        assertThat(found.json().get("customerId").asText()).isEqualTo(id);
        assertThat(found.json().at("/profile/legalName").asText()).isEqualTo("Jane \"JD\" Doe");
        assertThat(caller.get(CUSTOMERS + "/phone/+255700000000").body()).isEqualTo("null");
    }

    @Test
    void aCustomerCanBecomeVisibleLate() {
        sandbox.visibleAfter("xbridge", Duration.ofSeconds(2));
        Caller caller = Caller.trusted(sandbox, "xbridge");
        caller.post(CUSTOMERS, JANE);
        clock.move(Duration.ofMillis(1999));
        assertThat(caller.get(CUSTOMERS + "/phone/%2B255700000000").body()).isEqualTo("null");
        clock.move(Duration.ofMillis(1));
        assertThat(caller.get(CUSTOMERS + "/phone/%2B255700000000").json().has("customerId"))
                .isTrue();
    }
}
