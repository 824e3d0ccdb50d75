package io.herald.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.canonical.CanonicalReader;
import io.herald.ledger.Accepted;
import io.herald.ledger.IdempotencyKey;
import io.herald.ledger.Ledger;
import io.herald.ledger.NewMessage;
import io.herald.provider.AmongImpostors;
import io.herald.provider.Impostor.Behaviour;
import io.herald.provider.Neighbours;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code Idempotency-Key}: a call that is sent again is one message, and gets that message's report. */
@QuarkusTest
@TestProfile(Neighbours.class)
class IdempotentIntakeTest extends AmongImpostors {

    private static final String KEY = "Idempotency-Key";

    @Inject
    CanonicalReader reader;

    @Inject
    Ledger ledger;

    @Test
    void theSameKeyAndCustomerAreOneMessage() {
        JsonNode customer = Customers.person("CUST-again");
        Api.Answer first = herald.submit(customer, KEY, "again-1");
        Api.Answer again = herald.submit(customer, KEY, "again-1");
        Api.Answer other = herald.submit(customer, KEY, "again-2");

        assertThat(again.status()).isEqualTo(200);
        assertThat(again.json()).isEqualTo(first.json());
        assertThat(again.header("Location")).isEqualTo(first.header("Location"));
        assertThat(other.json().path("message")).isNotEqualTo(first.json().path("message"));
        assertThat(impostors.sandbox().requests("fraudspect"))
                .filteredOn(request -> request.path().equals("/api/v1/customers"))
                .as("the first and the one of another key")
                .hasSize(2);
    }

    /** Camel would read what providers answer as the caller says. */
    @ParameterizedTest
    @ValueSource(strings = {"utf8mb4", "UTF-16", "ISO-8859-1"})
    void theCharsetThatACallerNamesIsOfNoConcern(String charset) {
        Api.Answer answer = herald.submit(
                Customers.person("CUST-charset-" + charset), "Content-Type", "application/json; charset=" + charset);

        assertThat(answer.json().path("deliveries"))
                .extracting(delivery -> delivery.path("state").asText())
                .containsOnly("delivered");
    }

    @Test
    void thoseThatArriveTogetherAreOneMessageAndAllWaitForItsReport() {
        impostors.of("bridge-xyz").behave(Behaviour.HOLD);
        JsonNode customer = Customers.person("CUST-together");

        List<CompletableFuture<Api.Answer>> calls = IntStream.range(0, 20)
                .mapToObj(i -> herald.submitting(customer, KEY, "together", "Prefer", "wait=2"))
                .toList();

        List<Api.Answer> answers = calls.stream().map(CompletableFuture::join).toList();
        assertThat(answers).extracting(Api.Answer::status).containsOnly(202);
        assertThat(answers)
                .extracting(answer -> answer.json().path("message"))
                .containsOnly(answers.get(0).json().path("message"));
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.millis()).isGreaterThanOrEqualTo(2_000);
            assertThat(answer.delivery("xbridge").path("state").asText()).isEqualTo("delivered");
        });
        assertThat(impostors.sandbox().customers("xbridge")).hasSize(1);
    }

    @Test
    void whoAsksAgainWithoutWaitingIsToldHowFarItIs() {
        JsonNode customer = Customers.person("CUST-how-far");
        herald.submit(customer, KEY, "how-far");

        assertThat(herald.submit(customer, KEY, "how-far", "Prefer", "wait=0").status())
                .isEqualTo(200);
    }

    @Test
    void whatWasAcceptedIsToldAlsoWhenAProviderThatItNamesIsNotEnabledAnyMore() {
        ObjectNode customer = Customers.person("CUST-retired-provider");
        customer.putArray("targets").add("retired");
        Accepted accepted = ledger.accept(
                new NewMessage(
                        "CUST-retired-provider",
                        reader.read(customer.toString().getBytes(StandardCharsets.UTF_8))
                                .tree(),
                        List.of("retired"),
                        "rest",
                        Optional.of(new IdempotencyKey("development", "retired"))),
                kept -> {});

        Api.Answer again = herald.submit(customer, KEY, "retired");

        assertThat(again.status()).isEqualTo(202);
        assertThat(again.json().path("message").asText())
                .isEqualTo(accepted.message().id().toString());
        assertThat(herald.submit(customer, KEY, "another").status()).isEqualTo(422);
        customer.put("reference", "");
        assertThat(herald.submit(customer, KEY, "retired").status()).isEqualTo(422);
    }

    @Test
    void anotherCustomerUnderTheSameKeyIsRefused() {
        herald.submit(Customers.person("CUST-taken"), KEY, "taken");
        Api.Answer refused = herald.submit(Customers.person("CUST-other"), KEY, "taken");

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.header("Content-Type")).isEqualTo(Problem.MEDIA_TYPE);
        assertThat(refused.json().path("detail").asText()).contains("Idempotency-Key");
        assertThat(herald.get("/v1/customers/CUST-other").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "one,two three"})
    void whatIsNoKeyIsRefused(String key) {
        Api.Answer refused = herald.submit(Customers.person("CUST-no-key"), KEY, key);

        assertThat(refused.status()).isEqualTo(400);
        assertThat(refused.json().path("detail").asText()).startsWith("Idempotency-Key: ");
        assertThat(herald.get("/v1/customers/CUST-no-key").status()).isEqualTo(404);
    }

    @Test
    void aKeyThatIsTooLongOrSentTwiceIsRefused() {
        JsonNode customer = Customers.person("CUST-two-keys");

        assertThat(herald.submit(customer, KEY, "k".repeat(256)).status()).isEqualTo(400);
        assertThat(herald.submit(customer, KEY, "one", KEY, "two").status()).isEqualTo(400);
        assertThat(herald.submit(customer, KEY, "k".repeat(255)).status()).isEqualTo(200);
    }
}
