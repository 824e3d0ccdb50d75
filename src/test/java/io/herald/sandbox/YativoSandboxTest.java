package io.herald.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.sandbox.Caller.Answer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class YativoSandboxTest extends SandboxTest {

    private static String customer(String email) {
        return """
                {"customer_name":"Jane Doe","customer_email":"%s","customer_phone":"+255700000000",
                 "customer_country":"TZA","customer_type":"individual","send_kyc_mail":false}""".formatted(email);
    }

    private Caller trusted() {
        return Caller.trusted(sandbox, "yativo").with("Idempotency-Key", "key-1");
    }

    @Test
    void logsInWithItsOwnSecretOnly() {
        Caller caller = Caller.of(sandbox, "yativo");
        Answer good = caller.post(
                "/auth/login", "{\"account_id\":\"sandbox-account-id\",\"app_secret\":\"sandbox-app-secret\"}");
        assertThat(good.status()).isEqualTo(200);
        assertThat(good.json().at("/data/token_type").asText()).isEqualTo("bearer");
        assertThat(good.json().at("/data/expires_in").isNumber()).isTrue();
        assertThat(good.json().at("/data/expires_in").asInt()).isEqualTo(600);

        String wrong = "{\"account_id\":\"sandbox-account-id\",\"app_secret\":\"guess\"}";
        assertThat(caller.post("/auth/login", wrong).status()).isEqualTo(401);
        assertThat(caller.post("/auth/login", wrong).json().get("status").asText())
                .isEqualTo("error");
        Answer page = caller.without("Accept").post("/auth/login", wrong);
        assertThat(page.status()).isEqualTo(401);
        assertThat(page.body()).startsWith("<!DOCTYPE html>");
        assertThat(page.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/html");

        Answer lacking = caller.post("/auth/login", "{\"account_id\":\"sandbox-account-id\"}");
        assertThat(lacking.status()).isEqualTo(422);
        assertThat(lacking.json().at("/errors/app_secret/0").asText()).isEqualTo("is required");
        assertThat(sandbox.logIns("yativo")).isEqualTo(5);
    }

    @Test
    void tokensExpireAndStateTheirLife() {
        sandbox.expireTokensAfter("yativo", Duration.ofSeconds(3));
        Caller caller = trusted();
        assertThat(caller.get("/customer").status()).isEqualTo(200);
        clock.move(Duration.ofSeconds(3));
        Answer expired = caller.get("/customer");
        assertThat(expired.status()).isEqualTo(401);
        assertThat(expired.json().get("message").asText()).isEqualTo("Unauthenticated.");
    }

    @Test
    void createsInTheShapeOfThePage() {
        Answer created = trusted().post("/customer", customer("jane@example.com"));
        assertThat(created.status()).isEqualTo(201);
        JsonNode body = created.json();
        assertThat(body.get("status").asText()).isEqualTo("success");
        assertThat(body.get("status_code").asInt()).isEqualTo(200);
        assertThat(body.at("/data/full_name").asText()).isEqualTo("Jane Doe");
        assertThat(body.at("/data/customer_id").asText())
                .isEqualTo(sandbox.customers("yativo").get(0).get("id").asText())
                .isNotEqualTo(body.at("/data/id").asText());
        assertThat(body.at("/data/kyc_link").asText()).contains("iqt_token");
        assertThat(body.at("/data/rejection_reasons").isArray()).isTrue();
    }

    @Test
    void theKeyIsAskedForButADoubleIsADuplicate() {
        Caller caller = trusted();
        Answer missing = caller.without("Idempotency-Key").post("/customer", customer("jane@example.com"));
        assertThat(missing.status()).isEqualTo(400);
        assertThat(missing.json().get("error").asText()).isEqualTo("Idempotency-Key is required for this request.");
        assertThat(sandbox.customers("yativo")).isEmpty();

        assertThat(caller.post("/customer", customer("jane@example.com")).status())
                .isEqualTo(201);
        Answer again = caller.post("/customer", customer("jane@example.com"));
        assertThat(again.status()).isEqualTo(422);
        assertThat(again.json().at("/data/customer_email/0").asText()).contains("already exists");
        assertThat(caller.post("/customer", customer("JANE@example.com")).status())
                .isEqualTo(422);
        assertThat(sandbox.customers("yativo")).hasSize(1);
    }

    @Test
    void ofManyAtOnceOneIsCreated() {
        Caller caller = trusted();
        List<Integer> statuses = Caller.atOnce(
                40, () -> caller.post("/customer", customer("jane@example.com")).status());
        assertThat(statuses).containsOnlyOnce(201);
        assertThat(statuses).filteredOn(status -> status == 422).hasSize(39);
        assertThat(sandbox.customers("yativo")).hasSize(1);
    }

    @Test
    void refusesWhatThePageRefuses() {
        Caller caller = trusted();
        Answer refused = caller.post(
                "/customer", "{\"customer_email\":\"x\",\"customer_phone\":\"0712\",\"customer_country\":\"TZ\"}");
        assertThat(refused.status()).isEqualTo(422);
        assertThat(refused.json().get("status_code").asInt()).isEqualTo(422);
        assertThat(refused.json().get("errors").fieldNames())
                .toIterable()
                .containsExactlyInAnyOrder(
                        "customer_name", "customer_email", "customer_phone", "customer_country", "customer_type");
        assertThat(caller.post("/customer", "{").json().toString()).isEqualTo("{\"error\":\"Invalid request\"}");
        assertThat(caller.with("Content-Type", "text/plain")
                        .post("/customer", customer("jane@example.com"))
                        .status())
                .isEqualTo(400);
    }

    @Test
    void updatesOnBothPaths() {
        Caller caller = trusted();
        String id = caller.post("/customer", customer("jane@example.com"))
                .json()
                .at("/data/customer_id")
                .asText();
        caller.post("/customer", customer("john@example.com"));

        Answer updated = caller.put("/customer/" + id, "{\"customer_name\":\"Jane Roe\"}");
        assertThat(updated.status()).isEqualTo(200);
        assertThat(updated.json().at("/data/full_name").asText()).isEqualTo("Jane Roe");
        assertThat(updated.json().at("/data/email").asText()).isEqualTo("jane@example.com");
        assertThat(caller.put("/customer/customer/" + id, "{\"customer_name\":\"Jane Poe\"}")
                        .json()
                        .at("/data/customer_id")
                        .asText())
                .isEqualTo(id);
        for (String path : List.of("/customer/nobody", "/customer/customer/nobody")) {
            assertThat(caller.put(path, "{}").status()).isEqualTo(400);
            assertThat(caller.put(path, "{}").json())
                    .isEqualTo(caller.get("/customer/nobody").json());
        }
        assertThat(caller.put("/customer/" + id, "{\"customer_country\":\"TZ\"}")
                        .status())
                .isEqualTo(422);
        assertThat(caller.put("/customer/" + id, "{\"customer_email\":\"john@example.com\"}")
                        .status())
                .isEqualTo(422);
        assertThat(caller.without("Idempotency-Key")
                        .put("/customer/" + id, "{}")
                        .status())
                .isEqualTo(400);
        assertThat(caller.put("/customer/" + id, customer("jane@example.com")).status())
                .isEqualTo(200);
    }

    @Test
    void listsInPagesAndFiltersByParts() {
        Caller caller = trusted();
        for (int i = 0; i < 23; i++) {
            caller.post("/customer", customer("jane" + i + "@example.com"));
        }
        caller.post("/customer", customer("john@example.com"));

        JsonNode first = caller.get("/customer?email=ANE").json();
        assertThat(first.get("data")).hasSize(20);
        assertThat(first.at("/pagination/total").asInt()).isEqualTo(23);
        assertThat(first.at("/pagination/last_page").asInt()).isEqualTo(2);
        JsonNode second = caller.get("/customer?email=ane&page=2").json();
        assertThat(second.get("data")).hasSize(3);
        assertThat(second.at("/pagination/next_page_url").isNull()).isTrue();
        assertThat(caller.get("/customer?per_page=5&page=3").json().get("data")).hasSize(5);
        assertThat(caller.get("/customer?page=9").json().get("data")).isEmpty();
        assertThat(caller.get("/customer?email=jane1%40example.com")
                        .json()
                        .at("/data/0/customer_email")
                        .asText())
                .isEqualTo("jane1@example.com");
        assertThat(caller.get("/customer?email=jane%2B@").json().get("data")).isEmpty();
    }

    @Test
    void aCustomerCanBecomeVisibleLate() {
        sandbox.visibleAfter("yativo", Duration.ofSeconds(2));
        Caller caller = trusted();
        caller.post("/customer", customer("jane@example.com"));
        assertThat(caller.get("/customer?email=jane").json().get("data")).isEmpty();
        assertThat(caller.post("/customer", customer("jane@example.com")).status())
                .isEqualTo(422);
        clock.move(Duration.ofSeconds(2));
        assertThat(caller.get("/customer?email=jane").json().get("data")).hasSize(1);
    }
}
