package io.herald.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.Ledger;
import io.herald.mapping.MappingFailedException;
import io.herald.mapping.Mappings;
import io.herald.mapping.ProviderMapping;
import io.herald.privacy.Redaction;
import io.herald.schema.Fault;
import io.herald.token.LogInFailedException;
import io.herald.token.Tokens;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jboss.logging.Logger;

/** The steps of a provider's routes that are the same for every provider. */
@Singleton
@Named("delivery")
@RegisterForReflection
public final class DeliverySteps {

    private static final Logger LOG = Logger.getLogger(DeliverySteps.class);
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-zA-Z_]+)}");

    private final Ledger ledger;
    private final Mappings mappings;
    private final Tokens tokens;
    private final ObjectMapper json;

    public DeliverySteps(Ledger ledger, Mappings mappings, Tokens tokens, ObjectMapper json) {
        this.ledger = ledger;
        this.mappings = mappings;
        this.tokens = tokens;
        this.json = json;
    }

    /**
     * Known customer? Its link makes this delivery an update. Where there is no link, but an earlier message may have
     * created the customer without our knowing, the delivery begins as unclear: it looks the customer up before it sends.
     */
    public void findLink(@ExchangeProperty("delivery") Delivery delivery) {
        ledger.linkOf(delivery.getReference(), delivery.getProvider()).ifPresent(delivery::linkedTo);
        if (!delivery.isUpdate()
                && mappings.of(delivery.getProvider()).finds()
                && ledger.mayBeCreated(
                        delivery.getReference(),
                        delivery.getProvider(),
                        delivery.getMessage().sequence())) {
            delivery.mayHaveArrived();
        }
    }

    /**
     * Maps the customer with the provider's {@code request.jslt}, and checks the request.
     *
     * @throws NotMappableException if it is not what the provider's {@code request.schema.json} accepts
     */
    public void map(@ExchangeProperty("delivery") Delivery delivery)
            throws NotMappableException, JsonProcessingException {
        ProviderMapping mapping = mappings.of(delivery.getProvider());
        ObjectNode request = mapping.request(delivery.getCanonical(), delivery.getLink());
        List<Fault> faults = mapping.check(request);
        if (!faults.isEmpty()) {
            throw new NotMappableException(faults);
        }
        delivery.mapped(request, json.writeValueAsBytes(request));
    }

    /**
     * Puts the provider's token on the message.
     *
     * @throws LogInFailedException if there is none to be had
     */
    public void authorize(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws LogInFailedException {
        String token = tokens.of(delivery.getProvider());
        delivery.setToken(token);
        exchange.getMessage().setHeader("Authorization", "Bearer " + token);
    }

    /**
     * Fills in a path or query: {@code {id}} is the provider's id of the customer, any other name in braces a field of the
     * request; all of them percent-encoded.
     */
    public String expand(String template, Delivery delivery) {
        return PLACEHOLDER.matcher(template).replaceAll(name -> {
            String value = name.group(1).equals("id")
                    ? delivery.getLink()
                    : delivery.getRequest().path(name.group(1)).asText();
            return Matcher.quoteReplacement(
                    URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20"));
        });
    }

    /** Makes the request the body of the message. From here on bytes may leave. */
    public byte[] send(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.sending();
    }

    /**
     * Reads the answer to the request.
     *
     * @throws UnreadableAnswerException if it has no customer's id
     */
    public void readAnswer(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws UnreadableAnswerException {
        int status = exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
        JsonNode answer =
                Answers.parse(json, exchange.getMessage().getBody(String.class)).orElse(NullNode.instance);
        ObjectNode fragment = mappings.of(delivery.getProvider()).outcome(status, answer, delivery.getLink());
        ObjectNode outcome = Outcome.of(status, fragment, delivery.isUpdate());
        if (!outcome.has("providerCustomerId")) {
            throw new UnreadableAnswerException(status);
        }
        delivery.settle(outcome);
    }

    private ObjectNode outcome(Delivery delivery, int status, JsonNode answer) throws UnreadableAnswerException {
        try {
            ObjectNode fragment = mappings.of(delivery.getProvider()).outcome(status, answer, delivery.getLink());
            ObjectNode outcome = Outcome.of(status, fragment, delivery.isUpdate());
            if (outcome.has("providerCustomerId")) {
                return outcome;
            }
        } catch (MappingFailedException e) {
            LOG.errorf("The answer of %s cannot be mapped: %s", delivery.getProvider(), e.getMessage());
        }
        throw new UnreadableAnswerException(status);
    }

    /** What is done next is a look-up: its failures say nothing of the request. */
    public void find(@ExchangeProperty("delivery") Delivery delivery) {
        delivery.finding();
    }

    /**
     * Holds a page of the answer to a look-up against the request. A customer that is the same in name and in the field
     * looked up, and is linked to no other reference, is what an earlier try created: of this delivery, and then it is
     * delivered; or of an earlier message, and then this one is an update.
     *
     * @return the number of the next page, or null if there is none or it is not needed
     * @throws UnclearException if there is a customer that cannot be told to be ours
     */
    public Integer matchFound(@Body String body, @ExchangeProperty("delivery") Delivery delivery)
            throws UnclearException {
        JsonNode answer = Answers.parse(json, body)
                .orElseThrow(() -> new UnclearException("the answer to the look-up is not JSON"));
        JsonNode found = mappings.of(delivery.getProvider()).find(answer, delivery.getRequest());
        for (JsonNode candidate : found.path("candidates")) {
            String id = candidate.path("providerCustomerId").asText();
            if (!candidate.path("same").asBoolean()
                    || delivery.isSettled()
                    || delivery.isUpdate()
                    || ledger.isLinkedElsewhere(delivery.getProvider(), id, delivery.getReference())) {
                throw new UnclearException("the look-up found a customer that may be another one");
            }
            if (delivery.getAttempts() > 0) {
                delivery.settle(
                        Outcome.delivered(JsonNodeFactory.instance.objectNode().put("providerCustomerId", id), false));
            } else {
                delivery.foundLink(id);
            }
        }
        return found.path("next").isInt() ? found.get("next").intValue() : null;
    }

    /** Without the field to look up, nobody can tell whether an earlier try arrived. */
    public void cannotFind() throws UnclearException {
        throw new UnclearException("an earlier try may have arrived, and there is nothing to look the customer up by");
    }

    /** Keeps the outcome in the ledger. */
    public void record(@ExchangeProperty("delivery") Delivery delivery) {
        delivery.recording();
        ObjectNode outcome = delivery.getOutcome();
        if (outcome.has("error")) {
            Redaction.of(delivery.getCanonical(), delivery.getRequest()).redactError(outcome);
        }
        ledger.record(
                        delivery.getMessage(),
                        delivery.getProvider(),
                        outcome,
                        delivery.getAttempts(),
                        delivery.durationMillis(),
                        delivery.isUnclear())
                .join();
    }
}
