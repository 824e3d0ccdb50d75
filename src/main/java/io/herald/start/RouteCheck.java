package io.herald.start;

import static io.herald.start.RouteNames.DELIVER;
import static io.herald.start.RouteNames.OTHERS;
import static io.herald.start.RouteNames.SEND;
import static io.herald.start.YamlNodes.child;
import static io.herald.start.YamlNodes.entry;
import static io.herald.start.YamlNodes.scalar;
import static io.herald.start.YamlNodes.value;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.EndpointUriFactory;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
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
 * nothing of another provider; what else Herald wants of such a file is in {@link ProviderFile}.
 */
final class RouteCheck {

    private static final Set<String> WITH_BEAN = Set.of("bean", "process", "method");
    private static final Set<String> WITH_PREDICATE = Set.of("filter", "when", "onWhen", "retryWhile", "validate");

    /** The method that asks the provider's log-in route for a token. */
    private static final String LOGS_IN = "authorize";

    /** The steps, and parts of steps, that change something of a name. */
    private static final Set<String> WITH_NAME =
            Set.of("setHeader", "headers", "setVariable", "variables", "setProperty", "removeHeader", "removeVariable");

    private static final Set<String> GOES_SOMEWHERE = Set.of("from", "to", "toD", "wireTap", "poll");

    private static final Pattern FUNCTION = Pattern.compile("\\$(simple)?\\{");

    private static final String SHOWS_THE_CUSTOMER =
            "a line of the log with an expression in it can show the customer, so it has fixed words only";

    private final CamelContext context;
    private final Beans beans;
    private final RouteNames names;
    private final Predicate<String> isProvider;
    private final List<String> mistakes;

    private String file;
    private ExpressionCheck expressions;
    private Optional<ProviderFile> ofProvider = Optional.empty();

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
        expressions = new ExpressionCheck(file, context, beans, mistakes);
        ofProvider = Optional.ofNullable(provider).map(id -> new ProviderFile(file, id, context, mistakes));
        ofProvider.ifPresent(names::file);
        int earlier = mistakes.size();
        try {
            new Compose(LoadSettings.builder().setLabel(file).build())
                    .composeString(text)
                    .ifPresent(root -> visit("", root, false));
            if (mistakes.size() == earlier) {
                ofProvider.ifPresent(ProviderFile::checkSteps);
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
            if (key.equals("from")) {
                ofProvider.ifPresent(its -> its.begins(""));
            }
            if (scalar(mapping, "uri") != null) {
                endpoint(key, mapping);
            }
            complete(key, mapping);
            ofProvider.ifPresent(its -> its.part(key, mapping));
            if (key.equals("log")) {
                fixedWords(scalar(mapping, "message"));
            } else if (WITH_BEAN.contains(key)) {
                bean(mapping, key.equals("bean"));
            } else if (ExpressionCheck.isRead(key)) {
                expressions.read(key, scalar(mapping, "expression"), predicate);
            } else if (key.equals("expression")) {
                expressions.languages(mapping);
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
            ofProvider.ifPresent(its -> its.partEnds(key));
        } else if (node instanceof ScalarNode scalar) {
            ofProvider.ifPresent(its -> its.text(key, scalar));
            if (GOES_SOMEWHERE.contains(key)) {
                mistake(scalar, "'" + key + "' needs 'uri:' and 'parameters:' below it, which are checked");
            } else if (key.equals("log")) {
                fixedWords(scalar);
            } else if (key.equals("logLanguage")) {
                mistake(scalar, SHOWS_THE_CUSTOMER);
            } else if (ExpressionCheck.isRead(key)) {
                expressions.read(key, scalar, predicate);
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

    /** Camel would find out with the first message, or when it makes the route, without a place. */
    private void complete(String key, MappingNode step) {
        if (WITH_NAME.contains(key) && value(scalar(step, "name")).isBlank()) {
            mistake(step, "'" + key + "' needs 'name'");
        }
        expressions.mustBeThere(key, step);
    }

    private void fixedWords(ScalarNode message) {
        if (FUNCTION.matcher(value(message)).find()) {
            mistake(message, SHOWS_THE_CUSTOMER);
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
        ofProvider.ifPresent(its -> its.starts(route));
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
            ProviderFile.errorHandling(route).forEach(what -> mistake(route, what));
        }
        if (id.equals(DELIVER) && entry(route, "routeConfigurationId") == null) {
            mistake(
                    template,
                    "the route of each provider needs 'routeConfigurationId: delivery'; without it a failure is neither tried"
                            + " again nor recorded");
        }
    }

    private void endpoint(String key, MappingNode step) {
        ScalarNode uri = scalar(step, "uri");
        String text;
        try {
            text = context.resolvePropertyPlaceholders(uri.getValue());
        } catch (IllegalArgumentException e) {
            // a property that is not set: reported already, with its place
            ofProvider.ifPresent(its -> its.callsSomewhere(uri));
            return;
        }
        String scheme = text.contains(":") ? text.substring(0, text.indexOf(':')) : text;
        if (uri.getValue().contains("?")) {
            mistake(uri, "parameters stand below 'parameters:', where they are checked");
        }
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
        } else if (scheme.startsWith("http")) {
            ofProvider.ifPresent(its -> its.call(uri, text, parameters));
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

    private void direct(String key, ScalarNode uri, String text, MappingNode parameters) {
        ScalarNode parameter = scalar(parameters, "name");
        ScalarNode place = parameter == null ? uri : parameter;
        String name = text.startsWith("direct:") ? text.substring("direct:".length()) : value(parameter);
        if (key.equals("from")) {
            ofProvider.ifPresent(its -> its.begins(name));
        }
        Optional<String> another = another(name);
        if (another.isPresent()) {
            mistake(place, another.get());
        } else if (key.equals("from")) {
            names.beginning(name, place(place));
        } else if (!name.contains("$")) {
            names.destination(name, place(place));
            ofProvider.ifPresent(its -> its.goesOnAt(name, place));
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

    /** What is wrong where a provider's file names what belongs to another provider, as when a copied name was not changed. */
    private Optional<String> another(String name) {
        String owner = owner(name);
        return ofProvider
                .map(ProviderFile::provider)
                .filter(provider -> owner != null && !owner.equals(provider))
                .map(provider -> ofAnother(name, owner, provider));
    }

    static String ofAnother(String name, String owner, String provider) {
        return "'" + name + "' is of the provider " + owner + ", and this file is of " + provider;
    }

    private void bean(MappingNode step, boolean isStep) {
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
            ofProvider.ifPresent(its -> {
                its.method(ref.getValue(), name, method, isStep);
                if (name.equals(LOGS_IN)) {
                    names.destination(its.provider() + RouteNames.LOG_IN, place(method));
                }
            });
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

    private void mistake(Node node, String what) {
        mistakes.add(place(node) + ": " + what);
    }

    private String place(Node node) {
        return YamlNodes.place(file, node);
    }
}
