package io.herald.retention;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agroal.api.AgroalDataSource;
import io.herald.Customers;
import io.herald.audit.AuditLog;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostors;
import io.herald.provider.Neighbours;
import io.herald.rest.Api;
import io.quarkus.arc.InjectableInstance;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code DELETE /v1/customers/{reference}}: afterwards Herald has never heard of the customer. */
@QuarkusTest
@TestProfile(Neighbours.class)
class EraseCustomerTest extends AmongImpostors {

    @Any
    @Inject
    InjectableInstance<AgroalDataSource> dataSources;

    private final AuditLog audit = new AuditLog();

    @BeforeEach
    void listen() {
        audit.open();
    }

    @AfterEach
    void stopListening() {
        audit.close();
    }

    @Test
    void erasesAndKeepsAccountOfIt() {
        Api.Answer first = herald.submit(Customers.person("CUST-erase"));
        String message = first.json().path("message").asText();
        assertThat(first.status()).isEqualTo(200);
        List<Integer> requests = requests();

        Api.Answer erased = herald.send("DELETE", "/v1/customers/CUST-erase", null);

        assertThat(erased.status()).isEqualTo(204);
        assertThat(erased.header("Content-Type")).as("there is no body").isNull();
        assertThat(erased.body()).isEmpty();
        assertThat(audit.lines()).containsExactly("by=development action=erase reference=CUST-erase");
        assertThat(herald.get("/v1/customers/CUST-erase").status()).isEqualTo(404);
        assertThat(herald.get("/v1/messages/" + message).status()).isEqualTo(404);
        assertThat(requests()).as("no provider is told").isEqualTo(requests);
    }

    private List<Integer> requests() {
        return Impostors.PROVIDERS.stream()
                .map(provider -> impostors.of(provider).requests())
                .toList();
    }

    @Test
    void aKeyOfAnErasedCustomerStandsForANewMessage() {
        ObjectNode customer = Customers.person("CUST-keyed");
        Api.Answer first = herald.submit(customer, "Idempotency-Key", "of-an-erased-one");
        assertThat(herald.send("DELETE", "/v1/customers/CUST-keyed", null).status())
                .isEqualTo(204);

        Api.Answer again = herald.submit(customer, "Idempotency-Key", "of-an-erased-one");

        assertThat(again.json().path("message").asText())
                .isNotEmpty()
                .isNotEqualTo(first.json().path("message").asText());
    }

    @Test
    void ofWhomNothingIsKeptIsNotFound() {
        Api.Answer unknown = herald.send("DELETE", "/v1/customers/CUST-nobody", null);

        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(unknown.json().path("detail").asText())
                .isEqualTo("nothing is kept about a customer of that reference");
        assertThat(audit.lines()).isEmpty();
    }

    @Test
    void whatWaitsForAProviderThatIsNotEnabledAnyMoreIsErasedToo() throws SQLException {
        herald.submit(Customers.person("CUST-left-over"));
        try (Connection connection = dataSources.getActive().getConnection();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate("insert into delivery (sequence, provider, reference, state, updated_at)"
                    + " select sequence, 'left-over', reference, 'retrying', accepted_at from message"
                    + " where reference = 'CUST-left-over'");
        }

        assertThat(herald.send("DELETE", "/v1/customers/CUST-left-over", null).status())
                .isEqualTo(204);
        assertThat(herald.get("/v1/customers/CUST-left-over").status()).isEqualTo(404);
    }

    @Test
    void whileADeliveryHasNotEndedNothingIsErased() {
        Api.Answer submitted = herald.submit(Customers.person("CUST-waits", "waits+xbridge.500@example.com"));
        assertThat(submitted.delivery("xbridge").path("state").asText()).isEqualTo("retrying");

        Api.Answer refused = herald.send("DELETE", "/v1/customers/CUST-waits", null);

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.json().path("detail").asText())
                .isEqualTo("a delivery of this customer is pending or retrying; try again when it has ended");
        assertThat(herald.get("/v1/customers/CUST-waits").json().path("providers"))
                .hasSize(4);
        assertThat(audit.lines()).isEmpty();
    }
}
