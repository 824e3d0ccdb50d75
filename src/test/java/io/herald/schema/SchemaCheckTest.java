package io.herald.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaCheckTest {

    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T10:00:00Z"), ZoneOffset.UTC);
    private static final ObjectMapper JSON = new ObjectMapper();

    private static SchemaCheck compile(String schema) {
        return SchemaCheck.compile("test.schema.json", schema, CLOCK);
    }

    private static List<Fault> check(String schema, String document) {
        try {
            return compile(schema).check(JSON.readTree(document));
        } catch (JsonProcessingException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void tellsEveryFaultOnceInTheOrderOfPointers() {
        String schema = """
                {"type": "object", "required": ["a", "z"], "additionalProperties": false,
                 "properties": {"z": true, "a": {"type": "string"}, "m": {"type": "integer"},
                   "l": {"type": "array", "items": {"$ref": "#/$defs/short"}}},
                 "allOf": [{"required": ["a"]}],
                 "$defs": {"short": {"type": "string", "maxLength": 2}}}
                """;
        assertThat(check(schema, "{\"m\": \"x\", \"l\": [\"abc\", \"ab\", 1], \"q/~\": 1}"))
                .containsExactly(
                        new Fault("/a", "is required"),
                        new Fault("/l/0", "must have at most 2 characters"),
                        new Fault("/l/2", "must be a string"),
                        new Fault("/m", "must be a whole number"),
                        new Fault("/q~1~0", "is not a known field"),
                        new Fault("/z", "is required"));
    }

    /** Every keyword that can refuse a value, and a document that it refuses. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"type": "integer"}                                | "MARK"          |          | must be a whole number
                    {"type": ["integer", "boolean"]}                   | "MARK"          |          | must be a whole number or true or false
                    {"enum": ["a", "b"]}                               | "MARK"          |          | must be one of a, b
                    {"const": 7}                                       | "MARK"          |          | must be 7
                    {"pattern": "^a$"}                                 | "MARK"          |          | must match the pattern ^a$
                    {"minLength": 9}                                   | "MARK"          |          | must have at least 9 characters
                    {"minLength": 1}                                   | ""              |          | must not be empty
                    {"maxLength": 1}                                   | "MARK"          |          | must have at most 1 character
                    {"minItems": 2}                                    | ["MARK"]        |          | must have at least 2 entries
                    {"maxItems": 1}                                    | ["MARK", 1]     |          | must have at most 1 entry
                    {"uniqueItems": true}                              | ["MARK","MARK"] |          | must not have the same entry twice
                    {"contains": {"const": 1}}                         | ["MARK"]        |          | lacks an entry that is asked for
                    {"contains": {"const": 1}, "maxContains": 1}       | [1, 1, "MARK"]  |          | has too many entries of one kind
                    {"items": false}                                   | ["MARK"]        |          | has an entry that is not allowed
                    {"prefixItems": [true], "items": false}            | [1, "MARK"]     |          | has an entry that is not allowed
                    {"unevaluatedItems": false}                        | ["MARK"]        |          | has an entry that is not allowed
                    {"minProperties": 2}                               | {"a": "MARK"}   |          | must have at least 2 fields
                    {"maxProperties": 0}                               | {"a": "MARK"}   |          | must have at most 0 fields
                    {"properties": {"a": false}}                       | {"a": "MARK"}   | /a       | is not allowed here
                    {"patternProperties": {"^a": false}}               | {"ab": "MARK"}  | /ab      | is not allowed here
                    {"propertyNames": {"maxLength": 2}}                | {"abc": "MARK"} | /abc     | has a name that is not allowed
                    {"unevaluatedProperties": false}                   | {"a": "MARK"}   | /a       | is not a known field
                    {"dependentRequired": {"a": ["b"]}}                | {"a": "MARK"}   | /b       | is required
                    {"dependentSchemas": {"a": {"required": ["b"]}}}   | {"a": "MARK"}   | /b       | is required
                    {"not": {"type": "string"}}                        | "MARK"          |          | is not allowed here
                    {"oneOf": [{"type": "string"}, {"minLength": 1}]}  | "MARK"          |          | must fit exactly one of the forms that are allowed
                    {"minimum": 0}                                     | -71625          |          | must be at least 0
                    {"maximum": 0.5}                                   | 71625           |          | must be at most 0.5
                    {"exclusiveMinimum": 0}                            | -71625          |          | must be more than 0
                    {"exclusiveMaximum": 0}                            | 71625           |          | must be less than 0
                    {"multipleOf": 2}                                  | 71625           |          | must be a multiple of 2
                    {"format": "date"}                                 | "MARK"          |          | must be a real calendar day as yyyy-mm-dd
                    {"format": "date-time"}                            | "MARK"          |          | must be an RFC 3339 date and time with its offset
                    {"format": "email"}                                | "MARK"          |          | must be an e-mail address
                    {"format": "uri"}                                  | "MARK"          |          | must be an absolute URI
                    {"format": "uuid"}                                 | "MARK"          |          | must be a UUID
                    {"format": "data-uri"}                             | "MARK"          |          | must be a base64 data URI
                    {"minimumAge": 18}                                 | "2020-07-16"    |          | must be the birth date of someone at least 18 years old
                    """)
    void saysWhatIsWantedAndNeverWhatWasGiven(String schema, String document, String pointer, String message) {
        List<Fault> faults = check(schema, document);
        assertThat(faults).containsExactly(new Fault(pointer == null ? "" : pointer, message));
        assertThat(faults.get(0).message()).doesNotContain("MARK", "71625", "2020-07-16");
    }

    @Test
    void aSchemaMaySayItInItsOwnWords() {
        String schema = """
                {"properties": {"a": {"maxLength": 1, "pattern": "^x", "message": {"pattern": "must start with x"}}},
                 "required": ["b"], "message": {"required": "is needed by the provider"}}
                """;
        assertThat(check(schema, "{\"a\": \"yy\"}"))
                .containsExactly(
                        new Fault("/a", "must have at most 1 character"),
                        new Fault("/a", "must start with x"),
                        new Fault("/b", "is needed by the provider"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"anyOf", "oneOf"})
    void aChoiceWithItsOwnSentenceIsOneFaultAndWithoutTellsThoseOfItsBranches(String keyword) {
        String branches = '"' + keyword + "\": [{\"required\": [\"a\"]}, {\"required\": [\"b\"]}]";
        String message = ", \"message\": {\"" + keyword + "\": \"must have a or b\"}";
        assertThat(check('{' + branches + message + '}', "{}")).containsExactly(new Fault("", "must have a or b"));
        assertThat(check('{' + branches + '}', "{}")).extracting(Fault::pointer).contains("/a", "/b");
        assertThat(check('{' + branches + message + '}', "{\"b\": 1}")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "true  | [{\"a\": 1, \"b\": [{\"c\": 2, \"d\": 3}]}, {\"b\": [{\"d\": 3, \"c\": 2}], \"a\": 1}] | 1",
                "true  | [1, \"1\", [1], {\"1\": 1}, null, \"null\", true, \"true\"] | 0",
                "true  | {\"a\": 1, \"b\": 1} | 0",
                "true  | [[], []] | 1",
                "false | [1, 1] | 0"
            })
    void anEntryIsTheSameWhateverTheOrderOfItsFields(boolean unique, String document, int faults) {
        assertThat(check("{\"uniqueItems\": " + unique + "}", document)).hasSize(faults);
    }

    /** With the library's own validators each is compared with all before it. */
    @Test
    @Timeout(20)
    void entriesAndNamesOfOneHashAreNoMoreWorkThanOthers() throws JsonProcessingException {
        List<String> texts = Stream.iterate(List.of(""), all -> all.stream()
                        .flatMap(text -> Stream.of(text + "Aa", text + "BB"))
                        .toList())
                .skip(17)
                .findFirst()
                .orElseThrow();
        assertThat(check("{\"uniqueItems\": true}", JSON.writeValueAsString(texts)))
                .isEmpty();
        assertThat(check(
                        "{\"additionalProperties\": false}",
                        JSON.writeValueAsString(texts.stream().collect(Collectors.toMap(text -> text, text -> 1)))))
                .hasSize(texts.size());
    }

    @Test
    void whatIsKnownIsNamedOrHasAPattern() {
        String schema = """
                {"properties": {"a": true}, "patternProperties": {"^x-": true}, "additionalProperties": false,
                 "message": {"additionalProperties": "is unheard of"}}
                """;
        assertThat(check(schema, "{\"a\": 1, \"x-b\": 1, \"#c\": 1, \"d/e\": 1}"))
                .containsExactly(new Fault("/#c", "is unheard of"), new Fault("/d~1e", "is unheard of"));
        assertThat(check(schema, "[\"d\"]")).isEmpty();
        assertThat(check("{\"additionalProperties\": {\"type\": \"string\"}}", "{\"a\": 1, \"b\": \"\"}"))
                .containsExactly(new Fault("/a", "must be a string"));
    }

    @Test
    void aConditionalRuleAppliesOnlyWhereItsConditionHolds() {
        String schema = """
                {"if": {"properties": {"n": {"not": {"pattern": "^[ -~]*$"}}}, "required": ["n"]},
                 "then": {"required": ["t"], "message": {"required": "is required, as n is not Latin"}}}
                """;
        assertThat(check(schema, "{\"n\": \"Żółć\"}"))
                .containsExactly(new Fault("/t", "is required, as n is not Latin"));
        assertThat(check(schema, "{\"n\": \"Zolc\"}")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "date, 2024-02-29",
        "date-time, 2026-01-02T03:04:05Z",
        "date-time, 2026-01-02t03:04:05.123456789+05:30",
        "date-time, 2016-12-31T23:59:60Z",
        "date-time, 2017-01-01T05:29:60+05:30",
        "email, jane@example.com",
        "email, jane.q+tag@mail.acme.example",
        "uri, https://acme.example/a?b=c#d",
        "uri, urn:example:a",
        "uuid, 0199f2c4-7a55-7c1e-b2a0-1f2e3d4c5b6a",
        "data-uri, 'data:image/png;base64,QUJD'",
        "data-uri, 'data:application/vnd.x+json;base64,QQ=='"
    })
    void takesWhatHasTheFormat(String format, String value) {
        assertThat(check("{\"format\": \"" + format + "\"}", '"' + value + '"')).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "date, 2023-02-29",
        "date, 2023-04-31",
        "date, 2023-13-01",
        "date, 2023-1-1",
        "date, +2023-01-01",
        "date, -999-01-01",
        "date, +20240-1-1",
        "date, +2024-1-01",
        "date, 2024-1-001",
        "date, 20240-1-01",
        "date, 2024-W01-1",
        "date, \u0662024-01-01",
        "date, ''",
        "date-time, 2026-01-02",
        "date-time, 2026-01-02T03:04:05",
        "date-time, 2026-02-30T03:04:05Z",
        "date-time, 2026-01-02T24:00:00Z",
        "date-time, 2026-01-02T03:60:05Z",
        "date-time, 2026-01-02T03:04:61Z",
        "date-time, 2026-01-02T03:04:60Z",
        "date-time, 2026-01-02T03:04:05+24:00",
        "date-time, 2026-01-02 03:04:05Z",
        "email, jane",
        "email, jane@",
        "email, '@example.com'",
        "email, jane@example",
        "email, jane@-example.com",
        "email, jane@example..com",
        "email, .jane@example.com",
        "email, ja ne@example.com",
        "email, 'jane@example.com\\n'",
        "uri, acme.example",
        "uri, '//acme.example'",
        "uri, 'https://acme.example/a b'",
        "uri, 'https://acme.example/é'",
        "uuid, 0199f2c47a557c1eb2a01f2e3d4c5b6a",
        "data-uri, 'data:image/png;base64,'",
        "data-uri, 'data:image/png;base64,QUJ'",
        "data-uri, 'data:image/png;base64,QU=D'",
        "data-uri, 'data:image/png;base64,QUJ*'",
        "data-uri, 'data:image/png,QUJD'",
        "data-uri, 'QUJD'"
    })
    void refusesWhatHasNot(String format, String value) {
        assertThat(check("{\"format\": \"" + format + "\"}", '"' + value + '"')).hasSize(1);
    }

    @Test
    void aFormatSaysNothingAboutOtherTypes() {
        assertThat(check("{\"format\": \"date\", \"minimumAge\": 18}", "17")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-20T10:00:00Z, 2008-11-20, true",
        "2026-11-20T10:00:00Z, 2008-11-21, false",
        "2022-02-28T23:59:59Z, 2004-02-29, false",
        "2022-03-01T00:00:00Z, 2004-02-29, true",
        "2026-11-20T10:00:00Z, not a date, true"
    })
    void minimumAgeCountsOnTheUtcDayOfTheClock(Instant now, String birthDate, boolean oldEnough) {
        Clock faraway = Clock.fixed(now, ZoneId.of("Pacific/Kiritimati"));
        SchemaCheck check = SchemaCheck.compile("age", "{\"minimumAge\": 18}", faraway);
        assertThat(check.check(JSON.getNodeFactory().textNode(birthDate)).isEmpty())
                .isEqualTo(oldEnough);
    }

    @Test
    void aDollarSignMeansTheEndAndNotTheLastLineBreak() {
        assertThat(check("{\"pattern\": \"^[a$]+$\"}", "\"a$\"")).isEmpty();
        assertThat(check("{\"pattern\": \"^[a$]+$\"}", "\"a\\n\"")).hasSize(1);
        assertThat(check("{\"pattern\": \"^a\\\\$$\"}", "\"a$\"")).isEmpty();
    }

    @Test
    void aLongStringTakesNeitherStackNorTime() {
        String schema = """
                {"format": "data-uri", "pattern": "^data:image/png;base64,[A-Za-z0-9+/]*={0,2}$", "maxLength": 30000000}
                """;
        String document = "\"data:image/png;base64," + "QUJD".repeat(4_900_000) + '"';
        SchemaCheck check = compile(schema);
        long start = System.nanoTime();
        assertThat(checkOnSmallStack(check, document)).isEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
    }

    private static List<Fault> checkOnSmallStack(SchemaCheck check, String document) {
        var faults = new CompletableFuture<List<Fault>>();
        var thread = new Thread(
                null,
                () -> {
                    try {
                        faults.complete(check.check(JSON.readTree(document)));
                    } catch (JsonProcessingException | StackOverflowError e) {
                        faults.completeExceptionally(e);
                    }
                },
                "small stack",
                256 * 1024);
        thread.start();
        return faults.join();
    }

    @Test
    void aMistakeInTheSchemaIsToldWithFileLineAndColumnAndSoAreAllOthers() {
        String schema = """
                {
                  "type": "objct",
                  "requried": ["a"],
                  "properties": {
                    "a": {"pattern": "("},
                    "b": {"format": "dat"},
                    "c": {"$ref": "https://example.com/other.json"},
                    "d": {"$ref": "#/$defs/gone"},
                    "e": {"maxLength": -1, "message": {"minLength": "no such keyword here"}}
                  }
                }
                """;
        assertThatThrownBy(() -> compile(schema))
                .isInstanceOfSatisfying(SchemaException.class, e -> assertThat(e.mistakes())
                        .satisfiesExactly(
                                m -> assertThat(m)
                                        .isEqualTo("test.schema.json:2:11: \"type\" is not a type of JSON Schema"),
                                m -> assertThat(m)
                                        .isEqualTo(
                                                "test.schema.json:3:15: \"requried\" is not a keyword that is known here"),
                                m -> assertThat(m)
                                        .startsWith("test.schema.json:5:22: \"pattern\" is not a regular expression"),
                                m -> assertThat(m).startsWith("test.schema.json:6:21: \"format\" is not a format"),
                                m -> assertThat(m)
                                        .startsWith("test.schema.json:7:19: \"$ref\" must point into this file"),
                                m -> assertThat(m)
                                        .startsWith("test.schema.json:8:19: \"$ref\" must point into this file"),
                                m -> assertThat(m)
                                        .startsWith("test.schema.json:9:24: \"maxLength\" must be a whole number"),
                                m -> assertThat(m)
                                        .startsWith("test.schema.json:9:53: \"minLength\" is a sentence for")))
                .hasMessageContaining("test.schema.json:2:11");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    {"type": "object"          | test.schema.json:1:
                    {"type" "object"}          | test.schema.json:1:9:
                    {"title": "", "title": ""} | test.schema.json:1:
                    {} {}                      | test.schema.json:1:4: there is more text after the schema
                    `                          `| test.schema.json:1:1: the file is empty
                    """)
    void whatIsNotJsonIsToldWithItsPlace(String schema, String message) {
        assertThatThrownBy(() -> compile(schema))
                .isInstanceOf(SchemaException.class)
                .hasMessageStartingWith(message);
    }
}
