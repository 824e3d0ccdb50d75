package io.herald.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostor.Behaviour;
import io.herald.provider.Impostors;
import io.herald.provider.Neighbours;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/customers}: the report, how long the caller waits for it, and where it is afterwards. */
@QuarkusTest
@TestProfile(Neighbours.class)
class SubmitTest extends AmongImpostors {

    private static final Duration BOUND = Duration.ofSeconds(20);
    private static final String SLOW = "bridge-xyz";
    private static final Contract CONTRACT = Contract.load();

    @Test
    void answersTheReportOfACreateAndOfAnUpdate() {
        Instant before = Instant.now().minusMillis(1);
        Api.Answer created = herald.submit(Customers.person("CUST-submit"));
        Api.Answer updated = herald.submit(Customers.person("CUST-submit"));

        for (Api.Answer answer : List.of(created, updated)) {
            JsonNode report = answer.json();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Content-Type")).isEqualTo("application/json");
            assertThat(answer.header("Location"))
                    .isEqualTo("/v1/messages/" + report.path("message").asText());
            assertThat(CONTRACT.faults("Report", report)).isEmpty();
            assertThat(fields(report))
                    .containsExactly("message", "sequence", "reference", "status", "acceptedAt", "deliveries");
            assertThat(UUID.fromString(report.path("message").asText()).version())
                    .isEqualTo(7);
            assertThat(report.path("sequence").isIntegralNumber()).isTrue();
            assertThat(report.path("reference").asText()).isEqualTo("CUST-submit");
            assertThat(report.path("status").asText()).isEqualTo("delivered");
            assertThat(report.path("acceptedAt").asText())
                    .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
            assertThat(Instant.parse(report.path("acceptedAt").asText())).isBetween(before, Instant.now());
            assertThat(report.path("deliveries"))
                    .extracting(delivery -> delivery.path("provider").asText())
                    .containsExactlyInAnyOrderElementsOf(Impostors.PROVIDERS);
            assertThat(report.path("deliveries")).allSatisfy(delivery -> {
                assertThat(fields(delivery))
                        .startsWith("provider", "state", "operation", "providerCustomerId")
                        .contains("attempts", "durationMs")
                        .doesNotContain("error");
                assertThat(delivery.path("state").asText()).isEqualTo("delivered");
                assertThat(delivery.path("operation").asText()).isEqualTo(answer == created ? "created" : "updated");
                assertThat(delivery.path("providerCustomerId").isTextual()).isTrue();
                assertThat(delivery.path("attempts").intValue()).isEqualTo(1);
                assertThat(delivery.path("durationMs").longValue()).isBetween(0L, answer.millis());
            });
            assertThat(fields(answer.delivery("yativo").path("providerStatus")))
                    .containsExactlyInAnyOrder("kyc", "terms");
            assertThat(answer.delivery("fraudspect").path("risk").path("score").isNumber())
                    .isTrue();
            assertThat(answer.delivery("bridge-xyz")
                            .path("providerStatus")
                            .path("status")
                            .isTextual())
                    .isTrue();
            assertThat(herald.get(answer.header("Location")).json()).isEqualTo(report);
        }
        assertThat(fields(created.delivery("yativo").path("urls"))).containsExactlyInAnyOrder("kyc", "terms");
        assertThat(updated.json().path("sequence").asLong())
                .isGreaterThan(created.json().path("sequence").asLong());
        assertThat(updated.json().path("message")).isNotEqualTo(created.json().path("message"));
    }

    @Test
    void answers207WhenOneRefuses() {
        Api.Answer answer = herald.submit(Customers.person("CUST-refused", "jane+yativo.422@example.com"));

        assertThat(answer.status()).isEqualTo(207);
        assertThat(answer.header("Location")).startsWith("/v1/messages/");
        assertThat(CONTRACT.faults("Report", answer.json())).isEmpty();
        assertThat(answer.json().path("status").asText()).isEqualTo("partial");
        JsonNode refused = answer.delivery("yativo");
        assertThat(fields(refused)).containsExactlyInAnyOrder("provider", "state", "error", "attempts", "durationMs");
        assertThat(refused.path("state").asText()).isEqualTo("rejected");
        assertThat(refused.path("attempts").asInt()).isEqualTo(1);
        assertThat(refused.at("/error/reason").asText()).isEqualTo("invalid");
        assertThat(refused.at("/error/httpStatus").asInt()).isEqualTo(422);
        assertThat(refused.at("/error/message").asText()).isEqualTo("The given data was invalid.");
        assertThat(refused.at("/error/fields/0/pointer").asText()).isEqualTo("/customer_email");
        assertThat(refused.at("/error/fields/0/message").asText()).isEqualTo("The address *** is not deliverable.");
        assertThat(states(answer.json())).containsExactlyInAnyOrder("delivered", "delivered", "delivered", "rejected");
    }

    @Test
    void answers207WhenAllRefuse() {
        Api.Answer answer = herald.submit(Customers.person("CUST-all-refused", "jane+all.422@example.com"));

        assertThat(answer.status()).isEqualTo(207);
        assertThat(CONTRACT.faults("Report", answer.json())).isEmpty();
        assertThat(answer.json().path("status").asText()).isEqualTo("failed");
        assertThat(states(answer.json())).containsOnly("rejected");
    }

    @Test
    void whatOneProviderCannotTakeIsNotSentToIt() {
        ObjectNode customer = Customers.person("CUST-lacking");
        customer.withObject("/person").put("lastName", "D");

        Api.Answer answer = herald.submit(customer);

        assertThat(answer.status()).isEqualTo(207);
        assertThat(CONTRACT.faults("Report", answer.json())).isEmpty();
        JsonNode refused = answer.delivery("bridge-xyz");
        assertThat(refused.path("state").asText()).isEqualTo("rejected");
        assertThat(refused.path("attempts").asInt()).isZero();
        assertThat(refused.at("/error/code").asText()).isEqualTo("not_mappable");
        assertThat(refused.at("/error/reason").asText()).isEqualTo("not_mappable");
        assertThat(refused.at("/error/fields/0/pointer").asText()).isEqualTo("/last_name");
        assertThat(impostors.of("bridge-xyz").requests()).isZero();
        assertThat(states(answer.json())).containsExactlyInAnyOrder("delivered", "delivered", "delivered", "rejected");
    }

    @Test
    void namesTheFieldThatIsMissingAlsoWhereItsNameIsMadeOfAValue() {
        ObjectNode customer = Customers.person("CUST-other");
        customer.withObject("/profile").put("accountPurpose", "other");
        customer.putArray("targets").add("bridge-xyz");

        JsonNode error = herald.submit(customer).delivery("bridge-xyz").path("error");

        assertThat(error.path("reason").asText()).isEqualTo("not_mappable");
        assertThat(error.at("/fields/0/pointer").asText()).isEqualTo("/account_purpose_other");
    }

    @Test
    void answers202WhenOneIsRetrying() {
        impostors.of("yativo").behave(Behaviour.ERROR);

        Api.Answer answer = herald.submit(Customers.person("CUST-retrying"));

        assertThat(answer.status()).isEqualTo(202);
        assertThat(CONTRACT.faults("Report", answer.json())).isEmpty();
        assertThat(answer.json().path("status").asText()).isEqualTo("pending");
        assertThat(answer.delivery("yativo").path("state").asText()).isEqualTo("retrying");
        assertThat(answer.delivery("yativo").at("/error/httpStatus").asInt()).isEqualTo(500);
    }

    @ParameterizedTest(name = "Prefer: {0}")
    @ValueSource(strings = {"wait=0", "respond-async", "respond-async, wait=0"})
    void answersAtOnceWhenAskedTo(String prefer) {
        impostors.of(SLOW).behave(Behaviour.HOLD);

        Api.Answer answer =
                herald.submit(Customers.person("CUST-at-once-" + prefer.replaceAll("\\W", "-")), "Prefer", prefer);

        assertThat(answer.millis()).isLessThan(Neighbours.WAIT_MAX / 2);
        assertPendingAndThenDelivered(answer);
    }

    @Test
    void waitsAsLongAsAskedTo() {
        impostors.of(SLOW).behave(Behaviour.HOLD);

        Api.Answer answer = herald.submit(Customers.person("CUST-wait"), "Prefer", "wait=1");

        assertThat(answer.millis()).isBetween(1_000L, Neighbours.WAIT_MAX - 500);
        for (String provider : List.of("fraudspect", "xbridge", "yativo")) {
            assertThat(answer.delivery(provider).path("state").asText()).isEqualTo("delivered");
        }
        assertPendingAndThenDelivered(answer);
    }

    @Test
    void waitsNoLongerThanItsOwnLimit() {
        impostors.of(SLOW).behave(Behaviour.HOLD);

        Api.Answer answer = herald.submit(Customers.person("CUST-wait-max"), "Prefer", "wait=600");

        assertThat(answer.millis()).isBetween(Neighbours.WAIT_MAX, Neighbours.WAIT_MAX + 3_000);
        assertPendingAndThenDelivered(answer);
    }

    @Test
    void doesNotWaitForItsLimitWhenAllIsDone() {
        Api.Answer answer = herald.submit(Customers.person("CUST-wait-long"), "Prefer", "wait=600");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.millis()).isLessThan(Neighbours.WAIT_MAX);
    }

    @Test
    void goesToItsTargetsOnly() {
        ObjectNode customer = Customers.person("CUST-targets");
        customer.putArray("targets").add("xbridge").add("fraudspect");

        Api.Answer answer = herald.submit(customer);

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.json().path("deliveries"))
                .extracting(delivery -> delivery.path("provider").asText())
                .containsExactlyInAnyOrder("xbridge", "fraudspect");
        assertThat(impostors.of("yativo").requests()).isZero();
        assertThat(impostors.of("bridge-xyz").requests()).isZero();
        assertThat(impostors.sandbox().customers("xbridge")).hasSize(1);
        assertThat(impostors.sandbox().customers("fraudspect")).hasSize(1);
        assertThat(herald.get("/v1/customers/CUST-targets").json().path("providers"))
                .extracting(provider -> provider.path("provider").asText())
                .containsExactlyInAnyOrder("xbridge", "fraudspect");
    }

    @Test
    void tellsWhatEachProviderHasOfACustomer() {
        Api.Answer created = herald.submit(Customers.person("CUST-status"));
        Api.Answer refused = herald.submit(Customers.person("CUST-status", "jane+yativo.422@example.com"));
        Instant after = Instant.now();

        Api.Answer answer = herald.get("/v1/customers/CUST-status");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(CONTRACT.faults("CustomerStatus", answer.json())).isEmpty();
        assertThat(fields(answer.json())).containsExactly("reference", "providers");
        assertThat(answer.json().path("reference").asText()).isEqualTo("CUST-status");
        assertThat(answer.json().path("providers")).hasSize(4).allSatisfy(provider -> {
            String id = provider.path("provider").asText();
            assertThat(fields(provider))
                    .containsExactlyInAnyOrder("provider", "providerCustomerId", "state", "message", "at");
            assertThat(provider.path("providerCustomerId"))
                    .isEqualTo(created.delivery(id).path("providerCustomerId"));
            assertThat(provider.path("state").asText()).isEqualTo(id.equals("yativo") ? "rejected" : "delivered");
            assertThat(provider.path("message")).isEqualTo(refused.json().path("message"));
            assertThat(Instant.parse(provider.path("at").asText()))
                    .isBetween(Instant.parse(created.json().path("acceptedAt").asText()), after);
        });
    }

    @Test
    void aCustomerThatNoProviderTookHasNoIdThere() {
        herald.submit(Customers.person("CUST-nowhere.1_a", "jane+all.422@example.com"));

        JsonNode status = herald.get("/v1/customers/CUST-nowhere.1_a").json();

        assertThat(CONTRACT.faults("CustomerStatus", status)).isEmpty();
        assertThat(status.path("providers")).hasSize(4).allSatisfy(provider -> assertThat(fields(provider))
                .containsExactlyInAnyOrder("provider", "state", "message", "at"));
    }

    private void assertPendingAndThenDelivered(Api.Answer answer) {
        assertThat(answer.status()).isEqualTo(202);
        assertThat(CONTRACT.faults("Report", answer.json())).isEmpty();
        assertThat(answer.json().path("status").asText()).isEqualTo("pending");
        assertThat(fields(answer.delivery(SLOW))).containsExactlyInAnyOrder("provider", "state");
        assertThat(answer.delivery(SLOW).path("state").asText()).isEqualTo("pending");

        impostors.of(SLOW).behave(Behaviour.PASS_ON);

        await().atMost(BOUND).untilAsserted(() -> assertThat(herald.get(answer.header("Location"))
                        .json()
                        .path("status")
                        .asText())
                .isEqualTo("delivered"));
    }

    private static List<String> states(JsonNode report) {
        List<String> states = new ArrayList<>();
        report.path("deliveries")
                .forEach(delivery -> states.add(delivery.path("state").asText()));
        return states;
    }

    static List<String> fields(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }
}
