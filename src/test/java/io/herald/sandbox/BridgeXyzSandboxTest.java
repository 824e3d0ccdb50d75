package io.herald.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.sandbox.Caller.Answer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BridgeXyzSandboxTest extends SandboxTest {

    private static final String JANE = """
            {"type":"individual","first_name":"Jane","last_name":"Doe","email":"jane@example.com",
             "phone":"+255700000000","birth_date":"1995-01-10",
             "residential_address":{"street_line_1":"123 Washington St","city":"New York","subdivision":"NY",
              "postal_code":"10001","country":"USA"}}""";

    private Caller trusted(String key) {
        return Caller.trusted(sandbox, "bridge-xyz").with("Idempotency-Key", key);
    }

    @Test
    void letsInItsKeyOnly() {
        Caller plain = Caller.of(sandbox, "bridge-xyz").with("Idempotency-Key", "k");
        Answer none = plain.post("/customers", JANE);
        assertThat(none.status()).isEqualTo(401);
        assertThat(none.json().get("code").asText()).isEqualTo("required");
        Answer wrong = plain.with("Api-Key", "guess").post("/customers", JANE);
        assertThat(wrong.status()).isEqualTo(401);
        assertThat(wrong.json().get("code").asText()).isEqualTo("invalid");
        assertThat(wrong.json().get("location").asText()).isEqualTo("header");
    }

    @Test
    void createsInTheShapeOfThePage() {
        Answer created = trusted("k").post("/customers", JANE);
        assertThat(created.status()).isEqualTo(201);
        JsonNode body = created.json();
        assertThat(body.get("id").asText()).hasSize(36);
        assertThat(body.get("has_accepted_terms_of_service").isBoolean()).isTrue();
        assertThat(body.get("has_accepted_terms_of_service").asBoolean()).isFalse();
        assertThat(body.at("/address/state").asText()).isEqualTo("NY");
        assertThat(body.at("/address/street_line_2").isNull()).isTrue();
        assertThat(body.at("/endorsements/1/additional_requirements")).hasSize(2);
        assertThat(body.get("created_at").asText()).isEqualTo(clock.instant().toString());
        assertThat(trusted("k").get("/customers/" + body.get("id").asText()).json())
                .isEqualTo(body);
    }

    @Test
    void aKeyGivesTheStoredAnswerForTheSameBytesOnly() {
        Caller caller = trusted("key-1");
        Answer missing = caller.without("Idempotency-Key").post("/customers", JANE);
        assertThat(missing.status()).isEqualTo(400);
        assertThat(missing.json().at("/source/key").asText()).isEqualTo("Idempotency-Key");

        Answer first = caller.post("/customers", JANE);
        clock.move(Duration.ofHours(1));
        caller.without("Idempotency-Key")
                .put("/customers/" + first.json().get("id").asText(), "{\"first_name\":\"Janet\"}");
        Answer again = caller.post("/customers", JANE);
        assertThat(again.status()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(first.body());

        Answer other = caller.post("/customers", JANE.replace("Jane", "June"));
        assertThat(other.status()).isEqualTo(422);
        assertThat(other.json().get("code").asText()).isEqualTo("not_truly_idempotent");
        assertThat(caller.post("/customers", JANE + " ").status()).isEqualTo(422);
        clock.move(Duration.ofHours(23));
        assertThat(caller.post("/customers", JANE).status()).isEqualTo(422);
        assertThat(sandbox.customers("bridge-xyz")).hasSize(1);
    }

    @Test
    void manyAtOnceUnderOneKeyAreOneCustomer() {
        Caller caller = trusted("key-1");
        Set<String> bodies = Caller.atOnce(40, () -> caller.post("/customers", JANE)).stream()
                .peek(answer -> assertThat(answer.status()).isEqualTo(201))
                .map(Answer::body)
                .collect(Collectors.toSet());
        assertThat(bodies).hasSize(1);
        assertThat(sandbox.customers("bridge-xyz")).hasSize(1);
    }

    @Test
    void anEmailIsOneCustomers() {
        trusted("key-1").post("/customers", JANE);
        Answer taken = trusted("key-2").post("/customers", JANE);
        assertThat(taken.status()).isEqualTo(400);
        assertThat(taken.json().get("code").asText()).isEqualTo("invalid_parameters");
        assertThat(taken.json().at("/source/key/email").asText())
                .isEqualTo("A customer with this email already exists");
        assertThat(sandbox.customers("bridge-xyz")).hasSize(1);
    }

    @Test
    void anUpdateTakesAnySubsetAndNoKey() {
        Caller keyed = trusted("key-1");
        String id = keyed.post("/customers", JANE).json().get("id").asText();
        Answer refused = keyed.put("/customers/" + id, "{\"last_name\":\"Roe\"}");
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/source/key").asText()).isEqualTo("Idempotency-Key");

        Caller caller = keyed.without("Idempotency-Key");
        Answer updated = caller.put("/customers/" + id, "{\"signed_agreement_id\":\"a-1\",\"last_name\":\"Roe\"}");
        assertThat(updated.status()).isEqualTo(200);
        assertThat(updated.json().get("last_name").asText()).isEqualTo("Roe");
        assertThat(updated.json().get("first_name").asText()).isEqualTo("Jane");
        assertThat(updated.json().get("has_accepted_terms_of_service").asBoolean())
                .isTrue();
        assertThat(caller.put("/customers/nobody", "{}").status()).isEqualTo(404);
        assertThat(caller.put("/customers/" + id, "{\"last_name\":\"R\"}").status())
                .isEqualTo(400);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                                       | type",
                "{'type':'robot'}                                                         | type",
                "{'type':'individual','first_name':'J'}                                   | first_name",
                "{'type':'individual','last_name':'Łuc'}                                  | transliterated_last_name",
                "{'type':'individual','email':'x'}                                        | email",
                "{'type':'individual','birth_date':'2008-11-21'}                          | birth_date",
                "{'type':'individual','birth_date':'1995-02-30'}                          | birth_date",
                "{'type':'individual','nationality':'TZ'}                                 | nationality",
                "{'type':'individual','account_purpose':'fun'}                            | account_purpose",
                "{'type':'individual','account_purpose':'other'}                          | account_purpose_other",
                "{'type':'individual','employment_status':'busy'}                         | employment_status",
                "{'type':'individual','source_of_funds':'luck'}                           | source_of_funds",
                "{'type':'individual','expected_monthly_payments_usd':5}                  | expected_monthly_payments_usd",
                "{'type':'business','expected_monthly_payments_usd':'0_4999'}             | expected_monthly_payments_usd",
                "{'type':'business','phone':'+255700000000'}                              | phone",
                "{'type':'individual','verified_govid_at':'yesterday'}                    | verified_govid_at",
                "{'type':'individual','residential_address':{'street_line_1':'12 High St','city':'Ny','country':'USA'}}"
                        + " | residential_address.subdivision",
                "{'type':'individual','residential_address':{'street_line_1':'P.O. Box 12','city':'Ny','country':'TZA'}}"
                        + " | residential_address.street_line_1",
                "{'type':'individual','residential_address':{'street_line_1':'12 High St','city':'Łódź','country':'POL'}}"
                        + " | transliterated_residential_address",
                "{'type':'business','business_legal_name':'Łuc Sp'}                       | transliterated_business_legal_name",
                "{'type':'business','business_trade_name':'Łuc'}                          | transliterated_business_trade_name",
                "{'type':'business','registered_address':{'street_line_1':'12 High St','city':'Łódź','country':'POL'}}"
                        + " | transliterated_registered_address",
                "{'type':'business','physical_address':{'street_line_1':'ul. Ślężna','city':'Ny','country':'POL'}}"
                        + " | transliterated_physical_address",
                "{'type':'individual','identifying_information':[{'type':'passport'}]}"
                        + " | identifying_information.0.issuing_country",
                "{'type':'individual','documents':[{'purposes':['proof_of_address'],'file':'x'}]} | documents.0.file",
            })
    void refusesWhatThePageRefuses(String body, String field) {
        Answer refused = trusted("k").post("/customers", body.replace('\'', '"'));
        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().at("/source/location").asText()).isEqualTo("body");
        assertThat(refused.json().at("/source/key").fieldNames()).toIterable().containsExactly(field);
        assertThat(sandbox.customers("bridge-xyz")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'type':'individual'}",
                "{'type':'individual','birth_date':'2008-11-20'}",
                "{'type':'individual','first_name':'Zoë','last_name':'Ünal'}",
                "{'type':'individual','last_name':'Łuc','transliterated_last_name':'Luc'}",
                "{'type':'individual','account_purpose':'other','account_purpose_other':'rent'}",
                "{'type':'business','business_legal_name':'Acme','business_type':'llc','expected_monthly_payments_usd':5}",
                "{'type':'business','business_legal_name':'Łuc','transliterated_business_legal_name':'Luc'}",
            })
    void takesWhatThePageTakes(String body) {
        assertThat(trusted("k").post("/customers", body.replace('\'', '"')).status())
                .isEqualTo(201);
    }

    @Test
    void whatWasReceivedCanBeReadBack() {
        trusted("key-1").post("/customers?x=1", JANE);
        List<Received> received = sandbox.requests("bridge-xyz");
        assertThat(received).hasSize(1);
        assertThat(received.get(0).method()).isEqualTo("POST");
        assertThat(received.get(0).path()).isEqualTo("/customers?x=1");
        assertThat(received.get(0).header("idempotency-key")).contains("key-1");
        assertThat(received.get(0).body()).isEqualTo(JANE.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertThat(received.get(0).json().get("first_name").asText()).isEqualTo("Jane");
        assertThat(received.get(0).answered()).isEqualTo(201);
        assertThat(sandbox.requests("xbridge")).isEmpty();
    }
}
