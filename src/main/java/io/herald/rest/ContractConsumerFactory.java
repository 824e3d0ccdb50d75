package io.herald.rest;

import io.herald.caller.Callers;
import io.herald.inflight.InFlight.Permit;
import io.herald.intake.Customers;
import io.herald.trace.Traces;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.MultiMap;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
 * Serves the OpenAPI contract on the HTTP server as Camel's platform-http component does. Gives the routes no more of a
 * call than the contract reads, and with it the caller's subject, and the permit that the call took, which is kept until the
 * exchange has ended.
 */
@Singleton
@Named("contract")
@RegisterForReflection
public final class ContractConsumerFactory implements RestOpenApiConsumerFactory {

    /** All paths of the contract; the rest of the server is Quarkus' own, Swagger UI among it. */
    private static final String ROOT = "/v1/";

    private static final List<String> HEADERS = List.of("Prefer", "Idempotency-Key");

    private static final List<String> PARAMETERS =
            List.of("provider", "reason", "state", "limit", "after", "reveal", "force");

    @Override
    public Consumer createConsumer(
            CamelContext context,
            Processor contract,
            String contextPath,
            RestConfiguration configuration,
            Map<String, Object> parameters)
            throws Exception {
        RestOpenApiConsumerFactory http = (RestOpenApiConsumerFactory) context.getComponent("platform-http");
        return http.createConsumer(context, new WithCaller(contract), ROOT, configuration, parameters);
    }

    private static final class WithCaller extends DelegateAsyncProcessor {

        WithCaller(Processor contract) {
            super(contract);
        }

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            // a body is UTF-8 whatever its caller says, and what providers answer is not for the caller to say
            exchange.removeProperty(Exchange.CHARSET_NAME);
            keepWhatIsRead(exchange.getMessage(HttpMessage.class));
            Optional<Permit> permit = Entrance.permitOfThisCall().flatMap(Permit::share);
            permit.ifPresent(taken -> exchange.setProperty(Customers.PERMIT, taken));
            if (exchange.getMessage().getBody() == null) {
                permit.ifPresent(taken -> taken.weigh(0));
            }
            exchange.setProperty(Callers.CALLER, Entrance.callerOfThisCall().orElseThrow());
            Entrance.spanOfThisCall().ifPresent(span -> exchange.setProperty(Traces.SPAN, span));
            try {
                return super.process(exchange, doneSync -> {
                    permit.ifPresent(Permit::release);
                    callback.done(doneSync);
                });
            } catch (RuntimeException | Error e) {
                permit.ifPresent(Permit::release);
                throw e;
            }
        }

        /** Camel makes one map of headers and query: of each only what the contract reads is left. */
        private static void keepWhatIsRead(HttpMessage message) {
            Object path = message.getHeader(Exchange.HTTP_PATH);
            Object method = message.getHeader(Exchange.HTTP_METHOD);
            message.removeHeaders("*");
            message.setHeader(Exchange.HTTP_PATH, path);
            message.setHeader(Exchange.HTTP_METHOD, method);
            keep(HEADERS, message.getRequest().headers(), message);
            keep(PARAMETERS, message.getRequest().params(), message);
        }

        private static void keep(List<String> names, MultiMap from, Message message) {
            for (String name : names) {
                List<String> values = from.getAll(name);
                if (!values.isEmpty()) {
                    message.setHeader(name, values.size() == 1 ? values.get(0) : values);
                }
            }
        }
    }
}
