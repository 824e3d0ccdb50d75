package io.herald.benchmark;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.util.List;
import java.util.UUID;

/**
 * The ceiling: takes a customer, sends it to the four, answers with what they said, and does nothing else. No ledger, no
 * validation, no order, no retry, no log; tokens are fetched once, and again on a 401.
 */
final class VertxFanOut extends AbstractVerticle {

    private final int port;
    private final URI providers;
    private HttpClient client;
    private Future<String> xbridgeToken;
    private Future<String> yativoToken;

    private VertxFanOut(int port, URI providers) {
        this.port = port;
        this.providers = providers;
    }

    /** @param arguments the port, and the address of the providers */
    public static void main(String... arguments) {
        int port = Integer.parseInt(arguments[0]);
        URI providers = URI.create(arguments[1]);
        Vertx.vertx()
                .deployVerticle(
                        () -> new VertxFanOut(port, providers),
                        new DeploymentOptions()
                                .setInstances(Runtime.getRuntime().availableProcessors()))
                .onFailure(failure -> {
                    failure.printStackTrace();
                    System.exit(1);
                });
    }

    @Override
    public void start(Promise<Void> started) {
        client = vertx.createHttpClient(
                new HttpClientOptions().setMaxPoolSize(20_000).setTcpNoDelay(true));
        xbridgeToken = xbridgeLogIn();
        yativoToken = yativoLogIn();
        Future.all(xbridgeToken, yativoToken)
                .compose(tokens -> vertx.createHttpServer(
                                new HttpServerOptions().setTcpNoDelay(true).setAcceptBacklog(8192))
                        .requestHandler(
                                request -> request.body().onSuccess(body -> customer(request, new JsonObject(body))))
                        .listen(port))
                .<Void>mapEmpty()
                .onComplete(started);
    }

    private Future<String> xbridgeLogIn() {
        return send(
                        "/xbridge/generate-token",
                        new JsonObject().put("keyId", "sandbox-key-id").put("secret", "sandbox-secret"))
                .map(answer -> answer.getString("token"));
    }

    private Future<String> yativoLogIn() {
        return send(
                        "/yativo/auth/login",
                        new JsonObject()
                                .put("account_id", "sandbox-account-id")
                                .put("app_secret", "sandbox-app-secret"))
                .map(answer -> answer.getJsonObject("data").getString("access_token"));
    }

    private void customer(HttpServerRequest request, JsonObject customer) {
        Future<JsonObject> bridge = bridge(customer);
        Future<JsonObject> fraudspect = fraudspect(customer);
        Future<JsonObject> xbridge = xbridge(customer);
        Future<JsonObject> yativo = yativo(customer);
        Future.all(bridge, fraudspect, xbridge, yativo)
                .onSuccess(all -> request.response()
                        .putHeader("Content-Type", "application/json")
                        .end(new JsonObject()
                                .put("reference", customer.getString("reference"))
                                .put("status", "delivered")
                                .put(
                                        "deliveries",
                                        new JsonArray(List.of(
                                                delivered(
                                                        "bridge-xyz",
                                                        bridge.result().getValue("id")),
                                                delivered(
                                                        "fraudspect",
                                                        fraudspect
                                                                .result()
                                                                .getJsonObject("data")
                                                                .getValue("id")),
                                                delivered(
                                                        "xbridge",
                                                        xbridge.result().getValue("customerId")),
                                                delivered(
                                                        "yativo",
                                                        yativo.result()
                                                                .getJsonObject("data")
                                                                .getValue("customer_id")))))
                                .toBuffer()))
                .onFailure(failure -> request.response().setStatusCode(502).end(String.valueOf(failure)));
    }

    private static JsonObject delivered(String provider, Object id) {
        return new JsonObject()
                .put("provider", provider)
                .put("state", "delivered")
                .put("providerCustomerId", String.valueOf(id));
    }

    private Future<JsonObject> bridge(JsonObject customer) {
        JsonObject person = customer.getJsonObject("person");
        JsonObject contact = customer.getJsonObject("contact");
        JsonObject address = customer.getJsonObject("address");
        return send(
                "/bridge-xyz/customers",
                new JsonObject()
                        .put("type", "individual")
                        .put("first_name", person.getString("firstName"))
                        .put("last_name", person.getString("lastName"))
                        .put("birth_date", person.getString("birthDate"))
                        .put("nationality", "TZA")
                        .put("email", contact.getString("email"))
                        .put("phone", contact.getString("phone"))
                        .put(
                                "residential_address",
                                new JsonObject()
                                        .put(
                                                "street_line_1",
                                                address.getJsonArray("lines").getString(0))
                                        .put("city", address.getString("city"))
                                        .put("country", "TZA")),
                "Api-Key",
                "sandbox-bridge-xyz-key",
                "Idempotency-Key",
                UUID.randomUUID().toString());
    }

    private Future<JsonObject> fraudspect(JsonObject customer) {
        return send(
                "/fraudspect/api/v1/customers",
                new JsonObject()
                        .put("name", name(customer))
                        .put("referenceId", customer.getString("reference"))
                        .put("accountTypeId", 1)
                        .put("phone", customer.getJsonObject("contact").getString("phone"))
                        .put("email", customer.getJsonObject("contact").getString("email")),
                "x-api-key",
                "sandbox-fraudspect-key");
    }

    private Future<JsonObject> xbridge(JsonObject customer) {
        JsonObject address = customer.getJsonObject("address");
        JsonObject body = new JsonObject()
                .put("type", "PERSON")
                .put("legalName", name(customer))
                .put("mobile", customer.getJsonObject("contact").getString("phone"))
                .put("email", customer.getJsonObject("contact").getString("email"))
                .put("dob", customer.getJsonObject("person").getString("birthDate"))
                .put(
                        "address",
                        new JsonObject()
                                .put("line1", address.getJsonArray("lines").getString(0))
                                .put("city", address.getString("city"))
                                .put("country", address.getString("country")));
        Future<String> token = xbridgeToken;
        return token.compose(value -> send("/xbridge/v1/kyc/customers", body, "Authorization", "Bearer " + value))
                .recover(failure -> {
                    if (!(failure instanceof RefusedException refused) || refused.status != 401) {
                        return Future.failedFuture(failure);
                    }
                    if (xbridgeToken == token) {
                        xbridgeToken = xbridgeLogIn();
                    }
                    return xbridgeToken.compose(
                            value -> send("/xbridge/v1/kyc/customers", body, "Authorization", "Bearer " + value));
                });
    }

    private Future<JsonObject> yativo(JsonObject customer) {
        String key = UUID.randomUUID().toString();
        JsonObject body = new JsonObject()
                .put("customer_name", name(customer))
                .put("customer_email", customer.getJsonObject("contact").getString("email"))
                .put("customer_phone", customer.getJsonObject("contact").getString("phone"))
                .put("customer_country", "TZA")
                .put("customer_type", "individual")
                .put("send_kyc_mail", true);
        Future<String> token = yativoToken;
        return token.compose(value ->
                        send("/yativo/customer", body, "Authorization", "Bearer " + value, "Idempotency-Key", key))
                .recover(failure -> {
                    if (!(failure instanceof RefusedException refused) || refused.status != 401) {
                        return Future.failedFuture(failure);
                    }
                    if (yativoToken == token) {
                        yativoToken = yativoLogIn();
                    }
                    return yativoToken.compose(value ->
                            send("/yativo/customer", body, "Authorization", "Bearer " + value, "Idempotency-Key", key));
                });
    }

    private static String name(JsonObject customer) {
        JsonObject person = customer.getJsonObject("person");
        return person.getString("firstName") + ' ' + person.getString("lastName");
    }

    private Future<JsonObject> send(String path, JsonObject body, String... headers) {
        RequestOptions options = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setHost(providers.getHost())
                .setPort(providers.getPort())
                .setURI(path)
                .putHeader("Content-Type", "application/json")
                .putHeader("Accept", "application/json");
        for (int i = 0; i < headers.length; i += 2) {
            options.putHeader(headers[i], headers[i + 1]);
        }
        return client.request(options)
                .compose(request -> request.send(body.toBuffer()))
                .compose(VertxFanOut::read);
    }

    private static Future<JsonObject> read(HttpClientResponse response) {
        return response.body()
                .compose((Buffer body) -> response.statusCode() < 300
                        ? Future.succeededFuture(new JsonObject(body))
                        : Future.failedFuture(new RefusedException(response.statusCode(), body.toString())));
    }

    private static final class RefusedException extends Exception {

        private final int status;

        RefusedException(int status, String body) {
            super(status + ": " + body, null, false, false);
            this.status = status;
        }
    }
}
