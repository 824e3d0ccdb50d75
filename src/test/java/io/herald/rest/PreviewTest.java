package io.herald.rest;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostors;
import io.herald.provider.Neighbours;
import io.herald.sandbox.Received;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** {@code POST /v1/preview} tells exactly what would be sent, and sends and keeps nothing. */
@QuarkusTest
@TestProfile(Neighbours.class)
class PreviewTest extends AmongImpostors {

    private static final Contract CONTRACT = Contract.load();
    private static final List<String> LOG_INS = List.of("/generate-token", "/auth/login");

    /** In a Turkish one an i in capitals would be another letter, and a role none that fraudspect has. */
    @Test
    void theLanguageOfTheMachineDoesNotMatterToTemplates() {
        assertThat(Locale.getDefault()).isEqualTo(Locale.ROOT);
    }

    @Test
    void ofACreateIsWhatIsThenSent() {
        assertPreviewIsWhatIsSent(Customers.person("CUST-preview"));
    }

    @Test
    void ofAnUpdateIsWhatIsThenSent() {
        Api.Answer created = herald.submit(Customers.person("CUST-preview-update"));
        assertThat(created.status()).isEqualTo(200);

        assertPreviewIsWhatIsSent(Customers.person("CUST-preview-update"));

        JsonNode preview =
                herald.preview(Customers.person("CUST-preview-update")).json();
        assertThat(delivery(preview, "bridge-xyz").path("method").asText()).isEqualTo("PUT");
        assertThat(delivery(preview, "bridge-xyz").path("path").asText())
                .isEqualTo("/customers/"
                        + created.delivery("bridge-xyz")
                                .path("providerCustomerId")
                                .asText());
        assertThat(delivery(preview, "xbridge").at("/request/customerId"))
                .isEqualTo(created.delivery("xbridge").path("providerCustomerId"));
    }

    @Test
    void aLinkInAPathIsEncoded() {
        impostors
                .sandbox()
                .server()
                .stubFor(post(urlEqualTo("/yativo/customer"))
                        .willReturn(okJson(
                                "{\"status\": \"success\", \"data\": {\"customer_id\": \"a/../b c?d=e#f%2Fü+\"}}")));
        ObjectNode customer = Customers.person("CUST-preview-encoded");
        customer.putArray("targets").add("yativo");
        assertThat(herald.submit(customer).status()).isEqualTo(200);

        JsonNode preview = delivery(herald.preview(customer).json(), "yativo");

        assertThat(preview.path("method").asText()).isEqualTo("PUT");
        assertThat(preview.path("path").asText()).isEqualTo("/customer/a%2F..%2Fb%20c%3Fd%3De%23f%252F%C3%BC%2B");
        herald.submit(customer);
        assertThat(last("yativo").method()).isEqualTo("PUT");
        assertThat(last("yativo").path()).isEqualTo(preview.path("path").asText());
    }

    @Test
    void tellsWhatIsMissing() {
        ObjectNode customer = Customers.person("CUST-preview-lacking");
        customer.withObject("/person").put("lastName", "D");
        customer.remove("contact");

        Api.Answer answer = herald.preview(customer);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(CONTRACT.faults("Preview", answer.json())).isEmpty();
        JsonNode lacking = delivery(answer.json(), "bridge-xyz");
        assertThat(SubmitTest.fields(lacking)).containsExactly("provider", "error");
        assertThat(lacking.at("/error/code").asText()).isEqualTo("not_mappable");
        assertThat(lacking.at("/error/reason").asText()).isEqualTo("not_mappable");
        assertThat(lacking.at("/error/fields"))
                .extracting(field -> field.path("pointer").asText())
                .contains("/last_name");
        assertThat(SubmitTest.fields(delivery(answer.json(), "yativo"))).containsExactly("provider", "error");
        assertThat(SubmitTest.fields(delivery(answer.json(), "xbridge")))
                .containsExactly("provider", "method", "path", "request");
        assertNothingHappened("CUST-preview-lacking");
    }

    @Test
    void isAsTheContractShowsIt() {
        ObjectNode customer = JsonNodeFactory.instance.objectNode().put("reference", "CUST-preview-shown");
        customer.put("type", "person");
        customer.putObject("person").put("firstName", "Юлия").put("lastName", "Doe");
        customer.putObject("contact").put("email", "yulia@example.com").put("phone", "+255700000777");
        customer.putArray("targets").add("bridge-xyz").add("xbridge");

        assertThat(herald.preview(customer).json()).isEqualTo(CONTRACT.tree().at("/components/examples/Preview/value"));
    }

    @Test
    void isOfTheTargetsOnly() {
        ObjectNode customer = Customers.person("CUST-preview-targets");
        customer.putArray("targets").add("fraudspect");

        assertThat(herald.preview(customer).json().path("deliveries"))
                .extracting(delivery -> delivery.path("provider").asText())
                .containsExactly("fraudspect");
    }

    @Test
    void keepsAndSendsNothing() {
        impostors.sandbox().revokeTokens("xbridge");
        impostors.sandbox().revokeTokens("yativo");

        assertThat(herald.preview(Customers.person("CUST-preview-only")).status())
                .isEqualTo(200);

        assertNothingHappened("CUST-preview-only");
        Api.Answer first = herald.submit(Customers.person("CUST-preview-only"));
        Api.Answer second = herald.submit(Customers.person("CUST-preview-only"));
        assertThat(first.json().path("deliveries"))
                .extracting(delivery -> delivery.path("operation").asText())
                .containsOnly("created");
        herald.preview(Customers.person("CUST-preview-only"));
        assertThat(herald.submit(Customers.person("CUST-preview-only"))
                        .json()
                        .path("sequence")
                        .asLong())
                .as("a preview takes no number")
                .isEqualTo(second.json().path("sequence").asLong() + 1);
    }

    private void assertNothingHappened(String reference) {
        for (String provider : Impostors.PROVIDERS) {
            assertThat(impostors.of(provider).requests()).as(provider).isZero();
        }
        assertThat(herald.get("/v1/customers/" + reference).status()).isEqualTo(404);
    }

    private void assertPreviewIsWhatIsSent(ObjectNode customer) {
        Api.Answer preview = herald.preview(customer);
        assertThat(preview.status()).isEqualTo(200);
        assertThat(preview.header("Content-Type")).isEqualTo("application/json");
        assertThat(preview.header("Location")).isNull();
        assertThat(CONTRACT.faults("Preview", preview.json())).isEmpty();
        assertThat(preview.json().path("deliveries"))
                .extracting(delivery -> delivery.path("provider").asText())
                .containsExactlyInAnyOrderElementsOf(Impostors.PROVIDERS);

        assertThat(herald.submit(customer).status()).isEqualTo(200);

        for (String provider : Impostors.PROVIDERS) {
            JsonNode told = delivery(preview.json(), provider);
            Received sent = last(provider);
            assertThat(SubmitTest.fields(told)).containsExactly("provider", "method", "path", "request");
            assertThat(told.path("method").asText()).as(provider).isEqualTo(sent.method());
            assertThat(told.path("path").asText()).as(provider).isEqualTo(sent.path());
            assertThat(told.path("request")).as(provider).isEqualTo(sent.json());
        }
    }

    private Received last(String provider) {
        List<Received> requests = impostors.sandbox().requests(provider).stream()
                .filter(request -> !LOG_INS.contains(request.path()))
                .toList();
        return requests.get(requests.size() - 1);
    }

    private static JsonNode delivery(JsonNode preview, String provider) {
        return Api.delivery(preview, provider);
    }
}
