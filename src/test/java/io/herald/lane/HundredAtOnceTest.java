package io.herald.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostors;
import io.herald.provider.Neighbours;
import io.herald.rest.Api;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Promise 3: a hundred first messages of one customer at once make one create, and the last accepted one stands. */
@QuarkusTest
@TestProfile(Neighbours.class)
class HundredAtOnceTest extends AmongImpostors {

    private static final String REFERENCE = "CUST-hundred";
    private static final Duration BOUND = Duration.ofSeconds(40);

    @Test
    void oneCreateNinetyNineUpdatesAndTheLastStands() {
        List<CompletableFuture<Api.Answer>> calls = IntStream.range(0, 100)
                .mapToObj(i -> herald.submitting(named("Number" + i), "Prefer", "respond-async"))
                .toList();
        List<Api.Answer> answers = calls.stream().map(CompletableFuture::join).toList();

        assertThat(answers).extracting(Api.Answer::status).containsOnly(202);
        List<JsonNode> reports = IntStream.range(0, 100)
                .mapToObj(i -> delivered(herald, answers.get(i)).put("sent", "Number" + i))
                .map(JsonNode.class::cast)
                .sorted(Comparator.comparingLong(
                        report -> report.path("sequence").asLong()))
                .toList();
        assertThat(reports)
                .extracting(report -> report.path("sequence").asLong())
                .doesNotHaveDuplicates();
        String last = reports.get(99).path("sent").asText() + " Doe";
        for (String provider : Impostors.PROVIDERS) {
            assertThat(reports)
                    .as(provider)
                    .extracting(report ->
                            Api.delivery(report, provider).path("operation").asText())
                    .startsWith("created")
                    .filteredOn("updated"::equals)
                    .hasSize(99);
            assertThat(reports)
                    .as(provider)
                    .extracting(report -> Api.delivery(report, provider)
                            .path("providerCustomerId")
                            .asText())
                    .doesNotContain("")
                    .containsOnly(Api.delivery(reports.get(0), provider)
                            .path("providerCustomerId")
                            .asText());
            assertThat(impostors.sandbox().customers(provider)).as(provider).hasSize(1);
            assertThat(name(impostors.sandbox().customers(provider).get(0).path("fields")))
                    .as(provider)
                    .isEqualTo(last);
        }
        JsonNode now = herald.get("/v1/customers/" + REFERENCE).json();
        assertThat(now.path("providers")).hasSize(4).allSatisfy(provider -> assertThat(provider.path("message"))
                .isEqualTo(reports.get(99).path("message")));
    }

    private static ObjectNode named(String firstName) {
        ObjectNode customer = Customers.person(REFERENCE);
        customer.withObject("/person").put("firstName", firstName);
        return customer;
    }

    private static ObjectNode delivered(Api herald, Api.Answer answer) {
        String message = answer.json().path("message").asText();
        return (ObjectNode) await().atMost(BOUND)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(50))
                .until(
                        () -> herald.report(message),
                        report -> report.path("status").asText().equals("delivered"));
    }

    /** In the field that each provider has for it. */
    private static String name(JsonNode fields) {
        if (fields.has("first_name")) {
            return fields.path("first_name").asText() + " "
                    + fields.path("last_name").asText();
        }
        return List.of("legalName", "customer_name", "name").stream()
                .filter(fields::has)
                .map(field -> fields.path(field).asText())
                .findFirst()
                .orElseThrow();
    }
}
