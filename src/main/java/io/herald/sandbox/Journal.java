package io.herald.sandbox;

import com.github.tomakehurst.wiremock.extension.Parameters;
import com.github.tomakehurst.wiremock.extension.ServeEventListener;
import com.github.tomakehurst.wiremock.http.HttpHeaders;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The requests that came: the last so many, and of those at most 64 MiB of bodies. WireMock's own journal, once it is bounded, counts all its entries anew at
 * every request: with ten thousand of them that is most of the time an answer takes. It is kept, short, for {@code
 * /__admin/requests}.
 */
final class Journal implements ServeEventListener {

    private record Entry(String provider, Received received) {}

    private static final long MOST_BYTES = 64L << 20;

    private final int bound;
    private long bytes;
    private final Deque<Entry> entries = new ArrayDeque<>();

    Journal(int bound) {
        this.bound = bound;
    }

    @Override
    public String getName() {
        return "journal";
    }

    @Override
    public void beforeResponseSent(ServeEvent event, Parameters parameters) {
        String provider = Providers.nameIn(event.getRequest().getUrl());
        Entry entry = new Entry(provider, received(event, provider));
        synchronized (entries) {
            entries.addLast(entry);
            bytes += entry.received().body().length;
            while (entries.size() > bound || (bytes > MOST_BYTES && entries.size() > 1)) {
                bytes -= entries.removeFirst().received().body().length;
            }
        }
    }

    List<Received> requests(String provider) {
        synchronized (entries) {
            return entries.stream()
                    .filter(entry -> entry.provider().equals(provider))
                    .map(Entry::received)
                    .toList();
        }
    }

    void reset() {
        synchronized (entries) {
            entries.clear();
            bytes = 0;
        }
    }

    private static Received received(ServeEvent event, String provider) {
        LoggedRequest request = event.getRequest();
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        HttpHeaders all = request.getHeaders();
        all.all().stream()
                .filter(header -> !header.keyEquals(Magic.FAULT) && !header.keyEquals(Magic.ONCE))
                .forEach(header -> headers.put(header.key(), List.copyOf(header.values())));
        return new Received(
                request.getMethod().getName(),
                request.getUrl().substring(provider.length() + 1),
                Collections.unmodifiableMap(headers),
                request.getBody(),
                event.getResponse().getStatus());
    }
}
