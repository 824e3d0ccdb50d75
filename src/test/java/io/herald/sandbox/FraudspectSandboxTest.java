package io.herald.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.sandbox.Caller.Answer;
import java.util.List;
import org.junit.jupiter.api.Test;

class FraudspectSandboxTest extends SandboxTest {

    private static final String CUSTOMERS = "/api/v1/customers";
    private static final String COMPANY =
            "{\"name\":\"Acme Trading Ltd\",\"referenceId\":\"COMP-001\",\"accountTypeId\":2}";

    private static String person(String more) {
        return "{\"name\":\"Jane Doe\",\"referenceId\":\"CUST-1\",\"accountTypeId\":1" + more + "}";
    }

    private Caller trusted() {
        return Caller.trusted(sandbox, "fraudspect");
    }

    @Test
    void letsInItsKeyOnly() {
        Caller plain = Caller.of(sandbox, "fraudspect");
        assertThat(plain.post(CUSTOMERS, COMPANY).status()).isEqualTo(401);
        Answer wrong = plain.with("x-api-key", "guess").post(CUSTOMERS, COMPANY);
        assertThat(wrong.status()).isEqualTo(401);
        assertThat(wrong.json().get("statusCode").asInt()).isEqualTo(401);
        assertThat(sandbox.customers("fraudspect")).isEmpty();
    }

    @Test
    void createsThenUpdatesByReference() {
        Caller caller = trusted();
        Answer created = caller.post(CUSTOMERS, person(",\"phone\":\"+255700000000\",\"branchCode\":12"));
        assertThat(created.status()).isEqualTo(201);
        JsonNode data = created.json().get("data");
        assertThat(created.json().get("code").asText()).isEqualTo("info");
        assertThat(data.get("id").isIntegralNumber()).isTrue();
        assertThat(data.get("riskScoreName").asText()).isEqualTo("High risk");
        assertThat(data.get("lastIpAddress").isNull()).isTrue();
        assertThat(data.get("customerMappedField").toString())
                .isEqualTo("[{\"value\":\"+255700000000\",\"CustomerFieldDefinition\":{\"name\":\"phone\"}},"
                        + "{\"value\":12,\"CustomerFieldDefinition\":{\"name\":\"branchCode\"}}]");

        Answer updated = caller.post(CUSTOMERS, person(",\"bvn\":\"22012345678\""));
        assertThat(updated.status()).isEqualTo(200);
        assertThat(updated.json().at("/data/id")).isEqualTo(data.get("id"));
        assertThat(sandbox.customers("fraudspect")).hasSize(1);
        assertThat(sandbox.customers("fraudspect").get(0).at("/fields/phone").asText())
                .isEqualTo("+255700000000");
        assertThat(caller.get(CUSTOMERS + "/CUST-1").json().at("/data/name").asText())
                .isEqualTo("Jane Doe");
        assertThat(caller.get(CUSTOMERS + "/CUST-2").status()).isEqualTo(404);
    }

    @Test
    void manyAtOnceAreOneCustomer() {
        Caller caller = trusted();
        List<Integer> statuses =
                Caller.atOnce(40, () -> caller.post(CUSTOMERS, person("")).status());
        assertThat(statuses).containsOnlyOnce(201);
        assertThat(statuses).filteredOn(status -> status == 200).hasSize(39);
        assertThat(sandbox.customers("fraudspect")).hasSize(1);
    }

    @Test
    void aConnectedCustomerMustBeThere() {
        Caller caller = trusted();
        String connected = person(",\"connects\":[{\"referenceId\":\"COMP-001\",\"role\":\"DIRECTOR\"}]");
        Answer refused = caller.post(CUSTOMERS, connected);
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().toString())
                .isEqualTo(
                        "{\"status\":400,\"message\":\"Connected customer(s) not found: COMP-001\",\"code\":\"error\"}");
        assertThat(sandbox.customers("fraudspect")).isEmpty();

        caller.post(CUSTOMERS, COMPANY);
        assertThat(caller.post(CUSTOMERS, connected).status()).isEqualTo(201);
        assertThat(sandbox.customers("fraudspect").get(1).get("connections").toString())
                .isEqualTo("[{\"referenceId\":\"COMP-001\",\"role\":\"DIRECTOR\"}]");
        assertThat(sandbox.customers("fraudspect").get(1).get("fields").has("connects"))
                .isFalse();
    }

    @Test
    void connectionsAreReplacedAtTheirOwnPath() {
        Caller caller = trusted();
        caller.post(CUSTOMERS, COMPANY);
        caller.post(CUSTOMERS, person(""));
        String path = CUSTOMERS + "/CUST-1/connections";
        String director = "{\"connects\":[{\"referenceId\":\"COMP-001\",\"role\":\"DIRECTOR\"}]}";
        String none = "{\"connects\":[]}";

        assertThat(caller.put(path, director).status()).isEqualTo(200);
        JsonNode connection = caller.get(path).json().at("/data/0");
        assertThat(connection.get("role").asText()).isEqualTo("DIRECTOR");
        assertThat(connection.at("/connectedCustomer/referenceId").asText()).isEqualTo("COMP-001");
        caller.post(CUSTOMERS, person(",\"connects\":[]"));
        assertThat(caller.get(path).json().get("data")).hasSize(1);
        assertThat(caller.put(path, "[]").status()).isEqualTo(400);
        assertThat(caller.put(path, director.replace("DIRECTOR", "UBO"))
                        .json()
                        .at("/data/0/role")
                        .asText())
                .isEqualTo("UBO");
        assertThat(caller.put(path, none).status()).isEqualTo(200);
        assertThat(caller.get(path).json().get("data")).isEmpty();

        assertThat(caller.put(path, director.replace("COMP-001", "NOBODY"))
                        .json()
                        .toString())
                .isEqualTo("{\"message\":\"Connected customer(s) not found: NOBODY\","
                        + "\"error\":\"Bad Request\",\"statusCode\":400}");
        assertThat(caller.put(CUSTOMERS + "/COMP-001/connections", director.replace("COMP-001", "CUST-1"))
                        .json()
                        .get("statusCode")
                        .asInt())
                .isEqualTo(400);
        assertThat(caller.put(path, director.replace("DIRECTOR", "FRIEND")).status())
                .isEqualTo(400);
        assertThat(caller.put(path, "{}").status()).isEqualTo(400);
        assertThat(caller.put(CUSTOMERS + "/NOBODY/connections", none).status()).isEqualTo(404);
        assertThat(caller.get(path).json().get("data")).isEmpty();
    }

    @Test
    void referencesAreToldApartByTheirCapitals() {
        Caller caller = trusted();
        caller.post(CUSTOMERS, COMPANY);
        assertThat(caller.post(CUSTOMERS, COMPANY.replace("COMP-001", "comp-001"))
                        .status())
                .isEqualTo(201);
        assertThat(caller.post(CUSTOMERS, person(",\"connects\":[{\"referenceId\":\"Comp-001\",\"role\":\"UBO\"}]"))
                        .status())
                .isEqualTo(400);
        assertThat(caller.put(CUSTOMERS + "/Comp-001/connections", "{\"connects\":[]}")
                        .status())
                .isEqualTo(404);
    }

    @Test
    void refusesWhatThePageRefuses() {
        Caller caller = trusted();
        Answer refused = caller.post(CUSTOMERS, "{\"accountTypeId\":0}");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().get("message").asText()).contains("name", "referenceId", "accountTypeId");
        assertThat(caller.post(CUSTOMERS, person(",\"mappedFields\":{}")).status())
                .isEqualTo(400);
        assertThat(caller.post(CUSTOMERS, person(",\"connects\":[{\"referenceId\":\"A\",\"role\":\"FRIEND\"}]"))
                        .json()
                        .get("statusCode")
                        .asInt())
                .isEqualTo(400);
        caller.post(CUSTOMERS, person(""));
        String director = COMPANY.replace("}", ",\"connects\":[{\"referenceId\":\"CUST-1\",\"role\":\"%s\"}]}");
        assertThat(caller.post(CUSTOMERS, director.formatted("DIRECTOR")).status())
                .isEqualTo(400);
        assertThat(caller.post(CUSTOMERS, director.formatted("SHAREHOLDER")).status())
                .isEqualTo(201);
        assertThat(caller.without("Content-Type").post(CUSTOMERS, COMPANY).status())
                .isEqualTo(415);
    }
}
