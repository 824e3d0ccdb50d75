package io.herald.lane;

import io.herald.delivery.Dispatch;
import io.herald.provider.Providers;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.AsyncProcessor;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The lanes of all providers: deliveries of one reference to one provider go one at a time, in the order accepted. */
@Singleton
public final class Lanes {

    private final Map<String, ProviderLanes> lanes = new TreeMap<>();

    public Lanes(
            Providers providers,
            @ConfigProperty(name = "herald.in-flight.max", defaultValue = "1000") int inFlightMax) {
        providers
                .ids()
                .forEach(id ->
                        lanes.put(id, new ProviderLanes(id, providers.of(id).maxConnections(), inFlightMax)));
    }

    /** Takes the places of a message's deliveries in their lanes; to be called in the order of acceptance. */
    public void reserve(Dispatch dispatch) {
        dispatch.getDeliveries()
                .forEach(delivery -> lanes.get(delivery.getProvider()).reserve(delivery));
    }

    /** The first step of a provider's route: holds an exchange until its turn. */
    public AsyncProcessor step(String provider) {
        return lanes.get(provider);
    }

    @PreDestroy
    void close() {
        lanes.values().forEach(ProviderLanes::close);
    }
}
