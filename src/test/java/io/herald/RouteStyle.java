package io.herald;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;

/**
 * The rules for a route file: valid against Camel's own schema of its YAML DSL, in the canonical notation of that DSL, and
 * in the style of this project. Each fault has file and line, and says what to write instead.
 */
final class RouteStyle {

    private static final int MOST_STEPS = 12;
    private static final String EXPRESSION = "org.apache.camel.model.language.ExpressionDefinition";

    private static final Pattern PROVIDER_FILE = Pattern.compile("routes/providers/([^/]+)\\.camel\\.yaml$");
    private static final Pattern ADDRESS = Pattern.compile("https?://");
    private static final Pattern SECRET_NAME =
            Pattern.compile("(?i).*(authorization|api-?key|token|secret|password|credential).*");
    private static final Pattern SECRET_IN_JSON =
            Pattern.compile("(?i)\"[a-z_-]*(key|key-?id|token|secret|password)\"\\s*:\\s*\"(?!\\$\\{)");

    private final JsonSchema valid;
    private final JsonSchema canonical;
    private final Set<String> languages = new LinkedHashSet<>();

    RouteStyle() {
        ObjectNode schema = camelSchema();
        schema.at("/items/definitions/" + EXPRESSION + "/properties")
                .fieldNames()
                .forEachRemaining(languages::add);
        valid = compile(schema);
        canonical = compile(canonical(schema.deepCopy()));
    }

    /** Every fault of a route file, by line. */
    List<String> faults(String file, String text) {
        LocatedYaml yaml;
        try {
            yaml = LocatedYaml.read(text);
        } catch (MarkedYamlEngineException e) {
            Mark mark = e.getProblemMark().orElseThrow();
            return List.of(
                    file + ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1) + ": not YAML: " + e.getProblem());
        }
        List<Fault> faults = new ArrayList<>();
        checkSchema(yaml, faults);
        checkTree(yaml, "", yaml.tree(), faults);
        checkRoutes(yaml, file, faults);
        return faults.stream()
                .sorted((a, b) -> Integer.compare(a.line, b.line))
                .map(fault -> file + ":" + fault.line + ": " + fault.sentence)
                .distinct()
                .toList();
    }

    private record Fault(int line, String sentence) {}

    private void checkSchema(LocatedYaml yaml, List<Fault> faults) {
        Set<ValidationMessage> found = canonical.validate(yaml.tree());
        if (found.isEmpty()) {
            found = valid.validate(yaml.tree());
        }
        for (ValidationMessage message : found) {
            String at = message.getInstanceLocation().toString();
            String property = message.getProperty();
            boolean unknown = message.getType().equals("additionalProperties");
            int line = yaml.line(unknown ? at + "/" + property : at);
            if (unknown && languages.contains(property)) {
                faults.add(new Fault(line, "write 'expression:' and '" + property + ":' below it, indented"));
            } else if (unknown) {
                faults.add(new Fault(line, "Camel knows no '" + property + "' here"));
            } else if (message.getType().equals("type")
                    && message.getMessage().endsWith("string found, object expected")) {
                faults.add(new Fault(line, "write the keys below it instead of the short form"));
            } else {
                faults.add(new Fault(line, message.getMessage().replaceFirst("^[^:]*: ", "")));
            }
        }
    }

    private static void checkTree(LocatedYaml yaml, String at, JsonNode node, List<Fault> faults) {
        if (node.isTextual() && ADDRESS.matcher(node.textValue()).find()) {
            faults.add(new Fault(yaml.line(at), "an address is a property; write '{{provider.<id>.url}}'"));
        }
        if (node.isTextual() && SECRET_IN_JSON.matcher(node.textValue()).find()) {
            faults.add(secret(yaml.line(at)));
        }
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String below = at + "/" + field.getKey();
            if (field.getKey().equals("uri") && field.getValue().isTextual()) {
                checkUri(yaml.line(below), field.getValue().textValue(), faults);
            }
            if (field.getKey().equals("setHeader")) {
                checkHeader(yaml, below, field.getValue(), faults);
            }
            if (field.getKey().equals("setHeaders")) {
                JsonNode headers = field.getValue().path("headers");
                for (int i = 0; i < headers.size(); i++) {
                    checkHeader(yaml, below + "/headers/" + i, headers.get(i), faults);
                }
            }
            checkTree(yaml, below, field.getValue(), faults);
        }
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                checkTree(yaml, at + "/" + i, node.get(i), faults);
            }
        }
    }

    private static void checkUri(int line, String uri, List<Fault> faults) {
        if (uri.contains("?")) {
            faults.add(new Fault(line, "a uri has no query string; write a 'parameters:' map beside it"));
        } else if (uri.contains(":") && !uri.startsWith("{{")) {
            faults.add(new Fault(
                    line,
                    "write 'uri: " + uri.substring(0, uri.indexOf(':'))
                            + "' and the rest in a 'parameters:' map beside it"));
        }
    }

    private static void checkHeader(LocatedYaml yaml, String at, JsonNode header, List<Fault> faults) {
        if (!SECRET_NAME.matcher(header.path("name").asText()).matches()) {
            return;
        }
        for (String language : List.of("constant", "simple")) {
            String value = header.at("/expression/" + language + "/expression").asText("${");
            int line = yaml.line(at + "/expression/" + language + "/expression");
            if (!value.contains("${") && !value.contains("{{")) {
                faults.add(secret(line));
            }
            if (value.contains("${properties:")) {
                faults.add(new Fault(
                        line,
                        "'${properties:…}' reads all properties for every message; write a constant"
                                + " '{{provider.<id>.<name>}}', which is read once"));
            }
        }
    }

    private static Fault secret(int line) {
        return new Fault(line, "a secret is a property; write '{{provider.<id>.<name>}}'");
    }

    private static void checkRoutes(LocatedYaml yaml, String file, List<Fault> faults) {
        var providerFile = PROVIDER_FILE.matcher(file.replace('\\', '/'));
        String provider = providerFile.find() ? providerFile.group(1) : null;
        for (int i = 0; i < yaml.tree().size(); i++) {
            for (String kind : List.of("route", "routeConfiguration", "routeTemplate")) {
                JsonNode route = yaml.tree().get(i).get(kind);
                if (route == null) {
                    continue;
                }
                int line = yaml.line("/" + i + "/" + kind + "/id", "/" + i + "/" + kind);
                checkNames(kind, route, line, faults);
                if (!kind.equals("routeConfiguration")) {
                    checkLength(kind, route, line, faults);
                    if (provider != null) {
                        checkProvider(provider, route.path("id").asText(), line, faults);
                    }
                }
            }
        }
    }

    private static void checkNames(String kind, JsonNode route, int line, List<Fault> faults) {
        if (route.path("id").asText().isBlank()) {
            faults.add(new Fault(line, "a " + kind + " has an id; write 'id:'"));
        }
        if (route.path("description").asText().isBlank()) {
            faults.add(new Fault(
                    line, "a " + kind + " has a description; write 'description:', a sentence of what it does"));
        }
    }

    private static void checkLength(String kind, JsonNode route, int line, List<Fault> faults) {
        int steps = steps(route);
        if (steps > MOST_STEPS) {
            faults.add(new Fault(
                    line,
                    kind + " " + route.path("id").asText() + " has " + steps + " steps, " + MOST_STEPS
                            + " at most; make two routes of it, with names"));
        }
    }

    private static void checkProvider(String provider, String id, int line, List<Fault> faults) {
        if (!id.startsWith(provider + "-")) {
            faults.add(new Fault(
                    line,
                    "a route in a provider's file starts with its name; write 'id: " + provider + "-" + id + "'"));
        }
    }

    /** All that is done: the steps inside others too, and not the filters, choices and loops around them. */
    private static int steps(JsonNode node) {
        int count = 0;
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (field.getKey().equals("steps")) {
                for (JsonNode step : field.getValue()) {
                    count += step.findValue("steps") == null ? 1 : steps(step);
                }
            } else {
                count += steps(field.getValue());
            }
        }
        if (node.isArray()) {
            for (JsonNode child : node) {
                count += steps(child);
            }
        }
        return count;
    }

    private static ObjectNode camelSchema() {
        try (InputStream in = RouteStyle.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            ObjectNode schema = (ObjectNode) new ObjectMapper().readTree(in);
            schema.findParents("deprecated").stream()
                    .filter(parent -> parent.get("deprecated").isBoolean())
                    .forEach(parent -> ((ObjectNode) parent).remove("deprecated"));
            return schema;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonSchema compile(JsonNode schema) {
        return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V4)
                .getSchema(
                        schema,
                        SchemaValidatorsConfig.builder()
                                .pathType(PathType.JSON_POINTER)
                                .build());
    }

    /**
     * Camel's schema without its short forms: no text where an object can stand, and no expression but below {@code
     * expression}. Alternatives by name become properties, so that a fault is told once and not once for each of them.
     */
    private ObjectNode canonical(ObjectNode schema) {
        ObjectNode definitions = (ObjectNode) schema.at("/items/definitions");
        for (Map.Entry<String, JsonNode> named : definitions.properties()) {
            ObjectNode definition = (ObjectNode) named.getValue();
            if (definition.remove("oneOf") instanceof ArrayNode forms) {
                forms.forEach(form -> {
                    if (form.path("type").asText().equals("object")) {
                        definition.setAll((ObjectNode) form);
                    }
                });
            }
            ObjectNode properties = definition.withObjectProperty("properties");
            if (definition.remove("anyOf") instanceof ArrayNode groups) {
                for (JsonNode group : groups) {
                    group.path("oneOf").forEach(form -> merge(form, properties));
                }
            }
            if (!named.getKey().equals(EXPRESSION) && properties.has("expression") && properties.has("csimple")) {
                properties.remove(languages);
            }
            if (named.getKey().equals(EXPRESSION)) {
                definition.put("additionalProperties", false);
            }
        }
        return schema;
    }

    private static void merge(JsonNode form, ObjectNode properties) {
        if (form.get("properties") instanceof ObjectNode named) {
            properties.setAll(named);
        }
    }
}
