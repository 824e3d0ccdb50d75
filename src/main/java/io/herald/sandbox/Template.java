package io.herald.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fills the <code>{{…}}</code> of a stub's {@code jsonBody}. WireMock's own templating writes text: an id that is a
 * number, a field that is absent or a quote in a name would not come out as JSON. Here a string that is nothing but
 * <code>{{customer.id}}</code> becomes that JSON value (null when absent), <code>{{customer.id?}}</code> whether there
 * is one, and an array <code>["{{#each page.customers}}", shape]</code> one shape for each element.
 */
final class Template {

    private static final Pattern EXPRESSION = Pattern.compile("\\{\\{([^{}]+)}}");
    private static final String EACH = "{{#each ";

    private final Function<String, JsonNode> model;

    /** @param model gives what a first name stands for: {@code customer}, {@code request}, … */
    Template(Function<String, JsonNode> model) {
        this.model = model;
    }

    JsonNode fill(JsonNode shape) {
        if (shape.isTextual()) {
            return fillText(shape);
        }
        if (shape.isObject()) {
            ObjectNode filled = JsonNodeFactory.instance.objectNode();
            shape.properties().forEach(field -> filled.set(field.getKey(), fill(field.getValue())));
            return filled;
        }
        if (shape.isArray()) {
            return fillArray(shape);
        }
        return shape;
    }

    /** An expression or a text with expressions in it, as text; empty when absent. */
    String text(String text) {
        Matcher expression = EXPRESSION.matcher(text);
        return expression.replaceAll(
                found -> Matcher.quoteReplacement(value(found.group(1)).asText("")));
    }

    private JsonNode fillText(JsonNode shape) {
        String text = shape.textValue();
        if (!text.contains("{{")) {
            return shape;
        }
        Matcher expression = EXPRESSION.matcher(text);
        if (expression.matches()) {
            JsonNode value = value(expression.group(1));
            return value.isMissingNode() ? NullNode.getInstance() : value;
        }
        return TextNode.valueOf(text(text));
    }

    private JsonNode fillArray(JsonNode shape) {
        ArrayNode filled = JsonNodeFactory.instance.arrayNode();
        String first = shape.path(0).asText();
        if (first.startsWith(EACH)) {
            String list = first.substring(EACH.length(), first.length() - "}}".length());
            for (JsonNode element : value(list)) {
                Template inner = new Template(name -> element.has(name) ? element.get(name) : model.apply(name));
                filled.add(inner.fill(shape.get(1)));
            }
            return filled;
        }
        shape.forEach(element -> filled.add(fill(element)));
        return filled;
    }

    private JsonNode value(String expression) {
        if (expression.endsWith("?")) {
            JsonNode value = value(expression.substring(0, expression.length() - 1));
            return BooleanNode.valueOf(!value.isMissingNode() && !value.isNull());
        }
        String[] names = expression.split("\\.");
        JsonNode value = model.apply(names[0]);
        for (int i = 1; i < names.length && value != null; i++) {
            value = value.isArray() ? value.get(Integer.parseInt(names[i])) : value.get(names[i]);
        }
        return value == null ? MissingNode.getInstance() : value;
    }
}
