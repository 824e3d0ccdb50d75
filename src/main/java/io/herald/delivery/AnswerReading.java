package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.mapping.MappingFailedException;
import io.herald.mapping.Mappings;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Reads what a provider answers with success. */
@Singleton
final class AnswerReading {

    private static final Logger LOG = Logger.getLogger(AnswerReading.class);

    /** The one status of success that somebody on the way may give, too, with a page of its own. */
    private static final int OK = 200;

    private final Mappings mappings;
    private final Creates creates;
    private final ObjectMapper json;
    private final Clock clock;

    AnswerReading(Mappings mappings, Creates creates, ObjectMapper json, Clock clock) {
        this.mappings = mappings;
        this.creates = creates;
        this.json = json;
        this.clock = clock;
    }

    /** As {@link DeliverySteps#readAnswer}. */
    void read(Delivery delivery, int status, String answer) throws UnreadableAnswerException, UnclearException {
        try {
            ObjectNode outcome = outcome(delivery, status, Answers.parse(answer));
            mustBeOfThatCustomer(delivery, outcome);
            delivery.markDelivered(outcome);
        } catch (UnreadableAnswerException e) {
            if (status != OK && Outcome.isFor(Reason.UNREADABLE_ANSWER, e.outcome())) {
                delivery.doubt().setPromise(e.outcome());
            }
            throw e;
        }
        delivery.tries().end(clock.instant(), json.createObjectNode().put("httpStatus", status));
    }

    /** Else the next messages would go to another customer, and this one be with the provider twice. */
    private void mustBeOfThatCustomer(Delivery delivery, ObjectNode outcome) throws UnclearException {
        boolean isAnothers = delivery.isUpdate()
                && !outcome.path("providerCustomerId").textValue().equals(delivery.getLink());
        if (isAnothers && !creates.areUpserts(delivery.getProvider())) {
            throw new UnclearException(
                    "the provider answered an update with the id of another customer than it was of");
        }
    }

    /** As {@link DeliverySteps#readFurtherAnswer}. */
    void readFurther(Delivery delivery, int status, String answer) throws UnreadableAnswerException {
        if (answer != null && !answer.isBlank()) {
            outcome(delivery, status, Answers.parse(answer));
        }
    }

    /** To be called when all steps are done: without an answer the delivery would wait for an outcome that never comes. */
    void mustBeRead(Delivery delivery) throws UnclearException {
        if (delivery.isSettled()) {
            return;
        }
        if (delivery.phase() == Delivery.Phase.SENDING) {
            throw new UnclearException("the request was sent, and the answer came to no step 'readAnswer'");
        }
        throw new MappingFailedException(
                "routes/providers/" + delivery.getProvider() + ".camel.yaml", "came to no step that sends the request");
    }

    private ObjectNode outcome(Delivery delivery, int status, Optional<JsonNode> answer)
            throws UnreadableAnswerException {
        ObjectNode outcome = Outcome.of(delivery, status, fragment(delivery, status, answer));
        if (!outcome.has("providerCustomerId")) {
            throw new UnreadableAnswerException(outcome);
        }
        return outcome;
    }

    private ObjectNode fragment(Delivery delivery, int status, Optional<JsonNode> answer) {
        try {
            return mappings.of(delivery.getProvider())
                    .outcome(status, answer.orElse(NullNode.instance), knownId(delivery));
        } catch (MappingFailedException e) {
            LOG.errorf("The answer of %s cannot be mapped: %s", delivery.getProvider(), e.getMessage());
            return json.createObjectNode();
        }
    }

    /** The id that the customer has, as far as it is known: where a create is sent again, the provider need not say it again. */
    private String knownId(Delivery delivery) {
        boolean wasAnswered = delivery.isSettled() && creates.areUpserts(delivery.getProvider());
        return wasAnswered && delivery.getLink() == null
                ? delivery.getOutcome().path("providerCustomerId").textValue()
                : delivery.getLink();
    }
}
