package io.herald.start;

import com.jayway.jsonpath.JsonPath;
import io.herald.provider.BaseUrl;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
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
 * Holds the names in the route files against what there is: components and their parameters, beans and their methods,
 * expressions, routes and route configurations. Camel finds such a mistake only when it creates the route, one at a time
 * and without a place, or never.
 */
final class RouteCheck {

    private static final Set<String> WITH_BEAN = Set.of("bean", "process", "method");
    private static final Set<String> WITH_PREDICATE = Set.of("filter", "when", "onWhen", "retryWhile", "validate");
    private static final Set<String> LANGUAGES = Set.of("simple", "jsonpath");

    /** The method that asks the provider's log-in route for a token. */
    private static final String LOGS_IN = "authorize";

    private record Named(String name, String place) {}

    private final CamelContext context;
    private final Beans beans;
    private final List<String> mistakes;
    private final Map<String, String> routes = new LinkedHashMap<>();
    private final Set<String> beginnings = new TreeSet<>();
    private final Set<String> configurations = new TreeSet<>();
    private final List<Named> destinations = new ArrayList<>();
    private final List<Named> wantedConfigurations = new ArrayList<>();
    private boolean complete = true;
    private String file;
    private String provider;

    /** @param mistakes takes what is wrong, with file, line and column */
    RouteCheck(CamelContext context, Beans beans, List<String> mistakes) {
        this.context = context;
        this.beans = beans;
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
        try {
            new Compose(LoadSettings.builder().setLabel(file).build())
                    .composeString(text)
                    .ifPresent(root -> visit("", root, false));
        } catch (YamlEngineException e) {
            // Camel's own reader tells what is wrong with the YAML; what the file would have defined is not known
            complete = false;
        }
    }

    /** After all files: checks the names that one file uses and another defines. */
    void checkNames() {
        if (!complete) {
            return;
        }
        destinations.stream()
                .filter(destination -> !beginnings.contains(destination.name()))
                .forEach(destination ->
                        mistakes.add(destination.place() + ": no route begins with direct:" + destination.name()));
        wantedConfigurations.stream()
                .filter(wanted -> !configurations.contains(wanted.name()))
                .forEach(wanted ->
                        mistakes.add(wanted.place() + ": there is no routeConfiguration '" + wanted.name() + "'"));
    }

    /** Whether a route begins there; true also when a file could not be read, so that nobody knows. */
    boolean begins(String direct) {
        return !complete || beginnings.contains(direct);
    }

    /**
     * Whether a provider's customers are looked up: a route does it, and a step goes there.
     *
     * @param unknown the answer if a file could not be read, so that nobody knows
     */
    boolean finds(String provider, boolean unknown) {
        String find = provider + "-find";
        boolean isCalled =
                destinations.stream().anyMatch(destination -> destination.name().equals(find));
        return complete ? beginnings.contains(find) && isCalled : unknown;
    }

    private void visit(String key, Node node, boolean predicate) {
        if (node instanceof SequenceNode list) {
            list.getValue().forEach(item -> visit(key, item, predicate));
        } else if (node instanceof MappingNode mapping) {
            if (scalar(mapping, "uri") != null) {
                endpoint(key, mapping);
            }
            if (WITH_BEAN.contains(key)) {
                bean(mapping);
            } else if (LANGUAGES.contains(key)) {
                expression(key, scalar(mapping, "expression"), predicate);
            } else if (key.equals("route")) {
                route(mapping);
            } else if (key.equals("routeConfiguration") && scalar(mapping, "id") != null) {
                configurations.add(scalar(mapping, "id").getValue());
            }
            for (NodeTuple entry : mapping.getValue()) {
                if (entry.getKeyNode() instanceof ScalarNode name) {
                    String child = name.getValue();
                    visit(child, entry.getValueNode(), !child.equals("steps") && (predicate || isPredicate(child)));
                }
            }
        } else if (node instanceof ScalarNode scalar) {
            if (LANGUAGES.contains(key)) {
                expression(key, scalar, predicate);
            } else if (key.equals("aggregationStrategy")) {
                reference(scalar);
            }
        }
    }

    private static boolean isPredicate(String key) {
        return WITH_PREDICATE.contains(key);
    }

    private void route(MappingNode route) {
        ScalarNode id = scalar(route, "id");
        if (id != null) {
            String earlier = routes.putIfAbsent(id.getValue(), place(id));
            if (earlier != null) {
                mistake(id, "there is a route '" + id.getValue() + "' already, in " + earlier);
            }
        }
        ScalarNode configuration = scalar(route, "routeConfigurationId");
        if (configuration != null) {
            wantedConfigurations.add(new Named(configuration.getValue(), place(configuration)));
        }
    }

    private void endpoint(String key, MappingNode step) {
        ScalarNode uri = scalar(step, "uri");
        String text;
        try {
            text = context.resolvePropertyPlaceholders(uri.getValue());
        } catch (IllegalArgumentException e) {
            // a property that is not set: told already, with its place
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
        ScalarNode parameter = parameters == null ? null : scalar(parameters, "name");
        String name = text.startsWith("direct:") ? text.substring("direct:".length()) : value(parameter);
        if (key.equals("from")) {
            beginnings.add(name);
        } else if (!name.contains("$")) {
            destinations.add(new Named(name, place(parameter == null ? uri : parameter)));
        }
    }

    private void bean(MappingNode step) {
        ScalarNode ref = scalar(step, "ref");
        if (ref == null) {
            return;
        }
        if (!beans.has(ref.getValue())) {
            mistake(ref, "there is no bean '" + ref.getValue() + "'");
            return;
        }
        ScalarNode method = scalar(step, "method");
        if (method != null) {
            String name = method.getValue().replaceFirst("\\(.*", "");
            if (!beans.hasMethod(ref.getValue(), name)) {
                mistake(method, "the bean '" + ref.getValue() + "' has no method '" + name + "'");
            }
            if (provider != null && name.equals(LOGS_IN)) {
                destinations.add(new Named(provider + "-log-in", place(method)));
            }
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

    private static String value(ScalarNode node) {
        return node == null ? "" : node.getValue();
    }

    private static ScalarNode scalar(MappingNode mapping, String name) {
        return entry(mapping, name) instanceof ScalarNode scalar ? scalar : null;
    }

    private static MappingNode child(MappingNode mapping, String name) {
        return entry(mapping, name) instanceof MappingNode child ? child : null;
    }

    private static Node entry(MappingNode mapping, String name) {
        for (NodeTuple entry : mapping.getValue()) {
            if (entry.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name)) {
                return entry.getValueNode();
            }
        }
        return null;
    }
}
