package io.herald.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Calls one provider of the sandbox over real HTTP. */
record Caller(String base, List<String> headers) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    record Answer(int status, String body, java.net.http.HttpHeaders headers) {

        JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (IOException e) {
                throw new AssertionError("not JSON: " + body, e);
            }
        }
    }

    static Caller of(Sandbox sandbox, String provider) {
        return new Caller(
                sandbox.url(provider), List.of("Content-Type", "application/json", "Accept", "application/json"));
    }

    /** A caller that is let in: logged in, or with the static key. */
    static Caller trusted(Sandbox sandbox, String provider) {
        Caller plain = of(sandbox, provider);
        return switch (provider) {
            case "xbridge" -> plain.with("Authorization", "Bearer " + xbridgeToken(plain));
            case "yativo" -> plain.with("Authorization", "Bearer " + yativoToken(plain));
            case "fraudspect" -> plain.with("x-api-key", "sandbox-fraudspect-key");
            case "bridge-xyz" -> plain.with("Api-Key", "sandbox-bridge-xyz-key");
            default -> throw new IllegalArgumentException("how " + provider + " lets a caller in is not known here");
        };
    }

    static String xbridgeToken(Caller caller) {
        return caller.post("/generate-token", "{\"keyId\":\"sandbox-key-id\",\"secret\":\"sandbox-secret\"}")
                .json()
                .get("token")
                .asText();
    }

    static String yativoToken(Caller caller) {
        return caller.post(
                        "/auth/login", "{\"account_id\":\"sandbox-account-id\",\"app_secret\":\"sandbox-app-secret\"}")
                .json()
                .at("/data/access_token")
                .asText();
    }

    /** The same caller with one more header, in place of the one of that name. */
    Caller with(String name, String value) {
        List<String> more = new ArrayList<>(without(name).headers);
        more.addAll(List.of(name, value));
        return new Caller(base, more);
    }

    Caller without(String name) {
        List<String> fewer = new ArrayList<>();
        for (int i = 0; i < headers.size(); i += 2) {
            if (!headers.get(i).equalsIgnoreCase(name)) {
                fewer.addAll(headers.subList(i, i + 2));
            }
        }
        return new Caller(base, fewer);
    }

    Answer get(String path) {
        return call("GET", path, null);
    }

    Answer post(String path, String body) {
        return call("POST", path, body);
    }

    Answer put(String path, String body) {
        return call("PUT", path, body);
    }

    Answer call(String method, String path, String body) {
        try {
            return tryTo(method, path, body, Duration.ofSeconds(30));
        } catch (IOException e) {
            throw new AssertionError(method + " " + path + " had no answer", e);
        }
    }

    Answer tryTo(String method, String path, String body, Duration limit) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(limit)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (!headers.isEmpty()) {
            request.headers(headers.toArray(String[]::new));
        }
        try {
            HttpResponse<String> response = CLIENT.send(request.build(), BodyHandlers.ofString());
            return new Answer(response.statusCode(), response.body(), response.headers());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Does it {@code times} times, all at once, and gives what came back. */
    static <T> List<T> atOnce(int times, Callable<T> work) {
        ExecutorService pool = Executors.newFixedThreadPool(times);
        CountDownLatch ready = new CountDownLatch(times);
        try {
            List<Future<T>> running = new ArrayList<>();
            for (int i = 0; i < times; i++) {
                running.add(pool.submit(() -> {
                    ready.countDown();
                    ready.await();
                    return work.call();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> one : running) {
                results.add(one.get(30, TimeUnit.SECONDS));
            }
            return results;
        } catch (Exception e) {
            throw new AssertionError(e);
        } finally {
            pool.shutdownNow();
        }
    }
}
