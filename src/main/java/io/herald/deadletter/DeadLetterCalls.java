package io.herald.deadletter;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.audit.Audit;
import io.herald.caller.Callers;
import io.herald.canonical.CanonicalCustomer;
import io.herald.canonical.NotCanonicalException;
import io.herald.delivery.Reason;
import io.herald.inflight.InFlight;
import io.herald.inflight.InFlight.Permit;
import io.herald.inflight.OverloadedException;
import io.herald.lane.Lanes;
import io.herald.ledger.Attempt;
import io.herald.ledger.DeadLetter;
import io.herald.ledger.DeadLetters;
import io.herald.ledger.Replays;
import io.herald.mapping.Mappings;
import io.herald.provider.Providers;
import io.herald.query.BadQueryException;
import io.herald.query.Query;
import io.herald.report.ConflictException;
import io.herald.report.NotFoundException;
import io.herald.schema.Fault;
import io.herald.time.Timestamps;
import io.herald.trace.Traces;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.support.SynchronizationAdapter;

/** What an operator does with the deliveries that did not succeed. */
@Singleton
@Named("deadLetters")
@RegisterForReflection
public final class DeadLetterCalls {

    private final DeadLetters letters;
    private final Replays replays;
    private final Providers providers;
    private final Mappings mappings;
    private final Lanes lanes;
    private final InFlight inFlight;
    private final ObjectMapper json;

    public DeadLetterCalls(
            DeadLetters letters,
            Replays replays,
            Providers providers,
            Mappings mappings,
            Lanes lanes,
            InFlight inFlight,
            ObjectMapper json) {
        this.letters = letters;
        this.replays = replays;
        this.providers = providers;
        this.mappings = mappings;
        this.lanes = lanes;
        this.inFlight = inFlight;
        this.json = json;
    }

    /** Those that match, newest first, with where the rest begins. */
    public ObjectNode list(
            @Header("provider") String provider,
            @Header("reason") String reason,
            @Header("state") String state,
            @Header("limit") String limit,
            @Header("after") String after)
            throws BadQueryException {
        DeadLetter.Filter filter = filter(
                provider,
                reason,
                Set.of(Query.oneOf("state", state, DeadLetters.LISTED).orElse("dead")));
        int most = Query.limit(limit);
        Optional<String> given = Query.given(after);
        Optional<DeadLetter.Cursor> cursor = given.flatMap(DeadLetter.Cursor::of);
        if (given.isPresent() && cursor.isEmpty()) {
            throw new BadQueryException("after is the next of an earlier answer, as it is");
        }
        List<DeadLetter> found = letters.list(filter, cursor, most + 1);
        ObjectNode answer = json.createObjectNode();
        ArrayNode items = answer.putArray("items");
        found.stream().limit(most).forEach(letter -> items.add(item(letter).put("attempts", letter.attempts())));
        if (found.size() > most) {
            DeadLetter last = found.get(most - 1);
            answer.put("next", new DeadLetter.Cursor(last.sequence(), last.id().provider()).toString());
        }
        return answer;
    }

    /**
     * One, with what came of each try and the customer: masked, unless it is to be revealed.
     *
     * @throws NotFoundException if that delivery is no dead letter and never was one
     * @throws OverloadedException if there is no permit for the customer
     */
    public ObjectNode show(Exchange exchange, @Header("id") String id, @Header("reveal") String reveal)
            throws BadQueryException, NotFoundException, OverloadedException {
        boolean inClear = Query.flag("reveal", reveal);
        DeadLetter letter = find(id);
        ObjectNode answer = item(letter);
        letter.error().ifPresent(error -> answer.set("error", error));
        ArrayNode attempts = answer.putArray("attempts");
        letters.attempts(letter).forEach(attempt -> attempts.add(entry(attempt)));
        takePermit(exchange, letters.customerSize(letter));
        if (inClear) {
            Audit.did(
                    Callers.of(exchange),
                    "reveal",
                    event -> event.put("deadLetter", letter.id().toString()));
        }
        letters.customer(letter).ifPresent(tree -> answer.set("payload", inClear ? tree : Mask.of(tree)));
        return answer;
    }

    /** In memory a customer that is read weighs as much as one that is brought: until the call has been answered. */
    private void takePermit(Exchange exchange, long bytes) throws OverloadedException {
        if (bytes == 0) {
            return;
        }
        Permit permit = inFlight.take(bytes);
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange answered) {
                permit.release();
            }
        });
    }

    /** Whether a call brings a body. */
    public boolean isCorrected(@Body byte[] body) {
        return body != null && body.length > 0;
    }

    /**
     * Delivers one again, now; with the corrected customer that the exchange carries, if it does.
     *
     * @return the id of its message
     * @throws ConflictException if it cannot be delivered again, or not without force
     * @throws NotCanonicalException if the corrected customer has another reference
     */
    public String replay(Exchange exchange, @Header("id") String id, @Header("force") String force)
            throws BadQueryException, NotFoundException, ConflictException {
        boolean forced = Query.flag("force", force);
        DeadLetter.Id letter = idOf(id);
        String reference = letters.referenceOf(letter).orElseThrow(DeadLetterCalls::unknown);
        Optional<CanonicalCustomer> corrected =
                Optional.ofNullable(exchange.getMessage().getBody(CanonicalCustomer.class));
        if (corrected.isPresent() && !corrected.get().reference().equals(reference)) {
            throw new NotCanonicalException(
                    List.of(new Fault("/reference", "must be that of the message that is corrected")));
        }
        if (!providers.isEnabled(letter.provider())) {
            throw new ConflictException("its provider is not enabled");
        }
        refuse(
                replays.replay(
                        letter,
                        provider(letter.provider()),
                        corrected.map(CanonicalCustomer::tree),
                        forced,
                        Traces.traceparent(Traces.of(exchange))),
                "it is not dead or rejected");
        tellReplay(Callers.of(exchange), letter, corrected.isPresent(), forced);
        lanes.wake();
        return letter.message().toString();
    }

    private static void tellReplay(String caller, DeadLetter.Id letter, boolean corrected, boolean forced) {
        Audit.did(caller, "replay", event -> event.put("deadLetter", letter.toString())
                .put("corrected", corrected)
                .put("forced", forced));
    }

    /** Delivers all again that match and need no force. */
    public ObjectNode replayAll(
            Exchange exchange,
            @Header("provider") String provider,
            @Header("reason") String reason,
            @Header("state") String state)
            throws BadQueryException {
        Optional<String> only = Query.oneOf("state", state, Replays.REPLAYED);
        DeadLetter.Filter filter = filter(provider, reason, only.map(Set::of).orElse(Replays.REPLAYED));
        if (filter.provider().isEmpty() && filter.reason().isEmpty()) {
            throw new BadQueryException("say which: give a provider, a reason or both");
        }
        List<DeadLetter.Provider> enabled =
                providers.ids().stream().map(this::provider).toList();
        String caller = Callers.of(exchange);
        int count = replays.replayAll(
                filter,
                enabled,
                Traces.traceparent(Traces.of(exchange)),
                letter -> tellReplay(caller, letter, false, false));
        Audit.did(caller, "replay-all", event -> event.put(
                        "provider", filter.provider().orElse("any"))
                .put("reason", filter.reason().orElse("any"))
                .put("state", only.orElse("any"))
                .put("count", count));
        lanes.wake();
        return json.createObjectNode().put("count", count);
    }

    /**
     * Gives one up.
     *
     * @throws ConflictException if it is delivered, or being delivered
     */
    public void discard(Exchange exchange, @Header("id") String id) throws NotFoundException, ConflictException {
        DeadLetter.Id letter = idOf(id);
        refuse(
                replays.discard(letter, providers.isEnabled(letter.provider())),
                "it is not dead, rejected or retrying, nor pending for a provider that is not enabled, or a try is under way at"
                        + " this moment");
        Audit.did(Callers.of(exchange), "discard", event -> event.put("deadLetter", letter.toString()));
        lanes.wake();
    }

    private DeadLetter.Filter filter(String provider, String reason, Set<String> states) throws BadQueryException {
        Optional<String> id = Query.given(provider);
        if (id.isPresent() && !providers.isKnown(id.get())) {
            throw new BadQueryException("provider is the id of a provider that is configured");
        }
        return new DeadLetter.Filter(states, id, Query.oneOf("reason", reason, Reason.words()));
    }

    private DeadLetter.Provider provider(String id) {
        return new DeadLetter.Provider(
                id, mappings.of(id).finds(), providers.of(id).idempotencyLifetime());
    }

    private DeadLetter find(String id) throws NotFoundException {
        return letters.find(idOf(id)).orElseThrow(DeadLetterCalls::unknown);
    }

    private static DeadLetter.Id idOf(String id) throws NotFoundException {
        return DeadLetter.Id.of(id).orElseThrow(DeadLetterCalls::unknown);
    }

    private static NotFoundException unknown() {
        return new NotFoundException("there is no dead letter of that id");
    }

    private static void refuse(Optional<DeadLetter.Refusal> refusal, String wrongState)
            throws NotFoundException, ConflictException {
        if (refusal.isEmpty()) {
            return;
        }
        switch (refusal.get()) {
            case UNKNOWN -> throw unknown();
            case WRONG_STATE -> throw new ConflictException(wrongState);
            case OVERTAKEN ->
                throw new ConflictException(
                        "a newer message of this customer was delivered there, or is on its way; with force=true this older one"
                                + " is delivered over it");
            case UNCLEAR ->
                throw new ConflictException(
                        "the provider may have this customer already and cannot be asked; look at its console, and if it has"
                                + " not, replay with force=true");
            case ERASED -> throw new ConflictException("its customer is no longer kept; send one in the body");
        }
    }

    private ObjectNode item(DeadLetter letter) {
        ObjectNode item = json.createObjectNode()
                .put("id", letter.id().toString())
                .put("message", letter.id().message().toString())
                .put("reference", letter.reference())
                .put("provider", letter.id().provider())
                .put("state", letter.state());
        letter.error().ifPresent(error -> {
            for (String field : List.of("code", "reason", "httpStatus")) {
                if (error.has(field)) {
                    item.set(field, error.get(field));
                }
            }
        });
        return item.put("since", Timestamps.of(letter.since())).put("source", letter.source());
    }

    private ObjectNode entry(Attempt attempt) {
        ObjectNode entry = json.createObjectNode()
                .put("at", Timestamps.of(attempt.at()))
                .put("durationMs", attempt.durationMillis());
        attempt.httpStatus().ifPresent(status -> entry.put("httpStatus", status));
        attempt.code().ifPresent(code -> entry.put("code", code));
        attempt.reason().ifPresent(reason -> entry.put("reason", reason));
        attempt.message().ifPresent(message -> entry.put("message", message));
        return entry;
    }
}
