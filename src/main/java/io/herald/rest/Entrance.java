package io.herald.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.caller.CallerRate;
import io.herald.caller.Callers;
import io.herald.inflight.InFlight;
import io.herald.inflight.InFlight.Permit;
import io.herald.inflight.OverloadedException;
import io.herald.metrics.IntakeAnswer;
import io.herald.metrics.Meters;
import io.herald.rest.Operation.Body;
import io.herald.shutdown.Stopping;
import io.herald.trace.Traces;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.quarkus.vertx.http.runtime.security.SecurityHandlerPriorities;
import io.smallrye.common.vertx.ContextLocals;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * What a call passes before its body is read, and where it is answered if no route ever sees it. Who calls, and whether it
 * may, Quarkus has found out before; a caller that calls too often is turned away here. A call that brings a body takes its
 * permit, and is turned away when there is none.
 */
@Singleton
public final class Entrance {

    static final String NOTHING_HERE = "there is nothing here";

    /** As the ledger and the metrics call what comes this way. */
    private static final String SOURCE = "rest";

    private static final String NO_BODY_WANTED = "this call takes no body";
    static final String TOO_LARGE = "the body is larger than herald.body.max";

    private static final int NO_CONTENT = 204;
    private static final Duration ALMOST_A_SECOND = Duration.ofSeconds(1).minusNanos(1);

    /** Just behind Quarkus' own check of the caller. */
    private static final int ORDER = 1 - SecurityHandlerPriorities.AUTHORIZATION;

    /** Before anything is refused for its caller. */
    private static final int FIRST = -1 - SecurityHandlerPriorities.AUTHENTICATION;

    private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");

    /**
     * What Vert.x would read to take a form apart, whose fields would become parameters, and to choose an answer's type. It
     * fails over a media type whose parameters are none.
     */
    private static final Set<String> NOT_READ =
            Set.of("Content-Type", "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language");

    private static final Set<String> FILTERS = Set.of("provider", "reason", "state");

    private final InFlight inFlight;
    private final CallerRate rate;
    private final Meters meters;
    private final Traces traces;
    private final Stopping stopping;
    private final long bodyMax;
    private final long deadlineMillis;

    public Entrance(
            InFlight inFlight,
            CallerRate rate,
            Meters meters,
            Traces traces,
            Stopping stopping,
            @ConfigProperty(name = "herald.body.max", defaultValue = "64M") MemorySize bodyMax,
            @ConfigProperty(name = "herald.body.deadline", defaultValue = "60s") Duration bodyDeadline) {
        this.inFlight = inFlight;
        this.rate = rate;
        this.meters = meters;
        this.traces = traces;
        this.stopping = stopping;
        this.bodyMax = bodyMax.asLongValue();
        this.deadlineMillis = bodyDeadline.toMillis();
    }

    /** The permit that the call took which is worked on here; none if it brought no body. */
    static Optional<Permit> permitOfThisCall() {
        return ContextLocals.get(Permit.class.getName());
    }

    /** The subject of who makes the call which is worked on here. */
    static Optional<String> callerOfThisCall() {
        return ContextLocals.get(Callers.CALLER);
    }

    /** The span of the call which is worked on here; none if it brings nothing to be delivered. */
    static Optional<Span> spanOfThisCall() {
        return ContextLocals.get(Span.class.getName());
    }

    void onRouter(@Observes Router router) {
        router.route().order(FIRST).handler(UnreadAnswer::waitForThoseBefore);
        router.route(Operation.SUBMIT_CUSTOMER.path()).order(FIRST).handler(this::countIntake);
        router.route("/v1/*")
                .order(ORDER)
                .handler(this::beforeItIsRead)
                .failureHandler(call -> FailedCall.answer(call, bodyMax));
        router.route().order(ORDER).failureHandler(call -> FailedCall.ofNoAddress(call, bodyMax));
        router.route().order(Integer.MAX_VALUE).handler(call -> Refusal.answer(call, Problem.of(404, NOTHING_HERE)));
    }

    private void countIntake(RoutingContext call) {
        if (isIntake(call.request())) {
            call.addEndHandler(ended -> meters.taken(SOURCE, answer(call, ended.succeeded())));
        }
        call.next();
    }

    private void beforeItIsRead(RoutingContext call) {
        if (call.response().closed()) {
            // its caller went while the issuer was asked: nothing that is begun from here on would be ended
            return;
        }
        if (traces.areMade()) {
            Operation.of(call.request()).filter(Operation::delivers).ifPresent(operation -> trace(call, operation));
        }
        Optional<String> caller = subjectOf(call);
        if (caller.isEmpty()) {
            call.fail(new AuthenticationFailedException());
            return;
        }
        String subject = caller.get();
        long bytes = ComingBody.bytes(call.request(), bodyMax);
        UnreadAnswer.count(call, subject, inFlight, deadlineMillis);
        Optional<ObjectNode> refusal = tooEarly(call, subject)
                .or(() -> readsNoAnswers(subject))
                .or(() -> notInContract(call))
                .or(() -> noFilter(call.request()))
                .or(() -> bodyNotWanted(call.request(), bytes))
                .or(() -> noPermit(call, subject, bytes));
        if (refusal.isPresent()) {
            Refusal.turnAway(call, bytes, refusal.get());
            return;
        }
        NOT_READ.forEach(call.request().headers()::remove);
        if (call.request().method() == HttpMethod.DELETE) {
            call.addHeadersEndHandler(written -> describeNothing(call.response()));
        }
        ContextLocals.put(Callers.CALLER, subject);
        if (ComingBody.mayBeUnwanted(call.request())) {
            dropBody(call);
        } else {
            call.next();
        }
    }

    /** Of a body that nobody takes nothing is kept, so it needs no permit. */
    private void dropBody(RoutingContext call) {
        // Quarkus would wait for the end that has come by then
        ((RoutingContextInternal) call).visitHandler(RoutingContextInternal.BODY_HANDLER);
        giveUpAtTheDeadline(call);
        HttpServerRequest request = call.request();
        request.handler(dropped -> {
                    if (request.bytesRead() > Refusal.SMALL) {
                        request.endHandler(ignored -> {});
                        Refusal.turnAway(call, bodyMax, Problem.of(413, NO_BODY_WANTED));
                    }
                })
                .exceptionHandler(call::fail)
                .endHandler(all -> call.next())
                .resume();
    }

    /** Camel takes the one type that the contract has for an operation, a problem's, also where there is no body. */
    private static void describeNothing(HttpServerResponse response) {
        if (response.getStatusCode() == NO_CONTENT) {
            response.headers().remove(HttpHeaders.CONTENT_TYPE);
        }
    }

    private Optional<ObjectNode> tooEarly(RoutingContext call, String subject) {
        return rate.tooEarlyBy(subject).map(wait -> {
            call.response()
                    .putHeader(
                            HttpHeaders.RETRY_AFTER,
                            Long.toString(wait.plus(ALMOST_A_SECOND).toSeconds()));
            return Problem.of(429, "you call more often than herald.caller.rate allows");
        });
    }

    private Optional<ObjectNode> readsNoAnswers(String subject) {
        try {
            inFlight.checkAnswersOf(subject);
            return Optional.empty();
        } catch (OverloadedException e) {
            return Optional.of(Problems.of(e));
        }
    }

    /** What is told to a call that the contract does not have. */
    private static Optional<ObjectNode> notInContract(RoutingContext call) {
        String path = call.request().path();
        List<String> methods = path.equals(call.normalizedPath()) ? methodsOf(path) : List.of();
        if (methods.isEmpty()) {
            return Optional.of(Problem.of(404, NOTHING_HERE));
        }
        if (methods.contains(call.request().method().name())) {
            return Optional.empty();
        }
        String allowed = String.join(", ", methods);
        call.response().putHeader(HttpHeaders.ALLOW, allowed);
        return Optional.of(Problem.of(405, "this path takes " + allowed));
    }

    /** What is told to a replay of many with a misspelt or an empty filter, which would have more sent again than was meant. */
    private static Optional<ObjectNode> noFilter(HttpServerRequest request) {
        if (Operation.of(request).filter(Operation.REPLAY_DEAD_LETTERS::equals).isEmpty()) {
            return Optional.empty();
        }
        if (request.params().entries().stream()
                .anyMatch(filter -> filter.getValue().isBlank())) {
            return Optional.of(Problem.of(400, "a filter is empty"));
        }
        return request.params().names().stream()
                .filter(name -> !FILTERS.contains(name))
                .findFirst()
                .map(unknown -> Problem.of(400, "there is no such filter; this call takes provider, reason and state"));
    }

    /** The methods that the contract has for a path; none if it does not have the path. */
    static List<String> methodsOf(String path) {
        return Operation.at(path).stream().map(Operation::method).toList();
    }

    /** What is told to a call of the contract whose body is not one that it takes. */
    private Optional<ObjectNode> bodyNotWanted(HttpServerRequest request, long bytes) {
        Body wanted = ComingBody.wanted(request);
        if (bytes > Refusal.SMALL && wanted == Body.NONE) {
            return Optional.of(Problem.of(413, NO_BODY_WANTED));
        }
        if (bytes > bodyMax) {
            return Optional.of(Problem.of(413, TOO_LARGE));
        }
        if (bytes > 0 && wanted != Body.NONE && !ComingBody.isJson(request)) {
            return Optional.of(Problem.of(415, "send application/json"));
        }
        return Optional.empty();
    }

    /** Takes a permit for a call that brings a body; if there is none, what is told to the call. */
    private Optional<ObjectNode> noPermit(RoutingContext call, String subject, long bytes) {
        if (bytes == 0) {
            return Optional.empty();
        }
        if (stopping.hasBegun()) {
            if (call.request().version() != HttpVersion.HTTP_2) {
                // the next connection may be to one that is not
                call.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            }
            return Optional.of(Problem.of(503, "Herald is stopping"));
        }
        try {
            takePermit(call, subject, bytes);
            return Optional.empty();
        } catch (OverloadedException e) {
            return Optional.of(Problems.of(e));
        }
    }

    /** Quarkus asks for a subject where it has the issuer's keys from a server, and not where the key is configured. */
    private static Optional<String> subjectOf(RoutingContext call) {
        return Optional.ofNullable(call.user())
                .map(user -> ((QuarkusHttpUser) user).getSecurityIdentity())
                .filter(identity -> !identity.isAnonymous())
                .map(identity -> identity.getPrincipal().getName())
                .filter(subject -> !subject.isBlank());
    }

    /** Shows the call as a part of its caller's trace, if it has one. */
    private void trace(RoutingContext call, Operation operation) {
        Span span = traces.begin(
                operation.method() + " " + operation.path(),
                SpanKind.SERVER,
                Optional.ofNullable(call.request().getHeader(Traces.TRACEPARENT)),
                Optional.empty());
        span.setAttribute(Traces.METHOD, operation.method()).setAttribute(ROUTE, operation.path());
        ContextLocals.put(Span.class.getName(), span);
        call.addEndHandler(ended -> {
            int status = call.response().getStatusCode();
            span.setAttribute(Traces.STATUS, (long) status);
            if (ended.failed() || status >= 500) {
                span.setStatus(StatusCode.ERROR);
            }
            span.end();
        });
    }

    private static boolean isIntake(HttpServerRequest request) {
        return Operation.of(request).filter(Operation.SUBMIT_CUSTOMER::equals).isPresent();
    }

    private static IntakeAnswer answer(RoutingContext call, boolean arrived) {
        return arrived ? IntakeAnswer.ofStatus(call.response().getStatusCode()) : IntakeAnswer.BROKEN_OFF;
    }

    private void takePermit(RoutingContext call, String subject, long bytes) throws OverloadedException {
        Permit permit = inFlight.take(subject, bytes);
        call.addEndHandler(ended -> permit.release());
        giveUpAtTheDeadline(call);
        ContextLocals.put(Permit.class.getName(), permit);
    }

    private void giveUpAtTheDeadline(RoutingContext call) {
        long deadline = call.vertx().setTimer(deadlineMillis, passed -> Refusal.giveUpOn(call));
        call.addEndHandler(ended -> call.vertx().cancelTimer(deadline));
    }
}
