package io.herald.benchmark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.impl.URIDecoder;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The four providers, as far as a benchmark calls them: they answer as {@code src/sandbox} does, and remember just enough to tell
 * whether each customer was made once. {@code /control/} sets how they behave. A program of its own, on two threads.
 */
final class ProviderStub extends AbstractVerticle {

    /** What {@link #CANNED} answers: a report, at once, to find the limit of who asks. */
    static final String REPORT = """
            {"message":"01a1f8af-e89e-73db-a608-91924e6ed8e9","sequence":1,"reference":"canned","status":"delivered",\
            "deliveries":[{"provider":"bridge-xyz","state":"delivered"},{"provider":"fraudspect","state":"delivered"},\
            {"provider":"xbridge","state":"delivered"},{"provider":"yativo","state":"delivered"}]}""";

    static final String CANNED = "/canned";

    private static final JsonFactory JSON = new JsonFactory();

    /** What all threads share. */
    private static final class State {

        private final Map<String, Provider> providers = new TreeMap<>(Map.of(
                "xbridge", new Provider(),
                "yativo", new Provider(),
                "fraudspect", new Provider(),
                "bridge-xyz", new Provider()));
        private final AtomicLong delay = new AtomicLong();
    }

    private final int port;
    private final State state;

    private ProviderStub(int port, State state) {
        this.port = port;
        this.state = state;
    }

    /** @param arguments the port */
    public static void main(String... arguments) {
        int port = Integer.parseInt(arguments[0]);
        State state = new State();
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2));
        vertx.deployVerticle(() -> new ProviderStub(port, state), new DeploymentOptions().setInstances(2))
                .onSuccess(id -> System.out.println("the providers listen on port " + port))
                .onFailure(failure -> {
                    failure.printStackTrace();
                    System.exit(1);
                });
    }

    @Override
    public void start(Promise<Void> started) {
        vertx.createHttpServer(new HttpServerOptions()
                        .setTcpNoDelay(true)
                        .setAcceptBacklog(8192)
                        .setIdleTimeout(0))
                .requestHandler(request -> request.body().onSuccess(body -> handle(request, body)))
                .listen(port)
                .<Void>mapEmpty()
                .onComplete(started);
    }

    private void handle(HttpServerRequest request, Buffer body) {
        String path = request.path();
        if (path.equals(CANNED)) {
            answer(request, 200, REPORT);
            return;
        }
        if (path.startsWith("/control/")) {
            control(request, path.substring("/control/".length()));
            return;
        }
        int slash = path.indexOf('/', 1);
        Provider provider = slash < 0 ? null : state.providers.get(path.substring(1, slash));
        if (provider == null) {
            answer(request, 404, "{\"message\":\"no such path\"}");
            return;
        }
        if (provider.hangs()) {
            return;
        }
        long delay = state.delay.get();
        String rest = path.substring(slash);
        if (delay == 0) {
            call(request, path.substring(1, slash), provider, rest, body);
        } else {
            vertx.setTimer(delay, timer -> call(request, path.substring(1, slash), provider, rest, body));
        }
    }

    private void call(HttpServerRequest request, String name, Provider provider, String path, Buffer body) {
        try {
            Map<String, String> fields =
                    request.method() == HttpMethod.GET ? Map.of() : fields(body, request.method() == HttpMethod.PUT);
            switch (name) {
                case "xbridge" -> xbridge(request, provider, path, fields);
                case "yativo" -> yativo(request, provider, path, fields);
                case "fraudspect" -> fraudspect(request, provider, fields);
                default -> bridge(request, provider, path, fields);
            }
        } catch (IOException notJson) {
            answer(request, 400, "{\"message\":\"the body is not JSON\"}");
        }
    }

    private static void xbridge(HttpServerRequest request, Provider provider, String path, Map<String, String> fields) {
        if (path.equals("/generate-token")) {
            if (!"sandbox-key-id".equals(fields.get("keyId")) || !"sandbox-secret".equals(fields.get("secret"))) {
                answer(request, 401, "{\"error\":{\"code\":\"UNAUTHORIZED\",\"message\":\"Invalid key or secret\"}}");
                return;
            }
            answer(
                    request,
                    200,
                    "{\"token\":\"" + provider.logIn() + "\",\"expiresAt\":\""
                            + Instant.now().plus(1, ChronoUnit.HOURS) + "\"}");
        } else if (!isAuthorized(request, provider)) {
            answer(request, 401, "{\"error\":{\"code\":\"UNAUTHORIZED\",\"message\":\"Token expired or invalid\"}}");
        } else if (path.startsWith("/v1/kyc/customers/phone/")) {
            Provider.Customer found = provider.withPhone(
                    URIDecoder.decodeURIComponent(path.substring("/v1/kyc/customers/phone/".length()), false));
            answer(
                    request,
                    200,
                    found == null
                            ? "null"
                            : "{\"customerId\":\"" + found.id() + "\",\"profile\":{\"id\":\"" + found.id()
                                    + "\",\"legalName\":\"" + found.name() + "\",\"mobile\":\"" + found.phone()
                                    + "\",\"status\":\"ACTIVE\"},\"externalData\":null}");
        } else if (fields.get("legalName") == null || fields.get("email") == null) {
            answer(
                    request,
                    400,
                    "{\"error\":{\"code\":\"VALIDATION_ERROR\",\"message\":\"legalName or email is missing\"}}");
        } else {
            Provider.Customer customer = provider.withId(String.valueOf(fields.get("customerId")));
            if (fields.containsKey("customerId") && customer == null) {
                answer(request, 404, "{\"error\":{\"code\":\"NOT_FOUND\",\"message\":\"Customer not found\"}}");
                return;
            }
            if (customer == null) {
                customer = created(provider, "8f2a7c1e", fields.get("email"), fields.get("legalName"), fields, null);
            }
            answer(
                    request,
                    200,
                    "{\"customerId\":\"" + customer.id() + "\",\"legalName\":\"" + customer.name()
                            + "\",\"type\":\"PERSON\"}");
        }
    }

    private static void yativo(HttpServerRequest request, Provider provider, String path, Map<String, String> fields) {
        if (path.equals("/auth/login")) {
            if (!"sandbox-account-id".equals(fields.get("account_id"))
                    || !"sandbox-app-secret".equals(fields.get("app_secret"))) {
                answer(request, 401, "{\"status\":\"error\",\"status_code\":401,\"message\":\"Invalid credentials\"}");
                return;
            }
            answer(
                    request,
                    200,
                    "{\"status\":\"success\",\"status_code\":200,\"message\":\"Login successful\","
                            + "\"data\":{\"access_token\":\"" + provider.logIn()
                            + "\",\"token_type\":\"bearer\",\"expires_in\":3600}}");
        } else if (!isAuthorized(request, provider)) {
            answer(request, 401, "{\"message\":\"Unauthenticated.\"}");
        } else if (request.method() == HttpMethod.GET) {
            Provider.Customer found = provider.withEmail(request.getParam("email"));
            answer(
                    request,
                    200,
                    "{\"status\":\"success\",\"status_code\":200,\"data\":["
                            + (found == null
                                    ? ""
                                    : "{\"customer_id\":\"" + found.id() + "\",\"customer_name\":\"" + found.name()
                                            + "\",\"customer_email\":\"" + found.email() + "\"}")
                            + "],\"pagination\":{\"current_page\":1,\"last_page\":1}}");
        } else if (request.getHeader("Idempotency-Key") == null) {
            answer(request, 400, "{\"error\":\"Idempotency-Key is required for this request.\"}");
        } else if (request.method() == HttpMethod.PUT) {
            Provider.Customer customer = provider.withId(path.substring(path.lastIndexOf('/') + 1));
            if (customer == null) {
                answer(request, 404, "{\"status\":\"failed\",\"status_code\":404,\"message\":\"Customer not found\"}");
            } else {
                answer(request, 200, yativo(customer, "updated"));
            }
        } else if (fields.get("customer_email") == null || fields.get("customer_name") == null) {
            answer(
                    request,
                    422,
                    "{\"status\":\"error\",\"status_code\":422,\"message\":\"The given data was invalid.\"}");
        } else if (provider.withEmail(fields.get("customer_email")) != null) {
            answer(
                    request,
                    422,
                    "{\"status\":\"failed\",\"status_code\":422,\"message\":\"Request failed\","
                            + "\"data\":{\"customer_email\":[\"Customer email already exists.\"]}}");
        } else {
            answer(
                    request,
                    201,
                    yativo(
                            created(
                                    provider,
                                    "1c7e8f2a",
                                    fields.get("customer_email"),
                                    fields.get("customer_name"),
                                    fields,
                                    null),
                            "created"));
        }
    }

    private static String yativo(Provider.Customer customer, String done) {
        return "{\"status\":\"success\",\"status_code\":200,\"message\":\"Customer " + done
                + " successfully\",\"data\":{\"id\":\"" + customer.id() + "\",\"full_name\":\"" + customer.name()
                + "\",\"email\":\"" + customer.email() + "\",\"type\":\"individual\","
                + "\"kyc_link\":\"https://kyc.example.com/verify?reference-id=" + customer.id()
                + "\",\"tos_link\":\"https://terms.example.com/accept?customer_id=" + customer.id()
                + "\",\"kyc_status\":\"pending\",\"rejection_reasons\":[],\"tos_status\":\"pending\",\"customer_id\":\""
                + customer.id() + "\",\"persona_inquiry_type\":\"gov_id_db\"}}";
    }

    private static void fraudspect(HttpServerRequest request, Provider provider, Map<String, String> fields) {
        if (!"sandbox-fraudspect-key".equals(request.getHeader("x-api-key"))) {
            answer(request, 401, "{\"message\":\"Invalid API key\",\"error\":\"Unauthorized\",\"statusCode\":401}");
        } else if (request.method() == HttpMethod.PUT) {
            answer(request, 200, "{\"status\":200,\"message\":\"Connections updated successfully\",\"data\":[]}");
        } else if (fields.get("referenceId") == null || fields.get("name") == null || fields.get("email") == null) {
            answer(
                    request,
                    400,
                    "{\"message\":\"referenceId, name or email is missing\",\"error\":\"Bad Request\",\"statusCode\":400}");
        } else {
            Provider.Customer known = provider.withEmail(fields.get("email"));
            Provider.Customer customer = known != null
                    ? known
                    : created(provider, null, fields.get("email"), fields.get("name"), fields, null);
            int status = known != null ? 200 : 201;
            answer(
                    request,
                    status,
                    "{\"status\":" + status + ",\"message\":\"Customers created successfully\",\"data\":{\"id\":"
                            + customer.id() + ",\"name\":\"" + customer.name() + "\",\"referenceId\":\""
                            + fields.get("referenceId")
                            + "\",\"riskScore\":50,\"riskScoreName\":\"High risk\",\"lastIpAddress\":null,"
                            + "\"lastScreeningDate\":null,\"accountTypeId\":1,"
                            + "\"organizationId\":\"5a9db0c0-0000-4000-8000-0000000000f5\",\"externalId\":null},"
                            + "\"code\":\"info\"}");
        }
    }

    private static void bridge(HttpServerRequest request, Provider provider, String path, Map<String, String> fields) {
        if (!"sandbox-bridge-xyz-key".equals(request.getHeader("Api-Key"))) {
            answer(request, 401, "{\"code\":\"invalid\",\"location\":\"header\",\"name\":\"Api-Key\"}");
            return;
        }
        if (request.method() == HttpMethod.PUT) {
            Provider.Customer customer = provider.withId(path.substring(path.lastIndexOf('/') + 1));
            if (customer == null) {
                answer(request, 404, "{\"code\":\"not_found\",\"message\":\"Customer not found\"}");
            } else {
                answer(request, 200, bridge(customer));
            }
            return;
        }
        String key = request.getHeader("Idempotency-Key");
        String email = fields.get("email");
        if (key == null || email == null || fields.get("first_name") == null || fields.get("last_name") == null) {
            answer(
                    request,
                    400,
                    "{\"code\":\"invalid_parameters\",\"message\":\"Idempotency-Key, email or a name is missing\"}");
            return;
        }
        Provider.Customer known = provider.withEmail(email);
        if (known == null) {
            String name = fields.get("first_name") + ' ' + fields.get("last_name");
            answer(request, 201, bridge(created(provider, "5ab0c0ff", email, name, fields, key)));
        } else if (known.key().equals(key)) {
            answer(request, 201, bridge(known));
        } else {
            answer(
                    request,
                    400,
                    "{\"code\":\"invalid_parameters\",\"message\":\"A customer with this email already exists\"}");
        }
    }

    private static String bridge(Provider.Customer customer) {
        int blank = customer.name().indexOf(' ');
        return "{\"id\":\"" + customer.id() + "\",\"first_name\":\""
                + customer.name().substring(0, blank)
                + "\",\"last_name\":\"" + customer.name().substring(blank + 1) + "\",\"email\":\"" + customer.email()
                + "\",\"status\":\"incomplete\",\"type\":\"individual\",\"has_accepted_terms_of_service\":false,"
                + "\"address\":{\"street_line_1\":\"12 Uhuru Street\",\"city\":\"Dar es Salaam\",\"country\":\"TZA\"},"
                + "\"rejection_reasons\":[],\"requirements_due\":[\"external_account\"],"
                + "\"future_requirements_due\":[\"id_verification\"],\"endorsements\":[{\"name\":\"base\","
                + "\"status\":\"approved\"},{\"name\":\"sepa\",\"status\":\"incomplete\"}],"
                + "\"created_at\":\"2026-01-01T00:00:00.000Z\",\"updated_at\":\"2026-01-01T00:00:00.000Z\"}";
    }

    private static Provider.Customer created(
            Provider provider, String uuid, String email, String name, Map<String, String> fields, String key) {
        provider.arrived(email);
        long number = provider.nextId();
        String id = uuid == null
                ? Long.toString(number)
                : uuid + "-0000-4000-8000-"
                        + Long.toString(1_000_000_000_000L + number).substring(1);
        Provider.Customer customer = new Provider.Customer(id, email, name, fields.get("mobile"), key);
        provider.create(customer);
        return customer;
    }

    private static boolean isAuthorized(HttpServerRequest request, Provider provider) {
        String header = request.getHeader("Authorization");
        return header != null && header.startsWith("Bearer ") && provider.isIssued(header.substring(7));
    }

    /** The texts and numbers at the top of an object; all of the body is read, so what is no JSON is found. */
    private static Map<String, String> fields(Buffer body, boolean listsToo) throws IOException {
        Map<String, String> fields = new HashMap<>();
        try (JsonParser parser = JSON.createParser(body.getBytes())) {
            if (parser.nextToken() != JsonToken.START_OBJECT && !listsToo) {
                throw new IOException("no object");
            }
            int depth = 1;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isStructStart()) {
                    depth++;
                } else if (token.isStructEnd()) {
                    depth--;
                } else if (depth == 1 && token.isScalarValue()) {
                    fields.put(parser.currentName(), parser.getText());
                }
            }
        }
        return fields;
    }

    private void control(HttpServerRequest request, String what) {
        switch (what) {
            case "delay" -> state.delay.set(Long.parseLong(request.getParam("millis")));
            case "hang" ->
                state.providers.get(request.getParam("provider")).hang(Boolean.parseBoolean(request.getParam("on")));
            case "revoke" -> state.providers.values().forEach(Provider::revoke);
            case "reset" -> state.providers.values().forEach(Provider::reset);
            case "counts" -> {}
            default -> {
                answer(request, 404, "{}");
                return;
            }
        }
        JsonObject counts = new JsonObject();
        state.providers.forEach((name, provider) -> counts.put(name, provider.counts()));
        answer(request, 200, counts.encode());
    }

    private static void answer(HttpServerRequest request, int status, String body) {
        HttpServerResponse response = request.response();
        if (!response.closed()) {
            response.setStatusCode(status)
                    .putHeader("Content-Type", "application/json")
                    .end(body);
        }
    }
}
