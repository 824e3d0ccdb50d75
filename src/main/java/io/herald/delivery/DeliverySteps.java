package io.herald.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.herald.provider.BreakerOpenException;
import io.herald.token.LogInFailedException;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.apache.camel.component.http.HttpMethods;
import org.apache.camel.support.ExchangeHelper;

/**
 * The steps of a provider's routes that are the same for every provider, by the names that the routes have for them: what they need
 * of the exchange, and who does it.
 */
@Singleton
@Named("delivery")
@RegisterForReflection
public final class DeliverySteps {

    private static final String JSON = "application/json";

    private final Requests requests;
    private final Sending sending;
    private final LookUps lookUps;
    private final AnswerReading answers;
    private final OutcomeRecording outcomes;

    public DeliverySteps(
            Requests requests, Sending sending, LookUps lookUps, AnswerReading answers, OutcomeRecording outcomes) {
        this.requests = requests;
        this.sending = sending;
        this.lookUps = lookUps;
        this.answers = answers;
        this.outcomes = outcomes;
    }

    /** Whether the customer is known at the provider: then this is an update. */
    public boolean isUpdate(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.isUpdate();
    }

    /** Whether the customer is not known at the provider. */
    public boolean isCreate(@ExchangeProperty("delivery") Delivery delivery) {
        return !delivery.isUpdate();
    }

    /** As {@link LookUps#isNeeded}. */
    public boolean isToBeLookedUp(@ExchangeProperty("delivery") Delivery delivery) {
        return lookUps.isNeeded(delivery);
    }

    /** As {@link Delivery#isOutdated}. */
    public boolean isOutdated(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.isOutdated();
    }

    /** Whether there is something left to send: no look-up found what an earlier try created. */
    public boolean isToBeSent(@ExchangeProperty("delivery") Delivery delivery) {
        return !delivery.isFound();
    }

    /** As {@link Delivery#getIdempotencyKey}. */
    public String idempotencyKey(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.getIdempotencyKey().toString();
    }

    /** As {@link Requests#findLink}. */
    public void findLink(@ExchangeProperty("delivery") Delivery delivery) throws UnclearException {
        requests.findLink(delivery);
    }

    /** As {@link Requests#map}. */
    public void map(@ExchangeProperty("delivery") Delivery delivery)
            throws NotMappableException, JsonProcessingException {
        requests.map(delivery);
    }

    /** As {@link Requests#expand}. */
    public String expand(String template, Delivery delivery) throws UnclearException {
        return Requests.expand(template, delivery);
    }

    /**
     * Puts the provider's token on the message.
     *
     * @throws LogInFailedException if there is none to be had
     */
    public void authorize(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws LogInFailedException {
        sending.takeToken(delivery);
        forgetCharset(exchange);
        exchange.getMessage().setHeader("Authorization", "Bearer " + delivery.getToken());
    }

    /** Puts on the message what the call of every delivery has, and the request: as {@link Sending#bytes}. */
    public byte[] bytesToSend(
            Exchange exchange,
            @ExchangeProperty("delivery") Delivery delivery,
            @Variable("method") String method,
            @Variable("path") String path,
            @Variable("lookUp") String lookUp)
            throws UnclearException, BreakerOpenException {
        // not its name: for that Camel searches all its type converters, an eighth of Herald's processor time
        exchange.getMessage().setHeader(Exchange.HTTP_METHOD, HttpMethods.valueOf(method));
        exchange.getMessage().setHeader(Exchange.HTTP_PATH, path);
        speakJson(exchange);
        return sending.bytes(delivery, Optional.ofNullable(lookUp));
    }

    /** As {@link Sending#mustBeInHand}; puts on the message what every further call has too. */
    public void mustBeInHand(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery) {
        speakJson(exchange);
        sending.mustBeInHand(delivery);
    }

    /** Unless the route has said otherwise. */
    private static void speakJson(Exchange exchange) {
        forgetCharset(exchange);
        exchange.getMessage().getHeaders().putIfAbsent(Exchange.CONTENT_TYPE, JSON);
        exchange.getMessage().getHeaders().putIfAbsent("Accept", JSON);
    }

    /** How an earlier answer was written says nothing of the next one; Camel would keep it. */
    private static void forgetCharset(Exchange exchange) {
        exchange.removeProperty(Exchange.CHARSET_NAME);
    }

    /** As {@link AnswerReading#read}. */
    public void readAnswer(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws UnreadableAnswerException {
        answers.read(delivery, status(exchange), text(exchange));
    }

    /** As {@link AnswerReading#readFurther}. */
    public void readFurtherAnswer(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws UnreadableAnswerException {
        answers.readFurther(delivery, status(exchange), text(exchange));
    }

    private static int status(Exchange exchange) {
        return exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    }

    /** Of its bytes: Camel's own way from a stream to a string allocates 40 KB for each answer. */
    private static String text(Exchange exchange) {
        byte[] answer = exchange.getMessage().getBody(byte[].class);
        return answer == null ? null : new String(answer, ExchangeHelper.getCharset(exchange));
    }

    /** The JSON of an answer, as text: some come with stray characters before it. */
    public String json(@Body String answer) {
        return answer == null ? "" : Answers.withoutStray(answer);
    }

    /** As {@link LookUps#begin}. */
    public long beginLookUp(@ExchangeProperty("delivery") Delivery delivery)
            throws BreakerOpenException, LookUpWaitsException {
        return lookUps.begin(delivery);
    }

    /** As {@link LookUps#read}. */
    public Integer readFound(
            @Body String body,
            @Header(Exchange.HTTP_RESPONSE_CODE) int status,
            @ExchangeProperty("delivery") Delivery delivery)
            throws UnclearException {
        return lookUps.read(delivery, status, body);
    }

    /** As {@link LookUps#settle}. */
    public void settleFound(@ExchangeProperty("delivery") Delivery delivery, @Variable("lookUp") String lookUp)
            throws UnclearException {
        lookUps.settle(delivery, lookUp);
    }

    /** As {@link OutcomeRecording#record}. */
    public void record(@ExchangeProperty("delivery") Delivery delivery) {
        outcomes.record(delivery);
    }

    /** As {@link OutcomeRecording#recordFailure}. */
    public void recordFailure(@ExchangeProperty("delivery") Delivery delivery) {
        outcomes.recordFailure(delivery);
    }
}
