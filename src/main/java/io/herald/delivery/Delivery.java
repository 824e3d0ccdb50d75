package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.f4b6a3.uuid.UuidCreator;
import io.herald.ledger.KeptMessage;
import io.herald.ledger.KeptRequest;
import io.herald.ledger.Message;
import io.herald.ledger.OpenDelivery;
import io.herald.ledger.Progress;
import io.opentelemetry.api.trace.Span;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * One message to one provider, while it is worked on. Belongs to the exchange that carries it; never used by two threads
 * at once. Who waits for the report reads it once {@link Dispatch} is done.
 */
@RegisterForReflection
public final class Delivery {

    /** What the delivery is doing; decides what a failure means. */
    enum Phase {
        PREPARING,
        FINDING,
        SENDING,
        RECORDING
    }

    /**
     * The source of new deliveries, all of which came by REST. They do not wait among those by REST that are taken up from the
     * ledger: at a provider the two take turns, so that a new one does not wait for a backlog.
     */
    private static final String INTAKE = "intake";

    private final Message message;
    private final String provider;
    private final Optional<OpenDelivery> resumedFrom;
    private final long startedAt = System.nanoTime();
    private final Tries tries = new Tries();
    private final Doubt doubt = new Doubt();

    private String link;
    private ObjectNode request;
    private KeptRequest toBeKept;
    private Phase phase = Phase.PREPARING;
    private boolean requestKept;
    private Instant sentAt;
    private boolean answered;
    private int attempts;
    private int parks;
    private Instant dueAt;
    private KeptMessage.Delivery kept;
    private String token;
    private Failure failure;
    private Found found;
    private ObjectNode outcome;
    private Span span = Span.getInvalid();

    public Delivery(Message message, String provider) {
        this.message = message;
        this.provider = provider;
        this.resumedFrom = Optional.empty();
    }

    /**
     * A delivery that is taken up again.
     *
     * @param request the one that was kept, if there is one
     * @param json reads the request
     */
    public Delivery(Message message, OpenDelivery kept, Optional<KeptRequest> request, ObjectMapper json) {
        this.message = message;
        this.provider = kept.provider();
        this.resumedFrom = Optional.of(kept);
        this.attempts = kept.attempts();
        this.parks = kept.parks();
        this.sentAt = kept.sentAt().orElse(null);
        kept.unclearSince().ifPresent(request.isPresent() ? doubt::raise : doubt::raiseFromEarlier);
        request.ifPresent(sent -> {
            try {
                this.request = json.readerFor(ObjectNode.class).readValue(sent.bytes());
                this.toBeKept = sent;
            } catch (IOException e) {
                throw new UncheckedIOException("a request in the ledger is not JSON", e);
            }
        });
    }

    public Message getMessage() {
        return message;
    }

    public String getProvider() {
        return provider;
    }

    public String getReference() {
        return message.reference();
    }

    public JsonNode getCanonical() {
        return message.canonical();
    }

    /** The provider's own id of the customer, or null when none is known: then this is a create. */
    public String getLink() {
        return link;
    }

    public boolean isUpdate() {
        return link != null;
    }

    public ObjectNode getRequest() {
        return request;
    }

    /** A field of the request, or null if it has none of that name; in an expression a text is without quotation marks. */
    public JsonNode field(String name) {
        return request.get(name);
    }

    /** A field of the request as it stands in JSON, a text in quotation marks and escaped; {@code null} if it has none of that name. */
    public String json(String name) {
        return String.valueOf(request.get(name));
    }

    /**
     * UUID version 5 of message, provider and generation, and of the link where it is an update: the same for every retry of the
     * same bytes, and another one where a create turned into an update.
     */
    public UUID getIdempotencyKey() {
        return UuidCreator.getNameBasedSha1(
                message.id(), provider + "/" + generation() + (isUpdate() ? "/" + link : ""));
    }

    /** Whether an earlier try may have created the customer without our knowing. */
    public boolean isUnclear() {
        return doubt.exists();
    }

    /** Whether the provider may have the customer without our knowing. */
    Doubt doubt() {
        return doubt;
    }

    /** Whether an outcome is known already. */
    public boolean isSettled() {
        return outcome != null;
    }

    /** How often the request was sent, or was about to be. */
    public int getAttempts() {
        return attempts;
    }

    /** The token of the try under way, or null where the provider has no log-in. */
    String getToken() {
        return token;
    }

    void setToken(String token) {
        this.token = token;
    }

    public ObjectNode getOutcome() {
        return outcome;
    }

    /**
     * Where it came from: {@code intake}, or, if it was taken up again, {@code rest}, {@code file} or {@code replay}. At a
     * provider, sources take turns.
     */
    public String getSource() {
        return resumedFrom.map(OpenDelivery::source).orElse(INTAKE);
    }

    /** Counts its replays. */
    int generation() {
        return resumedFrom.map(OpenDelivery::generation).orElse(0);
    }

    /** The {@code traceparent} of what it goes on from, if it was taken up again. */
    Optional<String> goesOnFrom() {
        return resumedFrom.flatMap(OpenDelivery::trace);
    }

    /** What shows it to those who look at traces. */
    Span span() {
        return span;
    }

    void setSpan(Span span) {
        this.span = span;
    }

    /** Whether it was taken up again from the ledger. */
    public boolean isResumed() {
        return resumedFrom.isPresent();
    }

    /** Whether it has not ended for the ledger: it waits there for another try, or its outcome could not be kept. */
    public boolean isOpen() {
        return dueAt != null || !isRecorded();
    }

    /** The ledger has its outcome. */
    public void markRecorded(Progress progress) {
        kept = new KeptMessage.Delivery(
                provider,
                Outcome.state(progress.outcome()),
                progress.attempts(),
                progress.durationMillis(),
                Optional.of(progress.outcome()));
        tries.markKept();
    }

    public boolean isRecorded() {
        return kept != null;
    }

    /** What the ledger has of it, once it has its outcome. */
    Optional<KeptMessage.Delivery> kept() {
        return Optional.ofNullable(kept);
    }

    /** How many steps of its provider's schedule are used up. */
    int parks() {
        return parks;
    }

    /** When it is tried again, if it is parked. */
    public Optional<Instant> dueAt() {
        return Optional.ofNullable(dueAt);
    }

    /** When nothing can tell any more whether its create arrived, if it may have, at a provider that knows a key for so long. */
    Optional<Instant> forgottenAt(Duration keyLifetime) {
        return isUnclear() && !isUpdate()
                ? Optional.ofNullable(sentAt).map(sent -> sent.plus(keyLifetime))
                : Optional.empty();
    }

    /** Its tries since it is in hand. */
    Tries tries() {
        return tries;
    }

    /** Parks it until then. */
    public void park(Instant until, boolean counts) {
        dueAt = until;
        parks += counts ? 1 : 0;
    }

    /** How long it has been in hand, in milliseconds, its turn in the lane included. */
    long inHandMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startedAt);
    }

    /** How long it took from its acceptance until then, in milliseconds, whatever it waited for. */
    long durationMillis(Instant until) {
        return Math.max(0, Duration.between(message.acceptedAt(), until).toMillis());
    }

    /** Whether the request was made with another link than the one that is known now, and has to be made anew. */
    public boolean isOutdated() {
        return request != null && !toBeKept.link().equals(Optional.ofNullable(link));
    }

    /**
     * What the ledger knows of the customer. Where it is known, what an earlier message may have created needs no look-up, and
     * neither does a create of this delivery's own that was kept before: it becomes an update.
     */
    void setLink(Optional<String> providerCustomerId) {
        link = providerCustomerId.orElse(null);
        if (link != null && (doubt.isFromEarlier() || isOutdated())) {
            doubt.clear();
        }
    }

    /** A look-up found what an earlier message created: the request, which would create it, is outdated. */
    void setFoundLink(String providerCustomerId) {
        link = providerCustomerId;
        doubt.clear();
    }

    /** The request, made with the link that is known now. */
    void setRequest(ObjectNode body, byte[] bytes) {
        requestKept = false;
        request = body;
        toBeKept = new KeptRequest(bytes, Optional.ofNullable(link));
    }

    /** Whether there is a request to send: the same for every try, also when the template was edited meanwhile. */
    boolean isMapped() {
        return request != null && !isOutdated();
    }

    /** Whether the ledger knows that this program is sending the request. */
    boolean isRequestKept() {
        return requestKept;
    }

    void markRequestKept() {
        requestKept = true;
    }

    /** The request as it is to be kept. */
    KeptRequest toBeKept() {
        return toBeKept;
    }

    /** The request is about to be sent, which counts as an attempt; answers its bytes. */
    byte[] beginSending(Instant now) {
        phase = Phase.SENDING;
        answered = false;
        attempts++;
        if (sentAt == null) {
            sentAt = now;
        }
        return toBeKept.bytes();
    }

    /** The try under way was called off: if it was counted already, and no byte of its request left, it does not count. */
    void callOffTry() {
        if (phase == Phase.SENDING && !answered) {
            attempts--;
            sentAt = attempts == 0 ? null : sentAt;
            phase = Phase.PREPARING;
        }
        tries.callOff();
    }

    /** A look-up begins, which is to end by then. */
    void beginLookUp(Instant end) {
        phase = Phase.FINDING;
        found = new Found(end);
    }

    /** What the look-up has found. */
    Found found() {
        return found;
    }

    /** Whether a look-up has found what an earlier try of this delivery created; what is of an earlier message makes it an update. */
    boolean isFound() {
        return found != null && !found.isNobody() && !isUpdate();
    }

    void beginRecording() {
        phase = Phase.RECORDING;
    }

    Phase phase() {
        return phase;
    }

    void settle(ObjectNode result) {
        outcome = result;
    }

    /** The provider has the customer, for certain. */
    void markDelivered(ObjectNode result) {
        outcome = result;
        doubt.clear();
        answered = true;
    }

    Failure failure() {
        return failure;
    }

    void setFailure(Failure last) {
        failure = last;
    }

    /** A further failure that is worth another try; answers how many there were. */
    int countFailure() {
        if (phase != Phase.RECORDING) {
            phase = Phase.PREPARING;
        }
        return tries.countFailure();
    }

    /** Uses up the one renewal of the token that a delivery has; answers whether it was left. */
    boolean useUpTokenRenewal() {
        boolean left = tries.useUpTokenRenewal();
        if (left) {
            phase = Phase.PREPARING;
        }
        return left;
    }
}
