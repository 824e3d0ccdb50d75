package io.herald.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.schema.Fault;
import io.herald.schema.SchemaCheck;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Reads a body into a canonical customer: parses it once, normalises it, checks it. Safe for use by many threads. */
public final class CanonicalReader {

    private final SchemaCheck schema;
    private final JsonText text;
    private final Clock clock;

    /**
     * @param schema the canonical message's, {@code mappings/canonical/customer.schema.json}
     * @param maxBytes the longest string in a body; the body itself is bounded by who receives it
     * @param clock tells today's date; a birth date is not after it, in UTC
     */
    public CanonicalReader(SchemaCheck schema, int maxBytes, Clock clock) {
        this.schema = schema;
        this.text = new JsonText(maxBytes);
        this.clock = clock;
    }

    /**
     * Reads a customer, whatever providers it names as targets.
     *
     * @param body JSON in UTF-8
     * @throws NotJsonException when it is not JSON
     * @throws NotCanonicalException when it is not a canonical customer, with every fault
     */
    public CanonicalCustomer read(byte[] body) {
        return read(body, customer -> List.of());
    }

    /**
     * Reads a customer, which may name no targets but these.
     *
     * @param body JSON in UTF-8
     * @param providers the ids of the enabled providers, in the order to list them
     * @throws NotJsonException when it is not JSON
     * @throws NotCanonicalException when it is not a canonical customer, or has another target, with every fault
     */
    public CanonicalCustomer read(byte[] body, Collection<String> providers) {
        return read(body, customer -> Rules.targets(customer, providers));
    }

    /**
     * Reads a customer that was not written as JSON, which may name no targets but these.
     *
     * @param customer becomes part of what is returned
     * @throws NotCanonicalException when it is not a canonical customer, or has another target, with every fault
     */
    public CanonicalCustomer read(JsonNode customer, Collection<String> providers) {
        return check(customer, tree -> Rules.targets(tree, providers));
    }

    /**
     * The JSON types of what may stand at a place in a customer, as {@link SchemaCheck#typesAt} tells them.
     *
     * @param path from the root: names, and indexes in brackets
     */
    public Optional<Set<String>> typesAt(List<String> path) {
        return schema.typesAt(path);
    }

    private CanonicalCustomer read(byte[] body, Function<JsonNode, List<Fault>> further) {
        return check(text.read(body), further);
    }

    private CanonicalCustomer check(JsonNode customer, Function<JsonNode, List<Fault>> further) {
        List<Fault> faults = new ArrayList<>();
        Normalisation.apply(customer, faults);
        Rules.check(customer, clock, faults);
        faults.addAll(further.apply(customer));
        faults.addAll(schema.check(customer));
        if (!faults.isEmpty()) {
            boolean isNamed = faults.stream().noneMatch(fault -> fault.pointer().equals("/reference"));
            throw new NotCanonicalException(
                    faults.stream().distinct().sorted().toList(),
                    isNamed ? customer.path("reference").textValue() : null);
        }
        return new CanonicalCustomer(customer);
    }
}
