package io.herald;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;

import io.herald.caller.Issuer;
import io.herald.sandbox.Sandbox;
import io.restassured.response.ValidatableResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The promise on the tin: one canonical customer is created, and then updated, at every provider. */
abstract class OneCustomerFourProviders {

    Sandbox sandbox;

    @Test
    void createsAndThenUpdatesAtEveryProvider() {
        String customer = Customers.person("CUST-one").toString();

        ValidatableResponse created = submit(customer)
                .body("deliveries.operation", everyItem(is("created")))
                .body("deliveries.attempts", everyItem(is(1)));
        ValidatableResponse updated = submit(customer).body("deliveries.operation", everyItem(is("updated")));

        List<String> ids = created.extract().path("deliveries.providerCustomerId");
        assertThat(updated.extract().<List<String>>path("deliveries.providerCustomerId"))
                .isEqualTo(ids);
        for (String provider : List.of("xbridge", "yativo", "fraudspect", "bridge-xyz")) {
            assertThat(sandbox.customers(provider))
                    .as(provider)
                    .filteredOn(kept -> kept.toString().contains("cust-one@example.com"))
                    .hasSize(1);
        }
    }

    private static ValidatableResponse submit(String customer) {
        return given().header("Authorization", Issuer.TRUSTED.bearer())
                .contentType("application/json")
                .body(customer)
                .post("/v1/customers")
                .then()
                .statusCode(200)
                .body("status", is("delivered"))
                .body("deliveries", hasSize(4))
                .body("deliveries.state", everyItem(is("delivered")));
    }
}
