package io.herald.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.canonical.CanonicalReader;
import io.herald.canonical.NotCanonicalException;
import io.herald.delivery.Outcome;
import io.herald.delivery.Reason;
import io.herald.delivery.State;
import io.herald.schema.Fault;
import io.herald.schema.SchemaCheck;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every example of every provider, in both directions: the canonical customer becomes the request, the answer becomes the
 * outcome. A folder more in {@code mappings/<provider>/examples} is a test more.
 */
class MappingExamplesTest {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T10:00:00Z"), ZoneOffset.UTC);
    private static final String CANONICAL = "canonical/customer.schema.json";

    private static final CanonicalReader CANONICAL_READER = new CanonicalReader(
            SchemaCheck.compile(CANONICAL, Example.text(CANONICAL).orElseThrow(), CLOCK), 1 << 20, CLOCK);

    private static final List<Example> EXAMPLES = Example.providers().stream()
            .flatMap(provider -> Example.of(provider).stream())
            .toList();

    private static final MappingTable TABLE = MappingTable.read();

    private static Mappings mappings;

    @BeforeAll
    static void load() {
        List<String> mistakes = new ArrayList<>();
        mappings = Mappings.load(Example::text, Example.providers(), CLOCK, mistakes);
        assertThat(mistakes).as("mistakes in the mappings").isEmpty();
    }

    @ParameterizedTest
    @MethodSource("all")
    void isACanonicalCustomer(Example example) {
        assertThat(canonicalFaults(example.canonical()))
                .as(example.folder().resolve("canonical.json") + " must be a canonical customer")
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("all")
    void hasTheFilesOfAnExample(Example example) {
        assertThat(example.strangers())
                .as(example + " has files that no test reads; misspelt?")
                .isEmpty();
        if (example.isRefused()) {
            assertThat(example.outcome())
                    .as(example + " has no request.json, so it needs an outcome.json that says why")
                    .isNotNull();
            assertThat(example.response())
                    .as(example + " has a response.json, so it needs a request.json")
                    .isNull();
        } else {
            assertThat(example.response() != null || example.find() != null)
                    .as(example + " needs a response.json and an outcome.json, or a find.json")
                    .isTrue();
            assertThat(example.outcome() != null)
                    .as(example + " needs both response.json and outcome.json, or neither")
                    .isEqualTo(example.response() != null);
        }
    }

    @ParameterizedTest
    @MethodSource("sent")
    void becomesTheRequest(Example example) {
        ProviderMapping mapping = mappings.of(example.provider());
        ObjectNode request = mapping.request(example.canonical(), example.link());

        assertSame(example.folder().resolve("request.json"), example.request(), request);
        assertThat(mapping.check(request))
                .as("what request.schema.json refuses in " + example + "; if that is meant, remove request.json")
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("answered")
    void becomesTheOutcome(Example example) {
        int status = example.response().path("status").asInt();
        assertThat(status)
                .as(example.folder().resolve("response.json") + " needs a status")
                .isBetween(200, 599);
        ObjectNode fragment = mappings.of(example.provider())
                .outcome(status, example.response().get("body"), example.link());
        ObjectNode outcome = Outcome.of(status, fragment, example.isUpdate());

        assertWordsAreKnown(example, fragment);
        assertSame(example.folder().resolve("outcome.json"), example.outcome(), outcome);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void isRefusedBeforeSending(Example example) {
        ProviderMapping mapping = mappings.of(example.provider());
        List<Fault> faults = mapping.check(mapping.request(example.canonical(), example.link()));

        assertThat(faults)
                .as(example + " has no request.json, so the provider's schema must refuse it")
                .isNotEmpty();
        assertSame(example.folder().resolve("outcome.json"), example.outcome(), Outcome.notMappable(faults));
    }

    @ParameterizedTest
    @MethodSource("lookedUp")
    void lookUpBecomesTheCandidates(Example example) {
        ProviderMapping mapping = mappings.of(example.provider());
        assertThat(mapping.finds())
                .as(example + " has a find.json, so " + example.provider() + " needs a find.jslt")
                .isTrue();

        assertSame(
                example.folder().resolve("find.json"),
                example.find().path("found"),
                mapping.find(example.find().get("answer"), example.request()));
    }

    /** What every provider must have an example of; told from the data, whatever the folders are called. */
    @ParameterizedTest
    @MethodSource("providers")
    void hasTheExamplesThatEveryProviderNeeds(String provider) {
        ProviderMapping mapping = mappings.of(provider);
        Predicate<Example> created = example -> !example.isRefused() && !example.isUpdate() && isDelivered(example);
        Predicate<Example> person = created.and(Example::isPerson);

        SoftAssertions all = new SoftAssertions();
        needs(all, provider, 1, "minimal person: nothing can be left out", person.and(e -> isMinimal(mapping, e)));
        needs(all, provider, 1, "full person: all that this provider is sent", person.and(MappingExamplesTest::isFull));
        needs(all, provider, 1, "business", created.and(example -> !example.isPerson()));
        needs(all, provider, 1, "name in another script than Latin", created.and(MappingExamplesTest::isNonLatin));
        needs(all, provider, 1, "update", example -> example.isUpdate() && isDelivered(example));
        needs(all, provider, 3, "customer that is refused before sending", Example::isRefused);
        if (mapping.finds()) {
            needs(all, provider, 1, "look-up that finds the customer", looksUp(found -> isSame(found.path(0))));
            needs(all, provider, 1, "look-up that finds nobody", looksUp(JsonNode::isMissingNode));
            needs(
                    all,
                    provider,
                    1,
                    "look-up that leaves a doubt",
                    looksUp(found -> found.has(0) && !isSame(found.path(0))));
        }
        all.assertAll();
    }

    private static Predicate<Example> looksUp(Predicate<JsonNode> candidates) {
        return example ->
                example.find() != null && candidates.test(example.find().at("/found/candidates"));
    }

    private static boolean isSame(JsonNode candidate) {
        return candidate.path("same").asBoolean();
    }

    private static void needs(SoftAssertions all, String provider, int least, String what, Predicate<Example> wanted) {
        all.assertThat(Example.of(provider).stream().filter(wanted))
                .as("mappings/" + provider + "/examples needs " + least + " with a " + what)
                .hasSizeGreaterThanOrEqualTo(least);
    }

    static List<Example> all() {
        return EXAMPLES;
    }

    static Stream<Example> sent() {
        return EXAMPLES.stream().filter(example -> !example.isRefused());
    }

    static Stream<Example> refused() {
        return EXAMPLES.stream().filter(Example::isRefused);
    }

    static Stream<Example> answered() {
        return EXAMPLES.stream().filter(example -> example.response() != null);
    }

    static Stream<Example> lookedUp() {
        return EXAMPLES.stream().filter(example -> example.find() != null);
    }

    static List<String> providers() {
        return Example.providers();
    }

    private static void assertSame(Path file, JsonNode expected, JsonNode actual) {
        assertThat(expected).as(file + " is missing").isNotNull();
        List<JsonDiff> differences = JsonDiff.between(expected, actual);
        if (!differences.isEmpty()) {
            fail(file + " differs:\n  "
                    + differences.stream().map(JsonDiff::toString).collect(Collectors.joining("\n  ")));
        }
    }

    private static void assertWordsAreKnown(Example example, JsonNode fragment) {
        if (fragment.has("state")) {
            assertThat(fragment.get("state").asText())
                    .as("the state that response.jslt tells for " + example)
                    .isIn(State.RETRYING.word(), State.REJECTED.word(), State.DEAD.word());
        }
        if (fragment.path("error").has("reason")) {
            assertThat(fragment.path("error").get("reason").asText())
                    .as("the reason that response.jslt tells for " + example)
                    .isIn(Arrays.stream(Reason.values()).map(Reason::word).toList());
        }
    }

    private static List<Fault> canonicalFaults(JsonNode customer) {
        try {
            CANONICAL_READER.read(customer.toString().getBytes(StandardCharsets.UTF_8));
            return List.of();
        } catch (NotCanonicalException e) {
            return e.faults();
        }
    }

    private static boolean isDelivered(Example example) {
        return example.outcome() != null
                && example.outcome().path("state").asText().equals(State.DELIVERED.word());
    }

    private static boolean isNonLatin(Example example) {
        JsonNode names = example.canonical().path(example.isPerson() ? "person" : "business");
        String name = names.path("firstName").asText()
                + names.path("lastName").asText()
                + names.path("legalName").asText();
        return name.codePoints()
                .filter(Character::isLetter)
                .anyMatch(letter -> Character.UnicodeScript.of(letter) != Character.UnicodeScript.LATIN);
    }

    /** Whether each of its fields is needed: without it, it is no canonical customer, or this provider refuses it. */
    private static boolean isMinimal(ProviderMapping mapping, Example example) {
        return pointers("", example.canonical()).allMatch(pointer -> {
            JsonNode less = without(example.canonical(), pointer);
            return !canonicalFaults(less).isEmpty()
                    || !mapping.check(mapping.request(less, null)).isEmpty();
        });
    }

    /** Whether it alone has, and sends, all that the table sends to this provider about a person. */
    private static boolean isFull(Example example) {
        assertThat(TABLE.rows().get(0).cells())
                .as("src/test/resources/mapping-table/table.txt has a column for each provider")
                .containsKey(example.provider());
        return TABLE.rows().stream()
                .filter(row -> row.appliesTo(true, false) && !row.field().equals(MappingTable.LINK))
                .allMatch(row -> row.cells().get(example.provider()).isEmpty()
                        || !MappingTable.matches(row.field(), example.canonical())
                                .isEmpty());
    }

    private static Stream<String> pointers(String parent, JsonNode node) {
        List<String> children = new ArrayList<>();
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                children.add(parent + "/" + i);
            }
        } else {
            node.fieldNames().forEachRemaining(name -> children.add(Fault.child(parent, name)));
        }
        return children.stream()
                .flatMap(child -> Stream.concat(
                        Stream.of(child),
                        pointers("", node.at(child.substring(parent.length()))).map(child::concat)));
    }

    private static JsonNode without(JsonNode document, String pointer) {
        JsonNode copy = document.deepCopy();
        int last = pointer.lastIndexOf('/');
        JsonNode parent = copy.at(pointer.substring(0, last));
        String name = pointer.substring(last + 1).replace("~1", "/").replace("~0", "~");
        if (parent instanceof ArrayNode array) {
            array.remove(Integer.parseInt(name));
        } else {
            ((ObjectNode) parent).remove(name);
        }
        return copy;
    }
}
