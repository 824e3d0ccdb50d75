package io.herald.start;

import io.herald.delivery.Delivery;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** What a provider's routes ask of the delivery and of its request, and fill in. */
final class RequestFields {

    /** The method that fills fields of the request into a path or query. */
    private static final String FILLS_IN = "expand";

    private static final Pattern FILLED_IN = Pattern.compile(",\\s*\\$\\{exchangeProperty\\.delivery}\\s*\\)$");

    /** A path with fields to fill in. */
    private static final Pattern EXPANDED = Pattern.compile("expand\\(\\s*['\"]([^'\"]*)['\"]");

    /** The provider's id of the customer, which is no field of the request. */
    private static final String ID = "id";

    /** A name in braces, unless it is an expression of Camel's. */
    private static final Pattern FIELD = Pattern.compile("(?<!\\$)\\{([^{}]+)}");

    /** A field that nothing would fill in; two braces are for a property. */
    private static final Pattern IN_BRACES = Pattern.compile("(?<![{$])\\{[A-Za-z_][\\w.-]*}(?!})");

    /** A field of the request, in an expression. */
    private static final Pattern FIELD_OF_REQUEST =
            Pattern.compile("exchangeProperty\\.delivery\\??\\.(?:field|json)\\(\\s*['\"]?([^'\")]*)['\"]?\\s*\\)");

    /** What an expression asks of the delivery. */
    private static final Pattern OF_DELIVERY = Pattern.compile("exchangeProperty\\.delivery\\??\\.(\\w+)");

    /** What it can be asked. */
    private static final Set<String> OF_EACH_DELIVERY = Stream.of(Delivery.class.getMethods())
            .map(Method::getName)
            .flatMap(name -> Stream.of(name, property(name)))
            .collect(Collectors.toUnmodifiableSet());

    /** What {@code getReference} is called in an expression. */
    private static String property(String method) {
        String name = method.replaceFirst("^(get|is)(?=[A-Z])", "");
        return Character.toLowerCase(name.charAt(0)) + name.substring(1);
    }

    private record Field(String name, String place) {}

    private final String file;
    private final CamelContext context;
    private final List<String> mistakes;
    private final List<Field> fields = new ArrayList<>();

    /**
     * @param file the path of the provider's file
     * @param context has the values of properties
     * @param mistakes takes what is wrong, with file, line and column
     */
    RequestFields(String file, CamelContext context, List<String> mistakes) {
        this.file = file;
        this.context = context;
        this.mistakes = mistakes;
    }

    /** An expression may ask for some. */
    void text(ScalarNode text) {
        take(FIELD_OF_REQUEST, text.getValue(), text);
        OF_DELIVERY
                .matcher(text.getValue())
                .results()
                .map(asked -> asked.group(1))
                .filter(asked -> !OF_EACH_DELIVERY.contains(asked))
                .forEach(asked -> mistake(text, "a delivery has no '" + asked + "'"));
    }

    /** A step calls this method of a bean; if it fills fields in, it has them, and the delivery. */
    void method(String name, ScalarNode node) {
        if (!name.equals(FILLS_IN)) {
            return;
        }
        template(node);
        if (!FILLED_IN.matcher(node.getValue()).find()) {
            mistake(
                    node,
                    "'expand' needs what is filled in, and the delivery: expand('/path/{id}', ${exchangeProperty.delivery})");
        }
    }

    /** @param template has fields in braces; null if there is none */
    void template(ScalarNode template) {
        if (template != null) {
            take(FIELD, resolved(template.getValue()), template);
        }
    }

    /** @param constant is sent as it is, and has no field in braces; null if there is none */
    void constant(ScalarNode constant) {
        Matcher field = IN_BRACES.matcher(YamlNodes.value(constant));
        if (field.find()) {
            mistake(constant, "a constant is sent as it is; 'expand' fills '" + field.group() + "' in");
        }
    }

    /** Whether the method of a bean makes the same path for all customers, as far as that can be told. */
    boolean isOfAll(String method) {
        Matcher expanded = EXPANDED.matcher(method);
        return expanded.lookingAt() && !resolved(expanded.group(1)).contains("{" + ID + "}");
    }

    /**
     * Checks all of them.
     *
     * @param mayHave whether a request may have a field
     * @param provider whose request it is
     */
    void check(Predicate<String> mayHave, String provider) {
        fields.stream()
                .filter(field -> !mayHave.test(field.name()))
                .forEach(field -> mistakes.add(field.place() + ": there is no field '" + field.name()
                        + "' in what mappings/" + provider + "/request.schema.json accepts"));
    }

    private void take(Pattern naming, String text, ScalarNode node) {
        naming.matcher(text)
                .results()
                .map(field -> field.group(1))
                .filter(field -> !field.equals(ID))
                .forEach(field -> fields.add(new Field(field, YamlNodes.place(file, node))));
    }

    /** With the values of its properties; as it is if one is not set, which is reported already, with its place. */
    private String resolved(String text) {
        try {
            return context.resolvePropertyPlaceholders(text);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private void mistake(ScalarNode node, String what) {
        mistakes.add(YamlNodes.place(file, node) + ": " + what);
    }
}
