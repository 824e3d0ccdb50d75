package io.herald.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.caller.Guarded;
import io.herald.caller.Issuer;
import io.herald.rest.Api;
import io.herald.rest.Api.Answer;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each thing that is done is told once, with who did it and when, and without anything of the customer but the reference. */
@QuarkusTest
@TestProfile(Guarded.class)
class AuditTest {

    private static final Duration BOUND = Duration.ofSeconds(30);
    private static final String REJECTED = "reveals+fraudspect.422@example.com";

    private final Api herald = Api.underTest();
    private final AuditLog audit = new AuditLog();

    @BeforeEach
    void open() {
        audit.open();
    }

    @AfterEach
    void close() {
        audit.close();
    }

    private Answer call(String subject, String method, String path, String body) {
        return herald.send(
                method, path, body, "Authorization", Issuer.TRUSTED.bearer(subject, "submitter", "operator"));
    }

    private List<JsonNode> events(String action, String field, String value) {
        return audit.events().stream()
                .filter(event -> event.path("action").asText().equals(action)
                        && event.path(field).asText().equals(value))
                .toList();
    }

    /** The one event of its kind. */
    private void assertTold(String by, String action, String field, String value) {
        assertThat(events(action, field, value))
                .singleElement()
                .satisfies(event -> assertThat(event.path("by").asText()).isEqualTo(by));
    }

    @Test
    void everythingIsToldOnceAndNothingOfTheCustomer() {
        ObjectNode customer = Customers.person("CUST-audit", REJECTED);
        Answer submitted = call("a-crm", "POST", "/v1/customers", customer.toString());
        String message = submitted.json().path("message").asText();
        String letter = message + ".fraudspect";

        assertTold("a-crm", "accept", "message", message);
        assertThat(events("accept", "message", message).get(0).path("reference").asText())
                .isEqualTo("CUST-audit");
        assertThat(events("outcome", "message", message))
                .hasSize(4)
                .allSatisfy(event -> assertThat(event.path("by").asText()).isEqualTo("herald"))
                .filteredOn(event -> event.path("provider").asText().equals("fraudspect"))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.path("state").asText()).isEqualTo("rejected");
                    assertThat(event.path("reason").asText()).isEqualTo("invalid");
                });

        call("b-looks", "GET", "/v1/dead-letters/" + letter, null);
        assertThat(events("reveal", "deadLetter", letter)).isEmpty();
        Answer revealed = call("b-looks", "GET", "/v1/dead-letters/" + letter + "?reveal=true", null);
        assertThat(revealed.body()).contains(REJECTED);
        assertTold("b-looks", "reveal", "deadLetter", letter);

        assertThat(call("c-replays", "POST", "/v1/dead-letters/" + letter + "/replay", null)
                        .status())
                .isEqualTo(202);
        assertTold("c-replays", "replay", "deadLetter", letter);
        await().atMost(BOUND).untilAsserted(() -> assertThat(events("outcome", "message", message))
                .hasSize(5));

        assertThat(call("d-replays", "POST", "/v1/dead-letters/replay?provider=fraudspect&state=rejected", null)
                        .json()
                        .path("count")
                        .asInt())
                .isEqualTo(1);
        assertTold("d-replays", "replay-all", "provider", "fraudspect");
        assertThat(events("replay", "deadLetter", letter))
                .extracting(event -> event.path("by").asText())
                .containsExactly("c-replays", "d-replays");
        await().atMost(BOUND).untilAsserted(() -> assertThat(events("outcome", "message", message))
                .hasSize(6));

        assertThat(call("e-discards", "DELETE", "/v1/dead-letters/" + letter, null)
                        .status())
                .isEqualTo(204);
        assertTold("e-discards", "discard", "deadLetter", letter);

        assertThat(call("f-erases", "DELETE", "/v1/customers/CUST-audit", null).status())
                .isEqualTo(204);
        assertTold("f-erases", "erase", "reference", "CUST-audit");

        String told = audit.events().toString();
        values(customer)
                .filter(value -> !Set.of("CUST-audit", "person").contains(value))
                .filter(value -> value.length() > 2)
                .forEach(value -> assertThat(told).doesNotContain(value));
    }

    private static Stream<String> values(JsonNode node) {
        return node.isContainerNode()
                ? StreamSupport.stream(node.spliterator(), false).flatMap(AuditTest::values)
                : Stream.of(node.asText());
    }
}
