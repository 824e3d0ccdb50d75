package io.herald.start;

import static io.herald.start.YamlNodes.child;
import static io.herald.start.YamlNodes.entry;
import static io.herald.start.YamlNodes.keys;
import static io.herald.start.YamlNodes.scalar;
import static io.herald.start.YamlNodes.value;

import io.herald.delivery.Delivery;
import io.herald.provider.BaseUrl;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.component.http.HttpMethods;
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

    /** Statuses that count as answers of a call, and those of a look-up, where a 404 may say that there is nobody. */
    private static final Pattern SUCCESS = statuses("2\\d\\d");

    private static final Pattern SUCCESS_OR_NOBODY = statuses("2\\d\\d|404");

    /** The method that fills fields of the request into a path or query. */
    private static final String FILLS_IN = "expand";

    private static final Pattern FILLED_IN = Pattern.compile(",\\s*\\$\\{exchangeProperty\\.delivery}\\s*\\)$");

    /** The variable with the method of the call. */
    private static final String METHOD = "method";

    /** The variable with its path. */
    private static final String PATH = "path";

    /** A path with fields to fill in. */
    private static final Pattern EXPANDED = Pattern.compile("expand\\(\\s*['\"]([^'\"]*)['\"]");

    /** The variable with the template of what a customer is looked up by. */
    private static final String LOOK_UP = "lookUp";

    /** A name in braces, unless it is an expression of Camel's. */
    private static final Pattern FIELD = Pattern.compile("(?<!\\$)\\{([^{}]+)}");

    /** A field that nothing would fill in; two braces are for a property. */
    private static final Pattern IN_BRACES = Pattern.compile("(?<![{$])\\{[A-Za-z_][\\w.-]*}(?!})");

    /** A field of the request, in an expression. */
    private static final Pattern FIELD_OF_REQUEST =
            Pattern.compile("exchangeProperty\\.delivery\\??\\.(?:field|json)\\(\\s*['\"]?([^'\")]*)['\"]?\\s*\\)");

    /** What an expression asks of the delivery. */
    private static final Pattern OF_DELIVERY = Pattern.compile("exchangeProperty\\.delivery\\??\\.(\\w+)");

    /** The steps that go to where an expression says, or bring in what is not a provider's answer. */
    private static final List<String> GO_ANYWHERE =
            List.of("toD", "wireTap", "enrich", "pollEnrich", "poll", "recipientList", "routingSlip", "dynamicRouter");

    /** What the steps of a provider's route can be: of any other nobody knows whom it lets go on, or with what. */
    private static final Set<String> STEPS = new TreeSet<>(Set.of(
            "bean",
            "choice",
            "convertBodyTo",
            "delay",
            "filter",
            "log",
            "loop",
            "pipeline",
            "removeHeader",
            "removeHeaders",
            "removeVariable",
            "setBody",
            "setHeader",
            "setHeaders",
            "setProperty",
            "setVariable",
            "setVariables",
            "split",
            "throwException",
            "to",
            "transform",
            "validate"));

    /** The parameters of a call that are for the client which Camel would make. */
    private static final Pattern OF_CAMELS_CLIENT = Pattern.compile(
            "(?:auth|oauth2|proxy).*|(?:connect|connectionRequest|response|so)Timeout|maxTotalConnections"
                    + "|connectionsPerRoute|sslContextParameters|x509HostnameVerifier");

    private static final Set<String> WITHOUT_BODY = Set.of("GET", "HEAD", "DELETE", "OPTIONS");

    /** What it can be asked. */
    private static final Set<String> OF_EACH_DELIVERY = Stream.of(Delivery.class.getMethods())
            .map(Method::getName)
            .flatMap(name -> Stream.of(name, property(name)))
            .collect(Collectors.toUnmodifiableSet());

    /** What has steps below it, of which some messages take none, or take them again. */
    private static final Set<String> BLOCKS = Set.of("choice", "when", "otherwise", "filter", "loop", "split");

    /** The variables that Herald reads. */
    private static final Set<String> READ_BY_HERALD =
            Set.of("method", "path", "lookUp", "token", "expiresIn", "expiresAt");

    /** In an expression, and as the source of one; what is after a dot may be a part of the name, or of the value. */
    private static final Pattern VARIABLE = read("variables?");

    private static final Pattern PROPERTY = read("exchangeProperty");

    /** The property that Herald gives; Camel's own begin with its name. */
    private static final Pattern GIVEN = Pattern.compile("(delivery|Camel\\w*)(\\..*)?");

    /** What {@code getReference} is called in an expression. */
    private static String property(String method) {
        String name = method.replaceFirst("^(get|is)(?=[A-Z])", "");
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    private static Pattern statuses(String status) {
        return Pattern.compile("(?:2\\d\\d-2\\d\\d|%1$s)(?:,(?:2\\d\\d-2\\d\\d|%1$s))*".formatted(status));
    }

    private static Pattern read(String functions) {
        return Pattern.compile(
                "(?:\\{(?:%1$s)(?:As\\(|\\??[.:\\[])|^(?:%1$s):)\\s*'?([A-Za-z_][\\w.-]*)".formatted(functions));
    }

    private record Field(String name, String place) {}

    private final String file;
    private final String provider;
    private final CamelContext context;
    private final List<String> mistakes;
    private final List<Field> fields = new ArrayList<>();
    private final Map<String, List<String>> steps = new HashMap<>();
    private final Map<String, String> setVariables = new LinkedHashMap<>();
    private final Map<String, String> readVariables = new LinkedHashMap<>();
    private final Set<String> setProperties = new HashSet<>();
    private final Map<String, String> readProperties = new LinkedHashMap<>();

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
        this.context = context;
        this.mistakes = mistakes;
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
        if (!value(scalar(parameters, "httpClient")).equals("#" + provider + "-http")) {
            mistake(
                    uri,
                    "a call needs the parameter httpClient: \"#" + provider
                            + "-http\"; without it nothing limits its time, its connections and its answer");
        }
        boolean isChecked = uri.getValue().startsWith("{{provider." + provider + ".url}}");
        if (!isChecked && !BaseUrl.isProtected(url)) {
            mistake(uri, BaseUrl.PROTECTED);
        }
        ScalarNode method = scalar(parameters, "httpMethod");
        order.step(WITHOUT_BODY.contains(value(method)) ? RoutePart.CALL_WITHOUT_BODY : RoutePart.CALL, place(uri));
        checkMethod(method);
        refusalsFail(parameters);
        goesByItsOwnClient(parameters);
    }

    /** A step calls what is not known. */
    void callsSomewhere(ScalarNode uri) {
        order.step(RoutePart.CALL, place(uri));
    }

    /** A step goes to another route, which begins with {@code direct:} and this name. */
    void goesOnAt(String name, ScalarNode node) {
        order.goesOnAt(name, place(node));
    }

    private void goesByItsOwnClient(MappingNode parameters) {
        keys(parameters)
                .filter(parameter ->
                        OF_CAMELS_CLIENT.matcher(parameter.getValue()).matches())
                .forEach(parameter -> mistake(
                        parameter,
                        "'" + parameter.getValue()
                                + "' does nothing beside httpClient, whose settings are those of provider." + provider
                                + "; a header, or the step 'authorize', says who calls"));
    }

    /** A refusal that counts as an answer would be read as one. */
    private void refusalsFail(MappingNode parameters) {
        ScalarNode failing = scalar(parameters, "throwExceptionOnFailure");
        if (failing != null && !failing.getValue().equals("true")) {
            mistake(failing, "a refusal must fail the call; without that it is read as an answer of success");
        }
        ScalarNode statuses = scalar(parameters, "okStatusCodeRange");
        String find = provider + RouteNames.FIND;
        boolean finds = beginning.equals(find) || beginning.startsWith(find + "-");
        Pattern possible = finds ? SUCCESS_OR_NOBODY : SUCCESS;
        if (statuses != null && !possible.matcher(statuses.getValue()).matches()) {
            mistake(
                    statuses,
                    "any other status than 200-299 must fail the call, but for 404 in a look-up (200-299,404)");
        }
    }

    /** A step, or another part of the file, has a key and what is below it. */
    void part(String key, MappingNode part) {
        boolean isRoute = key.isEmpty() || child(part, "from") != null;
        errorHandling(part, isRoute ? HANDLES_ERRORS : CATCHES).forEach(what -> mistake(part, what));
        GO_ANYWHERE.stream()
                .filter(step -> entry(part, step) != null)
                .forEach(step -> mistake(part, "'" + step + "' goes where no start can check; use 'to'"));
        ScalarNode disabled = scalar(part, "disabled");
        if (disabled != null && !disabled.getValue().equals("false")) {
            mistake(disabled, "a step that is disabled is not taken; leave it out");
        }
        if (key.equals("steps")) {
            keys(part)
                    .filter(step -> !STEPS.contains(step.getValue())
                            && !GO_ANYWHERE.contains(step.getValue())
                            && !CATCHES.contains(step.getValue()))
                    .forEach(step -> mistake(
                            step,
                            "'" + step.getValue() + "' is no step of a provider's route; these are: "
                                    + String.join(", ", STEPS)));
        }
        ScalarNode name = scalar(part, "name");
        MappingNode expression = child(part, "expression") == null ? part : child(part, "expression");
        ScalarNode constant = constant(expression);
        switch (value(name)) {
            case LOOK_UP -> takeFields(constant);
            case METHOD -> checkMethod(constant);
            case "" -> {}
            default -> isNoTemplate(constant);
        }
        switch (key) {
            case "setProperty" -> setsProperty(name);
            case "setVariable", "variables" -> setsVariable(name, expression);
            case "variable" -> readsVariable(scalar(part, "expression"));
            case "setHeader", "headers" -> ofHeader = true;
            case "setBody", "transform" -> order.step(RoutePart.SET_BODY, place(part));
            case "removeHeader" -> order.step(RoutePart.REMOVE, place(part));
            case "removeHeaders" ->
                order.step(
                        value(scalar(part, "pattern")).equals("*") && entry(part, "excludePattern") == null
                                ? RoutePart.CLEAR
                                : RoutePart.REMOVE,
                        place(part));
            default -> {}
        }
        if (BLOCKS.contains(key)) {
            boolean asks = key.equals("when") || key.equals("filter");
            order.blockBegins(key, asks ? Condition.of(part) : Condition.ALWAYS);
        }
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

    private void isNoTemplate(ScalarNode constant) {
        Matcher field = IN_BRACES.matcher(value(constant));
        if (field.find()) {
            mistake(constant, "a constant is sent as it is; 'expand' fills '" + field.group() + "' in");
        }
    }

    private void checkMethod(ScalarNode constant) {
        if (constant != null
                && Stream.of(HttpMethods.values())
                        .noneMatch(method -> method.name().equals(constant.getValue()))) {
            mistake(constant, "'" + constant.getValue() + "' is no method of HTTP; they are in capitals");
        }
    }

    /** A key has a text, which may name variables, properties and fields. */
    void text(String key, ScalarNode text) {
        String place = place(text);
        VARIABLE.matcher(text.getValue()).results().forEach(name -> readVariables.putIfAbsent(name.group(1), place));
        PROPERTY.matcher(text.getValue()).results().forEach(name -> readProperties.putIfAbsent(name.group(1), place));
        takeFields(FIELD_OF_REQUEST, text.getValue(), text);
        OF_DELIVERY
                .matcher(text.getValue())
                .results()
                .map(asked -> asked.group(1))
                .filter(asked -> !OF_EACH_DELIVERY.contains(asked))
                .forEach(asked -> mistake(text, "a delivery has no '" + asked + "'"));
        switch (key) {
            case "variable", "variableSend" -> readsVariable(text);
            case "variableReceive" -> setsVariable(text);
            default -> {}
        }
    }

    private void setsProperty(ScalarNode name) {
        setProperties.add(value(name));
        if (GIVEN.matcher(value(name)).matches()) {
            mistake(name, "the property '" + name.getValue() + "' is not for a provider's route to set");
        }
    }

    private void setsVariable(ScalarNode name, MappingNode expression) {
        setsVariable(name);
        if (value(name).equals(PATH)) {
            order.step(isOfAll(expression) ? RoutePart.SET_COMMON_PATH : RoutePart.SET_PATH, place(name));
        }
    }

    /** Whether a path is the same for all customers, as far as that can be told. */
    private boolean isOfAll(MappingNode expression) {
        if (constant(expression) != null) {
            return true;
        }
        Matcher expanded = EXPANDED.matcher(value(scalar(child(expression, "method"), "method")));
        return expanded.lookingAt() && !resolved(expanded.group(1)).contains("{id}");
    }

    private void setsVariable(ScalarNode name) {
        if (name != null) {
            setVariables.putIfAbsent(name.getValue(), place(name));
        }
    }

    private void readsVariable(ScalarNode name) {
        if (name != null) {
            readVariables.putIfAbsent(name.getValue(), place(name));
        }
    }

    /** A step is this method of a bean. */
    void step(String bean, String method, ScalarNode node) {
        if (bean.equals("delivery")) {
            steps.computeIfAbsent(method, first -> new ArrayList<>()).add(place(node));
            boolean isKept = method.equals(CallOrder.IDEMPOTENCY_KEY) && !ofHeader;
            order.step(isKept ? CallOrder.KEPT_IDEMPOTENCY_KEY : method, place(node));
        }
        if (method.equals(FILLS_IN)) {
            takeFields(node);
            if (!FILLED_IN.matcher(node.getValue()).find()) {
                mistake(
                        node,
                        "'expand' needs what is filled in, and the delivery: expand('/path/{id}', ${exchangeProperty.delivery})");
            }
        }
    }

    private void takeFields(ScalarNode template) {
        if (template == null) {
            return;
        }
        takeFields(FIELD, resolved(template.getValue()), template);
    }

    /** With the values of its properties; as it is if one is not set, which is reported already, with its place. */
    private String resolved(String text) {
        try {
            return context.resolvePropertyPlaceholders(text);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private void takeFields(Pattern naming, String text, Node node) {
        naming.matcher(text)
                .results()
                .map(field -> field.group(1))
                .filter(field -> !field.equals("id"))
                .forEach(field -> fields.add(new Field(field, place(node))));
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
        order.check(provider);
        missingVariables();
        variables();
        properties();
    }

    private void missingVariables() {
        boolean finds = order.has(provider + RouteNames.FIND);
        boolean logsIn = order.has(provider + RouteNames.LOG_IN);
        Stream.of(
                        Stream.of(METHOD, PATH),
                        finds ? Stream.of("lookUp") : Stream.<String>empty(),
                        logsIn ? Stream.of("token") : Stream.<String>empty())
                .flatMap(names -> names)
                .filter(name -> !setVariables.containsKey(name))
                .forEach(name -> mistakes.add(file + ": no step sets the variable '" + name + "'"));
    }

    private void variables() {
        setVariables.entrySet().stream()
                .filter(set -> !READ_BY_HERALD.contains(set.getKey())
                        && readVariables.keySet().stream().noneMatch(read -> isOf(set.getKey(), read)))
                .forEach(set -> mistakes.add(set.getValue() + ": nothing reads the variable '" + set.getKey() + "'"));
        readVariables.entrySet().stream()
                .filter(read -> setVariables.keySet().stream().noneMatch(set -> isOf(set, read.getKey())))
                .forEach(read -> mistakes.add(read.getValue() + ": nothing sets the variable '" + read.getKey() + "'"));
    }

    private void properties() {
        readProperties.entrySet().stream()
                .filter(read -> setProperties.stream().noneMatch(set -> isOf(set, read.getKey()))
                        && !GIVEN.matcher(read.getKey()).matches())
                .forEach(read -> mistakes.add(
                        read.getValue() + ": nothing sets the property '" + read.getKey() + "' of the exchange"));
    }

    /**
     * Checks the fields that are filled into paths and queries.
     *
     * @param mayHave whether a request to a provider may have a field
     */
    void checkFields(BiPredicate<String, String> mayHave) {
        fields.stream()
                .filter(field -> !mayHave.test(provider, field.name()))
                .forEach(field -> mistakes.add(field.place() + ": there is no field '" + field.name()
                        + "' in what mappings/" + provider + "/request.schema.json accepts"));
    }

    private void mistake(Node node, String what) {
        mistakes.add(place(node) + ": " + what);
    }

    private String place(Node node) {
        return YamlNodes.place(file, node);
    }

    /** Whether what is read is what that name is set to, or a part of it. */
    private static boolean isOf(String set, String read) {
        return read.equals(set) || read.startsWith(set + ".");
    }
}
