package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.provider.ProviderConfig;
import io.herald.provider.Providers;
import io.herald.shutdown.Stopping;
import io.herald.token.Tokens;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.CamelExchangeException;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.http.base.HttpOperationFailedException;

/** What the error handlers ask: what a failure means, whether to try again, and after what delay. */
@Singleton
@Named("redelivery")
@RegisterForReflection
public final class Redelivery {

    /** How long a delivery is parked, and whether that uses up a step of its provider's schedule. */
    private record Pause(long millis, boolean usesUpStep) {}

    private static final int UNAUTHORIZED = 401;

    /** A provider that asks for more is asked again by then. */
    public static final Duration LONGEST_WAIT = Duration.ofDays(1);

    private final Failures failures;
    private final Providers providers;
    private final Creates creates;
    private final Tokens tokens;
    private final Clock clock;
    private final Stopping stopping;

    public Redelivery(
            Failures failures, Providers providers, Creates creates, Tokens tokens, Clock clock, Stopping stopping) {
        this.failures = failures;
        this.providers = providers;
        this.creates = creates;
        this.tokens = tokens;
        this.clock = clock;
        this.stopping = stopping;
    }

    /** Whether the provider refused the token that it was sent. */
    public boolean isTokenRefused(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery) {
        return thrown(exchange) instanceof HttpOperationFailedException answered
                && answered.getStatusCode() == UNAUTHORIZED
                && delivery.getToken() != null;
    }

    /** Once for each delivery: drops the refused token, so that the next try gets a new one, at once. */
    public boolean renewToken(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery) {
        if (!delivery.useUpTokenRenewal()) {
            return false;
        }
        delivery.tries()
                .end(clock.instant(), failures.of(delivery, thrown(exchange)).outcome());
        tokens.drop(delivery.getProvider(), delivery.getToken());
        waitBeforeNextTry(exchange, 0);
        return true;
    }

    /** Whether the failure may pass by itself. */
    public boolean isTransient(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery) {
        return failure(exchange, delivery).isTransient();
    }

    /**
     * Whether to try again now: while the provider's attempts and budget last. The delay doubles each time, is jittered
     * by half, and is never shorter than the provider asks, or than what it may work on still takes.
     */
    public boolean again(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery) {
        ProviderConfig.Retry retry = providers.of(delivery.getProvider()).retry();
        Failure failure = failure(exchange, delivery);
        long least = Math.max(
                failure.retryAfterMillis(), untilItHasEnded(delivery, failure).toMillis());
        delivery.tries().setMustWaitMillis(least);
        int failed = delivery.countFailure();
        long delay = Math.max(least, backoff(retry, failed));

        if (stopping.isOver()
                || failed >= retry.attempts()
                || delivery.tries().waitedMillis() + delay > retry.budget().toMillis()) {
            return false;
        }
        delivery.tries().addWait(delay);
        waitBeforeNextTry(exchange, delay);
        return true;
    }

    /**
     * Makes the last failure the delivery's outcome, unless there is one already that only could not be kept. A delivery
     * that may be tried later is parked; one that could have passed, but has no step of its provider's schedule left, has
     * ended.
     */
    public void giveUp(Exchange exchange, @ExchangeProperty("delivery") Delivery delivery) {
        if (delivery.phase() == Delivery.Phase.RECORDING) {
            return;
        }
        Failure failure = failure(exchange, delivery);
        ObjectNode outcome = failure.outcome();
        Optional<Pause> pause = pause(delivery, failure);
        if (pause.isPresent()) {
            outcome.put("state", State.RETRYING.word());
            delivery.park(
                    clock.instant().plusMillis(pause.get().millis()),
                    pause.get().usesUpStep());
        } else if (failure.waits()) {
            Outcome.exhaust(outcome);
        }
        keepKnownId(delivery, outcome);
        delivery.settle(outcome);
    }

    /**
     * The pause until it is tried later, if it is. When Herald is stopped, it is due as soon as it may be. One that was
     * called off waits for the breaker that is open, or until what may have arrived can be seen. After the last step of the
     * schedule there is none, but it has not ended before what the provider may be at work on has.
     */
    private Optional<Pause> pause(Delivery delivery, Failure failure) {
        long least = Math.min(
                Math.max(failure.retryAfterMillis(), delivery.tries().mustWaitMillis()), longestWait(delivery));
        Pause asSoonAsItMay = new Pause(least, false);
        boolean mayPass = failure.isCalledOff() || failure.isTransient() || failure.waits();
        if (mayPass && stopping.isOver()) {
            return Optional.of(asSoonAsItMay);
        }
        if (failure.isCalledOff()) {
            return Optional.of(new Pause(failure.retryAfterMillis(), false));
        }
        if (!failure.waits()) {
            return Optional.empty();
        }
        Optional<Pause> step = nextStep(delivery, failure, least);
        boolean isStopped = step.isEmpty() && stopping.awaitEnd(untilItHasEnded(delivery, failure));
        return isStopped ? Optional.of(asSoonAsItMay) : step;
    }

    /**
     * The next step of the provider's schedule, if one is left, or longer if the provider asks for it; the first time just
     * as long as it asks, if that is longer than the budget. What needs another credential uses up none.
     */
    private Optional<Pause> nextStep(Delivery delivery, Failure failure, long least) {
        ProviderConfig.Provider provider = providers.of(delivery.getProvider());
        List<Duration> schedule = provider.park().schedule();
        boolean isUnauthorized = Outcome.isFor(Reason.UNAUTHORIZED, failure.outcome());
        int step = isUnauthorized ? 0 : delivery.parks();
        if (step >= schedule.size()) {
            return Optional.empty();
        }
        boolean asItAsks = !isUnauthorized
                && step == 0
                && failure.retryAfterMillis() > provider.retry().budget().toMillis();
        long wait = asItAsks ? least : Math.max(schedule.get(step).toMillis(), least);
        return Optional.of(new Pause(wait, !isUnauthorized));
    }

    /** Where a further call failed, the customer is there. */
    private static void keepKnownId(Delivery delivery, ObjectNode outcome) {
        JsonNode id =
                delivery.isSettled() ? delivery.getOutcome().path("providerCustomerId") : MissingNode.getInstance();
        if (id.isTextual()) {
            outcome.set("providerCustomerId", id);
        }
    }

    /** Camel looks for the delay in the In message; where there was an answer, {@code getMessage()} is that. */
    private static void waitBeforeNextTry(Exchange exchange, long millis) {
        exchange.getIn().setHeader(Exchange.REDELIVERY_DELAY, millis);
    }

    /**
     * Whether, after such an ending of a create, the customer may be there without our knowing. Where a provider honours the
     * key, a refusal of what the same request holds, under the same key, says that it is not: what was accepted before would be
     * answered as before. Otherwise a refusal says nothing about an earlier try. Nor does a refusal of the credential or the
     * path: it may come before the key is looked up.
     */
    private void settleWhetherCreated(Delivery delivery, Failure failure) {
        if (delivery.isUpdate() || delivery.phase() != Delivery.Phase.SENDING) {
            return;
        }
        boolean keyed =
                providers.of(delivery.getProvider()).idempotencyLifetime().isPresent();
        if (failure.mayHaveArrived() && creates.mayMakeTwo(delivery)) {
            delivery.doubt().raise(hasArrivedBy(delivery, failure));
        } else if (keyed && failure.isOfContent()) {
            delivery.doubt().clear();
        }
    }

    /**
     * After a time-out the provider may be at work for as long again, and what comes late must not overwrite what a newer
     * message brings. Where it may create, the key or the look-up sees to that.
     */
    private Duration untilItHasEnded(Delivery delivery, Failure failure) {
        return failure.isTimeOut() && !delivery.isUnclear()
                ? providers.of(delivery.getProvider()).requestTimeout()
                : Duration.ZERO;
    }

    /** A create that may have arrived is sent again, more than once if need be, while the provider knows its key. */
    private long longestWait(Delivery delivery) {
        return providers
                .of(delivery.getProvider())
                .idempotencyLifetime()
                .flatMap(delivery::forgottenAt)
                .map(forgotten -> Duration.between(clock.instant(), forgotten).dividedBy(2))
                .filter(half -> half.compareTo(LONGEST_WAIT) < 0)
                .map(half -> Math.max(0, half.toMillis()))
                .orElse(LONGEST_WAIT.toMillis());
    }

    /** What Herald breaks off, or gets no answer to in time, may be worked on at the provider for as long again. */
    private Instant hasArrivedBy(Delivery delivery, Failure failure) {
        return stopping.isOver() || failure.isTimeOut()
                ? clock.instant().plus(providers.of(delivery.getProvider()).requestTimeout())
                : clock.instant();
    }

    /** What the failure means. All the handlers ask; the first time it also ends the try. */
    private Failure failure(Exchange exchange, Delivery delivery) {
        Throwable thrown = thrown(exchange);
        Failure known = delivery.failure();
        if (known != null && (known.cause() == thrown || isStopping(thrown))) {
            return known;
        }
        Failure failure = failures.of(delivery, thrown);
        if (failure.isCalledOff()) {
            delivery.callOffTry();
            failure = usesUpItsStep(delivery, known, thrown) ? known.endedBy(thrown) : failure;
        } else {
            settleWhetherCreated(delivery, failure);
            delivery.tries().end(clock.instant(), failure.outcome());
        }
        delivery.setFailure(failure);
        return failure;
    }

    /**
     * Whether a delivery that was called off has had its try: one that was taken up from the ledger, and failed before. Else one
     * that fails always would be the provider's probe for ever, and one whose answers cannot be read would be created anew after
     * each wait for a look-up.
     */
    private static boolean usesUpItsStep(Delivery delivery, Failure earlier, Throwable calledOff) {
        if (!delivery.isResumed() || earlier == null || earlier.isCalledOff()) {
            return false;
        }
        return earlier.waits() || earlier.isTransient() && calledOff instanceof LookUpWaitsException;
    }

    /** While Camel stops it redelivers nothing, and says so with an exception; what failed before still counts. */
    private static boolean isStopping(Throwable thrown) {
        return thrown instanceof RejectedExecutionException;
    }

    private static Throwable thrown(Exchange exchange) {
        Throwable caught = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        Throwable thrown = exchange.getException() != null ? exchange.getException() : caught;
        // what a split that stops at the first failure makes of it
        return thrown instanceof CamelExchangeException && thrown.getCause() != null ? thrown.getCause() : thrown;
    }

    private static long backoff(ProviderConfig.Retry retry, int failed) {
        long full = Math.min(retry.maxDelay().toMillis(), retry.initialDelay().toMillis() << Math.min(failed - 1, 30));
        return full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1);
    }
}
