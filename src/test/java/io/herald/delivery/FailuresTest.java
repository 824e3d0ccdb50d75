package io.herald.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.Message;
import io.herald.mapping.Mappings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.camel.ExpressionEvaluationException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a refusal means before the request is sent. */
class FailuresTest {

    private static final String PROVIDER = "bridge-xyz";
    private static final ObjectNode CUSTOMER = JsonNodeFactory.instance.objectNode();

    private final Delivery delivery = new Delivery(
            new Message(UUID.randomUUID(), 1, "CUST-1", Instant.EPOCH, CUSTOMER, List.of(PROVIDER)), PROVIDER);
    private final Failures failures = new Failures(
            Mappings.load(FailuresTest::mapping, List.of(PROVIDER), Clock.systemUTC(), new ArrayList<>()),
            Clock.systemUTC());
    private final HttpOperationFailedException refused = refused(404);

    @ParameterizedTest
    @ValueSource(ints = {302, 400, 401, 403, 404, 409, 422})
    void aCallBeforeThatOfTheCustomerIsNoWordAboutIt(int status) {
        Failure failure = failures.of(delivery, refused(status));

        assertThat(failure.isTransient()).isTrue();
        assertThat(Outcome.state(failure.outcome())).isEqualTo("retrying");
        assertThat(failure.outcome().at("/error/code").asText()).isEqualTo("refused_before_request");
        assertThat(failure.outcome().at("/error/message").asText())
                .isEqualTo("a call before that of the customer was answered with status " + status);
    }

    /** Such as a page of HTML where a session should be. */
    @Test
    void norIsItsAnswerThatCannotBeRead() {
        Failure failure = failures.of(delivery, new ExpressionEvaluationException(null, "no session", null, null));

        assertThat(failure.isTransient()).isTrue();
        assertThat(failure.mayHaveArrived()).isFalse();
        assertThat(Outcome.state(failure.outcome())).isEqualTo("retrying");
        assertThat(failure.outcome().at("/error/code").asText()).isEqualTo("refused_before_request");
    }

    @Test
    void andAfterALookUpItIsAsUnclearAsBefore() {
        delivery.beginLookUp(Instant.MAX);

        Failure failure = failures.of(delivery, new ExpressionEvaluationException(null, "no session", null, null));

        assertThat(failure.isTransient()).isTrue();
        assertThat(Outcome.state(failure.outcome())).isEqualTo("retrying");
        assertThat(failure.outcome().at("/error/reason").asText()).isEqualTo("unclear");
    }

    /** Told as a broken link, it would be replayed with force, and the customer be made a second time. */
    @Test
    void norAboutItsLink() {
        delivery.setLink(Optional.of("7"));

        Failure failure = failures.of(delivery, refused);

        assertThat(failure.isTransient()).isTrue();
        assertThat(failure.outcome().at("/error/code").asText()).isEqualTo("refused_before_request");
    }

    @Test
    void theSameToTheRequestIs() {
        delivery.setRequest(CUSTOMER, new byte[0]);
        delivery.beginSending(Instant.EPOCH);

        Failure failure = failures.of(delivery, refused);

        assertThat(failure.isTransient()).isFalse();
        assertThat(Outcome.state(failure.outcome())).isEqualTo("rejected");
        assertThat(failure.isOfContent()).as("who asks, or where").isFalse();
    }

    private static HttpOperationFailedException refused(int status) {
        return new HttpOperationFailedException(
                "https://example.com", status, "", null, Map.of(), "{\"code\": \"no_session\", \"message\": \"none\"}");
    }

    private static Optional<String> mapping(String file) {
        try {
            Path path = Path.of("mappings").resolve(file);
            return Files.exists(path) ? Optional.of(Files.readString(path)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
