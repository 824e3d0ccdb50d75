package io.herald.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.Message;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a template makes of an answer, the outcome is small and well-formed enough to be kept and reported. */
class OutcomeTest {

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    @Test
    void ofManyFieldsAHundredAreKeptAndTheRestIsCounted() {
        ObjectNode fragment = JSON.objectNode();
        ArrayNode fields = fragment.withArray("/error/fields");
        for (int i = 0; i < 250_000; i++) {
            fields.addObject().put("pointer", "/a" + i).put("message", "is refused");
        }

        JsonNode kept = Outcome.of(400, fragment, false).at("/error/fields");

        assertThat(kept).hasSize(101);
        assertThat(kept.get(99).path("pointer").textValue()).isEqualTo("/a99");
        assertThat(kept.get(100).path("message").textValue()).isEqualTo("has 249900 more faults");
    }

    @Test
    void wordsThatNobodySaysAreLeftOut() {
        ObjectNode fragment = JSON.objectNode();
        ObjectNode error = fragment.putObject("error");
        error.put("code", "c".repeat(100_000)).putArray("message").add("m");
        error.putArray("fields").add("/email").addObject().put("pointer", "/p").put("message", "m".repeat(100_000));

        JsonNode kept = Outcome.of(400, fragment, false).path("error");

        assertThat(kept.path("code").textValue()).isEqualTo("http_400");
        assertThat(kept.path("message").textValue()).contains("without readable words");
        assertThat(kept.path("fields")).hasSize(2).allSatisfy(field -> {
            assertThat(field.path("pointer").isTextual()).isTrue();
            assertThat(field.path("message").textValue()).isEmpty();
        });
    }

    @ParameterizedTest
    @CsvSource({
        "401, false, unauthorized, unauthorized",
        "403, false, forbidden, forbidden",
        "404, true, link_broken, link_broken",
        "404, false, http_404, invalid",
        "422, false, http_422, invalid"
    })
    void whereTheProviderHasNoWordTheCodeIsHeralds(int status, boolean update, String code, String reason) {
        ObjectNode without = Outcome.of(status, JSON.objectNode(), update);
        assertThat(without.at("/error/code").textValue()).isEqualTo(code);
        assertThat(without.at("/error/reason").textValue()).isEqualTo(reason);
        assertThat(Outcome.hasProvidersCode(without)).isFalse();

        ObjectNode fragment = JSON.objectNode();
        fragment.putObject("error").put("code", "no_way");
        ObjectNode with = Outcome.of(status, fragment, update);
        assertThat(with.at("/error/code").textValue()).isEqualTo("no_way");
        assertThat(Outcome.hasProvidersCode(with)).isTrue();
    }

    @Test
    void aCodeThatOnlyRepeatsTheStatusIsNotTheProviders() {
        ObjectNode fragment = JSON.objectNode();
        fragment.putObject("error").put("code", 400);

        ObjectNode outcome = Outcome.of(400, fragment, false);

        assertThat(outcome.at("/error/code").textValue()).isEqualTo("400");
        assertThat(Outcome.hasProvidersCode(outcome)).isFalse();
        assertThat(Outcome.hasProvidersCode(Outcome.of(422, fragment, false))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "409, retrying, retrying",
        "409, dead, dead",
        "503, rejected, rejected",
        "409, retry, rejected",
        "409, DEAD, rejected",
        "503, pending, retrying",
        "400, delivered, rejected",
        "202, pending, dead",
        "202, discarded, dead"
    })
    void aStateThatNobodyKnowsIsNotTaken(int status, String told, String state) {
        ObjectNode outcome = Outcome.of(status, JSON.objectNode().put("state", told), false);

        assertThat(outcome.path("state").textValue()).isEqualTo(state);
        assertThat(outcome.has("error")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"active", "retrying", "dead"})
    void aSuccessWithAnIdIsDelivered(String told) {
        ObjectNode fragment =
                JSON.objectNode().put("providerCustomerId", "4711").put("state", told);

        assertThat(Outcome.of(200, fragment, false).path("state").textValue()).isEqualTo("delivered");
    }

    /** The template is named, and the word is not: it may be the provider's. */
    @ParameterizedTest
    @CsvSource({"409, again, 1", "409, retrying, 0", "409, , 0", "200, Jane, 1", "200, delivered, 0"})
    void aStateThatIsNotTakenIsToldInTheLog(int status, String told, int lines) {
        ObjectNode fragment =
                JSON.objectNode().put("state", told).put("providerCustomerId", status == 200 ? "4711" : null);

        assertThat(logOf(status, fragment)).hasSize(lines).allSatisfy(line -> assertThat(line)
                .startsWith("ERROR mappings/acme/response.jslt ")
                .doesNotContain(told));
    }

    /** Nobody could ask for the dead letters of it, and who reads the report knows the closed list. */
    @ParameterizedTest
    @CsvSource({
        "409, blocked, duplicate, 1",
        "409, invalid, invalid, 0",
        "409, , duplicate, 0",
        "202, Jane, unreadable_answer, 1"
    })
    void aReasonThatNobodyKnowsIsNotTakenAndIsToldInTheLog(int status, String told, String reason, int lines) {
        ObjectNode fragment = JSON.objectNode();
        fragment.putObject("error").put("reason", told);

        assertThat(Outcome.of(status, fragment, false).at("/error/reason").textValue())
                .isEqualTo(reason);
        assertThat(logOf(status, fragment)).hasSize(lines).allSatisfy(line -> assertThat(line)
                .startsWith("ERROR mappings/acme/response.jslt tells an error.reason that is not taken: it may be ")
                .doesNotContain(told));
    }

    private static List<String> logOf(int status, ObjectNode fragment) {
        Message message =
                new Message(new UUID(0, 1), 1, "reference", Instant.EPOCH, JSON.objectNode(), List.of("acme"));
        List<String> log = new ArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                log.add(line.getLevel() + " " + new PatternFormatter("%s").format(line));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger logger = Logger.getLogger(Outcome.class.getName());
        logger.addHandler(handler);
        try {
            Outcome.of(new Delivery(message, "acme"), status, fragment);
        } finally {
            logger.removeHandler(handler);
        }
        return log;
    }

    /** A template that fills in an error whatever the status is tells one of a success too. */
    @Test
    void whatTheReportSaysItselfIsNoPartOfASuccess() {
        ObjectNode fragment = JSON.objectNode()
                .put("providerCustomerId", "4711")
                .put("provider", "another")
                .put("operation", "registered");
        fragment.putObject("error")
                .put("message", "customer created")
                .putArray("fields")
                .add("email");

        assertThat(Outcome.of(200, fragment, false))
                .isEqualTo(JSON.objectNode()
                        .put("state", "delivered")
                        .put("operation", "created")
                        .put("providerCustomerId", "4711"));
    }

    @Test
    void whatIsLargeOrDeepIsNoPartOfASuccess() {
        ObjectNode fragment = JSON.objectNode().put("providerCustomerId", "4711");
        fragment.putObject("urls").put("kyc", "https://kyc.example.com/" + "t".repeat(8_000));
        ArrayNode due = fragment.putObject("providerStatus").putArray("requirementsDue");
        for (int i = 0; i < 10_000; i++) {
            due.addObject();
        }
        ArrayNode score = fragment.putObject("risk").putArray("score");
        for (int i = 0; i < 990; i++) {
            score = score.addArray();
        }

        ObjectNode outcome = Outcome.of(200, fragment, false);

        assertThat(outcome.properties())
                .extracting(part -> part.getKey())
                .containsExactlyInAnyOrder("state", "operation", "providerCustomerId", "urls");
    }
}
