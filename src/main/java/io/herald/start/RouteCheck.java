package io.herald.start;

import static io.herald.start.RouteNames.DELIVER;
import static io.herald.start.RouteNames.OTHERS;
import static io.herald.start.RouteNames.SEND;
import static io.herald.start.YamlNodes.child;
import static io.herald.start.YamlNodes.entry;
import static io.herald.start.YamlNodes.scalar;
import static io.herald.start.YamlNodes.value;

import com.jayway.jsonpath.JsonPath;
import io.herald.provider.BaseUrl;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.component.http.HttpMethods;
import org.apache.camel.spi.EndpointUriFactory;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * Checks each route file: that the components and their parameters, and the beans and their methods, which it names exist; and
 * that its expressions can be read. What files name of each other goes to {@link RouteNames}. Camel itself finds such a mistake
 * only when it creates the route, one at a time and without a place, or never. Also checks that a provider's file names
 * nothing of another provider, and that its failures reach the error handlers that all providers share.
 */
final class RouteCheck {

    private static final Set<String> WITH_BEAN = Set.of("bean", "process", "method");
    private static final Set<String> WITH_PREDICATE = Set.of("filter", "when", "onWhen", "retryWhile", "validate");
    private static final Set<String> LANGUAGES = Set.of("simple", "jsonpath");

    /** The method that asks the provider's log-in route for a token. */
    private static final String LOGS_IN = "authorize";

    /** The method that fills fields of the request into a path or query. */
    private static final String FILLS_IN = "expand";

    /** The variable with the method of the call. */
    private static final String METHOD = "method";

    /** The variable with the template of what a customer is looked up by. */
    private static final String LOOK_UP = "lookUp";

    /** A name in braces, unless it is an expression of Camel's. */
    private static final Pattern FIELD = Pattern.compile("(?<!\\$)\\{([^{}]+)}");

    /** A field of the request, in an expression. */
    private static final Pattern FIELD_OF_REQUEST =
            Pattern.compile("exchangeProperty\\.delivery\\.(?:field|json)\\('([^']*)'\\)");

    private static final Pattern FUNCTION = Pattern.compile("\\$(simple)?\\{");

    private static final String SHOWS_THE_CUSTOMER =
            "a line of the log with an expression in it can show the customer, so it has fixed words only";

    /** The keys of what would handle a failure before it reaches the handlers that all providers share. */
    private static final List<String> HANDLES_ERRORS =
            List.of("errorHandler", "errorHandlerRef", "onException", "routeConfiguration", "routeConfigurationId");

    /** The steps that would do so. */
    private static final Set<String> CATCHES = Set.of("doTry", "circuitBreaker");

    /** Statuses that count as answers of a call, and those of a look-up, where a 404 may say that there is nobody. */
    private static final String SUCCESS = "200-299";

    private static final String SUCCESS_OR_NOBODY = "200-299,404";

    private final CamelContext context;
    private final Beans beans;
    private final RouteNames names;
    private final Predicate<String> isProvider;
    private final List<String> mistakes;

    private String file;
    private String provider;
    private ProviderSteps steps;

    /** What the route that is read begins with, after {@code direct:}. */
    private String beginning = "";

    /**
     * @param names takes what the files define and name
     * @param isProvider whether that is the id of a provider, enabled or not
     * @param mistakes takes what is wrong, with file, line and column
     */
    RouteCheck(
            CamelContext context, Beans beans, RouteNames names, Predicate<String> isProvider, List<String> mistakes) {
        this.context = context;
        this.beans = beans;
        this.names = names;
        this.isProvider = isProvider;
        this.mistakes = mistakes;
    }

    /**
     * Checks one file by itself.
     *
     * @param provider whose file it is; null for a common one
     */
    void check(String file, String provider, String text) {
        this.file = file;
        this.provider = provider;
        steps = new ProviderSteps(file);
        if (provider != null) {
            names.file(provider, steps);
        }
        beginning = "";
        int earlier = mistakes.size();
        try {
            new Compose(LoadSettings.builder().setLabel(file).build())
                    .composeString(text)
                    .ifPresent(root -> visit("", root, false));
            if (provider != null && mistakes.size() == earlier) {
                steps.check(provider, mistakes);
            }
        } catch (YamlEngineException e) {
            // Camel's own reader reports what is wrong with the YAML; what the file would have defined is not known
            names.areIncomplete();
        }
    }

    private void visit(String key, Node node, boolean predicate) {
        if (node instanceof SequenceNode list) {
            list.getValue().forEach(item -> visit(key, item, predicate));
        } else if (node instanceof MappingNode mapping) {
            noKeyTwice(mapping);
            if (scalar(mapping, "uri") != null) {
                endpoint(key, mapping);
            }
            if (provider != null && (key.isEmpty() || child(mapping, "from") != null)) {
                noErrorHandling(mapping, HANDLES_ERRORS);
            } else if (provider != null) {
                noErrorHandling(mapping, CATCHES);
            }
            ScalarNode constant = scalar(child(child(mapping, "expression"), "constant"), "expression");
            switch (value(scalar(mapping, "name"))) {
                case LOOK_UP -> takeFields(constant);
                case METHOD -> checkMethod(constant);
                default -> {}
            }
            switch (key) {
                case "log" -> fixedWords(scalar(mapping, "message"));
                case "setProperty" -> steps.setsProperty(value(scalar(mapping, "name")));
                case "setVariable", "variables" -> setsVariable(scalar(mapping, "name"));
                case "variable" -> readsVariable(scalar(mapping, "expression"));
                default -> {}
            }
            if (WITH_BEAN.contains(key)) {
                bean(mapping);
            } else if (LANGUAGES.contains(key)) {
                expression(key, scalar(mapping, "expression"), predicate);
            } else if (key.equals("route")) {
                route(mapping);
            } else if (key.equals("routeConfiguration")) {
                configuration(mapping);
            } else if (key.equals("routeTemplate")) {
                template(mapping);
            }
            for (NodeTuple entry : mapping.getValue()) {
                if (entry.getKeyNode() instanceof ScalarNode name) {
                    String child = name.getValue();
                    visit(child, entry.getValueNode(), !child.equals("steps") && (predicate || isPredicate(child)));
                }
            }
        } else if (node instanceof ScalarNode scalar) {
            steps.text(scalar.getValue(), place(scalar));
            fields(FIELD_OF_REQUEST, scalar.getValue(), scalar);
            switch (key) {
                case "log" -> fixedWords(scalar);
                case "logLanguage" -> mistake(scalar, SHOWS_THE_CUSTOMER);
                case "variable", "variableSend" -> readsVariable(scalar);
                case "variableReceive" -> setsVariable(scalar);
                default -> {}
            }
            if (LANGUAGES.contains(key)) {
                expression(key, scalar, predicate);
            } else if (key.equals("aggregationStrategy")) {
                reference(scalar);
            }
        }
    }

    /** Of two, Camel drops one, or makes one of both. */
    private void noKeyTwice(MappingNode mapping) {
        Set<String> keys = new HashSet<>();
        for (NodeTuple entry : mapping.getValue()) {
            if (entry.getKeyNode() instanceof ScalarNode name && !keys.add(name.getValue())) {
                mistake(name, "'" + name.getValue() + "' is there twice");
            }
        }
    }

    private void fixedWords(ScalarNode message) {
        if (FUNCTION.matcher(value(message)).find()) {
            mistake(message, SHOWS_THE_CUSTOMER);
        }
    }

    private void setsVariable(ScalarNode name) {
        if (name != null) {
            steps.setsVariable(name.getValue(), place(name));
        }
    }

    private void readsVariable(ScalarNode name) {
        if (name != null) {
            steps.readsVariable(name.getValue(), place(name));
        }
    }

    private static boolean isPredicate(String key) {
        return WITH_PREDICATE.contains(key);
    }

    private void route(MappingNode route) {
        ScalarNode id = scalar(route, "id");
        if (id != null) {
            names.route(id.getValue(), place(id));
        }
        ScalarNode starts = scalar(route, "autoStartup");
        if (provider != null && starts != null && !starts.getValue().equals("true")) {
            mistake(
                    starts,
                    "a route of a provider that does not start by itself leaves its deliveries waiting for good");
        }
        ScalarNode configuration = scalar(route, "routeConfigurationId");
        if (configuration != null) {
            names.wantsConfiguration(configuration.getValue(), place(configuration));
        }
    }

    private void configuration(MappingNode configuration) {
        ScalarNode id = scalar(configuration, "id");
        String name = id == null ? OTHERS : id.getValue();
        names.configuration(name);
        if (name.equals(OTHERS) && entry(child(configuration, "errorHandler"), "noErrorHandler") == null) {
            mistake(
                    configuration,
                    "the routeConfiguration of all routes that name none needs 'errorHandler:' and 'noErrorHandler: {}'"
                            + " below it; without it a failure is neither tried again nor recorded");
        }
    }

    private void template(MappingNode template) {
        String id = value(scalar(template, "id"));
        MappingNode route = child(template, "route");
        names.template(id);
        if (id.equals(SEND) && route != null) {
            noErrorHandling(route, HANDLES_ERRORS);
        }
        if (id.equals(DELIVER) && entry(route, "routeConfigurationId") == null) {
            mistake(
                    template,
                    "the route of each provider needs 'routeConfigurationId: delivery'; without it a failure is neither tried"
                            + " again nor recorded");
        }
    }

    /**
     * Reports error handling in what a provider's route goes on to. With it, what failed would reach neither the route that
     * went there nor the ledger, or would be handled twice.
     */
    private void noErrorHandling(MappingNode part, Collection<String> handlers) {
        handlers.stream()
                .filter(handler -> entry(part, handler) != null)
                .forEach(handler -> mistake(
                        part,
                        "'" + handler
                                + "' is not for what a provider's route goes on to; with it a failure is neither tried"
                                + " again nor recorded"));
    }

    private void endpoint(String key, MappingNode step) {
        ScalarNode uri = scalar(step, "uri");
        String text;
        try {
            text = context.resolvePropertyPlaceholders(uri.getValue());
        } catch (IllegalArgumentException e) {
            // a property that is not set: reported already, with its place
            return;
        }
        String scheme = text.contains(":") ? text.substring(0, text.indexOf(':')) : text;
        if (scheme.contains("$")) {
            return;
        }
        if (context.getComponent(scheme, true, false) == null) {
            mistake(uri, "there is no component '" + scheme + "'");
            return;
        }
        MappingNode parameters = child(step, "parameters");
        if (parameters != null) {
            parameters(scheme, parameters);
        }
        if (scheme.equals("direct")) {
            direct(key, uri, text, parameters);
        } else if (provider != null && scheme.startsWith("http")) {
            ScalarNode client = parameters == null ? null : scalar(parameters, "httpClient");
            if (client == null || !client.getValue().equals("#" + provider + "-http")) {
                mistake(
                        uri,
                        "a call needs the parameter httpClient: \"#" + provider
                                + "-http\"; without it nothing limits its time, its connections and its answer");
            }
            boolean isChecked = uri.getValue().startsWith("{{provider." + provider + ".url}}");
            if (!isChecked && !BaseUrl.isProtected(text)) {
                mistake(uri, BaseUrl.PROTECTED);
            }
            refusalsFail(parameters);
        }
    }

    private void parameters(String scheme, MappingNode parameters) {
        EndpointUriFactory known = context.getCamelContextExtension().getEndpointUriFactory(scheme);
        for (NodeTuple entry : parameters.getValue()) {
            if (entry.getKeyNode() instanceof ScalarNode name && known != null) {
                boolean there = known.propertyNames().contains(name.getValue())
                        || known.multiValuePrefixes().stream().anyMatch(name.getValue()::startsWith);
                if (!there) {
                    mistake(name, "the component '" + scheme + "' has no parameter '" + name.getValue() + "'");
                }
            }
            if (entry.getValueNode() instanceof ScalarNode value) {
                reference(value);
            }
        }
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
        if (statuses != null
                && !statuses.getValue().equals(SUCCESS)
                && !(finds && statuses.getValue().equals(SUCCESS_OR_NOBODY))) {
            mistake(
                    statuses,
                    "any other status than " + SUCCESS + " must fail the call, but for 404 in a look-up ("
                            + SUCCESS_OR_NOBODY + ")");
        }
    }

    private void direct(String key, ScalarNode uri, String text, MappingNode parameters) {
        ScalarNode parameter = parameters == null ? null : scalar(parameters, "name");
        ScalarNode place = parameter == null ? uri : parameter;
        String name = text.startsWith("direct:") ? text.substring("direct:".length()) : value(parameter);
        if (key.equals("from")) {
            beginning = name;
        }
        String owner = owner(name);
        if (isAnother(owner)) {
            mistake(place, ofAnother(name, owner, provider));
        } else if (key.equals("from")) {
            names.beginning(name, place(place));
            steps.route(name);
        } else if (!name.contains("$")) {
            names.destination(name, place(place));
        }
    }

    /** The provider whose id a name begins with, the longest such id; null if there is none. */
    private String owner(String name) {
        String id = name;
        while (!isProvider.test(id)) {
            int end = id.lastIndexOf('-');
            if (end < 0) {
                return null;
            }
            id = id.substring(0, end);
        }
        return id;
    }

    /** Whether a provider's file names what belongs to another provider, as when a copied name was not changed. */
    private boolean isAnother(String owner) {
        return provider != null && owner != null && !owner.equals(provider);
    }

    static String ofAnother(String name, String owner, String provider) {
        return "'" + name + "' is of the provider " + owner + ", and this file is of " + provider;
    }

    private void bean(MappingNode step) {
        ScalarNode ref = scalar(step, "ref");
        if (ref == null) {
            return;
        }
        Optional<String> absent =
                names.ofEach(ref.getValue()).filter(name -> !beans.has(name)).findFirst();
        if (absent.isPresent()) {
            mistake(ref, "there is no bean '" + absent.get() + "'");
            return;
        }
        ScalarNode method = scalar(step, "method");
        if (method != null) {
            String name = method.getValue().replaceFirst("\\(.*", "");
            if (!beans.hasMethod(ref.getValue(), name)) {
                mistake(method, "the bean '" + ref.getValue() + "' has no method '" + name + "'");
            }
            if (ref.getValue().equals("delivery")) {
                steps.step(name, place(method));
            }
            if (provider != null && name.equals(LOGS_IN)) {
                names.destination(provider + RouteNames.LOG_IN, place(method));
            }
            if (name.equals(FILLS_IN)) {
                takeFields(method);
            }
        }
    }

    private void checkMethod(ScalarNode constant) {
        if (provider != null
                && constant != null
                && Stream.of(HttpMethods.values())
                        .noneMatch(method -> method.name().equals(constant.getValue()))) {
            mistake(constant, "'" + constant.getValue() + "' is no method of HTTP; they are in capitals");
        }
    }

    private void takeFields(ScalarNode template) {
        if (template == null) {
            return;
        }
        try {
            fields(FIELD, context.resolvePropertyPlaceholders(template.getValue()), template);
        } catch (IllegalArgumentException e) {
            // a property that is not set: reported already, with its place
        }
    }

    private void fields(Pattern naming, String text, Node node) {
        if (provider != null) {
            naming.matcher(text)
                    .results()
                    .map(field -> field.group(1))
                    .filter(field -> !field.equals("id"))
                    .forEach(field -> names.field(provider, field, place(node)));
        }
    }

    private void reference(ScalarNode value) {
        String text = value.getValue();
        if (text.startsWith("#class:")) {
            String type = text.substring("#class:".length());
            if (context.getClassResolver().resolveClass(type) == null) {
                mistake(value, "there is no class " + type);
            }
        } else if (text.startsWith("#")) {
            String name = text.startsWith("#bean:") ? text.substring("#bean:".length()) : text.substring(1);
            if (!beans.has(name)) {
                mistake(value, "there is no bean '" + name + "'");
            }
        }
    }

    private void expression(String name, ScalarNode text, boolean predicate) {
        if (text == null) {
            return;
        }
        try {
            if (name.equals("jsonpath")) {
                JsonPath.compile(text.getValue());
            } else if (predicate) {
                context.resolveLanguage(name).createPredicate(text.getValue()).init(context);
            } else {
                context.resolveLanguage(name).createExpression(text.getValue()).init(context);
            }
        } catch (RuntimeException e) {
            mistake(text, "not a " + name + " expression: " + Mistake.firstLine(e));
        }
    }

    private void mistake(Node node, String what) {
        mistakes.add(place(node) + ": " + what);
    }

    private String place(Node node) {
        Mark mark = node.getStartMark().orElseThrow();
        return file + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1);
    }
}
