package io.herald.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.AnnotationKeyword;
import com.networknt.schema.JsonMetaSchema;
import com.networknt.schema.JsonNodePath;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaException;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.Keyword;
import com.networknt.schema.PathType;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.ValidationMessage;
import com.networknt.schema.ValidatorTypeCode;
import com.networknt.schema.Vocabularies;
import com.networknt.schema.Vocabulary;
import com.networknt.schema.regex.RegularExpression;
import com.networknt.schema.resource.DisallowSchemaLoader;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A JSON Schema (2020-12), compiled once, that tells every fault of a document. Safe for use by many threads.
 *
 * <p>Beyond the standard:
 *
 * <ul>
 *   <li>formats are checked: {@code date} (a day that exists), {@code date-time} (RFC 3339), {@code email},
 *       {@code uri} (absolute), {@code uuid}, and {@code data-uri} (base64);
 *   <li>{@code minimumAge: <years>} on an ISO date: the person is at least that old on the clock's UTC day;
 *   <li>{@code message: {"<keyword>": "sentence"}} in a schema replaces the standard sentence of that keyword there;
 *   <li>an unknown keyword, an unknown format, and a reference out of the file are mistakes: nothing is ever loaded.
 * </ul>
 */
public final class SchemaCheck {

    private static final Set<Keyword> REPLACED = Set.of(
            ValidatorTypeCode.ANY_OF,
            ValidatorTypeCode.ONE_OF,
            ValidatorTypeCode.UNIQUE_ITEMS,
            ValidatorTypeCode.ADDITIONAL_PROPERTIES);

    private final JsonNode source;
    private final JsonSchema schema;

    private SchemaCheck(JsonNode source, JsonSchema schema) {
        this.source = source;
        this.schema = schema;
    }

    /**
     * @param name how to call the schema in an error, best its file name
     * @param text the schema
     * @param clock tells today's date to {@code minimumAge}
     * @throws SchemaException when the text is not such a schema; the message names file, line, column and mistake, for
     *     all mistakes
     */
    public static SchemaCheck compile(String name, String text, Clock clock) {
        SchemaSource source = SchemaSource.parse(name, text);
        SchemaSyntax.check(source);
        JsonMetaSchema.Builder dialect = JsonMetaSchema.builder(JsonMetaSchema.getV202012())
                .vocabularyFactory(SchemaCheck::vocabulary)
                .keyword(new MinimumAge(clock))
                .keyword(new OneSentence(ValidatorTypeCode.ANY_OF))
                .keyword(new OneSentence(ValidatorTypeCode.ONE_OF))
                .keyword(new UniqueItems())
                .keyword(new UnknownFields())
                .keyword(new AnnotationKeyword(Sentences.OVERRIDES));
        Formats.ALL.forEach(dialect::format);
        JsonMetaSchema metaSchema = dialect.build();
        JsonSchemaFactory factory = JsonSchemaFactory.builder()
                .defaultMetaSchemaIri(metaSchema.getIri())
                .metaSchema(metaSchema)
                .schemaLoaders(loaders -> loaders.values(List::clear).add(DisallowSchemaLoader.getInstance()))
                .build();
        SchemaValidatorsConfig config = SchemaValidatorsConfig.builder()
                .formatAssertionsEnabled(true)
                .pathType(PathType.JSON_POINTER)
                .regularExpressionFactory(expression -> {
                    var pattern = Patterns.compile(expression);
                    RegularExpression compiled = value -> pattern.matcher(value).find();
                    return compiled;
                })
                .cacheRefs(true)
                .preloadJsonSchema(true)
                .build();
        try {
            JsonSchema schema = factory.getSchema(source.tree(), config);
            schema.initializeValidators();
            return new SchemaCheck(source.tree(), schema);
        } catch (JsonSchemaException e) {
            throw new SchemaException(List.of(source.at("", e.getMessage())));
        }
    }

    /** Every fault of the document, each once, in the order of {@link Fault}; empty when there is none. */
    public List<Fault> check(JsonNode document) {
        Set<ValidationMessage> messages = schema.validate(document);
        return messages.isEmpty()
                ? List.of()
                : messages.stream().flatMap(this::faults).distinct().sorted().toList();
    }

    /**
     * The JSON types of what may stand at a place, whatever else the document holds.
     *
     * @param path from the root: names, and indexes in brackets
     * @return no set if nothing may stand there, an empty one if anything may
     */
    public Optional<Set<String>> typesAt(List<String> path) {
        return new SchemaTypes(source).at(path);
    }

    /** A standard vocabulary without the keywords that Herald's own stand in for; it would put them back. */
    private static Vocabulary vocabulary(String iri) {
        Vocabulary standard = Vocabularies.getVocabulary(iri);
        return standard == null
                ? null
                : new Vocabulary(
                        iri,
                        standard.getKeywords().stream()
                                .filter(keyword -> !REPLACED.contains(keyword))
                                .toArray(Keyword[]::new));
    }

    private Stream<Fault> faults(ValidationMessage message) {
        JsonNodePath instance = message.getInstanceLocation();
        String pointer = "";
        for (int i = 0; i < instance.getNameCount(); i++) {
            pointer = Fault.child(pointer, instance.getName(i));
        }
        JsonNodePath place = message.getSchemaLocation().getFragment();
        int last = place.getNameCount() - 1;
        String keyword = last < 0 || message.getType().equals("maxContains") ? message.getType() : place.getName(last);
        JsonNode owner = source;
        for (int i = 0; i < last; i++) {
            owner = place.getElement(i) instanceof Integer index ? owner.path(index) : owner.path(place.getName(i));
        }
        String sentence = Sentences.of(owner, keyword);
        String at = pointer;
        return switch (keyword) {
            case "additionalProperties" ->
                UnknownFields.of(message.getInstanceNode(), owner).stream()
                        .map(name -> new Fault(Fault.child(at, name), sentence));
            case "required", "unevaluatedProperties", "propertyNames" ->
                Stream.of(new Fault(Fault.child(at, message.getProperty()), sentence));
            case "dependentRequired" ->
                Stream.of(new Fault(Fault.child(at, String.valueOf(message.getArguments()[0])), sentence));
            default -> Stream.of(new Fault(at, sentence));
        };
    }
}
