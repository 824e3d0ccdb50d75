package io.herald.delivery;

import io.herald.ledger.KeptMessage;
import io.herald.ledger.Message;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/** An accepted message on its way to its targets. */
@RegisterForReflection
public final class Dispatch {

    private final Message message;
    private final Map<String, Delivery> deliveries = new LinkedHashMap<>();
    private final AtomicInteger open;
    private final CompletableFuture<Void> done;

    public Dispatch(Message message) {
        this.message = message;
        message.targets().forEach(provider -> deliveries.put(provider, new Delivery(message, provider)));
        this.open = new AtomicInteger(deliveries.size());
        this.done = new CompletableFuture<>();
    }

    /** One delivery that is taken up again. */
    public Dispatch(Delivery resumed) {
        this.message = resumed.getMessage();
        deliveries.put(resumed.getProvider(), resumed);
        this.open = new AtomicInteger(1);
        this.done = new CompletableFuture<>();
    }

    private Dispatch(Message message, Optional<Dispatch> earlier) {
        this.message = message;
        this.open = new AtomicInteger(0);
        this.done = earlier.map(worked -> worked.done).orElseGet(() -> CompletableFuture.completedFuture(null));
    }

    /**
     * A message that was accepted before: there is nothing to deliver.
     *
     * @param earlier what is still worked on of it; done when that is done
     */
    public static Dispatch repeated(Message message, Optional<Dispatch> earlier) {
        return new Dispatch(message, earlier);
    }

    /** Whether it was accepted before. */
    public boolean isRepeated() {
        return deliveries.isEmpty();
    }

    public Message getMessage() {
        return message;
    }

    public Collection<Delivery> getDeliveries() {
        return deliveries.values();
    }

    /** The delivery to one of the message's targets. */
    public Delivery to(String provider) {
        return deliveries.get(provider);
    }

    /** The routes of the providers that it is to be delivered to. */
    public List<String> getRoutes() {
        return deliveries.keySet().stream()
                .map(provider -> "direct:" + provider)
                .toList();
    }

    /** All that the ledger has of the message, once it has all outcomes of what is worked on here. */
    public Optional<KeptMessage> kept() {
        if (!done.isDone()) {
            return Optional.empty();
        }
        List<KeptMessage.Delivery> kept = deliveries.values().stream()
                .flatMap(delivery -> delivery.kept().stream())
                .sorted(Comparator.comparing(KeptMessage.Delivery::provider))
                .toList();
        return kept.size() == message.targets().size()
                ? Optional.of(new KeptMessage(
                        message.id(), message.sequence(), message.reference(), message.acceptedAt(), kept))
                : Optional.empty();
    }

    /** One delivery less is worked on; to be called once for each. */
    public void settled() {
        if (open.decrementAndGet() == 0) {
            done.complete(null);
        }
    }

    /** Runs when no delivery is worked on any more. */
    public void whenDone(Runnable action) {
        done.thenRun(action);
    }

    /** Waits until no delivery is worked on any more, or the time is up. */
    public void await(long millis) throws InterruptedException {
        try {
            done.get(millis, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
