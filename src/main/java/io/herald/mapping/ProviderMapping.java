package io.herald.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.herald.schema.Fault;
import io.herald.schema.SchemaCheck;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The compiled mapping files of one provider. Thread-safe. Trees go in and come out; a result may share nodes with what
 * was given, so both are to be treated as read-only afterwards.
 */
public final class ProviderMapping {

    private static final Set<String> OF_A_LOOK_UP = Set.of("candidates", "next");

    private static final String ANY_ID = "the-id-of-any-customer";

    private final String provider;
    private final Template request;
    private final SchemaCheck schema;
    private final Template response;
    private final Template find;

    ProviderMapping(String provider, Template request, SchemaCheck schema, Template response, Template find) {
        this.provider = provider;
        this.request = request;
        this.schema = schema;
        this.response = response;
        this.find = find;
    }

    /**
     * The body to send: what {@code request.jslt} makes of a canonical customer.
     *
     * @param link the provider's own id of the customer, or null when none is known: a create
     * @throws MappingFailedException when the template fails on this customer
     */
    public ObjectNode request(JsonNode canonical, String link) {
        return request.apply(Map.of("link", textOrNull(link)), canonical);
    }

    /** Everything that {@code request.schema.json} finds wrong with a body; empty when it may be sent. */
    public List<Fault> check(JsonNode request) {
        return schema.check(request);
    }

    /** Whether {@code request.schema.json} lets a body have that field. */
    boolean mayHave(String field) {
        return schema.typesAt(List.of(field)).isPresent();
    }

    /** Whether the body of an update says, by the provider's own id, whose it is; true where the template fails on a customer of no words. */
    boolean namesCustomer() {
        return Stream.of("person", "business").anyMatch(this::namesCustomer);
    }

    private boolean namesCustomer(String type) {
        ObjectNode customer =
                JsonNodeFactory.instance.objectNode().put("reference", "any").put("type", type);
        try {
            return request(customer, ANY_ID).toString().contains(ANY_ID);
        } catch (MappingFailedException e) {
            return true;
        }
    }

    /**
     * What {@code response.jslt} makes of the provider's answer: the part of the outcome that only this provider's file
     * can tell. {@code io.herald.delivery.Outcome.of} joins it with what is common to all providers.
     *
     * @param status the HTTP status of the answer
     * @param answer the answer, or null when there was no body or it is not JSON
     * @param link the provider's own id that the request named, or null: it was a create
     * @throws MappingFailedException when the template fails on this answer
     */
    public ObjectNode outcome(int status, JsonNode answer, String link) {
        return response.apply(Map.of("status", IntNode.valueOf(status), "link", textOrNull(link)), answer);
    }

    /** Whether this provider has a {@code find.jslt}: customers are looked up before a create is sent again. */
    public boolean finds() {
        return find != null;
    }

    /**
     * What {@code find.jslt} makes of the answer to a look-up: {@code candidates}, absent when there are none, and
     * {@code next}, the number of the next page as an int, absent on the last.
     *
     * @param answer the JSON of the answer; a JSON null is an answer too, one that says that there is no such customer,
     *     so an answer that is not JSON must not be handed in as null
     * @param request the body whose fate is unclear
     * @throws MappingFailedException when the template fails on this answer
     * @throws IllegalStateException when this provider has no {@code find.jslt}
     */
    public ObjectNode find(JsonNode answer, JsonNode request) {
        if (find == null) {
            throw new IllegalStateException(provider + " has no find.jslt");
        }
        ObjectNode found = JsonNodeFactory.instance.objectNode();
        found.setAll(find.apply(Map.of("request", request), answer));
        mustBeOfALookUp(found);
        JsonNode next = found.path("next");
        // JSLT counts in long
        if (next.isIntegralNumber() && next.canConvertToInt()) {
            found.put("next", next.intValue());
        }
        return found;
    }

    /** Candidates that are misspelt, or are no list, would be none, and the customer created a second time. */
    private void mustBeOfALookUp(ObjectNode found) {
        boolean isList = !found.has("candidates") || found.get("candidates").isArray();
        if (!isList || found.propertyStream().anyMatch(part -> !OF_A_LOOK_UP.contains(part.getKey()))) {
            throw new MappingFailedException(
                    "mappings/" + provider + "/find.jslt", "makes something else than a list, candidates, and next");
        }
    }

    private static JsonNode textOrNull(String text) {
        return text == null ? NullNode.instance : TextNode.valueOf(text);
    }
}
