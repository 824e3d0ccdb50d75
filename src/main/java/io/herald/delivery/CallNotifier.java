package io.herald.delivery;

import io.herald.metrics.Step;
import io.herald.provider.Watch;
import io.opentelemetry.api.trace.Span;
import org.apache.camel.Exchange;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSendingEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSentEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;

/** Tells those who watch a provider's HTTP client what the call is for that a route is about to make. */
public final class CallNotifier extends SimpleEventNotifierSupport {

    public CallNotifier() {
        setIgnoreCamelContextEvents(true);
        setIgnoreCamelContextInitEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreServiceEvents(true);
        // of an exchange's events all are ignored but these
        setIgnoreExchangeEvents(false);
        setIgnoreExchangeSendingEvents(false);
        setIgnoreExchangeSentEvents(false);
    }

    @Override
    public void notify(CamelEvent event) {
        if (event instanceof ExchangeSendingEvent sending && sending.getEndpoint() instanceof HttpEndpoint) {
            begin(sending.getExchange());
        } else if (event instanceof ExchangeSentEvent sent && sent.getEndpoint() instanceof HttpEndpoint) {
            Watch.end();
        }
    }

    /** Only a log-in is of no delivery: who asked for it is this thread's span. */
    private static void begin(Exchange exchange) {
        Delivery delivery = exchange.getProperty("delivery", Delivery.class);
        if (delivery == null) {
            Watch.begin(Step.LOG_IN, Span.current(), 0);
        } else if (delivery.phase() == Delivery.Phase.FINDING) {
            Watch.begin(Step.FIND, delivery.span(), 0);
        } else {
            Watch.begin(Step.SEND, delivery.span(), delivery.getAttempts());
        }
    }
}
