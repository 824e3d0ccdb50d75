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
 * The bean {@code delivery}: the steps of a provider's routes that are the same for every provider, by the names that route
 * files use. {@code docs/add-a-provider.md} shows them in a file.
 *
 * <p>Each step works on the delivery that is the property {@code delivery} of the exchange. What it throws goes to the error
 * handlers in {@code routes/error-handlers.camel.yaml}, and {@link Failures} decides what it means; below, each
 * {@code @throws} says how the delivery ends. "Tried again" is within {@code provider.<id>.retry}; a delivery that is then
 * {@code retrying} is parked.
 *
 * <p>A step that needs the ledger also throws a {@link io.herald.ledger.LedgerException}, alone or as a cause, when the
 * ledger cannot be used: tried again; then {@code retrying}, code {@code ledger_unavailable}.
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

    /**
     * Whether the provider's own id of the customer is known: then this is an update. To be asked after {@link #findLink}.
     */
    public boolean isUpdate(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.isUpdate();
    }

    /**
     * Whether the provider's own id of the customer is not known: then this is a create. To be asked after
     * {@link #findLink}.
     */
    public boolean isCreate(@ExchangeProperty("delivery") Delivery delivery) {
        return !delivery.isUpdate();
    }

    /**
     * Whether the customer is to be looked up before the request is sent: an earlier try or message may have created it
     * without our knowing, and the provider has a look-up. Asked by the template {@code send}.
     */
    public boolean isToBeLookedUp(@ExchangeProperty("delivery") Delivery delivery) {
        return lookUps.isNeeded(delivery);
    }

    /**
     * Whether the request has to be made anew, because it was made with another link than the one that is known now: a
     * look-up found the customer, so that a create has become an update. Asked by the template {@code send}.
     */
    public boolean isOutdated(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.isOutdated();
    }

    /**
     * Whether there is still something to send: not if a look-up found what an earlier try of this delivery created. Asked
     * by the template {@code send}.
     */
    public boolean isToBeSent(@ExchangeProperty("delivery") Delivery delivery) {
        return !delivery.isFound();
    }

    /**
     * The idempotency key of the request, a UUID: the same for all tries of the delivery; another one after a replay that
     * makes the request anew, and when a create has become an update.
     */
    public String idempotencyKey(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.getIdempotencyKey().toString();
    }

    /**
     * Finds out in the ledger whether the provider has the customer: from here on the delivery is an update or a create, and
     * has the provider's id if there is one. If an earlier message may have created the customer without our knowing, a
     * look-up goes before the request. Sends nothing and keeps nothing; previews take this step too.
     *
     * @throws UnclearException if an earlier message may have created the customer, and the provider has no look-up: the
     *     delivery is {@code dead}, {@code unclear}
     */
    public void findLink(@ExchangeProperty("delivery") Delivery delivery) throws UnclearException {
        requests.findLink(delivery);
    }

    /**
     * Makes the request from the customer with the provider's {@code request.jslt}, and checks it with its
     * {@code request.schema.json}; it is the delivery's from here on. Does nothing where there is a request that was kept
     * for an earlier try and still fits. Sends nothing and keeps nothing; previews take this step too.
     *
     * @throws NotMappableException if the schema does not accept the request: the delivery is {@code rejected},
     *     {@code not_mappable}
     * @throws io.herald.mapping.MappingFailedException if the template fails on this customer: the delivery is {@code dead},
     *     code {@code mapping_failed}, reason {@code not_mappable}
     * @throws JsonProcessingException if the request cannot be written as JSON; that is not expected
     */
    public void map(@ExchangeProperty("delivery") Delivery delivery)
            throws NotMappableException, JsonProcessingException {
        requests.map(delivery);
    }

    /**
     * Fills in a path or a query: {@code {id}} is the provider's id of the customer, any other name in braces is a field of
     * the request. All values are percent-encoded.
     *
     * @param template such as {@code /customers/{id}}
     * @return the path or query, for a variable or a header
     * @throws UnclearException if the delivery has no such value, and an earlier try may have arrived: there is nothing to
     *     look the customer up by, and the delivery is {@code dead}, {@code unclear}
     * @throws io.herald.mapping.MappingFailedException if the delivery has no such value: it is {@code dead}, code
     *     {@code mapping_failed}, reason {@code not_mappable}
     */
    public String expand(String template, Delivery delivery) throws UnclearException {
        return Requests.expand(template, delivery);
    }

    /**
     * Sets the header {@code Authorization} to {@code Bearer} and the provider's token. Where there is none that is good,
     * waits until the route {@code <id>-log-in} has fetched one. If the provider answers the call with 401, the token is
     * dropped and the call made again with another one, once for each delivery.
     *
     * @throws LogInFailedException if there is no token to be had. If the provider refuses the credential, or gives no
     *     token, the delivery is {@code retrying}, code {@code log_in_refused}, reason {@code unauthorized}, and uses up no
     *     step of the schedule; otherwise it is tried again, and then {@code retrying}, code {@code log_in_failed}. If the
     *     provider's breaker is open, it is as for {@link #bytesToSend}
     */
    public void authorize(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws LogInFailedException {
        sending.takeToken(delivery);
        forgetCharset(exchange);
        exchange.getMessage().setHeader("Authorization", "Bearer " + delivery.getToken());
    }

    /**
     * Puts the request on the call: the variables {@code method} and {@code path} as its method and path, the headers
     * {@code Content-Type} and {@code Accept} for JSON, where the route has not set others, and the bytes of the request as
     * its body. Before that the request is kept in the ledger; from here on its bytes may leave, and the try counts as an
     * attempt.
     *
     * @param method of HTTP, in capitals
     * @param path below the provider's base URL, with its values filled in
     * @param lookUp the template of what the customer is looked up by; null where it is not looked up
     * @return the new body
     * @throws UnclearException if an earlier try of this create may have arrived, and the provider no longer remembers its
     *     key: the delivery is {@code dead}, {@code unclear}
     * @throws BreakerOpenException if nothing would leave, because the provider's breaker is open, or Herald stops: the
     *     delivery is {@code retrying}, code {@code breaker_open} or {@code herald_stopped}. As a rule no attempt and no
     *     step of the schedule is used up
     * @throws io.herald.mapping.MappingFailedException if the route has set no method or no path, or a part of the path is empty:
     *     as for {@link #expand}
     */
    public byte[] bytesToSend(
            Exchange exchange,
            @ExchangeProperty("delivery") Delivery delivery,
            @Variable("method") String method,
            @Variable("path") String path,
            @Variable("lookUp") String lookUp)
            throws UnclearException, BreakerOpenException {
        Requests.checkPlace(delivery, method, path);
        // not its name: for that Camel searches all its type converters, an eighth of Herald's processor time
        exchange.getMessage().setHeader(Exchange.HTTP_METHOD, HttpMethods.valueOf(method));
        exchange.getMessage().setHeader(Exchange.HTTP_PATH, path);
        speakJson(exchange);
        return sending.begin(delivery, Optional.ofNullable(lookUp));
    }

    /**
     * To stand before a further call of the same delivery. Sets {@code Content-Type} and {@code Accept} as
     * {@link #bytesToSend} does, and makes sure that no other program has the delivery in hand by now.
     *
     * @throws io.herald.ledger.LedgerException if another one has: nothing is sent, and the outcome is that one's to record
     */
    public void mustBeInHand(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery) {
        speakJson(exchange);
        sending.mustBeInHand(delivery);
    }

    /** Unless the route has set other headers. */
    private static void speakJson(Exchange exchange) {
        forgetCharset(exchange);
        exchange.getMessage().getHeaders().putIfAbsent(Exchange.CONTENT_TYPE, JSON);
        exchange.getMessage().getHeaders().putIfAbsent("Accept", JSON);
    }

    /** Forgets the charset of an earlier answer, which Camel would keep for the next one. */
    private static void forgetCharset(Exchange exchange) {
        exchange.removeProperty(Exchange.CHARSET_NAME);
    }

    /**
     * Reads the answer to the request, its status and body, with the provider's {@code response.jslt}: the delivery is
     * {@code delivered}. Only answers with a 2xx come here; any other one fails the call before.
     *
     * @throws UnreadableAnswerException if there is no customer's id in it: the delivery is tried again, and then what the
     *     template says, as a rule {@code dead}, {@code unreadable_answer}
     * @throws UnclearException if it was an update, and the id is that of another customer: the delivery is {@code dead},
     *     {@code unclear}; not where creates are upserts, whose customers are told apart by our reference
     */
    public void readAnswer(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws UnreadableAnswerException, UnclearException {
        answers.read(delivery, status(exchange), text(exchange));
    }

    /**
     * Reads the answer to a further call, after {@link #readAnswer}. What is known of the customer stays as it was; an empty
     * body is taken for the success that its status is.
     *
     * @throws UnreadableAnswerException if the body does not say that the call succeeded: both calls are tried again; then
     *     the delivery ends as in {@link #readAnswer}
     */
    public void readFurtherAnswer(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws UnreadableAnswerException {
        answers.readFurther(delivery, status(exchange), text(exchange));
    }

    private static int status(Exchange exchange) {
        return exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    }

    /** The body as text, made of its bytes: Camel's own way from a stream to a string allocates 40 KB for each answer. */
    private static String text(Exchange exchange) {
        byte[] answer = exchange.getMessage().getBody(byte[].class);
        return answer == null ? null : new String(answer, ExchangeHelper.getCharset(exchange));
    }

    /**
     * The JSON of a log-in's answer, as text, for expressions that read the token from it. A few stray characters before the
     * JSON, which some providers send, are left out; of no body it is empty.
     */
    public String json(@Body String answer) {
        return answer == null ? "" : Answers.withoutStray(answer);
    }

    /**
     * Begins a look-up. From here until the request is sent, a failure says nothing about the request.
     *
     * @return how long to wait until what may have arrived can be seen, in milliseconds
     * @throws BreakerOpenException if nothing can be asked, because the provider's breaker is open, or Herald stops: as for
     *     {@link #bytesToSend}
     * @throws LookUpWaitsException if the wait is more than is left of {@code retry.budget}: the delivery is
     *     {@code retrying} until then, and uses up no step of the schedule
     */
    public long beginLookUp(@ExchangeProperty("delivery") Delivery delivery)
            throws BreakerOpenException, LookUpWaitsException {
        return lookUps.begin(delivery);
    }

    /**
     * Reads a page of the answer to a look-up with the provider's {@code find.jslt}, and collects the customers in it. A 404
     * with the provider's own code in it says that there is none.
     *
     * @return the number of the next page; null if there is none, or what was found decides already
     * @throws UnclearException if the answer is not JSON, or a 404 that need not be the provider's, or the look-up takes
     *     longer than five minutes: tried again; then {@code retrying}, {@code unclear}. If its pages have no end, the
     *     delivery is {@code dead}, {@code unclear}
     */
    public Integer readFound(
            @Body String body,
            @Header(Exchange.HTTP_RESPONSE_CODE) int status,
            @ExchangeProperty("delivery") Delivery delivery)
            throws UnclearException {
        return lookUps.read(delivery, status, body);
    }

    /**
     * Decides what a look-up has found. If it is the customer that an earlier try of this delivery created, the delivery is
     * {@code delivered}; if it is that of an earlier message, this one becomes an update; if there is none, the request is
     * sent.
     *
     * @param lookUp the template of what the customer is looked up by, as for {@link #bytesToSend}
     * @throws UnclearException if the customer that was found may be another one; or if none was found, but an earlier
     *     request may have created it with something else to look it up by, such as another phone: the delivery is
     *     {@code dead}, {@code unclear}
     * @throws UnreadableAnswerException if none was found that the provider said it has made or will make: it is looked up
     *     again
     */
    public void settleFound(@ExchangeProperty("delivery") Delivery delivery, @Variable("lookUp") String lookUp)
            throws UnclearException, UnreadableAnswerException {
        lookUps.settle(delivery, lookUp);
    }

    /**
     * Keeps the outcome of the delivery in the ledger, and each of its tries. Used by the template {@code deliver}.
     *
     * @throws UnclearException if there is none, because the request was sent and no step has read the answer: the delivery is
     *     {@code dead}, {@code unclear}
     * @throws io.herald.mapping.MappingFailedException if there is none, because no step has sent the request: as for
     *     {@link #expand}
     * @throws io.herald.ledger.LedgerException if it cannot be kept: tried again; then the delivery goes back to the
     *     ledger, to be taken up later
     */
    public void record(@ExchangeProperty("delivery") Delivery delivery) throws UnclearException {
        answers.mustBeRead(delivery);
        outcomes.record(delivery);
    }

    /**
     * As {@link #record}, for a delivery that failed; if the outcome cannot be kept, that is only logged, and the delivery
     * goes back to the ledger. Used by the route {@code not-delivered}.
     */
    public void recordFailure(@ExchangeProperty("delivery") Delivery delivery) {
        outcomes.recordFailure(delivery);
    }
}
