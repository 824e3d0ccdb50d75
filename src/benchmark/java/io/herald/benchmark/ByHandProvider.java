package io.herald.benchmark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.JsonSchema;
import com.schibsted.spt.data.jslt.Expression;
import com.schibsted.spt.data.jslt.Function;
import com.schibsted.spt.data.jslt.Parser;
import io.herald.canonical.Countries;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** One provider of {@link ByHand}: its templates, its token and its calls. Safe for use by many threads. */
final class ByHandProvider {

    private static final int TRIES = 3;
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Set<Integer> TRANSIENT = Set.of(408, 425, 429, 500, 502, 503, 504);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What is special about each. */
    enum Kind {
        BRIDGE_XYZ("bridge-xyz", "/customers", "/customers/", "PUT", null, null, null),
        FRAUDSPECT("fraudspect", "/api/v1/customers", null, "POST", null, null, null),
        XBRIDGE(
                "xbridge",
                "/v1/kyc/customers",
                null,
                "POST",
                "/generate-token",
                "{\"keyId\": \"sandbox-key-id\", \"secret\": \"sandbox-secret\"}",
                "/token"),
        YATIVO(
                "yativo",
                "/customer",
                "/customer/",
                "PUT",
                "/auth/login",
                "{\"account_id\": \"sandbox-account-id\", \"app_secret\": \"sandbox-app-secret\"}",
                "/data/access_token");

        private final String id;
        private final String path;
        private final String updatePath;
        private final String updateMethod;
        private final String logInPath;
        private final String credential;
        private final String tokenAt;

        Kind(
                String id,
                String path,
                String updatePath,
                String updateMethod,
                String logInPath,
                String credential,
                String tokenAt) {
            this.id = id;
            this.path = path;
            this.updatePath = updatePath;
            this.updateMethod = updateMethod;
            this.logInPath = logInPath;
            this.credential = credential;
            this.tokenAt = tokenAt;
        }

        String id() {
            return id;
        }
    }

    private final Kind kind;
    private final String url;
    private final HttpClient client;
    private final Expression request;
    private final JsonSchema schema;
    private final Expression response;
    private final Object logIn = new Object();
    private volatile String token;

    ByHandProvider(Kind kind, String url, Path mappings, HttpClient client) throws IOException {
        this.kind = kind;
        this.url = url + '/' + kind.id;
        this.client = client;
        this.request = template(mappings.resolve("request.jslt"));
        this.schema = ByHand.schema(mappings.resolve("request.schema.json"));
        this.response = template(mappings.resolve("response.jslt"));
    }

    /** Maps, sends and maps back, and tries again where that may help. */
    ObjectNode deliver(UUID message, JsonNode customer, String link) {
        JsonNode linked = link == null ? NullNode.instance : TextNode.valueOf(link);
        JsonNode body = request.apply(Map.of("link", linked), customer);
        ObjectNode outcome = JSON.createObjectNode().put("provider", kind.id);
        if (!schema.validate(body).isEmpty()) {
            return outcome.put("state", "rejected");
        }
        try {
            HttpResponse<byte[]> answer = send(message, body, link);
            JsonNode mapped = response.apply(
                    Map.of("status", IntNode.valueOf(answer.statusCode()), "link", linked), json(answer.body()));
            outcome.put("state", mapped.has("providerCustomerId") ? "delivered" : "rejected");
            outcome.put("operation", link == null ? "created" : "updated");
            outcome.setAll((ObjectNode) mapped);
        } catch (IOException e) {
            outcome.put("state", "dead");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            outcome.put("state", "dead");
        }
        return outcome;
    }

    private HttpResponse<byte[]> send(UUID message, JsonNode body, String link)
            throws IOException, InterruptedException {
        byte[] bytes = JSON.writeValueAsBytes(body);
        boolean renewed = false;
        for (int tried = 1; ; tried++) {
            String used = kind.logInPath == null ? null : token();
            HttpResponse<byte[]> answer =
                    client.send(call(message, bytes, link, used), HttpResponse.BodyHandlers.ofByteArray());
            if (answer.statusCode() == 401 && used != null && !renewed) {
                renewed = true;
                drop(used);
            } else if (TRANSIENT.contains(answer.statusCode()) && tried < TRIES) {
                Thread.sleep(FIRST_WAIT.toMillis() << tried - 1);
            } else {
                return answer;
            }
        }
    }

    private HttpRequest call(UUID message, byte[] body, String link, String used) {
        boolean update = link != null && kind.updatePath != null;
        HttpRequest.Builder call = HttpRequest.newBuilder(
                        URI.create(url + (update ? kind.updatePath + link : kind.path)))
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .method(update ? kind.updateMethod : "POST", HttpRequest.BodyPublishers.ofByteArray(body));
        switch (kind) {
            case BRIDGE_XYZ -> call.header("Api-Key", "sandbox-bridge-xyz-key").header("Idempotency-Key", key(message));
            case FRAUDSPECT -> call.header("x-api-key", "sandbox-fraudspect-key");
            case XBRIDGE -> call.header("Authorization", "Bearer " + used);
            case YATIVO -> call.header("Authorization", "Bearer " + used).header("Idempotency-Key", key(message));
        }
        return call.build();
    }

    private String key(UUID message) {
        return UUID.nameUUIDFromBytes((kind.id + message).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    /** However many ask for it, one logs in. */
    private String token() throws IOException, InterruptedException {
        String known = token;
        if (known != null) {
            return known;
        }
        synchronized (logIn) {
            if (token == null) {
                HttpResponse<byte[]> answer = client.send(
                        HttpRequest.newBuilder(URI.create(url + kind.logInPath))
                                .header("Content-Type", "application/json")
                                .header("Accept", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(kind.credential))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
                if (answer.statusCode() != 200) {
                    throw new IOException("the log-in was refused");
                }
                token = JSON.readTree(answer.body()).at(kind.tokenAt).textValue();
            }
            return token;
        }
    }

    private void drop(String refused) {
        synchronized (logIn) {
            if (refused.equals(token)) {
                token = null;
            }
        }
    }

    private static JsonNode json(byte[] body) throws IOException {
        try {
            return JSON.readTree(body);
        } catch (JsonProcessingException notJson) {
            return NullNode.instance;
        }
    }

    private static Expression template(Path file) throws IOException {
        return new Parser(new StringReader(Files.readString(file)))
                .withFunctions(List.of(new Alpha3()))
                .compile();
    }

    private static final class Alpha3 implements Function {

        @Override
        public String getName() {
            return "alpha3";
        }

        @Override
        public int getMinArguments() {
            return 1;
        }

        @Override
        public int getMaxArguments() {
            return 1;
        }

        @Override
        public JsonNode call(JsonNode input, JsonNode[] arguments) {
            String code = arguments[0].isTextual() ? Countries.alpha3(arguments[0].textValue()) : null;
            return code == null ? NullNode.instance : TextNode.valueOf(code);
        }
    }
}
