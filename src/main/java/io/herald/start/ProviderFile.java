package io.herald.start;

import static io.herald.start.YamlNodes.child;
import static io.herald.start.YamlNodes.entry;
import static io.herald.start.YamlNodes.keys;
import static io.herald.start.YamlNodes.scalar;
import static io.herald.start.YamlNodes.value;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Checks what Herald wants of a provider's file, and Camel knows nothing of: that its calls go by the provider's own client
 * and fail where they are refused, that its failures reach the error handlers which all providers share, that it has the
 * steps of the bean {@code delivery}, and that it sets and reads the same names. Without that Herald would start, and a
 * customer be made twice, or lost.
 */
final class ProviderFile {

    /** The keys of what would handle a failure before it reaches the handlers that all providers share. */
    private static final List<String> HANDLES_ERRORS =
            List.of("errorHandler", "errorHandlerRef", "onException", "routeConfiguration", "routeConfigurationId");

    /** The steps that would do so. */
    private static final List<String> CATCHES = List.of("doTry", "circuitBreaker", "onException");

    /** The steps that go to where an expression says, or bring in what is not a provider's answer. */
    private static final List<String> GO_ANYWHERE =
            List.of("toD", "wireTap", "enrich", "pollEnrich", "poll", "recipientList", "routingSlip", "dynamicRouter");

    /** What the steps of a provider's route can be: of any other nobody knows whom it lets go on, or with what. */
    private static final Set<String> STEPS = new TreeSet<>(Set.of(
            "bean",
            "choice",
            "delay",
            "filter",
            "log",
            "loop",
            "pipeline",
            "removeHeader",
            "removeHeaders",
            "setBody",
            "setHeader",
            "setHeaders",
            "setProperty",
            "setVariable",
            "setVariables",
            "split",
            "to",
            "transform"));

    /** The headers by which a call goes elsewhere than its step says. */
    private static final Set<String> ELSEWHERE = Set.of(Exchange.HTTP_URI, Exchange.REST_HTTP_URI);

    /** The methods of {@code delivery} that tell something, which is for an expression. */
    private static final Set<String> VALUES = Set.of(
            "isCreate",
            "isUpdate",
            "isToBeLookedUp",
            "isOutdated",
            "isToBeSent",
            "beginLookUp",
            "expand",
            "idempotencyKey");

    /** What has steps below it, of which some messages take none, or take them again. */
    private static final Set<String> BLOCKS = Set.of("choice", "when", "otherwise", "filter", "loop", "split");

    private final String file;
    private final String provider;
    private final List<String> mistakes;
    private final Map<String, List<String>> steps = new HashMap<>();
    private final ProviderCall calls;
    private final RequestFields fields;
    private final ValueNames names;
    private final StepOrder order;

    /** What the route that is read begins with, after {@code direct:}. */
    private String beginning = "";

    private final Set<String> beginnings = new LinkedHashSet<>();

    /** Whether what is read is the value of a header. */
    private boolean ofHeader;

    /**
     * @param file its path
     * @param provider whose file it is
     * @param mistakes takes what is wrong, with file, line and column
     */
    ProviderFile(String file, String provider, CamelContext context, List<String> mistakes) {
        this.file = file;
        this.provider = provider;
        this.mistakes = mistakes;
        this.calls = new ProviderCall(file, provider, mistakes);
        this.fields = new RequestFields(file, context, mistakes);
        this.names = new ValueNames(file, mistakes);
        this.order = new StepOrder(file, mistakes);
    }

    String provider() {
        return provider;
    }

    /** A route begins with {@code direct:} and this name; without one if it begins with something else. */
    void begins(String name) {
        beginning = name;
        if (!name.isEmpty()) {
            beginnings.add(name);
        }
        order.begins(name);
    }

    /** A route says whether it starts. */
    void starts(MappingNode route) {
        ScalarNode byItself = scalar(route, "autoStartup");
        Stream.of(
                        byItself == null || byItself.getValue().equals("true") ? null : byItself,
                        scalar(route, "precondition"))
                .filter(Objects::nonNull)
                .forEach(unless -> mistake(
                        unless,
                        "a route of a provider that does not start by itself leaves its deliveries waiting for good"));
    }

    /** What its routes begin with, after {@code direct:}. */
    Set<String> beginnings() {
        return beginnings;
    }

    /**
     * A step calls the provider.
     *
     * @param url what the URI becomes when its properties are filled in
     */
    void call(ScalarNode uri, String url, MappingNode parameters) {
        String find = provider + RouteNames.FIND;
        calls.check(uri, url, parameters, beginning.equals(find) || beginning.startsWith(find + "-"));
        order.step(ProviderCall.step(parameters), place(uri));
    }

    /** A step calls what is not known. */
    void callsSomewhere(ScalarNode uri) {
        order.step(RoutePart.CALL, place(uri));
    }

    /** A step goes to another route, which begins with {@code direct:} and this name. */
    void goesOnAt(String name, ScalarNode node) {
        if (RouteNames.GONE_TO.stream().anyMatch(route -> name.equals(provider + route))) {
            mistake(node, "Herald goes to direct:" + name + " itself");
        }
        order.goesOnAt(name, place(node));
    }

    /** A step, or another part of the file, has a key and what is below it. */
    void part(String key, MappingNode part) {
        boolean isRoute = key.isEmpty() || child(part, "from") != null;
        errorHandling(part, isRoute ? HANDLES_ERRORS : CATCHES).forEach(what -> mistake(part, what));
        isTaken(part);
        if (key.equals("steps")) {
            keys(part).forEach(this::isFollowed);
        }
        value(key, part);
        step(key, part);
        if (BLOCKS.contains(key)) {
            boolean asks = key.equals("when") || key.equals("filter");
            order.blockBegins(key, asks ? Condition.of(part) : Condition.ALWAYS);
        }
    }

    private void isTaken(MappingNode part) {
        ScalarNode disabled = scalar(part, "disabled");
        if (disabled != null && !disabled.getValue().equals("false")) {
            mistake(disabled, "a step that is disabled is not taken; leave it out");
        }
    }

    private void isFollowed(ScalarNode step) {
        String name = step.getValue();
        if (GO_ANYWHERE.contains(name)) {
            mistake(step, "'" + name + "' goes where no start can check; use 'to'");
        } else if (!STEPS.contains(name) && !CATCHES.contains(name)) {
            mistake(step, "'" + name + "' is no step of a provider's route; these are: " + String.join(", ", STEPS));
        }
    }

    /** What has a name and a value may be a variable, a property or a header. */
    private void value(String key, MappingNode part) {
        ScalarNode name = scalar(part, "name");
        MappingNode expression = child(part, "expression") == null ? part : child(part, "expression");
        ScalarNode constant = constant(expression);
        switch (YamlNodes.value(name)) {
            case ValueNames.LOOK_UP -> fields.template(constant);
            case ValueNames.METHOD -> calls.checkSending(constant);
            case "" -> {}
            default -> fields.constant(constant);
        }
        switch (key) {
            case "setProperty" -> names.setsProperty(name);
            case "setVariable", "variables" -> setsVariable(name, expression);
            case "variable" -> names.readsVariable(scalar(part, "expression"));
            case "setHeader", "headers" -> setsHeader(name);
            case "jsonpath" -> mustFind(scalar(part, "suppressExceptions"));
            default -> {}
        }
    }

    private void setsHeader(ScalarNode name) {
        ofHeader = true;
        if (ELSEWHERE.contains(YamlNodes.value(name))) {
            mistake(name, "'" + name.getValue() + "' goes where no start can check; use 'uri'");
        }
    }

    /** Else the customer is sent without what an earlier call should have been answered, and refused for it. */
    private void mustFind(ScalarNode suppresses) {
        boolean isAsked = Stream.of(RouteNames.LOG_IN, RouteNames.FIND)
                .noneMatch(route -> beginning.startsWith(provider + route));
        if (YamlNodes.value(suppresses).equals("true") && isAsked) {
            mistake(suppresses, "without what it looks for the customer would be sent all the same; leave it out");
        }
    }

    private void setsVariable(ScalarNode name, MappingNode expression) {
        names.setsVariable(name);
        if (YamlNodes.value(name).equals(ValueNames.METHOD)) {
            order.step(RoutePart.SET_METHOD, place(name));
        } else if (YamlNodes.value(name).equals(ValueNames.PATH)) {
            String method = YamlNodes.value(scalar(child(expression, "method"), "method"));
            boolean isOfAll = constant(expression) != null || fields.isOfAll(method);
            order.step(isOfAll ? RoutePart.SET_COMMON_PATH : RoutePart.SET_PATH, place(name));
        }
    }

    private void step(String key, MappingNode part) {
        switch (key) {
            case "setBody", "transform" ->
                order.step(wraps(part) ? RoutePart.WRAP_BODY : RoutePart.SET_BODY, place(part));
            case "delay" -> {
                if (!YamlNodes.value(scalar(part, "asyncDelayed")).equals("false")) {
                    mistake(part, "'delay' needs asyncDelayed: false; else Camel goes on in a thread of its own");
                }
            }
            case "removeHeader" -> order.step(RoutePart.REMOVE, place(part));
            case "removeHeaders" -> order.step(removesAll(part) ? RoutePart.CLEAR : RoutePart.REMOVE, place(part));
            default -> {}
        }
    }

    private static boolean wraps(MappingNode setBody) {
        MappingNode expression = child(setBody, "expression") == null ? setBody : child(setBody, "expression");
        MappingNode simple = child(expression, "simple");
        String text = YamlNodes.value(simple == null ? scalar(expression, "simple") : scalar(simple, "expression"));
        return text.contains("${body");
    }

    private static boolean removesAll(MappingNode removeHeaders) {
        return YamlNodes.value(scalar(removeHeaders, "pattern")).equals("*")
                && entry(removeHeaders, "excludePattern") == null;
    }

    /** What is below this key was read. */
    void partEnds(String key) {
        if (key.equals("setHeader") || key.equals("headers")) {
            ofHeader = false;
        }
        if (BLOCKS.contains(key)) {
            order.blockEnds();
        }
    }

    /**
     * What is wrong with error handling in what a provider's route goes on to. With it, what failed would reach neither the
     * route that went there nor the ledger, or would be handled twice.
     */
    static Stream<String> errorHandling(MappingNode route) {
        return errorHandling(route, HANDLES_ERRORS);
    }

    private static Stream<String> errorHandling(MappingNode part, List<String> handlers) {
        return handlers.stream()
                .filter(handler -> entry(part, handler) != null)
                .map(handler -> "'" + handler
                        + "' is not for what a provider's route goes on to; with it a failure is neither tried"
                        + " again nor recorded");
    }

    /** In Camel's canonical notation, and in short. */
    private static ScalarNode constant(MappingNode expression) {
        MappingNode canonical = child(expression, "constant");
        return canonical == null ? scalar(expression, "constant") : scalar(canonical, "expression");
    }

    /** A key has a text, which may name variables, properties and fields. */
    void text(String key, ScalarNode text) {
        names.text(key, text);
        fields.text(text);
    }

    /** A step, or an expression, is this method of a bean. */
    void method(String bean, String method, ScalarNode node, boolean isStep) {
        if (bean.equals("delivery")) {
            steps.computeIfAbsent(method, first -> new ArrayList<>()).add(place(node));
            boolean isKept = method.equals(CallOrder.IDEMPOTENCY_KEY) && !ofHeader;
            order.step(isKept ? CallOrder.KEPT_IDEMPOTENCY_KEY : method, place(node));
        }
        if (isStep && VALUES.contains(method)) {
            mistake(node, "'" + method + "' is for an expression; as a step its value would be the body");
        }
        fields.method(method, node);
    }

    /** Where its steps are this method of the bean {@code delivery}. */
    List<String> placesOf(String method) {
        return steps.getOrDefault(method, List.of());
    }

    /** Where a create is sent without the idempotency key. */
    List<String> createsWithoutKey() {
        return order.createsWithoutKey();
    }

    /** Where the path of an update is set to one that is the same for all customers. */
    List<String> updatesWithoutName() {
        return order.updatesWithoutName();
    }

    /** To be called when the whole file was read, and nothing else is wrong in it: tells what is missing, or misspelt. */
    void checkSteps() {
        int earlier = mistakes.size();
        names.check(order.has(provider + RouteNames.FIND), order.has(provider + RouteNames.LOG_IN));
        if (mistakes.size() == earlier) {
            order.check(provider);
        }
    }

    /**
     * Checks the fields that are filled into paths and queries.
     *
     * @param mayHave whether a request to a provider may have a field
     */
    void checkFields(BiPredicate<String, String> mayHave) {
        fields.check(field -> mayHave.test(provider, field), provider);
    }

    private void mistake(Node node, String what) {
        mistakes.add(place(node) + ": " + what);
    }

    private String place(Node node) {
        return YamlNodes.place(file, node);
    }
}
