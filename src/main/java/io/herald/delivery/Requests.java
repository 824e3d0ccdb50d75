package io.herald.delivery;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.ledger.KnownCustomers;
import io.herald.mapping.MappingFailedException;
import io.herald.mapping.Mappings;
import io.herald.mapping.ProviderMapping;
import io.herald.metrics.Meters;
import io.herald.metrics.Step;
import io.herald.schema.Fault;
import jakarta.inject.Singleton;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes the request of a delivery: whether it creates or updates, its body, and its path. */
@Singleton
final class Requests {

    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^{}]+)}");

    private final KnownCustomers customers;
    private final Mappings mappings;
    private final Creates creates;
    private final ObjectMapper json;
    private final Meters meters;

    Requests(KnownCustomers customers, Mappings mappings, Creates creates, ObjectMapper json, Meters meters) {
        this.customers = customers;
        this.mappings = mappings;
        this.creates = creates;
        this.json = json;
        this.meters = meters;
    }

    /** As {@link DeliverySteps#findLink}. Without a look-up, only sending that other message again under its own key can tell. */
    void findLink(Delivery delivery) throws UnclearException {
        KnownCustomers.Known known = customers.known(
                delivery.getReference(),
                delivery.getProvider(),
                delivery.getMessage().sequence());
        delivery.setLink(known.providerCustomerId());
        delivery.doubt().setCreatedBy(known.createdBy());
        if (!creates.mayMakeTwo(delivery)) {
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
            since.ifPresent(delivery.doubt()::raiseFromEarlier);
        }
    }

    /** As {@link DeliverySteps#map}. */
    void map(Delivery delivery) throws NotMappableException, JsonProcessingException {
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
        delivery.setRequest(request, json.writeValueAsBytes(request));
        meters.took(delivery.getProvider(), Step.MAP, System.nanoTime() - begun);
    }

    /** As {@link DeliverySteps#expand}. */
    static String expand(String template, Delivery delivery) throws UnclearException {
        Optional<String> absent = PLACEHOLDER
                .matcher(template)
                .results()
                .map(name -> name.group(1))
                .filter(name -> value(name, delivery).isEmpty())
                .findFirst();
        if (absent.isPresent() && delivery.isUnclear()) {
            throw new UnclearException(
                    "an earlier try may have arrived, and there is nothing to look the customer up by: the"
                            + " request has no field '" + absent.get() + "', which the provider's route file names");
        }
        if (absent.isPresent()) {
            throw new MappingFailedException(
                    routes(delivery), "names the field '" + absent.get() + "', which this request has not");
        }
        return filledIn(template, delivery);
    }

    /** As {@link DeliverySteps#bytesToSend}: else the customer would go to the provider's base URL, or to a whole collection. */
    static void checkPlace(Delivery delivery, String method, String path) {
        String absent = method == null || method.isBlank() ? "method" : path == null || path.isBlank() ? "path" : null;
        if (absent != null) {
            throw new MappingFailedException(
                    routes(delivery),
                    "sets no variable '" + absent + "' for " + (delivery.isUpdate() ? "an update" : "a create"));
        }
        if (path.substring(0, (path + "?").indexOf('?')).contains("//")) {
            throw new MappingFailedException(routes(delivery), "sets a path of which a part is empty");
        }
    }

    private static String routes(Delivery delivery) {
        return "routes/providers/" + delivery.getProvider() + ".camel.yaml";
    }

    /** As {@link #expand}, with nothing in the place of a field that the request has not. */
    static String filledIn(String template, Delivery delivery) {
        return PLACEHOLDER
                .matcher(template)
                .replaceAll(name -> Matcher.quoteReplacement(
                        URLEncoder.encode(value(name.group(1), delivery), StandardCharsets.UTF_8)
                                .replace("+", "%20")));
    }

    private static String value(String name, Delivery delivery) {
        String value = name.equals("id")
                ? id(delivery)
                : delivery.getRequest().path(name).asText();
        return value == null ? "" : value;
    }

    /** Between the calls of a create, what the first one was answered. */
    private static String id(Delivery delivery) {
        return delivery.isUpdate() || !delivery.isSettled()
                ? delivery.getLink()
                : delivery.getOutcome().path("providerCustomerId").textValue();
    }
}
