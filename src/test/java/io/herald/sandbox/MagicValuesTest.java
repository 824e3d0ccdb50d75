package io.herald.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.herald.sandbox.Caller.Answer;
import java.io.IOException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MagicValuesTest extends SandboxTest {

    private static final Map<String, String> PATHS = Map.of(
            "xbridge", "/v1/kyc/customers",
            "yativo", "/customer",
            "fraudspect", "/api/v1/customers",
            "bridge-xyz", "/customers");

    private static final Map<String, String> BODIES = Map.of(
            "xbridge", "{'legalName':'Jane Doe','type':'PERSON','email':'%s'}",
            "yativo",
                    "{'customer_name':'Jane Doe','customer_email':'%s','customer_phone':'+255700000000',"
                            + "'customer_country':'TZA','customer_type':'individual'}",
            "fraudspect", "{'name':'Jane Doe','referenceId':'CUST-1','accountTypeId':1,'email':'%s'}",
            "bridge-xyz", "{'type':'individual','first_name':'Jane','last_name':'Doe','email':'%s'}");

    private static String body(String provider, String fault) {
        return BODIES.get(provider).replace('\'', '"').formatted("jane+" + fault + "@example.com");
    }

    private Caller trusted(String provider) {
        return Caller.trusted(sandbox, provider).with("Idempotency-Key", "key-1");
    }

    private Answer send(String provider, String fault) {
        return trusted(provider).post(PATHS.get(provider), body(provider, fault));
    }

    private Answer trySend(String provider, String fault, Duration limit) throws IOException {
        return trusted(provider).tryTo("POST", PATHS.get(provider), body(provider, fault), limit);
    }

    @ParameterizedTest
    @CsvSource({"xbridge, 200", "yativo, 201", "fraudspect, 201", "bridge-xyz, 201"})
    void onceIsOnceForEachAddressAndProvider(String provider, int good) {
        for (String status : List.of("422", "429", "500")) {
            String fault = provider + "." + status + "-once";
            assertThat(send(provider, fault).status()).isEqualTo(Integer.parseInt(status));
            assertThat(sandbox.customers(provider)).isEmpty();
            assertThat(send(provider, fault).status()).isEqualTo(good);
            assertThat(send(provider, fault + "+2").status()).isEqualTo(Integer.parseInt(status));
            sandbox.reset();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo", "fraudspect", "bridge-xyz"})
    void withoutOnceItNeverEnds(String provider) {
        for (int i = 0; i < 3; i++) {
            assertThat(send(provider, provider + ".500").status()).isEqualTo(500);
            Answer limited = send(provider, provider + ".429");
            assertThat(limited.status()).isEqualTo(429);
            assertThat(limited.headers().firstValue("Retry-After")).contains("1");
            Answer refused = send(provider, provider + ".422");
            assertThat(refused.status()).isEqualTo(422);
            assertThat(refused.body()).contains("jane+" + provider + ".422@example.com");
        }
        assertThat(sandbox.customers(provider)).isEmpty();
    }

    @Test
    void aFaultIsForItsProviderOrForAll() {
        assertThat(send("yativo", "xbridge.500").status()).isEqualTo(201);
        assertThat(send("xbridge", "all.500-once").status()).isEqualTo(500);
        assertThat(send("bridge-xyz", "all.500-once").status()).isEqualTo(500);
        assertThat(send("bridge-xyz", "all.500-once").status()).isEqualTo(201);
        assertThat(send("fraudspect", "yativo.422+fraudspect.429").status()).isEqualTo(429);
        assertThat(send("yativo", "yativo.422+fraudspect.429").status()).isEqualTo(422);
    }

    @Test
    void anUpdateIsAskedTooWithACountOfItsOwnEmail() {
        Caller caller = trusted("bridge-xyz");
        String id = caller.post("/customers", body("bridge-xyz", "none.0"))
                .json()
                .get("id")
                .asText();
        String change = "{\"email\":\"jane+bridge-xyz.500-once@example.com\"}";
        Caller updating = caller.without("Idempotency-Key");
        assertThat(updating.put("/customers/" + id, change).status()).isEqualTo(500);
        assertThat(updating.put("/customers/" + id, change).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void unauthorizedRevokesTheTokenThatCame(String provider) {
        Caller caller = trusted(provider);
        Caller other = trusted(provider);
        String fault = body(provider, provider + ".unauthorized-once");
        assertThat(caller.post(PATHS.get(provider), fault).status()).isEqualTo(401);
        assertThat(caller.post(PATHS.get(provider), fault).status()).isEqualTo(401);
        assertThat(other.post(PATHS.get(provider), fault).status()).isBetween(200, 201);
        assertThat(sandbox.customers(provider)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fraudspect", "bridge-xyz"})
    void unauthorizedWithAStaticKeyIsAnswered(String provider) {
        assertThat(send(provider, provider + ".unauthorized-once").status()).isEqualTo(401);
        assertThat(send(provider, provider + ".unauthorized-once").status()).isEqualTo(201);
    }

    @Test
    void aRequestThatIsNotLetInDoesNotUseUpTheFault() {
        String fault = body("xbridge", "xbridge.500-once");
        assertThat(Caller.of(sandbox, "xbridge")
                        .post(PATHS.get("xbridge"), fault)
                        .status())
                .isEqualTo(401);
        assertThat(send("xbridge", "xbridge.500-once").status()).isEqualTo(500);

        String lost = body("xbridge", "xbridge.lost-once");
        assertThat(Caller.of(sandbox, "xbridge")
                        .post(PATHS.get("xbridge"), lost)
                        .status())
                .isEqualTo(401);
        assertThatThrownBy(() -> trySend("xbridge", "xbridge.lost-once", Duration.ofSeconds(5)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void ofManyAtOnceOneIsFirst() {
        Caller caller = trusted("xbridge");
        String body = body("xbridge", "xbridge.500-once");
        List<Integer> statuses =
                Caller.atOnce(30, () -> caller.post(PATHS.get("xbridge"), body).status());
        assertThat(statuses).containsOnlyOnce(500);
        assertThat(statuses).filteredOn(status -> status == 200).hasSize(29);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo", "fraudspect", "bridge-xyz"})
    void resetComesBeforeTheWork(String provider) {
        assertThatThrownBy(() -> trySend(provider, provider + ".reset-once", Duration.ofSeconds(5)))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HttpTimeoutException.class);
        assertThat(sandbox.customers(provider)).isEmpty();
        assertThat(send(provider, provider + ".reset-once").status()).isBetween(200, 201);
    }

    @Test
    void timeoutComesBeforeTheWork() {
        assertThatThrownBy(() -> trySend("yativo", "yativo.timeout-once", Duration.ofMillis(500)))
                .isInstanceOf(HttpTimeoutException.class);
        assertThat(sandbox.customers("yativo")).isEmpty();
        assertThat(sandbox.requests("yativo")).extracting(Received::path).containsExactly("/auth/login", "/customer");
        assertThat(send("yativo", "yativo.timeout-once").status()).isEqualTo(201);
        assertThat(sandbox.server().getStubMappings().stream()
                        .filter(stub -> stub.getName().contains("no answer in time"))
                        .map(stub -> stub.getResponse().getFixedDelayMilliseconds()))
                .singleElement()
                .satisfies(delay -> assertThat(delay).isGreaterThan(15_000));
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo", "fraudspect", "bridge-xyz"})
    void aLostAnswerComesAfterTheWork(String provider) {
        assertThatThrownBy(() -> trySend(provider, provider + ".lost-once", Duration.ofSeconds(5)))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HttpTimeoutException.class);
        assertThat(sandbox.customers(provider)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo", "fraudspect", "bridge-xyz"})
    void aTruncatedAnswerComesAfterTheWork(String provider) {
        assertThatThrownBy(() -> trySend(provider, provider + ".truncated-once", Duration.ofSeconds(5)))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(HttpTimeoutException.class);
        assertThat(sandbox.customers(provider)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"xbridge, 200", "yativo, 422", "fraudspect, 200", "bridge-xyz, 201"})
    void aBadGatewayAfterTheWorkAndWhatASecondTryMeets(String provider, int second) {
        Answer gateway = send(provider, provider + ".502-after-once");
        assertThat(gateway.status()).isEqualTo(502);
        assertThat(gateway.body()).startsWith("<html>");
        assertThat(sandbox.customers(provider)).hasSize(1);

        assertThat(send(provider, provider + ".502-after-once").status()).isEqualTo(second);
        assertThat(sandbox.customers(provider)).hasSize(provider.equals("xbridge") ? 2 : 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo", "fraudspect", "bridge-xyz"})
    void anHtmlPageAfterTheWork(String provider) {
        Answer page = send(provider, provider + ".html-once");
        assertThat(page.status()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Type")).contains("text/html");
        assertThat(page.body()).startsWith("<html>");
        assertThat(sandbox.customers(provider)).hasSize(1);
    }

    @Test
    void anUnknownFaultIsNoFault() {
        assertThat(send("xbridge", "xbridge.holiday-once").status()).isEqualTo(200);
        assertThat(sandbox.requests("xbridge").get(1).headers()).doesNotContainKeys(Magic.FAULT, Magic.ONCE);
    }
}
