package io.herald.benchmark;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** The running {@link ProviderStub}, and how it is told what to do. */
final class Stub implements AutoCloseable {

    static final List<String> PROVIDERS = List.of("bridge-xyz", "fraudspect", "xbridge", "yativo");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Program program;

    private Stub(Program program) {
        this.program = program;
    }

    static Stub start() throws IOException, InterruptedException {
        int port = Program.freePort();
        return new Stub(Program.start(
                "stub",
                Contender.java(
                        Contender.OWN_JAVA, List.of("-Xmx2g"), ProviderStub.class.getName(), Integer.toString(port)),
                Map.of(),
                port));
    }

    String url() {
        return "http://localhost:" + program.port();
    }

    int port() {
        return program.port();
    }

    Duration processorTime() {
        return program.processorTime();
    }

    /** Every answer takes as long, from now on. */
    void delay(Duration delay) {
        control("delay?millis=" + delay.toMillis());
    }

    /** It takes requests and answers none, or answers again. */
    void hang(String provider, boolean on) {
        control("hang?provider=" + provider + "&on=" + on);
    }

    /** No token is good any more. */
    void revoke() {
        control("revoke");
    }

    /** Forgets customers and counts. */
    void reset() {
        control("reset");
    }

    /** Of each provider what {@link Provider#counts} has. */
    JsonObject counts() {
        return control("counts");
    }

    /** What is wrong, if not each of these providers has as many customers, and none was made twice; or null. */
    String fault(long customers, List<String> providers) {
        JsonObject counts = counts();
        for (String provider : providers) {
            JsonObject count = counts.getJsonObject(provider);
            if (count.getLong("customers") != customers || count.getLong("twice") != 0) {
                return provider + " has " + count.getLong("customers") + " customers of " + customers + ", and "
                        + count.getLong("twice") + " came twice";
            }
        }
        return null;
    }

    private JsonObject control(String call) {
        try {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create(url() + "/control/" + call))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(call + ": " + answer.statusCode());
            }
            return new JsonObject(answer.body());
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        program.close();
    }
}
