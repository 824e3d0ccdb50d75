package io.herald.benchmark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.herald.thread.Threads;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/**
 * The same work in plain Java, as one would write it instead: the customer is parsed and held against the same schema, kept in SQLite
 * if asked for, mapped by the same templates, sent to the four in parallel on virtual threads (on a pool where there are none), tried
 * again where that may help, and reported. What Herald does beyond that is not in it: {@code docs/performance.md} has the list.
 */
final class ByHand {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final SchemaValidatorsConfig FORMATS =
            SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();

    private final JsonSchema schema;
    private final Map<String, ByHandProvider> providers = new TreeMap<>();
    private final ByHandLedger ledger;
    private final Executor threads;

    private ByHand(String url, Path mappings, ByHandLedger ledger, Executor threads) throws IOException {
        this.schema = schema(mappings.resolve("canonical/customer.schema.json"));
        this.ledger = ledger;
        this.threads = threads;
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .executor(threads)
                .build();
        for (ByHandProvider.Kind kind : ByHandProvider.Kind.values()) {
            providers.put(kind.id(), new ByHandProvider(kind, url, mappings.resolve(kind.id()), client));
        }
    }

    /** @param arguments the port, the address of the providers, the folder of the mappings, and the file of the ledger if there is one */
    public static void main(String... arguments) throws Exception {
        ThreadFactory virtual = Threads.named("work-");
        Executor threads = Runtime.version().feature() >= 21
                ? task -> virtual.newThread(task).start()
                : Executors.newCachedThreadPool();
        ByHandLedger ledger = arguments.length > 3 ? ByHandLedger.open(Path.of(arguments[3])) : null;
        ByHand service = new ByHand(arguments[1], Path.of(arguments[2]), ledger, threads);
        HttpServer server = HttpServer.create(new InetSocketAddress(Integer.parseInt(arguments[0])), 8192);
        server.setExecutor(threads);
        server.createContext("/v1/customers", service::handle);
        server.start();
    }

    static JsonSchema schema(Path file) throws IOException {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(Files.readString(file), FORMATS);
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            try {
                JsonNode customer = JSON.readTree(body);
                Set<ValidationMessage> faults = schema.validate(customer);
                if (faults.isEmpty()) {
                    answer(exchange, 200, submit(customer, body));
                } else {
                    ObjectNode problem = JSON.createObjectNode().put("title", "not a canonical customer");
                    faults.forEach(fault ->
                            problem.withArray("errors").add(fault.getInstanceLocation() + " " + fault.getMessage()));
                    answer(exchange, 422, problem);
                }
            } catch (JsonProcessingException notJson) {
                answer(exchange, 400, JSON.createObjectNode().put("title", "not JSON"));
            } catch (CompletionException failed) {
                answer(exchange, 503, JSON.createObjectNode().put("title", "cannot keep it now"));
            }
        }
    }

    private ObjectNode submit(JsonNode customer, byte[] body) {
        String reference = customer.path("reference").textValue();
        UUID message = UUID.randomUUID();
        Map<String, String> links = ledger == null
                ? Map.of()
                : ledger.accept(message, reference, body).join();
        List<CompletableFuture<ObjectNode>> deliveries = targets(customer).stream()
                .map(id -> CompletableFuture.supplyAsync(
                        () -> providers.get(id).deliver(message, customer, links.get(id)), threads))
                .toList();
        ObjectNode report =
                JSON.createObjectNode().put("message", message.toString()).put("reference", reference);
        ArrayNode outcomes = report.putArray("deliveries");
        deliveries.forEach(delivery -> outcomes.add(delivery.join()));
        if (ledger != null) {
            ledger.ended(message, reference, outcomes).join();
        }
        boolean delivered = outcomes.valueStream()
                .allMatch(outcome -> outcome.path("state").asText().equals("delivered"));
        return report.put("status", delivered ? "delivered" : "partial");
    }

    private List<String> targets(JsonNode customer) {
        return customer.has("targets")
                ? customer.get("targets").valueStream().map(JsonNode::textValue).toList()
                : List.copyOf(providers.keySet());
    }

    private static void answer(HttpExchange exchange, int status, JsonNode body) throws IOException {
        byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }
}
