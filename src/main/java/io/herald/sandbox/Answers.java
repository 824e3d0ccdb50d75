package io.herald.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.common.Urls;
import com.github.tomakehurst.wiremock.extension.Parameters;
import com.github.tomakehurst.wiremock.extension.ResponseDefinitionTransformerV2;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.http.ResponseDefinition;
import com.github.tomakehurst.wiremock.matching.CustomMatcherDefinition;
import com.github.tomakehurst.wiremock.matching.UrlPathTemplatePattern;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import io.herald.sandbox.Provider.Done;
import io.herald.sandbox.Provider.Token;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the answer of the stub that matched: does the stub's {@code work} on the provider's state, takes the answer
 * that {@code instead} gives when the work ended otherwise, fills it (see {@link Template}), and spoils it where a magic
 * value asks for a fault after the work. What each work takes is described in {@code src/sandbox/README.md}.
 */
final class Answers implements ResponseDefinitionTransformerV2 {

    private static final String TYPE = "Content-Type";
    private static final String APPLICATION_JSON = "application/json";

    private static final Set<String> WORKS = new TreeSet<>(List.of(
            "issue-token", "refuse-token", "revoke-token", "create", "update", "get", "find", "list", "connect"));

    private final Providers providers;
    private final FaultyBody faultyBody;
    private final Map<String, JsonNode> afterTheWork;
    private final Map<UUID, JsonNode> parameters = new ConcurrentHashMap<>();

    /** @param afterTheWork fault -> how it spoils an answer; see {@code src/sandbox/after-the-work.json} */
    Answers(Providers providers, FaultyBody faultyBody, Map<String, JsonNode> afterTheWork) {
        this.providers = providers;
        this.faultyBody = faultyBody;
        this.afterTheWork = afterTheWork;
    }

    @Override
    public String getName() {
        return "sandbox";
    }

    @Override
    public boolean applyGlobally() {
        return true;
    }

    @Override
    public ResponseDefinition transform(ServeEvent event) {
        Request request = event.getRequest();
        ResponseDefinition answer = event.getResponseDefinition();
        Provider provider = providers.of(request).orElse(null);
        StubMapping stub = event.getStubMapping();
        if (provider == null || stub == null) {
            return answer;
        }
        Exchange exchange = new Exchange(provider, request, stub);
        JsonNode given = parameters.computeIfAbsent(stub.getId(), id -> asJson(answer.getTransformerParameters()));
        Done done = given.has("work") ? exchange.work(given.get("work")) : Done.with(null);
        exchange.done = done;
        ResponseDefinition filled = done.instead() == null
                ? filled(answer, answer.getJsonBody(), answer.getStatus(), exchange)
                : instead(given.path("instead").path(done.instead()), done.instead(), stub, exchange);
        return spoiled(filled, request, stub, provider);
    }

    private static JsonNode asJson(Parameters parameters) {
        return parameters == null ? JsonNodeFactory.instance.objectNode() : Json.MAPPER.valueToTree(parameters);
    }

    private static ResponseDefinition filled(ResponseDefinition like, JsonNode body, int status, Exchange exchange) {
        if (body == null) {
            return like;
        }
        ResponseDefinitionBuilder builder = ResponseDefinitionBuilder.like(like)
                .withStatus(status)
                .withBody(new Template(exchange::model).fill(body).toString());
        if (like.getHeaders() == null || !like.getHeaders().getHeader(TYPE).isPresent()) {
            builder.withHeader(TYPE, APPLICATION_JSON);
        }
        return builder.build();
    }

    private static ResponseDefinition instead(JsonNode other, String name, StubMapping stub, Exchange exchange) {
        if (other.isMissingNode()) {
            throw new IllegalStateException("the stub \"" + stub.getName() + "\" has no answer for \"" + name
                    + "\": add it to transformerParameters.instead");
        }
        ResponseDefinition plain =
                ResponseDefinitionBuilder.responseDefinition().withStatus(200).build();
        return filled(plain, other.get("jsonBody"), other.path("status").asInt(), exchange);
    }

    private ResponseDefinition spoiled(
            ResponseDefinition answer, Request request, StubMapping stub, Provider provider) {
        String fault = request.getHeader(Magic.FAULT);
        if (fault == null) {
            return answer;
        }
        Map<String, ?> wanted = stub.getRequest().getHeaders();
        if (wanted != null && wanted.containsKey(Magic.FAULT)) {
            return answer;
        }
        JsonNode how = afterTheWork.get(fault);
        if (how != null && answer.getStatus() < 300) {
            return spoiled(answer, how);
        }
        String once = request.getHeader(Magic.ONCE);
        if (once != null) {
            provider.notShown(once);
        }
        return answer;
    }

    private static ResponseDefinition spoiled(ResponseDefinition answer, JsonNode how) {
        if (!how.path("half").asBoolean()) {
            return Json.MAPPER.convertValue(how, ResponseDefinition.class);
        }
        byte[] whole = answer.getByteBody();
        byte[] half = Arrays.copyOf(whole, whole.length / 2);
        return ResponseDefinitionBuilder.like(answer)
                .withHeader("Content-Length", Integer.toString(whole.length))
                .withBody(half)
                .build();
    }

    /**
     * Checks a stub at start.
     *
     * @throws IllegalStateException when it asks for a work that there is not
     */
    void prepare(StubMapping stub) {
        JsonNode work = asJson(stub.getResponse().getTransformerParameters()).path("work");
        String wanted = work.path("do").asText();
        if (!work.isMissingNode() && !WORKS.contains(wanted)) {
            throw new IllegalStateException("the stub \"" + stub.getName() + "\" asks for the work \"" + wanted
                    + "\", which is none of " + WORKS);
        }
    }

    /** Forgets the parameters of stubs that are gone. */
    void reset() {
        parameters.clear();
    }

    /** One request, its work, and what its answer can be filled from. */
    private final class Exchange {

        private final Provider provider;
        private final Request request;
        private final StubMapping stub;
        private final Template expressions = new Template(this::model);
        private final Set<String> known = new HashSet<>();
        private JsonNode body;
        private Token token;
        private ObjectNode page;
        private Done done;

        Exchange(Provider provider, Request request, StubMapping stub) {
            this.provider = provider;
            this.request = request;
            this.stub = stub;
        }

        Done work(JsonNode work) {
            work.path("known").forEach(name -> known.add(name.asText()));
            return switch (work.path("do").asText()) {
                case "issue-token" -> issueToken(work);
                case "refuse-token" -> refuseToken();
                case "revoke-token" -> revokeToken();
                case "create" -> create(work);
                case "update" -> provider.update(text(work, "id"), object(), name(work, "unique"));
                case "get" -> provider.get(text(work, "id"));
                case "find" -> provider.find(work.path("field").asText(), text(work, "value"));
                case "list" -> list(work);
                case "connect" -> connect(work);
                default ->
                    throw new IllegalStateException("the stub \"" + stub.getName()
                            + "\" asks for a work that the sandbox cannot do: " + work.path("do"));
            };
        }

        private Done issueToken(JsonNode work) {
            provider.countLogIn();
            token = provider.issueToken(
                    Duration.ofSeconds(work.path("lifeSeconds").asLong()));
            return Done.with(null);
        }

        private Done refuseToken() {
            provider.countLogIn();
            return Done.with(null);
        }

        private Done revokeToken() {
            IssuedToken.bearer(request).ifPresent(provider::revokeToken);
            return Done.with(null);
        }

        private Done create(JsonNode work) {
            String keyHeader = name(work, "idempotencyKey");
            return provider.create(
                    object(),
                    work.path("id").asText().equals("number"),
                    name(work, "unique"),
                    name(work, "upsertBy"),
                    name(work, "apart"),
                    keyHeader == null ? null : request.getHeader(keyHeader),
                    Digest.of(request.getBody()));
        }

        private Done connect(JsonNode work) {
            if (!(object().get(name(work, "apart")) instanceof ArrayNode list) || !areConnections(list, work)) {
                return Done.instead("notAList");
            }
            Map<String, JsonNode> senders = new HashMap<>();
            work.path("senders").properties().forEach(role -> senders.put(role.getKey(), role.getValue()));
            return provider.connect(
                    work.path("field").asText(), text(work, "value"), list, name(work, "senderField"), senders);
        }

        private static boolean areConnections(ArrayNode list, JsonNode work) {
            Set<String> roles = new HashSet<>();
            work.path("roles").forEach(role -> roles.add(role.asText()));
            for (JsonNode connection : list) {
                if (!connection.path(work.path("field").asText()).isTextual()
                        || !roles.contains(connection.path("role").asText())) {
                    return false;
                }
            }
            return true;
        }

        private Done list(JsonNode work) {
            Map<String, String> like = new HashMap<>();
            work.path("like")
                    .properties()
                    .forEach(part -> like.put(
                            part.getKey(), expressions.text(part.getValue().asText())));
            List<Customer> all = provider.list(like);
            int perPage =
                    positive(text(work, "perPage"), work.path("usualPerPage").asInt());
            int number = positive(text(work, "page"), 1);
            int last = Math.max(1, (all.size() + perPage - 1) / perPage);
            page = JsonNodeFactory.instance.objectNode();
            ArrayNode customers = page.putArray("customers");
            all.stream()
                    .skip((long) (number - 1) * perPage)
                    .limit(perPage)
                    .forEach(customer -> customers.add(customer.toModel(known)));
            page.put("total", all.size())
                    .put("perPage", perPage)
                    .put("number", number)
                    .put("last", last);
            if (number < last) {
                page.put("next", number + 1);
            }
            if (number > 1) {
                page.put("previous", number - 1);
            }
            return Done.with(null);
        }

        /** What the first name of an expression stands for. */
        JsonNode model(String name) {
            return switch (name) {
                case "request" -> requestModel();
                case "customer" ->
                    done == null || done.customer() == null
                            ? null
                            : done.customer().toModel(known);
                case "token" ->
                    token == null
                            ? null
                            : Json.MAPPER
                                    .createObjectNode()
                                    .put("value", token.value())
                                    .put("seconds", token.seconds())
                                    .put("expiresAt", token.expiresAt().toString());
                case "page" -> page;
                case "missing" -> done == null || done.missing() == null ? null : TextNode.valueOf(done.missing());
                case "faults" -> FaultyBody.model(faultyBody.faults(request.getBody(), matcherParameters()));
                default -> null;
            };
        }

        private Parameters matcherParameters() {
            CustomMatcherDefinition matcher = stub.getRequest().getCustomMatcher();
            return matcher == null ? null : matcher.getParameters();
        }

        private ObjectNode requestModel() {
            ObjectNode model = JsonNodeFactory.instance.objectNode();
            model.set("body", body());
            ObjectNode path = model.putObject("path");
            if (stub.getRequest().getUrlMatcher() instanceof UrlPathTemplatePattern pattern) {
                pattern.getPathTemplate()
                        .parse(Urls.getPath(request.getUrl()))
                        .forEach((part, value) -> path.put(part, URLDecoder.decode(value, StandardCharsets.UTF_8)));
            }
            ObjectNode query = model.putObject("query");
            Urls.splitQueryFromUrl(request.getUrl())
                    .forEach((parameter, values) -> query.put(parameter, values.firstValue()));
            return model;
        }

        private JsonNode body() {
            if (body == null) {
                body = FaultyBody.parse(request.getBody());
            }
            return body;
        }

        private ObjectNode object() {
            return body() instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
        }

        private String text(JsonNode work, String parameter) {
            return expressions.text(work.path(parameter).asText());
        }

        private static String name(JsonNode work, String parameter) {
            return work.path(parameter).asText(null);
        }
    }

    private static int positive(String number, int otherwise) {
        return number.matches("[1-9][0-9]{0,8}") ? Integer.parseInt(number) : otherwise;
    }
}
