package io.herald.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.Message;
import io.herald.mapping.MappingFailedException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is filled into a path and into a body, and where the request goes. */
class RequestsTest {

    private static final String TEMPLATE = "/customers/{id}/documents/{kind}";

    private final Delivery delivery = new Delivery(
            new Message(
                    UUID.randomUUID(),
                    1,
                    "CUST-1",
                    Instant.EPOCH,
                    JsonNodeFactory.instance.objectNode(),
                    List.of("acme")),
            "acme");

    @Test
    void theIdIsTheLinkOrWhatTheFirstCallOfACreateWasAnswered() throws UnclearException {
        ObjectNode request = JsonNodeFactory.instance.objectNode().put("kind", "pass port");
        delivery.setRequest(request, new byte[0]);

        assertThatThrownBy(() -> Requests.expand(TEMPLATE, delivery))
                .isInstanceOf(MappingFailedException.class)
                .hasMessageEndingWith("names the field 'id', which this request has not");

        delivery.markDelivered(Outcome.delivered(request.objectNode().put("providerCustomerId", "in/2"), false));
        assertThat(Requests.expand(TEMPLATE, delivery)).isEqualTo("/customers/in%2F2/documents/pass%20port");

        delivery.setLink(Optional.of("7"));
        assertThat(Requests.expand(TEMPLATE, delivery)).isEqualTo("/customers/7/documents/pass%20port");
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, /customers, sets no variable 'method' for a create",
                "POST, -, sets no variable 'path' for a create",
                "POST, ' ', sets no variable 'path' for a create",
                "PUT, /sessions//customers, sets a path of which a part is empty",
            })
    void nothingIsSentWhereTheRouteDoesNotSayWhere(String method, String path, String mistake) {
        assertThatThrownBy(() -> Requests.checkPlace(delivery, method, path))
                .isInstanceOf(MappingFailedException.class)
                .hasMessage("routes/providers/acme.camel.yaml: " + mistake);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/customers", "customers/7", "/customers?next=https://example.com//x"})
    void anywhereElseWillDo(String path) {
        Requests.checkPlace(delivery, "POST", path);
    }

    @Test
    void aDeliveryWhoseAnswerNobodyReadsDoesNotWaitForEver() throws Exception {
        AnswerReading answers = new AnswerReading(null, null, null, null);

        assertThatThrownBy(() -> answers.mustBeRead(delivery))
                .isInstanceOf(MappingFailedException.class)
                .hasMessage("routes/providers/acme.camel.yaml: came to no step that sends the request");
        delivery.setRequest(JsonNodeFactory.instance.objectNode(), new byte[0]);
        delivery.beginSending(Instant.EPOCH);
        assertThatThrownBy(() -> answers.mustBeRead(delivery))
                .isInstanceOf(UnclearException.class)
                .hasMessage("the request was sent, and the answer came to no step 'readAnswer'");
        delivery.markDelivered(Outcome.delivered(JsonNodeFactory.instance.objectNode(), false));
        answers.mustBeRead(delivery);
    }

    @Test
    void aTextStandsInJsonAsItShould() throws Exception {
        delivery.setRequest(
                JsonNodeFactory.instance
                        .objectNode()
                        .put("email", "a\"b\\@example.com")
                        .put("age", 7),
                new byte[0]);

        CamelContext context = new DefaultCamelContext();
        try {
            Exchange exchange = new DefaultExchange(context);
            exchange.setProperty("delivery", delivery);
            context.start();

            assertThat(context.resolveLanguage("simple")
                            .createExpression("{\"email\": ${exchangeProperty.delivery.json('email')},"
                                    + " \"age\": ${exchangeProperty.delivery.json('age')},"
                                    + " \"none\": ${exchangeProperty.delivery.json('none')}}")
                            .evaluate(exchange, String.class))
                    .isEqualTo("{\"email\": \"a\\\"b\\\\@example.com\", \"age\": 7, \"none\": null}");
        } finally {
            context.stop();
        }
    }
}
