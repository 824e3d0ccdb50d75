package io.herald.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.caller.Callers;
import io.herald.intake.Customers;
import io.herald.intake.Places.Place;
import io.herald.trace.Traces;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.vertx.HttpMessage;
import org.apache.camel.spi.RestConfiguration;
import org.apache.camel.spi.RestOpenApiConsumerFactory;
import org.apache.camel.support.processor.DelegateAsyncProcessor;

/**
 * Serves the OpenAPI contract on the HTTP server as Camel's platform-http component does, and gives a problem document
 * where that component answers without a body: an unknown path, a wrong method. Hands the caller's subject to the exchange,
 * and the place that the call took, which it keeps until the exchange has ended.
 */
@Singleton
@Named("contract")
@RegisterForReflection
public final class ContractConsumerFactory implements RestOpenApiConsumerFactory {

    /** All paths of the contract; the rest of the server is Quarkus' own, Swagger UI among it. */
    private static final String ROOT = "/v1/";

    /** Camel takes a part of a method's name for the method, and OPTIONS for any. */
    private static final Set<String> METHODS = Set.of("GET", "POST", "DELETE");

    private static final String NO_METHOD_OF_THE_CONTRACT = "TRACE";

    /** Camel makes one map of headers and query; these are no parameters. */
    private static final List<String> HEADERS = List.of("Content-Type", "Prefer", "Idempotency-Key");

    @Override
    public Consumer createConsumer(
            CamelContext context,
            Processor contract,
            String contextPath,
            RestConfiguration configuration,
            Map<String, Object> parameters)
            throws Exception {
        RestOpenApiConsumerFactory http = (RestOpenApiConsumerFactory) context.getComponent("platform-http");
        return http.createConsumer(context, new WithProblems(contract), ROOT, configuration, parameters);
    }

    private static final class WithProblems extends DelegateAsyncProcessor {

        WithProblems(Processor contract) {
            super(contract);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            // a body is UTF-8 whatever its caller says, and what providers answer is not for the caller to say
            exchange.removeProperty(Exchange.CHARSET_NAME);
            if (!METHODS.contains(exchange.getMessage().getHeader(Exchange.HTTP_METHOD, String.class))) {
                exchange.getMessage().setHeader(Exchange.HTTP_METHOD, NO_METHOD_OF_THE_CONTRACT);
            }
            takeHeadersFromNoQuery(exchange.getMessage(HttpMessage.class));
            Optional<Place> place = Entrance.placeOfThisCall().flatMap(Place::share);
            place.ifPresent(taken -> exchange.setProperty(Customers.PLACE, taken));
            if (exchange.getMessage().getBody() == null) {
                place.ifPresent(taken -> taken.weigh(0));
            }
            exchange.setProperty(Callers.CALLER, Entrance.callerOfThisCall().orElseThrow());
            Entrance.spanOfThisCall().ifPresent(span -> exchange.setProperty(Traces.SPAN, span));
            try {
                return super.process(exchange, doneSync -> {
                    place.ifPresent(Place::leave);
                    if (exchange.isRouteStop()) {
                        refuse(exchange);
                    }
                    callback.done(doneSync);
                });
            } catch (RuntimeException | Error e) {
                place.ifPresent(Place::leave);
                throw e;
            }
        }

        private static void takeHeadersFromNoQuery(HttpMessage message) {
            for (String header : HEADERS) {
                List<String> lines = message.getRequest().headers().getAll(header);
                message.removeHeader(header);
                if (!lines.isEmpty()) {
                    message.setHeader(header, lines.size() == 1 ? lines.get(0) : lines);
                }
            }
        }

        /** What the caller sent with a call that no route took still stands on the message, and would be sent back. */
        private static void refuse(Exchange exchange) {
            Message answer = exchange.getMessage();
            int status = answer.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
            Object allowed = status == 405 ? answer.getHeader("Allow") : null;
            answer.removeHeaders("*");
            if (allowed != null) {
                answer.setHeader("Allow", allowed);
            }
            answer(
                    answer,
                    Problem.of(status, allowed == null ? "there is nothing here" : "this path takes " + allowed));
        }

        private static void answer(Message answer, ObjectNode problem) {
            answer.setBody(problem.toString());
            answer.setHeader(Exchange.CONTENT_TYPE, Problem.MEDIA_TYPE);
            answer.setHeader(Exchange.HTTP_RESPONSE_CODE, problem.get("status").intValue());
        }
    }
}
