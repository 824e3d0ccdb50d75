package io.herald.delivery;

import io.herald.metrics.Step;
import io.herald.provider.Watch;
import org.apache.camel.Exchange;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSendingEvent;
import org.apache.camel.spi.CamelEvent.ExchangeSentEvent;
import org.apache.camel.support.EventNotifierSupport;

/** Tells those who watch a provider's HTTP client what the call is for that a route is about to make. */
public final class CallNotifier extends EventNotifierSupport {

    public CallNotifier() {
        setIgnoreCamelContextEvents(true);
        setIgnoreCamelContextInitEvents(true);
        setIgnoreRouteEvents(true);
        setIgnoreServiceEvents(true);
        setIgnoreStepEvents(true);
        setIgnoreExchangeCreatedEvent(true);
        setIgnoreExchangeCompletedEvent(true);
        setIgnoreExchangeFailedEvents(true);
        setIgnoreExchangeRedeliveryEvents(true);
        setIgnoreExchangeAsyncProcessingStartedEvents(true);
    }

    @Override
    public void notify(CamelEvent event) {
        if (event instanceof ExchangeSendingEvent sending && sending.getEndpoint() instanceof HttpEndpoint) {
            Watch.begin(step(sending.getExchange()));
        } else if (event instanceof ExchangeSentEvent sent && sent.getEndpoint() instanceof HttpEndpoint) {
            Watch.end();
        }
    }

    /** Only a log-in is of no delivery. */
    private static Step step(Exchange exchange) {
        Delivery delivery = exchange.getProperty("delivery", Delivery.class);
        if (delivery == null) {
            return Step.LOG_IN;
        }
        return delivery.step() == Delivery.Step.FINDING ? Step.FIND : Step.SEND;
    }
}
