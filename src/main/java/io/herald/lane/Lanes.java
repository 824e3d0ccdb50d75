package io.herald.lane;

import io.herald.delivery.Delivery;
import io.herald.delivery.Dispatch;
import io.herald.ledger.Ledger;
import io.herald.ledger.OpenDelivery;
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
    private final Ledger ledger;

    public Lanes(
            Providers providers,
            Ledger ledger,
            @ConfigProperty(name = "herald.in-flight.max", defaultValue = "1000") int inFlightMax) {
        this.ledger = ledger;
        for (String id : providers.ids()) {
            int width = providers.of(id).maxConnections();
            ProviderLanes ofProvider = new ProviderLanes(id, width, inFlightMax / 2, this::releaseIfDone);
            ledger.openLanes(id).forEach(ofProvider::hold);
            lanes.put(id, ofProvider);
        }
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

    /** Holds the lane of a delivery that is to be taken up; whether nobody has it in hand. */
    boolean claim(OpenDelivery open) {
        ProviderLanes lane = lanes.get(open.provider());
        return lane != null && lane.claim(open.reference(), open.sequence());
    }

    /** Puts a claimed delivery into its lane. */
    void resume(Delivery delivery) {
        lanes.get(delivery.getProvider()).resume(delivery);
    }

    /** Gives a claimed delivery back that cannot be taken up. */
    void giveBack(OpenDelivery open) {
        lanes.get(open.provider()).giveBack(open.sequence());
    }

    private void releaseIfDone(String provider, String reference) {
        ledger.ifNoneOpen(reference, provider, () -> lanes.get(provider).release(reference));
    }

    @PreDestroy
    void close() {
        lanes.values().forEach(ProviderLanes::close);
    }
}
