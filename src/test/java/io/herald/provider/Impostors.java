package io.herald.provider;

import static org.awaitility.Awaitility.await;

import io.herald.inflight.InFlight;
import io.herald.sandbox.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A sandbox, and an {@link Impostor} before each of its providers. */
public final class Impostors implements AutoCloseable {

    /** The ids of the four. */
    public static final List<String> PROVIDERS = List.of("bridge-xyz", "fraudspect", "xbridge", "yativo");

    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(10);

    private final Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);
    private final Map<String, Impostor> impostors = new LinkedHashMap<>();

    public Impostors() {
        try {
            for (String provider : PROVIDERS) {
                impostors.put(provider, new Impostor(sandbox.port()));
            }
        } catch (IOException e) {
            close();
            throw new UncheckedIOException(e);
        }
    }

    public Sandbox sandbox() {
        return sandbox;
    }

    public Impostor of(String provider) {
        return impostors.get(provider);
    }

    /** The base URL of a provider, by way of its impostor. */
    public String url(String provider) {
        return "http://localhost:" + of(provider).port() + "/" + provider;
    }

    /** All behave again and count anew; the sandbox forgets its customers. */
    public void reset() {
        impostors.values().forEach(Impostor::reset);
        sandbox.reset();
    }

    /** As {@link #reset()}, once Herald has nothing more in hand: what an earlier test left behind is no request of the next. */
    public void reset(InFlight inFlight) {
        impostors.values().forEach(impostor -> impostor.behave(Impostor.Behaviour.PASS_ON));
        await().atMost(BOUND).pollDelay(Duration.ZERO).pollInterval(POLL).until(() -> inFlight.taken() == 0);
        reset();
    }

    @Override
    public void close() {
        impostors.values().forEach(Impostor::close);
        sandbox.close();
    }
}
