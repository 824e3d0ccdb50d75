package io.herald.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.audit.Audit;
import io.herald.caller.Callers;
import io.herald.ledger.Attempt;
import io.herald.ledger.Ledger;
import io.herald.ledger.Ledger.UnderWay;
import io.herald.ledger.LedgerException;
import io.herald.ledger.Progress;
import io.herald.ledger.Recorded;
import io.herald.mapping.MappingFailedException;
import io.herald.mapping.Mappings;
import io.herald.mapping.ProviderMapping;
import io.herald.metrics.Meters;
import io.herald.metrics.Step;
import io.herald.privacy.Redaction;
import io.herald.privacy.Thrown;
import io.herald.provider.BreakerOpenException;
import io.herald.provider.Breakers;
import io.herald.provider.Gate;
import io.herald.provider.ProviderConfig;
import io.herald.provider.Providers;
import io.herald.schema.Fault;
import io.herald.token.LogInFailedException;
import io.herald.token.Tokens;
import io.herald.trace.Traces;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.apache.camel.support.ExchangeHelper;
import org.jboss.logging.Logger;

/** The steps of a provider's routes that are the same for every provider. */
@Singleton
@Named("delivery")
@RegisterForReflection
public final class DeliverySteps {

    private static final Logger LOG = Logger.getLogger(DeliverySteps.class);
    private static final int NOT_FOUND = 404;
    private static final int MOST_PAGES = 1000;

    /** It holds a place in the provider's lane; time enough for three hundred pages at sixty requests a minute. */
    private static final Duration LONGEST_LOOK_UP = Duration.ofMinutes(5);

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]+)}");

    private final Providers providers;
    private final Breakers breakers;
    private final Ledger ledger;
    private final Mappings mappings;
    private final Tokens tokens;
    private final ObjectMapper json;
    private final Clock clock;
    private final Meters meters;
    private final DeliverySpans spans;

    public DeliverySteps(
            Providers providers,
            Breakers breakers,
            Ledger ledger,
            Mappings mappings,
            Tokens tokens,
            ObjectMapper json,
            Clock clock,
            Meters meters,
            DeliverySpans spans) {
        this.providers = providers;
        this.breakers = breakers;
        this.ledger = ledger;
        this.mappings = mappings;
        this.tokens = tokens;
        this.json = json;
        this.clock = clock;
        this.meters = meters;
        this.spans = spans;
    }

    /** Whether the customer is known at the provider: then this is an update. */
    public boolean isUpdate(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.isUpdate();
    }

    /** Whether the customer is not known at the provider. */
    public boolean isCreate(@ExchangeProperty("delivery") Delivery delivery) {
        return !delivery.isUpdate();
    }

    /** As {@link Delivery#isUnclear}. */
    public boolean isUnclear(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.isUnclear();
    }

    /** As {@link Delivery#isOutdated}. */
    public boolean isOutdated(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.isOutdated();
    }

    /** Whether there is something left to send: no look-up found what an earlier try created. */
    public boolean isToBeSent(@ExchangeProperty("delivery") Delivery delivery) {
        return !delivery.isSettled();
    }

    /** As {@link Delivery#getIdempotencyKey}. */
    public String idempotencyKey(@ExchangeProperty("delivery") Delivery delivery) {
        return delivery.getIdempotencyKey().toString();
    }

    /**
     * Known customer? Its link makes this delivery an update. Where there is no link, but another message may have created the
     * customer without our knowing, the delivery begins as unclear: it looks the customer up before it sends.
     *
     * @throws UnclearException if that other message may have, and the provider has no look-up: only to send that one again,
     *     under its own key, can tell
     */
    public void findLink(@ExchangeProperty("delivery") Delivery delivery) throws UnclearException {
        Ledger.Known known = ledger.known(
                delivery.getReference(),
                delivery.getProvider(),
                delivery.getMessage().sequence());
        delivery.linkIs(known.providerCustomerId());
        delivery.createdBy(known.createdBy());
        if (!mayCreateTwice(delivery)) {
            return;
        }
        boolean finds = mappings.of(delivery.getProvider()).finds();
        Optional<Instant> since = known.mayBeCreatedSince();
        if (since.isPresent() && !finds && !delivery.isUnclear()) {
            throw new UnclearException(
                    "an earlier message may have created the customer: replay that one, which tells, or, if it cannot be, look at"
                            + " the provider's console, and replay this one with force");
        }
        if (finds) {
            since.ifPresent(delivery::unclearFromEarlier);
        }
    }

    /** A create at a provider that does not create or update by our reference. */
    private boolean mayCreateTwice(Delivery delivery) {
        return !delivery.isUpdate() && !upserts(delivery.getProvider());
    }

    /** Whether a provider tells its customers apart by our reference. */
    private boolean upserts(String provider) {
        return !mappings.of(provider).finds()
                && providers.of(provider).idempotencyLifetime().isEmpty();
    }

    /**
     * Maps the customer with the provider's {@code request.jslt}, and checks the request. A delivery that is taken up
     * again has its request already.
     *
     * @throws NotMappableException if it is not what the provider's {@code request.schema.json} accepts
     */
    public void map(@ExchangeProperty("delivery") Delivery delivery)
            throws NotMappableException, JsonProcessingException {
        if (delivery.isMapped()) {
            return;
        }
        long begun = System.nanoTime();
        ProviderMapping mapping = mappings.of(delivery.getProvider());
        ObjectNode request = mapping.request(delivery.getCanonical(), delivery.getLink());
        List<Fault> faults = mapping.check(request);
        if (!faults.isEmpty()) {
            throw new NotMappableException(faults);
        }
        delivery.mapped(request, json.writeValueAsBytes(request));
        meters.took(delivery.getProvider(), Step.MAP, System.nanoTime() - begun);
    }

    /**
     * Puts the provider's token on the message.
     *
     * @throws LogInFailedException if there is none to be had
     */
    public void authorize(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws LogInFailedException {
        delivery.tries(clock.instant());
        try (Scope asked = spans.asks(delivery)) {
            delivery.setToken(tokens.of(delivery.getProvider()));
        }
        forgetCharset(exchange);
        exchange.getMessage().setHeader("Authorization", "Bearer " + delivery.getToken());
    }

    /**
     * Fills in a path or query: {@code {id}} is the provider's id of the customer, any other name in braces a field of the
     * request; all of them percent-encoded.
     *
     * @throws UnclearException if the request has no such field, and an earlier try may have arrived: then there is nothing to look
     *     the customer up by
     * @throws MappingFailedException if the request has no such field
     */
    public String expand(String template, Delivery delivery) throws UnclearException {
        Optional<String> absent = PLACEHOLDER
                .matcher(template)
                .results()
                .map(name -> name.group(1))
                .filter(name -> value(name, delivery).isEmpty())
                .findFirst();
        if (absent.isPresent() && delivery.isUnclear()) {
            throw new UnclearException("an earlier try may have arrived, and the request has no field '" + absent.get()
                    + "', which the provider's route file names");
        }
        if (absent.isPresent()) {
            throw new MappingFailedException(
                    "routes/providers/" + delivery.getProvider() + ".camel.yaml",
                    "names the field '" + absent.get() + "', which this request has not");
        }
        return filledIn(template, delivery);
    }

    /** As {@link #expand}, with nothing in the place of a field that the request has not. */
    private static String filledIn(String template, Delivery delivery) {
        return PLACEHOLDER
                .matcher(template)
                .replaceAll(name -> Matcher.quoteReplacement(
                        URLEncoder.encode(value(name.group(1), delivery), StandardCharsets.UTF_8)
                                .replace("+", "%20")));
    }

    private static String value(String name, Delivery delivery) {
        String value = name.equals("id")
                ? delivery.getLink()
                : delivery.getRequest().path(name).asText();
        return value == null ? "" : value;
    }

    /**
     * The request as it is sent; from here on bytes may leave, and the ledger knows that they may.
     *
     * @param lookUp the template of what the customer is looked up by, or null where it is not looked up
     * @throws UnclearException if it may have arrived before, and the provider no longer remembers its key
     * @throws BreakerOpenException if none would leave, because the provider's breaker is open
     */
    public byte[] bytesToSend(
            Exchange exchange, @ExchangeProperty("delivery") Delivery delivery, @Variable("lookUp") String lookUp)
            throws UnclearException, BreakerOpenException {
        forgetCharset(exchange);
        breakers.of(delivery.getProvider()).check();
        delivery.tries(clock.instant());
        refuseForgottenKey(delivery);
        boolean mayCreate = mayCreateTwice(delivery);
        boolean byKey = mayCreate && !mappings.of(delivery.getProvider()).finds();
        if (!byKey || !delivery.isRequestKept()) {
            UnderWay underWay = new UnderWay(
                    clock.instant().plus(longestTry(delivery.getProvider())),
                    mayCreate,
                    Optional.ofNullable(lookUp)
                            .filter(template -> mayCreate)
                            .map(template -> filledIn(template, delivery)));
            ledger.sending(delivery.getMessage(), delivery.getProvider(), delivery.toBeKept(), underWay)
                    .join();
            delivery.requestKept();
        } else {
            ledger.mustBeInHand(delivery.getMessage(), delivery.getProvider());
        }
        askAgainAfterTheSlot(delivery);
        return delivery.sending(clock.instant());
    }

    /** How an earlier answer was written says nothing of the next one; Camel would keep it. */
    private static void forgetCharset(Exchange exchange) {
        exchange.removeProperty(Exchange.CHARSET_NAME);
    }

    /** From when a call is kept until it has ended, the wait for its slot included. */
    private Duration longestCall(String provider) {
        return providers.of(provider).requestTimeout().plus(providers.longestQueue(provider));
    }

    /** Where a request may be sent again at will its route may make a further call. */
    private Duration longestTry(String provider) {
        return longestCall(provider).multipliedBy(upserts(provider) ? 2 : 1);
    }

    private void askAgainAfterTheSlot(Delivery delivery) {
        if (providers.of(delivery.getProvider()).rate().isPresent()) {
            Gate.askAgain(() -> ledger.mustBeInHand(delivery.getMessage(), delivery.getProvider()));
        }
    }

    /** To be asked before a further call of a delivery: another program may have it in hand by now. */
    public void mustBeInHand(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery) {
        forgetCharset(exchange);
        ledger.mustBeInHand(delivery.getMessage(), delivery.getProvider());
        askAgainAfterTheSlot(delivery);
    }

    private void refuseForgottenKey(Delivery delivery) throws UnclearException {
        Optional<Instant> forgotten =
                providers.of(delivery.getProvider()).idempotencyLifetime().flatMap(delivery::forgottenAt);
        if (forgotten.isPresent() && !clock.instant().isBefore(forgotten.get())) {
            throw new UnclearException("an earlier try may have arrived, and the provider no longer remembers its key");
        }
    }

    /**
     * Reads the answer to the request.
     *
     * @throws UnreadableAnswerException if it has no customer's id
     */
    public void readAnswer(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws UnreadableAnswerException {
        int status = status(exchange);
        ObjectNode outcome = outcome(delivery, status, Answers.parse(text(exchange)));
        delivery.delivered(outcome);
        delivery.tried(clock.instant(), json.createObjectNode().put("httpStatus", status));
    }

    /**
     * Reads the answer to a further call, after {@link #readAnswer}; what is known of the customer is from there. An empty one
     * says nothing against the success that its status is.
     *
     * @throws UnreadableAnswerException if it does not say that the call succeeded
     */
    public void readFurtherAnswer(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery)
            throws UnreadableAnswerException {
        String answer = text(exchange);
        if (answer != null && !answer.isBlank()) {
            outcome(delivery, status(exchange), Answers.parse(answer));
        }
    }

    private static int status(Exchange exchange) {
        return exchange.getMessage().getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    }

    /** The JSON of an answer, as text: some come with stray characters before it. */
    public String json(@Body String answer) {
        return answer == null ? "" : Answers.withoutStray(answer);
    }

    /** Of its bytes: Camel's own way from a stream to a string allocates 40 KB for each answer. */
    private static String text(Exchange exchange) {
        byte[] answer = exchange.getMessage().getBody(byte[].class);
        return answer == null ? null : new String(answer, ExchangeHelper.getCharset(exchange));
    }

    /** The id that the customer has, as far as it is known: where a create is sent again, the provider need not say it again. */
    private String knownId(Delivery delivery) {
        boolean wasAnswered = delivery.isSettled() && upserts(delivery.getProvider());
        return wasAnswered && delivery.getLink() == null
                ? delivery.getOutcome().path("providerCustomerId").textValue()
                : delivery.getLink();
    }

    private ObjectNode outcome(Delivery delivery, int status, Optional<JsonNode> answer)
            throws UnreadableAnswerException {
        ObjectNode fragment;
        try {
            fragment = mappings.of(delivery.getProvider())
                    .outcome(status, answer.orElse(NullNode.instance), knownId(delivery));
        } catch (MappingFailedException e) {
            LOG.errorf("The answer of %s cannot be mapped: %s", delivery.getProvider(), e.getMessage());
            fragment = json.createObjectNode();
        }
        ObjectNode outcome = Outcome.of(delivery, status, fragment);
        if (!outcome.has("providerCustomerId")) {
            if (answer.isEmpty()) {
                // a page for people, or nothing: somebody on the way, or the provider under maintenance
                outcome.put("state", State.RETRYING.word());
            }
            throw new UnreadableAnswerException(outcome);
        }
        return outcome;
    }

    /**
     * Begins a look-up: what fails until the request is sent says nothing of the request.
     *
     * @return how long to wait until what may have arrived can be seen, in milliseconds
     * @throws BreakerOpenException if nothing could be asked, because the provider's breaker is open
     * @throws LookUpWaitsException if that is more than is left of the provider's budget for waits
     */
    public long beginLookUp(@ExchangeProperty("delivery") Delivery delivery)
            throws BreakerOpenException, LookUpWaitsException {
        breakers.of(delivery.getProvider()).check();
        delivery.tries(clock.instant());
        ProviderConfig.Provider provider = providers.of(delivery.getProvider());
        long settle = provider.find().settle().toMillis();
        long since = delivery.unclearSince().orElseThrow().toEpochMilli();
        long longest = settle + longestCall(delivery.getProvider()).toMillis();
        long wait = Math.max(0, settle + since - clock.millis());
        delivery.beginLookUp(clock.instant().plusMillis(Math.min(wait, longest)).plus(LONGEST_LOOK_UP));
        if (wait > longest) {
            // the clock went back
            return longest;
        }
        if (delivery.waitedMillis() + wait > provider.retry().budget().toMillis()) {
            throw new LookUpWaitsException(wait);
        }
        delivery.waits(wait);
        return wait;
    }

    /** Without the field to look up, nobody can tell whether an earlier try arrived. */
    public void cannotLookUp() throws UnclearException {
        throw new UnclearException("an earlier try may have arrived, and there is nothing to look the customer up by");
    }

    /**
     * Collects the customers on a page of the answer to a look-up. A 404 in which the provider's mapping finds the provider's
     * own code says that there is none; any other may be of anybody on the way.
     *
     * @return the number of the next page, or null if there is none, or what was found decides already
     * @throws UnclearException if the answer is no JSON, or a 404 of somebody else, or its pages have no end, or take too long
     */
    public Integer readFound(
            @Body String body,
            @Header(Exchange.HTTP_RESPONSE_CODE) int status,
            @ExchangeProperty("delivery") Delivery delivery)
            throws UnclearException {
        JsonNode answer = Answers.parsePage(body)
                .orElseThrow(() -> UnclearException.forNow("the answer to the look-up is not JSON"));
        if (status == NOT_FOUND) {
            ObjectNode fragment = mappings.of(delivery.getProvider()).outcome(status, answer, delivery.getLink());
            if (!Outcome.hasProvidersCode(Outcome.of(status, fragment, delivery.isUpdate()))) {
                throw UnclearException.forNow("the look-up was answered with a 404 that need not be the provider's");
            }
            return null;
        }
        ObjectNode found = mappings.of(delivery.getProvider()).find(answer, delivery.getRequest());
        found.path("candidates").forEach(delivery::found);
        if (delivery.hasFoundADoubt() || !found.path("next").isInt()) {
            return null;
        }
        int next = found.get("next").intValue();
        if (next != delivery.nextPage() || next > MOST_PAGES) {
            throw new UnclearException("the list that the look-up reads has no end");
        }
        if (delivery.isLookUpLate(clock.instant())) {
            throw UnclearException.forNow("the look-up took longer than " + LONGEST_LOOK_UP.toMinutes() + " minutes");
        }
        return next;
    }

    /**
     * Decides what a look-up found. One customer that is the same in name and in the field looked up, and is linked to no
     * other reference, is what an earlier try created: of this delivery, and then it is delivered; or of an earlier
     * message, and then this one is an update. None at all means that the request may be sent, if what may have been created
     * would have been found by the same.
     *
     * @param lookUp the template of what the customer is looked up by
     * @throws UnclearException if there is a customer that cannot be told to be ours, or there may be one that is looked up by
     *     something else
     */
    public void settleFound(@ExchangeProperty("delivery") Delivery delivery, @Variable("lookUp") String lookUp)
            throws UnclearException {
        Set<String> found = delivery.getFound();
        if (found.isEmpty()) {
            if (lookUp != null && delivery.isUnclearFromEarlier() && !delivery.isFoundBy(expand(lookUp, delivery))) {
                throw new UnclearException(
                        "an earlier request may have created the customer under what it cannot be looked up by any more, such as"
                                + " another phone: look at the provider's console, and if it is not there, replay this one with"
                                + " force");
            }
            return;
        }
        String id = found.iterator().next();
        if (delivery.hasFoundADoubt()
                || !ledger.found(delivery.getMessage(), delivery.getProvider(), id)
                        .join()) {
            throw new UnclearException("the look-up found a customer that may be another one");
        }
        if (delivery.isUnclearFromEarlier()) {
            delivery.foundLink(id);
        } else {
            delivery.delivered(Outcome.delivered(json.createObjectNode().put("providerCustomerId", id), false));
        }
    }

    /** As {@link #record}, for a delivery that failed: there is nobody left to tell if the ledger fails as well. */
    public void recordFailure(@ExchangeProperty("delivery") Delivery delivery) {
        try {
            record(delivery);
        } catch (RuntimeException e) {
            LOG.errorf(
                    "The outcome of message %s to %s could not be kept: %s",
                    delivery.getMessage().id(),
                    delivery.getProvider(),
                    reason(e instanceof CompletionException ? e.getCause() : e));
        }
    }

    /** What the ledger says; not the text of other exceptions. */
    private static String reason(Throwable thrown) {
        return thrown instanceof LedgerException ? thrown.getMessage() : Thrown.described(thrown);
    }

    /** Keeps the outcome in the ledger, and what came of each try. */
    public void record(@ExchangeProperty("delivery") Delivery delivery) {
        delivery.recording();
        long begun = System.nanoTime();
        Progress progress = progress(delivery);
        Recorded recorded = keep(delivery, progress);
        if (recorded == Recorded.LINKED_TO_ANOTHER) {
            if (mayCreateTwice(delivery)) {
                delivery.unclearSince(clock.instant());
            }
            delivery.settle(Outcome.failed(
                    State.DEAD,
                    Reason.UNCLEAR.word(),
                    Reason.UNCLEAR,
                    "the provider answered with the id of a customer that another reference is linked to"));
            progress = progress(delivery);
            recorded = keep(delivery, progress);
        }
        if (recorded == Recorded.KEPT) {
            ObjectNode outcome = progress.outcome();
            meters.took(delivery.getProvider(), Step.RECORD, System.nanoTime() - begun);
            delivery.tries().forEach(tried -> meters.tried(delivery.getProvider(), Outcome.reason(tried.outcome())));
            meters.recorded(
                    delivery.getProvider(), Outcome.state(outcome), Outcome.reason(outcome), delivery.inHandMillis());
            OutcomeLog.write(delivery, outcome, progress.durationMillis());
            delivery.recorded(progress);
            audit(delivery, outcome);
        }
    }

    private Progress progress(Delivery delivery) {
        redactProvidersWords(delivery);
        ObjectNode outcome = delivery.getOutcome();
        return new Progress(
                outcome,
                delivery.getAttempts(),
                attempts(delivery),
                delivery.durationMillis(clock.instant()),
                delivery.unclearSince(),
                delivery.parks(),
                delivery.dueAt(),
                Traces.traceparent(delivery.span()),
                Optional.ofNullable(outcome.path("providerCustomerId").textValue())
                        .filter(id -> !id.equals(delivery.getLink()))
                        .map(id -> new Progress.NewLink(id, upserts(delivery.getProvider()))));
    }

    private static void redactProvidersWords(Delivery delivery) {
        List<ObjectNode> told = Stream.concat(
                        Stream.of(delivery.getOutcome()),
                        delivery.tries().stream().map(Delivery.Try::outcome))
                .filter(Outcome::quotes)
                .toList();
        if (!told.isEmpty()) {
            Redaction redaction = Redaction.of(delivery.getCanonical(), delivery.getRequest());
            told.forEach(redaction::redactError);
        }
    }

    private Recorded keep(Delivery delivery, Progress progress) {
        Span span = spans.beginRecord(delivery);
        try {
            return ledger.record(delivery.getMessage(), delivery.getProvider(), progress)
                    .join();
        } catch (CompletionException e) {
            span.setStatus(StatusCode.ERROR);
            throw e;
        } finally {
            span.end();
        }
    }

    private static void audit(Delivery delivery, ObjectNode outcome) {
        JsonNode error = outcome.path("error");
        Audit.did(Callers.HERALD, "outcome", event -> {
            event.put("message", delivery.getMessage().id().toString())
                    .put("reference", delivery.getReference())
                    .put("provider", delivery.getProvider())
                    .put("state", outcome.path("state").textValue());
            if (error.isObject()) {
                event.put("reason", error.path("reason").textValue());
            }
        });
    }

    private static List<Attempt> attempts(Delivery delivery) {
        return delivery.tries().stream()
                .map(tried -> {
                    JsonNode told =
                            tried.outcome().has("error") ? tried.outcome().get("error") : tried.outcome();
                    return new Attempt(
                            tried.at(),
                            tried.durationMillis(),
                            Optional.of(told.path("httpStatus"))
                                    .filter(JsonNode::isInt)
                                    .map(JsonNode::intValue),
                            Optional.ofNullable(told.path("code").textValue()),
                            Optional.ofNullable(told.path("reason").textValue()),
                            Optional.ofNullable(told.path("message").textValue()));
                })
                .toList();
    }
}
