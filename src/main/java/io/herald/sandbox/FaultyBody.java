package io.herald.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.extension.Parameters;
import com.github.tomakehurst.wiremock.http.Request;
import com.github.tomakehurst.wiremock.matching.CustomMatcherDefinition;
import com.github.tomakehurst.wiremock.matching.MatchResult;
import com.github.tomakehurst.wiremock.matching.RequestMatcherExtension;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import com.networknt.schema.ExecutionContext;
import com.networknt.schema.Format;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaId;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The matcher {@code faulty-body}: the body is not a JSON object, or breaks the provider's schema. Its parameters are
 * {@code schema}, a file of {@code src/sandbox/schemas} (JSON Schema 2020-12, formats asserted, and the format
 * {@code birth-date-of-adult}), and {@code required}, names required beyond those of the schema. Without either,
 * only JSON is asked for. WireMock's own {@code matchesJsonSchema} says yes or no; here the faults can stand in the answer,
 * as a provider lists them.
 */
final class FaultyBody extends RequestMatcherExtension {

    private static final String NAME = "faulty-body";

    private static final int ADULT = 18;

    private final Path schemas;
    private final JsonSchemaFactory factory;
    private final Map<Parameters, JsonSchema> compiled = new ConcurrentHashMap<>();

    FaultyBody(Path schemas, Clock clock) {
        this.schemas = schemas;
        JsonMetaSchema dialect = JsonMetaSchema.builder(SchemaId.V202012, JsonMetaSchema.getV202012())
                .format(new BirthDateOfAdult(clock))
                .build();
        this.factory = JsonSchemaFactory.builder(JsonSchemaFactory.getInstance(VersionFlag.V202012))
                .metaSchema(dialect)
                .build();
    }

    @Override
    public MatchResult match(Request request, Parameters parameters) {
        return MatchResult.of(!faults(request.getBody(), parameters).isEmpty());
    }

    @Override
    public String getName() {
        return NAME;
    }

    /** One fault of a body; {@code field} in dots, empty when it is the whole body. */
    record BodyFault(String field, String message) {}

    List<BodyFault> faults(byte[] body, Parameters parameters) {
        JsonNode document = parse(body);
        if (!document.isObject()) {
            return List.of(new BodyFault("", "the body is not a JSON object"));
        }
        if (!isStrict(parameters)) {
            return List.of();
        }
        return compiled
                .computeIfAbsent(parameters, this::compile)
                .validate(document, execution -> execution.getExecutionConfig().setFormatAssertionsEnabled(true))
                .stream()
                .map(FaultyBody::fault)
                .toList();
    }

    /**
     * What the answer is filled from: {@code fields} (name -> message), {@code lists} (name -> [message]),
     * {@code details} ([{field, message}]) and {@code text}, all messages in one line.
     */
    static ObjectNode model(List<BodyFault> faults) {
        ObjectNode model = JsonNodeFactory.instance.objectNode();
        ObjectNode fields = model.putObject("fields");
        ObjectNode lists = model.putObject("lists");
        ArrayNode details = model.putArray("details");
        StringBuilder text = new StringBuilder();
        for (BodyFault fault : faults) {
            String field = fault.field().isEmpty() ? "body" : fault.field();
            fields.put(field, fault.message());
            lists.withArray("/" + field.replace("~", "~0").replace("/", "~1")).add(fault.message());
            details.addObject().put("field", field).put("message", fault.message());
            text.append(text.isEmpty() ? "" : ", ").append(field).append(' ').append(fault.message());
        }
        return model.put("text", text.toString());
    }

    static JsonNode parse(byte[] body) {
        try {
            return Json.MAPPER.readTree(body);
        } catch (IOException e) {
            return JsonNodeFactory.instance.missingNode();
        }
    }

    /** Reads and compiles a stub's schema, so that a mistake in it stops the start. */
    void prepare(StubMapping stub) {
        CustomMatcherDefinition matcher = stub.getRequest().getCustomMatcher();
        if (matcher != null && NAME.equals(matcher.getName()) && isStrict(matcher.getParameters())) {
            compiled.computeIfAbsent(matcher.getParameters(), this::compile);
        }
    }

    private static boolean isStrict(Parameters parameters) {
        return parameters != null && (parameters.containsKey("schema") || parameters.containsKey("required"));
    }

    private JsonSchema compile(Parameters parameters) {
        Path file = schemas.resolve(parameters.getString("schema", ""));
        try {
            ObjectNode schema = parameters.containsKey("schema")
                    ? (ObjectNode) Json.MAPPER.readTree(Files.readAllBytes(file))
                    : Json.MAPPER.createObjectNode();
            if (parameters.get("required") instanceof List<?> required) {
                ArrayNode names = schema.withArray("/required");
                required.forEach(name -> names.add(name.toString()));
            }
            SchemaValidatorsConfig config = SchemaValidatorsConfig.builder()
                    .formatAssertionsEnabled(true)
                    .build();
            JsonSchema compiledSchema = factory.getSchema(schema, config);
            compiledSchema.initializeValidators();
            return compiledSchema;
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox cannot read the schema " + file, e);
        }
    }

    private static BodyFault fault(ValidationMessage message) {
        StringBuilder field = new StringBuilder();
        for (int i = 0; i < message.getInstanceLocation().getNameCount(); i++) {
            field.append(field.isEmpty() ? "" : ".")
                    .append(message.getInstanceLocation().getName(i));
        }
        if (message.getProperty() != null && !field.toString().endsWith(message.getProperty())) {
            field.append(field.isEmpty() ? "" : ".").append(message.getProperty());
        }
        return new BodyFault(field.toString(), sentence(message));
    }

    private static String sentence(ValidationMessage message) {
        String text = message.getMessage();
        return switch (message.getType()) {
            case "required" -> "is required";
            case "enum" -> "is not one of the values allowed";
            case "pattern", "not", "false" -> "is invalid";
            default -> text.substring(text.indexOf(": ") + 1).strip();
        };
    }

    /** A day in the form yyyy-MM-dd on which nobody was born who is not yet 18. Source: bridge-xyz's page. */
    private record BirthDateOfAdult(Clock clock) implements Format {

        @Override
        public String getName() {
            return "birth-date-of-adult";
        }

        @Override
        public String getMessageKey() {
            return "format";
        }

        @Override
        public boolean matches(ExecutionContext context, String value) {
            try {
                return !LocalDate.parse(value).isAfter(LocalDate.now(clock).minusYears(ADULT));
            } catch (DateTimeParseException e) {
                return false;
            }
        }
    }
}
