package io.herald.canonical;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.schema.Fault;
import io.herald.schema.SchemaCheck;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
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

    private CanonicalCustomer read(byte[] body, Function<JsonNode, List<Fault>> further) {
        JsonNode customer = text.read(body);
        List<Fault> faults = new ArrayList<>();
        Normalisation.apply(customer, faults);
        Rules.check(customer, clock, faults);
        faults.addAll(further.apply(customer));
        faults.addAll(schema.check(customer));
        if (!faults.isEmpty()) {
            throw new NotCanonicalException(faults.stream().distinct().sorted().toList());
        }
        return new CanonicalCustomer(customer);
    }
}
