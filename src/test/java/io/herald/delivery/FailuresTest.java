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
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;

/** What a refusal means before the request is sent. */
class FailuresTest {

    private static final String PROVIDER = "bridge-xyz";
    private static final ObjectNode CUSTOMER = JsonNodeFactory.instance.objectNode();

    private final Delivery delivery = new Delivery(
            new Message(UUID.randomUUID(), 1, "CUST-1", Instant.EPOCH, CUSTOMER, List.of(PROVIDER)), PROVIDER);
    private final Failures failures = new Failures(
            Mappings.load(FailuresTest::mapping, List.of(PROVIDER), Clock.systemUTC(), new ArrayList<>()),
            Clock.systemUTC());
    private final HttpOperationFailedException refused = new HttpOperationFailedException(
            "https://example.com", 404, "", null, Map.of(), "{\"code\": \"no_session\", \"message\": \"none\"}");

    @Test
    void aCallBeforeThatOfTheCustomerIsNoWordAboutIt() {
        Failure failure = failures.of(delivery, refused);

        assertThat(failure.isTransient()).isTrue();
        assertThat(Outcome.state(failure.outcome())).isEqualTo("retrying");
        assertThat(failure.outcome().at("/error/code").asText()).isEqualTo("refused_before_request");
        assertThat(failure.outcome().at("/error/message").asText())
                .isEqualTo("a call before that of the customer was answered with status 404");
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

    private static Optional<String> mapping(String file) {
        try {
            Path path = Path.of("mappings").resolve(file);
            return Files.exists(path) ? Optional.of(Files.readString(path)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
