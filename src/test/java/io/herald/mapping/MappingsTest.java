package io.herald.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every mistake in a mapping folder is told at start, with its place; what fails later tells its place, and no value. */
class MappingsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T00:00:00Z"), ZoneOffset.UTC);

    private final Map<String, String> files = new TreeMap<>(Map.of(
            "acme/request.jslt", "{\"name\": .name, \"id\": $link}",
            "acme/response.jslt", "{\"providerCustomerId\": .id, \"seen\": $status, \"was\": $link}",
            "acme/request.schema.json", "{\"type\": \"object\", \"required\": [\"name\"]}"));
    private final List<String> mistakes = new ArrayList<>();

    @Test
    void aGoodFolderLoadsWithoutMistakes() {
        ProviderMapping acme = load().of("acme");

        assertThat(mistakes).isEmpty();
        assertThat(acme.request(json("{'name':'Ada'}"), null)).isEqualTo(json("{'name':'Ada'}"));
        assertThat(acme.request(json("{'name':'Ada'}"), "7")).isEqualTo(json("{'name':'Ada','id':'7'}"));
        assertThat(acme.check(json("{'name':'Ada'}"))).isEmpty();
        assertThat(acme.check(json("{}"))).singleElement().satisfies(fault -> assertThat(fault.pointer())
                .isEqualTo("/name"));
        assertThat(acme.outcome(201, json("{'id':'7'}"), null))
                .isEqualTo(json("{'providerCustomerId':'7','seen':201}"));
        assertThat(acme.outcome(500, null, "7")).isEqualTo(json("{'seen':500,'was':'7'}"));
    }

    @Test
    void findIsThereOnlyWhereItsFileIs() {
        assertThat(load().of("acme").finds()).isFalse();
        assertThatThrownBy(() -> load().of("acme").find(json("[]"), json("{}")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("acme");

        files.put("acme/find.jslt", "{\"candidates\": [for (.) {\"same\": . == $request.name}]}");
        ProviderMapping acme = load().of("acme");

        assertThat(acme.finds()).isTrue();
        assertThat(acme.find(json("['Ada','Bob']"), json("{'name':'Bob'}")))
                .isEqualTo(json("{'candidates':[{'same':false},{'same':true}]}"));
    }

    /** Else nobody would be found, and the customer created a second time. */
    @ParameterizedTest
    @ValueSource(strings = {"{\"candidate\": [{\"same\": true}]}", "{\"candidates\": \"Ada\"}"})
    void whatALookUpFindsIsAList(String found) {
        files.put("acme/find.jslt", found);

        assertThatThrownBy(() -> load().of("acme").find(json("{}"), json("{}")))
                .isInstanceOf(MappingFailedException.class)
                .hasMessage("mappings/acme/find.jslt: makes something else than a list, candidates, and next");
    }

    @Test
    void theNextPageIsAnInt() {
        files.put("acme/find.jslt", "{\"next\": .page + 1}");

        assertThat(load().of("acme")
                        .find(json("{'page':1}"), json("{}"))
                        .path("next")
                        .isInt())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`{\n  \"a\": .a,,\n}`              | :2:11: syntax error: unexpected ','",
                "`{\n  \"a\": #\n}`                 | :2:8: syntax error: unexpected '#'",
                "`{\n  \"a\": .a\n`                 | syntax error: unexpected end of file",
                "`{\n  \"a\": \"open\n}`            | syntax error: unexpected end of file",
                "`{\n  \"a\": 1,\n  \"a\": 2\n}`    | :3:3: Invalid object declaration, duplicate key 'a'",
                "`{\n  \"a\": upper(.a)\n}`         | :2:8: No such function: 'upper'",
                "`{\n  \"a\": size(1, 2)\n}`        | :2:8: Function 'size' needs 1-1 arguments, got 2",
                "`{\n  \"a\": test(.a, \"[\")\n}`   | Syntax error in regular expression '['",
                "`{\n  \"a\": $status\n}`           | :2:8: no variable $status; there are $link and what a let declares",
                "`def f(x)\n  $x + $y\nf(.)`        | :2:8: no variable $y; there are $link and what a let declares",
                "`// $why\n{\"$not\": [for (.) $x]}`| :2:19: no variable $x; there are $link and what a let declares",
                "`  `                               | the file is empty",
                "`import \"../b/x.jslt\" as x\n{}`  | :1:8: imports \"../b/x.jslt\", but only files of the same folder are allowed",
                "`import \"x.jslt\" as x\n{}`       | :1:8: imports \"x.jslt\", but there is no such file",
            })
    void aMistakeInATemplateIsToldWithItsPlace(String template, String told) {
        files.put("acme/request.jslt", template);

        assertThatThrownBy(() -> load().of("acme")).isInstanceOf(IllegalArgumentException.class);

        assertThat(mistakes).singleElement().satisfies(mistake -> assertThat(mistake)
                .startsWith("mappings/acme/request.jslt:")
                .endsWith(told)
                .doesNotContain("\n"));
    }

    @Test
    void allMistakesOfAllFilesAreToldAtOnce() {
        files.put("acme/request.jslt", "{\"a\": $one, \"b\": $two}");
        files.put("acme/request.schema.json", "{\"type\": ");
        files.put("acme/find.jslt", "{\"a\": nope(.)}");
        files.remove("acme/response.jslt");
        List<String> providers = List.of("acme", "other");

        Mappings.load(path -> Optional.ofNullable(files.get(path)), providers, CLOCK, mistakes);

        assertThat(mistakes)
                .hasSize(8)
                .anyMatch(m -> m.startsWith("mappings/acme/request.jslt:1:7: no variable $one"))
                .anyMatch(m -> m.startsWith("mappings/acme/request.jslt:1:18: no variable $two"))
                .anyMatch(m -> m.contains("mappings/acme/request.schema.json"))
                .anyMatch(m -> m.startsWith("mappings/acme/find.jslt:1:7: No such function"))
                .contains(
                        "mappings/acme/response.jslt: the file is missing",
                        "mappings/other/request.jslt: the file is missing",
                        "mappings/other/response.jslt: the file is missing",
                        "mappings/other/request.schema.json: the file is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"request.jslt", "request.schema.json", "response.jslt", "find.jslt", "names.jslt"})
    void aFileThatCannotBeReadIsAMistakeToo(String name) {
        files.put("acme/request.jslt", "import \"names.jslt\" as names\n{\"name\": names:full(.)}");
        files.put("acme/names.jslt", "def full(p) $p.first");
        String mistake = "mappings/acme/" + name + ": is not UTF-8";

        Mappings.load(
                path -> {
                    if (path.equals("acme/" + name)) {
                        throw new UncheckedIOException(mistake, new MalformedInputException(1));
                    }
                    return Optional.ofNullable(files.get(path));
                },
                List.of("acme"),
                CLOCK,
                mistakes);

        assertThat(mistakes).containsExactly(mistake);
    }

    @Test
    void aRequestMayHaveWhatItsSchemaDoesNotRuleOut() {
        assertThat(load().mayHave("acme", "mail")).isTrue();

        files.put("acme/request.schema.json", """
                {"type": "object", "additionalProperties": false, "properties": {"name": {"type": "string"}}}
                """);
        assertThat(load().mayHave("acme", "name")).isTrue();
        assertThat(load().mayHave("acme", "mail")).isFalse();

        files.put("acme/request.schema.json", "{");
        assertThat(load().mayHave("acme", "mail")).as("nobody knows").isTrue();
    }

    @Test
    void aTemplateMayImportAFileOfItsFolder() {
        files.put("acme/names.jslt", "def full(p) $p.first + \" \" + $p.last");
        files.put("acme/request.jslt", "import \"names.jslt\" as names\n{\"name\": names:full(.)}");

        assertThat(load().of("acme").request(json("{'first':'Ada','last':'Lee'}"), null))
                .isEqualTo(json("{'name':'Ada Lee'}"));

        files.put("acme/names.jslt", "def full(p)\n  $p.first + $q");
        load();
        assertThat(mistakes).singleElement().satisfies(mistake -> assertThat(mistake)
                .startsWith("mappings/acme/names.jslt:2:14: no variable $q"));

        mistakes.clear();
        files.put("acme/names.jslt", "def full(p)\n  $p.first +");
        load();
        assertThat(mistakes).singleElement().satisfies(mistake -> assertThat(mistake)
                .startsWith("mappings/acme/names.jslt")
                .contains("syntax error"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`{\n  \"a\": [for (.secret) .]\n}` | mappings/acme/request.jslt:2:8: the template fails on this input",
                "`{\"a\": number(.secret)}`         | mappings/acme/request.jslt: the template fails on this input",
                "`error(\"no: \" + .secret)`        | mappings/acme/request.jslt: the template fails on this input",
                "`def f(x) f($x) f(.)`              | mappings/acme/request.jslt: the template fails on this input",
                "`.secret`                          | mappings/acme/request.jslt: the template yields no object for this input",
            })
    void aTemplateThatFailsTellsItsPlaceAndNoValue(String template, String told) {
        files.put("acme/request.jslt", template);
        ProviderMapping acme = load().of("acme");

        MappingFailedException failed =
                catchThrowableOfType(MappingFailedException.class, () -> acme.request(json("{'secret':'Jane'}"), null));

        assertThat(failed).hasMessage(told);
        StringWriter everything = new StringWriter();
        failed.printStackTrace(new PrintWriter(everything));
        assertThat(everything.toString()).doesNotContain("Jane");
    }

    @Test
    void alpha3TurnsACountryIntoThreeLetters() {
        files.put("acme/request.jslt", "{for (.) .key : alpha3(.value)}");

        assertThat(load().of("acme").request(json("{'a':'TZ','b':'US','c':null,'d':'ZZ','e':7}"), null))
                .isEqualTo(json("{'a':'TZA','b':'USA'}"));
    }

    /** The table "What vanishes" of {@code mappings/README.md}. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"a\": .absent, \"b\": .none, \"c\": .object, \"d\": .array}         | {}",
                "{\"a\": .text, \"b\": .no, \"c\": .zero}                               | {'a':'','b':false,'c':0}",
                "{\"a\": {\"b\": {\"c\": .absent}}}                                     | {}",
                "{\"a\": [.absent], \"b\": [{\"c\": .absent}]}                          | {'a':[null],'b':[{}]}",
                "{\"a\": .deep}                                                         | {'a':{'x':null}}",
                "{* : .}                                                                | {'text':'','no':false,'zero':0,'none':null,'object':{},'array':[],'deep':{'x':null},'list':[1,null]}",
                "{for (.) .key : .value}                                                | {'text':'','no':false,'zero':0,'deep':{'x':null},'list':[1,null]}",
                "{\"a\": [for (.list) .], \"b\": [for (.list) . if (.)]}                | {'a':[1,null],'b':[1]}",
                "{\"a\": [for (.absent) .]}                                             | {}",
                "{\"a\": fallback(.no, true), \"b\": fallback(.text, 1), \"c\": fallback(.absent, .object, 2)} | {'a':false,'b':'','c':2}",
                "{\"a\": if (.no) 1, \"b\": if (.text) 1, \"c\": if (.zero) 1}           | {}",
                "{\"a\": .absent + \"x\", \"b\": join([\"x\", .absent], \" \")}         | {'a':'nullx','b':'x null'}",
            })
    void whatVanishesIsAsTheReadmeSays(String template, String expected) {
        files.put("acme/request.jslt", template);
        JsonNode input = json("{'text':'','no':false,'zero':0,'none':null,'object':{},'array':[],"
                + "'deep':{'x':null},'list':[1,null]}");

        Mappings mappings = load();

        assertThat(mistakes).isEmpty();
        assertThat(mappings.of("acme").request(input, null)).isEqualTo(json(expected));
    }

    @Test
    void oneTemplateServesManyThreads() {
        files.put("acme/request.jslt", "let n = .n\n{\"a\": [for (.list) $n + .], \"id\": $link}");
        ProviderMapping acme = load().of("acme");

        assertThat(IntStream.range(0, 2000).parallel().filter(n -> {
                    JsonNode made = acme.request(json("{'n':'" + n + "','list':['a','b']}"), "id" + n);
                    return !made.equals(json("{'a':['" + n + "a','" + n + "b'],'id':'id" + n + "'}"));
                }))
                .isEmpty();
    }

    private Mappings load() {
        return Mappings.load(path -> Optional.ofNullable(files.get(path)), List.of("acme"), CLOCK, mistakes);
    }

    private static JsonNode json(String singleQuoted) {
        try {
            return JSON.readTree(singleQuoted.replace('\'', '"'));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
