package io.herald.start;

import static io.herald.start.YamlNodes.child;
import static io.herald.start.YamlNodes.keys;

import com.jayway.jsonpath.JsonPath;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.NoSuchLanguageException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** Checks that the expressions of a route file are there and can be read. */
final class ExpressionCheck {

    private static final String JSON_PATH = "jsonpath";
    private static final String SIMPLE = "simple";

    /** The one expression that is not named as its language is. */
    private static final String CALLS_A_BEAN = "method";

    private static final Set<String> WITH_EXPRESSION = Set.of(
            "setHeader",
            "headers",
            "setVariable",
            "variables",
            "setProperty",
            "setBody",
            "filter",
            "when",
            "loop",
            "split",
            "delay",
            "transform",
            "validate",
            "recipientList");

    private static final Pattern BEAN = Pattern.compile("\\$\\{bean:(?://)?([\\w-]+)");

    private final String file;
    private final CamelContext context;
    private final Beans beans;
    private final List<String> mistakes;

    /**
     * @param file its path
     * @param mistakes takes what is wrong, with file, line and column
     */
    ExpressionCheck(String file, CamelContext context, Beans beans, List<String> mistakes) {
        this.file = file;
        this.context = context;
        this.beans = beans;
        this.mistakes = mistakes;
    }

    /** A step, or a part of one, that needs an expression has one. */
    void mustBeThere(String key, MappingNode step) {
        if (WITH_EXPRESSION.contains(key) && !isThere(step)) {
            mistake(step, "'" + key + "' needs 'expression'");
        }
    }

    private boolean isThere(MappingNode step) {
        MappingNode expression = child(step, "expression");
        return expression == null
                ? keys(step).anyMatch(name -> isLanguage(name.getValue()))
                : keys(expression).findAny().isPresent();
    }

    /** What is below {@code expression} names languages that there are. */
    void languages(MappingNode expression) {
        keys(expression)
                .filter(name -> !isLanguage(name.getValue()))
                .forEach(name -> mistake(name, "there is no language '" + name.getValue() + "'"));
    }

    private boolean isLanguage(String name) {
        try {
            return name.equals(CALLS_A_BEAN) || context.resolveLanguage(name) != null;
        } catch (NoSuchLanguageException e) {
            return false;
        }
    }

    /** Whether that is a language of which a start can read the expressions. */
    static boolean isRead(String language) {
        return language.equals(SIMPLE) || language.equals(JSON_PATH);
    }

    /**
     * An expression can be read.
     *
     * @param text null if there is none
     * @param predicate whether it has to say yes or no
     */
    void read(String language, ScalarNode text, boolean predicate) {
        if (text == null) {
            return;
        }
        if (language.equals(SIMPLE)) {
            beansIn(text);
        }
        try {
            if (language.equals(JSON_PATH)) {
                JsonPath.compile(text.getValue());
            } else if (predicate) {
                context.resolveLanguage(language)
                        .createPredicate(text.getValue())
                        .init(context);
            } else {
                context.resolveLanguage(language)
                        .createExpression(text.getValue())
                        .init(context);
            }
        } catch (RuntimeException e) {
            mistake(text, "not a " + language + " expression: " + Mistake.firstLine(e));
        }
    }

    private void beansIn(ScalarNode text) {
        BEAN.matcher(text.getValue())
                .results()
                .map(bean -> bean.group(1))
                .filter(bean -> !beans.has(bean))
                .forEach(bean -> mistake(text, "there is no bean '" + bean + "'"));
    }

    private void mistake(Node node, String what) {
        mistakes.add(YamlNodes.place(file, node) + ": " + what);
    }
}
