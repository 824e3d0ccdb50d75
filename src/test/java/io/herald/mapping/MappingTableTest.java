package io.herald.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.schema.Fault;
import io.herald.schema.SchemaCheck;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The mappings yield what the table says, from the field that it says, and nothing else. What is sent is shown by the
 * examples; where it comes from, and that nothing else gets in, by changing one field at a time of a customer that has
 * them all.
 */
class MappingTableTest {

    private static final Path EVERYTHING = Path.of("src/test/resources/mapping-table");
    private static final String LINK = "4f9c2a51-6f0e-4b7a-9c3d-1e2f3a4b5c6d";
    private static final String OTHER_LINK = "b7e1d0c2-93a4-4d58-8f6b-0a9b8c7d6e5f";

    private static final MappingTable TABLE = MappingTable.read();
    private static final JsonNode PERSON = Example.json(EVERYTHING.resolve("person.json"));
    private static final JsonNode BUSINESS = Example.json(EVERYTHING.resolve("business.json"));
    private static Mappings mappings;

    @BeforeAll
    static void load() {
        List<String> mistakes = new ArrayList<>();
        mappings = Mappings.load(Example::text, Example.providers(), Clock.systemUTC(), mistakes);
        assertThat(mistakes).as("mistakes in the mappings").isEmpty();
    }

    @Test
    void theTableHasAColumnPerProvider() {
        assertThat(TABLE.providers()).containsExactlyInAnyOrderElementsOf(Example.providers());
    }

    @Test
    void theCustomersThatHaveEverythingAreCanonicalAndHaveEverything() {
        JsonNode schema = Example.json(Example.MAPPINGS.resolve("canonical/customer.schema.json"));
        SchemaCheck check = SchemaCheck.compile("canonical", schema.toString(), Clock.systemUTC());
        for (JsonNode customer : List.of(PERSON, BUSINESS)) {
            assertThat(check.check(customer)).isEmpty();
            String other = customer == PERSON ? "/business" : "/person";
            Set<String> missing = new TreeSet<>(fields(schema, schema, ""));
            missing.removeIf(field -> field.equals(other) || field.startsWith(other + "/"));
            missing.removeIf(field -> !MappingTable.matches(field, customer).isEmpty());
            assertThat(missing)
                    .as("canonical fields that a customer in " + EVERYTHING + " lacks")
                    .isEmpty();
        }
    }

    @ParameterizedTest(name = "{0}: {1} -> {2}")
    @MethodSource("cells")
    void everyCellIsYieldedByAnExample(String provider, MappingTable.Row row, MappingTable.Cell cell) {
        assertThat(Example.of(provider).stream()
                        .filter(example -> !example.isRefused())
                        .filter(example -> row.appliesTo(example.isPerson(), example.isUpdate()))
                        .anyMatch(example -> yields(row, cell, example)))
                .as(row + ": no example of " + provider + " yields " + cell.pointer() + ", " + cell.how())
                .isTrue();
    }

    private static boolean yields(MappingTable.Row row, MappingTable.Cell cell, Example example) {
        JsonNode request = mappings.of(example.provider()).request(example.canonical(), example.link());
        return MappingTable.matches(row.field(), example.canonical()).stream()
                .anyMatch(match -> MappingTable.yields(cell, match, example.canonical(), request));
    }

    static Stream<Arguments> cells() {
        return TABLE.providers().stream().flatMap(provider -> TABLE.rows().stream()
                .filter(row -> !row.field().equals(MappingTable.LINK))
                .flatMap(row -> row.cells().get(provider).stream()
                        .filter(cell -> !cell.how().equals("selects"))
                        .map(cell -> Arguments.of(provider, row, cell))));
    }

    @ParameterizedTest(name = "{0}: {1} {2}, update: {3}")
    @MethodSource("fields")
    void everyFieldGoesWhereTheTableSaysAndNowhereElse(String provider, String type, String leaf, boolean update) {
        JsonNode customer = type.equals("person") ? PERSON : BUSINESS;
        ProviderMapping mapping = mappings.of(provider);
        String link = update ? LINK : null;
        JsonNode other = changed(customer, leaf);
        MappingTable.Row row = TABLE.rowOf(leaf, customer, update);
        MappingTable.Match match = MappingTable.matches(row.field(), customer).stream()
                .filter(candidate -> candidate.pointer().equals(leaf))
                .findFirst()
                .orElseThrow();
        JsonNode request = mapping.request(customer, link);
        JsonNode otherRequest = mapping.request(other, link);

        Set<String> allowed = new TreeSet<>();
        for (MappingTable.Cell cell : row.cells().get(provider)) {
            allowed.add(MappingTable.target(cell, match, customer));
            allowed.add(MappingTable.target(cell, match, other));
            assertThat(MappingTable.yields(cell, match, customer, request))
                    .as(row + ": " + leaf + " must go to " + cell.pointer() + ", " + cell.how())
                    .isTrue();
            assertThat(MappingTable.yields(cell, match, other, otherRequest))
                    .as(row + ": what is at " + cell.pointer() + " must come from " + leaf + ", " + cell.how())
                    .isTrue();
        }
        assertThat(JsonDiff.between(request, otherRequest).stream().filter(difference -> allowed.stream()
                        .noneMatch(place -> (difference.pointer() + "/").startsWith(place + "/"))))
                .as(row + ": " + leaf + " must not change anything in the request but " + allowed)
                .isEmpty();
    }

    static Stream<Arguments> fields() {
        return TABLE.providers().stream().flatMap(provider -> Stream.of(PERSON, BUSINESS)
                .flatMap(customer -> leaves(customer).stream().flatMap(leaf -> Stream.of(false, true)
                        .map(update ->
                                Arguments.of(provider, customer.path("type").asText(), leaf, update)))));
    }

    @ParameterizedTest
    @MethodSource("providers")
    void theLinkGoesWhereTheTableSaysAndNowhereElse(String provider) {
        MappingTable.Row row = TABLE.rows().stream()
                .filter(candidate -> candidate.field().equals(MappingTable.LINK))
                .findFirst()
                .orElseThrow();
        List<String> places = row.cells().get(provider).stream()
                .map(MappingTable.Cell::pointer)
                .toList();
        JsonNode request = mappings.of(provider).request(PERSON, LINK);
        JsonNode other = mappings.of(provider).request(PERSON, OTHER_LINK);

        assertThat(JsonDiff.between(request, other).stream().map(JsonDiff::pointer))
                .containsExactlyInAnyOrderElementsOf(places);
        places.forEach(place -> assertThat(request.at(place).asText()).isEqualTo(LINK));
    }

    static List<String> providers() {
        return TABLE.providers();
    }

    /** A field of the customer given another value of its kind, found nowhere else in it. */
    private static JsonNode changed(JsonNode customer, String leaf) {
        JsonNode copy = customer.deepCopy();
        int last = leaf.lastIndexOf('/');
        JsonNode parent = copy.at(leaf.substring(0, last));
        String name = leaf.substring(last + 1);
        JsonNode marker = MappingTable.marker(leaf, copy.at(leaf));
        if (parent instanceof ArrayNode array) {
            array.set(Integer.parseInt(name), marker);
        } else {
            ((ObjectNode) parent).set(name, marker);
        }
        return copy;
    }

    /** Every field that can change alone: not the type, which decides what else there is. An attribute is one field. */
    private static List<String> leaves(JsonNode customer) {
        List<String> leaves = new ArrayList<>();
        collect("", customer, leaves);
        leaves.remove("/type");
        return leaves;
    }

    private static void collect(String pointer, JsonNode node, List<String> leaves) {
        if (node.isValueNode() || pointer.startsWith("/attributes/")) {
            leaves.add(pointer);
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                collect(pointer + "/" + i, node.get(i), leaves);
            }
        } else {
            node.fieldNames().forEachRemaining(name -> collect(Fault.child(pointer, name), node.get(name), leaves));
        }
    }

    /** Every field of a schema, as patterns of the TABLE. */
    private static Set<String> fields(JsonNode root, JsonNode schema, String pointer) {
        if (schema.has("$ref")) {
            return fields(root, root.at(schema.get("$ref").asText().substring(1)), pointer);
        }
        Set<String> fields = new TreeSet<>();
        if (schema.has("items")) {
            fields.addAll(fields(root, schema.get("items"), pointer + "/*"));
        }
        schema.path("properties")
                .fieldNames()
                .forEachRemaining(name ->
                        fields.addAll(fields(root, schema.get("properties").get(name), Fault.child(pointer, name))));
        return fields.isEmpty() ? Set.of(pointer) : fields.stream().collect(Collectors.toCollection(TreeSet::new));
    }
}
