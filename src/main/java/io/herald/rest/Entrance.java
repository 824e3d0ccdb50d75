package io.herald.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.caller.CallerRate;
import io.herald.caller.Callers;
import io.herald.inflight.InFlight;
import io.herald.inflight.InFlight.Permit;
import io.herald.inflight.OverloadedException;
import io.herald.metrics.IntakeAnswer;
import io.herald.metrics.Meters;
import io.herald.privacy.Thrown;
import io.herald.rest.Operation.Body;
import io.herald.shutdown.Stopping;
import io.herald.trace.Traces;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Stream;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.quarkus.oidc.OIDCException;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.security.AuthenticationFailedException;
import io.quarkus.security.ForbiddenException;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.quarkus.vertx.http.runtime.security.SecurityHandlerPriorities;
import io.smallrye.common.vertx.ContextLocals;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextInternal;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * What a call passes before its body is read, and where it is answered if no route ever sees it. Who calls, and whether it
 * may, Quarkus has found out before; a caller that calls too often is turned away here. A call that brings a body takes its
 * permit, and is turned away when there is none.
 */
@Singleton
public final class Entrance {

    private static final Logger LOG = Logger.getLogger(Entrance.class);
    private static final String NOTHING_HERE = "there is nothing here";
    private static final String NO_BODY = "the body is not written as HTTP wants it";
    private static final String NO_ADDRESS = "the path or the host is not written as HTTP wants it";

    /** As the ledger and the metrics call what comes this way. */
    private static final String SOURCE = "rest";

    private static final String NO_BODY_WANTED = "this call takes no body";
    private static final String TOO_LARGE = "the body is larger than herald.body.max";
    private static final String WHO = "this call needs a bearer token that is good now, and meant for Herald";
    private static final String MAY_NOT = "the token does not have the role that this call needs";

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
        router.route("/v1/*").order(ORDER).handler(this::beforeItIsRead).failureHandler(this::ofFailure);
        router.route().order(ORDER).failureHandler(this::ofNoAddress);
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
        long bytes = bytes(call.request());
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
        if (mayBringWhatNobodyTakes(call.request())) {
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
        Body body = bodyOf(request);
        if (bytes > Refusal.SMALL && body == Body.NONE) {
            return Optional.of(Problem.of(413, NO_BODY_WANTED));
        }
        if (bytes > bodyMax) {
            return Optional.of(Problem.of(413, TOO_LARGE));
        }
        if (bytes > 0 && body != Body.NONE && !isJson(request, body)) {
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

    /** Over HTTP/2 a call whose body has no length leaves open whether one comes. */
    private static boolean mayBringWhatNobodyTakes(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_2
                && !request.isEnded()
                && !request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                && bodyOf(request) == Body.NONE;
    }

    private static Body bodyOf(HttpServerRequest request) {
        return Operation.of(request).map(Operation::body).orElse(Body.NONE);
    }

    /** How large a body is at most; 0 if none comes, or if it is dropped as it comes. */
    private long bytes(HttpServerRequest request) {
        if (request.isEnded()) {
            return 0;
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null) {
            return Long.parseLong(length);
        }
        boolean comes = request.version() == HttpVersion.HTTP_2
                ? bodyOf(request) != Body.NONE && mayGoOn(request)
                : request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
        return comes ? bodyMax : 0;
    }

    /** Whether a call over HTTP/2 brings more than its head. Of a connection that began as HTTP/1.1 the first does not tell. */
    private static boolean mayGoOn(HttpServerRequest request) {
        if (request.bytesRead() > 0 || request.streamId() == 1 && !request.isSSL()) {
            return true;
        }
        Http2Stream stream = ((ConnectionBase) request.connection())
                .channel().pipeline().get(Http2ConnectionHandler.class).connection().stream(request.streamId());
        return stream != null && stream.state().remoteSideOpen();
    }

    /**
     * Whether what comes is declared as JSON. Where a body is optional, one whose length is open may be nothing, which is not
     * declared.
     */
    private static boolean isJson(HttpServerRequest request, Body body) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        return type == null
                ? body == Body.OPTIONAL && !request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                : type.split(";", 2)[0].strip().equalsIgnoreCase("application/json");
    }

    /** What Vert.x finds no route for: Quarkus would log it as an error, with its stack. */
    private void ofNoAddress(RoutingContext call) {
        switch (call.statusCode()) {
            case 400 -> Refusal.turnAway(call, bytes(call.request()), Problem.of(400, NO_ADDRESS));
            case 404 -> Refusal.turnAway(call, bytes(call.request()), Problem.of(404, NOTHING_HERE));
            default -> call.next();
        }
    }

    private void ofFailure(RoutingContext call) {
        Throwable failure = call.failure();
        boolean callerIsGone = failure instanceof HttpClosedException
                || failure instanceof StreamResetException
                || failure instanceof SocketException;
        if (callerIsGone || call.response().ended() || call.response().headWritten()) {
            return;
        }
        if (failure instanceof AuthenticationFailedException) {
            call.response().putHeader("WWW-Authenticate", "Bearer");
            Refusal.turnAway(call, bytes(call.request()), Problem.of(401, WHO));
            return;
        }
        if (failure instanceof ForbiddenException) {
            Refusal.turnAway(call, bytes(call.request()), Problem.of(403, MAY_NOT));
            return;
        }
        if (failure instanceof OIDCException) {
            LOG.errorf("Who calls cannot be found out: %s", failure.getMessage());
            Refusal.turnAway(call, bytes(call.request()), Problem.of(503, "Herald cannot find out now who calls"));
            return;
        }
        if (isNoHttp(failure)) {
            Refusal.breakOff(call, Problem.of(400, NO_BODY));
            return;
        }
        int status = call.statusCode() < 400 ? 500 : call.statusCode();
        if (status == 500) {
            LOG.errorf("A call failed unexpectedly: %s", Thrown.described(failure));
        }
        Refusal.answer(
                call,
                Problem.of(
                        status,
                        switch (status) {
                            case 413 -> TOO_LARGE;
                            case 500 -> "an unexpected error; it is in Herald's log";
                            default -> "the request was refused before it was read";
                        }));
    }

    /** Whether the body could not be taken apart as HTTP, such as a chunk without a size. */
    private static boolean isNoHttp(Throwable failure) {
        return failure != null
                && failure.getStackTrace().length > 0
                && failure.getStackTrace()[0].getClassName().startsWith("io.netty.handler.codec.");
    }
}
