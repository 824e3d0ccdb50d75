package io.herald.canonical;

import static io.herald.canonical.Samples.JSON;
import static io.herald.canonical.Samples.faults;
import static io.herald.canonical.Samples.json;
import static io.herald.canonical.Samples.person;
import static io.herald.canonical.Samples.read;
import static io.herald.canonical.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.schema.Fault;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalReaderTest {

    private static final String MINIMAL =
            "{\"reference\": \"a\", \"type\": \"person\", \"person\": {\"firstName\": \"J\", \"lastName\": \"D\"}%s}";

    @Test
    void tellsWhatTheMessageIsAbout() {
        CanonicalCustomer customer = read(person());
        assertThat(customer.reference()).isEqualTo("CUST-000123");
        assertThat(customer.targets()).contains(List.of("xbridge", "yativo"));
        assertThat(customer.tree()).isEqualTo(person());
        assertThat(customer).hasToString("CanonicalCustomer[CUST-000123]");
        assertThat(read(Samples.business()).targets()).isEmpty();
    }

    @Test
    void aTargetThatIsNotEnabledIsToldWithAllOtherFaults() {
        List<String> enabled = List.of("xbridge", "fraudspect");
        byte[] body =
                with(person(), "/contact/email", json("\"MARK\"")).toString().getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> Samples.READER.read(body, enabled))
                .isInstanceOfSatisfying(NotCanonicalException.class, e -> assertThat(e.faults())
                        .containsExactly(
                                new Fault("/contact/email", "must be an e-mail address"),
                                new Fault("/targets/1", "is not one of the enabled providers: xbridge, fraudspect")));
        assertThat(Samples.READER
                        .read(person().toString().getBytes(StandardCharsets.UTF_8), List.of("yativo", "xbridge"))
                        .reference())
                .isEqualTo("CUST-000123");
    }

    /** An "é" of two code points, as a Mac writes it, between spaces, one of them a no-break space. */
    @ParameterizedTest
    @CsvSource({
        "person, /person/firstName",
        "person, /person/middleName",
        "person, /person/lastName",
        "person, /person/transliterated/firstName",
        "person, /person/transliterated/middleName",
        "person, /person/transliterated/lastName",
        "person, /address/lines/0",
        "person, /address/lines/1",
        "person, /address/city",
        "person, /address/transliterated/lines/1",
        "person, /address/transliterated/city",
        "person, /identifiers/2/description",
        "person, /documents/0/description",
        "person, /profile/accountPurposeOther",
        "business, /business/legalName",
        "business, /business/tradeName",
        "business, /business/description",
        "business, /address/city",
        "business, /business/physicalAddress/lines/0",
        "business, /business/physicalAddress/city",
        "business, /business/physicalAddress/transliterated/city"
    })
    void namesLinesCitiesAndDescriptionsAreInNfcAndTrimmed(String type, String pointer) {
        JsonNode sent = JSON.getNodeFactory().textNode("\u00a0\n Jose\u0301  B. \u2007");
        CanonicalCustomer customer = read(with(Samples.of(type), pointer, sent));
        assertThat(customer.tree().at(pointer).textValue()).isEqualTo("Jos\u00e9  B.");
    }

    @Test
    void nothingElseIsChanged() {
        ObjectNode sent = person();
        with(sent, "/identifiers/0/number", JSON.getNodeFactory().textNode(" e\u0301 "));
        with(sent, "/attributes/note", JSON.getNodeFactory().textNode(" e\u0301 "));
        assertThat(read(sent).tree()).isEqualTo(sent);
    }

    @Test
    void aNameIsMeasuredAfterItsNormalisation() {
        ObjectNode sent = with(
                person(),
                "/person/firstName",
                JSON.getNodeFactory().textNode(" ".repeat(100) + "e\u0301".repeat(1024)));
        assertThat(read(sent).tree().at("/person/firstName").textValue()).isEqualTo("\u00e9".repeat(1024));
    }

    @Test
    void aNameIsMeasuredInCharactersAndNotInCodeUnits() {
        String name = "\uD83D\uDE00".repeat(1024);
        assertThat(faults(with(
                        person(), "/person/firstName", JSON.getNodeFactory().textNode(name))))
                .isEmpty();
        assertThat(faults(with(
                        person(), "/person/firstName", JSON.getNodeFactory().textNode(name + "a"))))
                .extracting(Fault::pointer)
                .containsExactly("/person/firstName");
    }

    @Test
    void aHostileHeapOfMarksIsRefusedAndCostsNothing() {
        String marks = "a" + "\u0301\u0323".repeat(1_000_000);
        long start = System.nanoTime();
        assertThat(faults(with(
                        Samples.business(),
                        "/business/description",
                        JSON.getNodeFactory().textNode(marks))))
                .containsExactly(new Fault("/business/description", "has more than 30 combining marks in a row"));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void theTreeKeepsNumbersAsTheyWereSent() {
        String attributes =
                ", \"attributes\": {\"a\": 1.50, \"b\": 12345678901234567890123, \"c\": 0.1000000000000000000001}";
        assertThat(read(MINIMAL.formatted(attributes)).tree().path("attributes"))
                .hasToString("{\"a\":1.50,\"b\":12345678901234567890123,\"c\":0.1000000000000000000001}");
    }

    /** To write 1e999999999 out takes a billion characters, and the validator of an enum does write it out. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "1e309",
                "-1e309",
                "1e-309",
                "1e999999999",
                "1e-999999999",
                "0e999999999",
                "1.5e2147483646",
                "1e-2147483648",
                "1e99999999999999"
            })
    void aNumberThatADoubleCannotHoldIsRefused(String number) {
        for (String field : List.of("\"attributes\": {\"a\": %s}", "\"profile\": {\"accountPurpose\": %s}")) {
            assertThatThrownBy(() -> read(MINIMAL.formatted(", " + field.formatted(number))))
                    .isInstanceOf(NotJsonException.class)
                    .hasMessageStartingWith("a number is out of range, at line 1, column ");
        }
        assertThat(read(MINIMAL.formatted(", \"attributes\": {\"a\": [9.9e308, 1e-308]}"))
                        .reference())
                .isEqualTo("a");
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-20T00:00:00Z, Pacific/Kiritimati, 2026-11-20, true",
        "2026-11-20T23:59:59Z, Pacific/Kiritimati, 2026-11-21, false",
        "2026-11-20T00:00:00Z, Pacific/Niue, 2026-11-20, true"
    })
    void todayIsTheDayInUtc(Instant now, ZoneId zone, String birthDate, boolean taken) {
        CanonicalReader reader = new CanonicalReader(Samples.SCHEMA, Samples.MAX_BYTES, Clock.fixed(now, zone));
        byte[] body = with(person(), "/person/birthDate", JSON.getNodeFactory().textNode(birthDate))
                .toString()
                .getBytes(StandardCharsets.UTF_8);
        if (taken) {
            assertThat(reader.read(body).reference()).isEqualTo("CUST-000123");
        } else {
            assertThatThrownBy(() -> reader.read(body))
                    .isInstanceOfSatisfying(NotCanonicalException.class, e -> assertThat(e.faults())
                            .containsExactly(new Fault("/person/birthDate", "must not be in the future")));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"MARK\": MARK}              | this is not JSON, at line 1, column ",
                "{\"MARK\" \"MARK\"}           | this is not JSON, at line 1, column 10",
                "{'MARK': 1}                   | this is not JSON, at line 1, column 3",
                "{\"a\": \"MA\tRK\"}           | this is not JSON, at line 1, column 11",
                "{\"a\": \"MARK\\x\"}          | this is not JSON, at line 1, column ",
                "{\"a\": \"MARK\\u12G4\"}      | this is not JSON, at line 1, column ",
                "{\"a\": 01}                   | this is not JSON, at line 1, column ",
                "{\"a\": NaN}                  | this is not JSON, at line 1, column ",
                "{\"a\": 1,}                   | this is not JSON, at line 1, column ",
                "// MARK                       | this is not JSON, at line 1, column ",
                "MARK                          | this is not JSON, at line 1, column ",
                "{\"a\": \"MARK                | the text ends too early, at line 1, column ",
                "{\"a\": [1, 2                 | the text ends too early, at line 1, column ",
                "{\"MARK\": 1, \"MARK\": 2}    | an object has the same name twice, at line 1, column ",
                "{\"a\": {\"MARK\": null, \"MARK\": 1}} | an object has the same name twice, at line 1, column ",
                "{} MARK                       | this is not JSON, at line 1, column ",
                "{} {\"MARK\": 1}              | there is more text after the JSON value, at line 1, column 5",
                "{\"a\": \"MARK\\ud83d\"}      | an escape is half of a surrogate pair, at line 1, column 12",
                "{\"a\": \"\\ude00\\ud83d\"}   | an escape is half of a surrogate pair, at line 1, column 8",
                "{\"a\": \"\\ud83d\\u0041\"}   | an escape is half of a surrogate pair, at line 1, column 8",
                "{\"a\\udc00\": 1}             | an escape is half of a surrogate pair, at line 1, column 4"
            })
    void whatIsNotJsonIsRefusedWithItsPlaceAndNothingOfIt(String body, String message) {
        NotJsonException e = catchThrowableOfType(NotJsonException.class, () -> read(body));
        assertThat(e).hasMessageStartingWith(message);
        assertNothingOf("MARK", e);
    }

    @Test
    void thePlaceIsCountedInLinesAndCharacters() {
        assertThatThrownBy(() -> read("{\n  \"a\": 1,\r\n  \"ééé\uD83D\uDE00\" x\n}"))
                .isInstanceOf(NotJsonException.class)
                .hasMessage("this is not JSON, at line 3, column 11");
    }

    @Test
    void thePlaceInAFileIsCountedFromWhereTheRecordBegins() {
        String half = "\"a\\udc00\": 1}";
        NotJsonException inFirstLine = catchThrowableOfType(NotJsonException.class, () -> read("{" + half));
        NotJsonException inSecondLine = catchThrowableOfType(NotJsonException.class, () -> read("{\n" + half));

        assertThat(inFirstLine.inFile(7, 11)).endsWith(", at line 7, column 14");
        assertThat(inSecondLine.inFile(7, 11)).endsWith(", at line 8, column 3");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \n "})
    void anEmptyBodyIsNotJson(String body) {
        assertThatThrownBy(() -> read(body))
                .isInstanceOf(NotJsonException.class)
                .hasMessage("the body is empty");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\uD83D\\uDE00", "\\ud83d\\ude00", "\\\\ud83d", "\\\\\\ud83d\\ude00", "\\u0041"})
    void aProperEscapeIsTaken(String name) {
        String body = MINIMAL.formatted(", \"attributes\": {\"a\": \"" + name + "\"}");
        assertThat(read(body).tree().at("/attributes/a")).isEqualTo(json('"' + name + '"'));
    }

    /** Bytes inside a string of an otherwise good body, after RFC 3629 and Unicode's table 3-7. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "80",
                "bf",
                "c0af",
                "c1bf",
                "c3",
                "c328",
                "e08080",
                "e09fbf",
                "eda080",
                "edbfbf",
                "e282",
                "e28228",
                "f0808080",
                "f08fbfbf",
                "f4908080",
                "f5808080",
                "f09f98",
                "f09f9828",
                "ff",
                "fe"
            })
    void bytesThatAreNotUtf8AreRefused(String hex) {
        byte[] body = bodyWith(hex);
        assertThatThrownBy(() -> Samples.READER.read(body))
                .isInstanceOf(NotJsonException.class)
                .hasMessageStartingWith("the text is not UTF-8, at line 1, column ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c280",
                "dfbf",
                "e0a080",
                "ed9fbf",
                "ee8080",
                "efbfbd",
                "f0908080",
                "f09f9880",
                "f3a08081",
                "f48fbfbf"
            })
    void bytesThatAreUtf8AreTaken(String hex) {
        CanonicalCustomer customer = Samples.READER.read(bodyWith(hex));
        assertThat(customer.tree().at("/attributes/a").textValue())
                .isEqualTo(new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8));
    }

    private static byte[] bodyWith(String hex) {
        String bytes = new String(HexFormat.of().parseHex(hex), StandardCharsets.ISO_8859_1);
        return MINIMAL.formatted(", \"attributes\": {\"a\": \"" + bytes + "\"}").getBytes(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32BE", "UTF-32LE"})
    void anotherEncodingIsRefused(Charset charset) {
        byte[] body = person().toString().getBytes(charset);
        assertThatThrownBy(() -> Samples.READER.read(body))
                .isInstanceOf(NotJsonException.class)
                .hasMessageStartingWith("the text is not UTF-8");
    }

    @Test
    void aByteOrderMarkIsPassedOver() {
        assertThat(read('\ufeff' + person().toString()).reference()).isEqualTo("CUST-000123");
    }

    @Test
    void nestingIsTakenToAHundredLevels() {
        assertThat(read(nested(98)).reference()).isEqualTo("a");
        assertThatThrownBy(() -> read(nested(99)))
                .isInstanceOf(NotJsonException.class)
                .hasMessageStartingWith("a limit is passed: 100 levels of nesting");
        assertThatThrownBy(() -> onSmallStack(nested(5_000_000))).hasRootCauseInstanceOf(NotJsonException.class);
    }

    private static String nested(int lists) {
        return MINIMAL.formatted(", \"attributes\": {\"a\": " + "[".repeat(lists) + "]".repeat(lists) + "}");
    }

    @Test
    void numbersAndNamesHaveALimit() {
        String attributes = ", \"attributes\": {\"%s\": %s}";
        assertThat(read(MINIMAL.formatted(attributes.formatted("n".repeat(1024), "9".repeat(100))))
                        .reference())
                .isEqualTo("a");
        for (String body :
                List.of(attributes.formatted("n", "9".repeat(101)), attributes.formatted("n".repeat(1025), "1"))) {
            assertThatThrownBy(() -> read(MINIMAL.formatted(body)))
                    .isInstanceOf(NotJsonException.class)
                    .hasMessageStartingWith("a limit is passed")
                    .hasMessageNotContaining("999")
                    .hasMessageNotContaining("nnn");
        }
    }

    /** A scanned document of 20 MB, and one that is bad at its very end; on a small stack, in little time. */
    @Test
    void aLongDocumentTakesNeitherStackNorTime() {
        String base64 = "QUJD".repeat(5_000_000);
        ObjectNode good = with(
                person(),
                "/identifiers/2/imageFront",
                JSON.getNodeFactory().textNode("data:image/png;base64," + base64));
        ObjectNode bad = with(
                person(),
                "/documents/0/file",
                JSON.getNodeFactory().textNode("data:application/pdf;base64," + base64 + "MA*K"));
        long start = System.nanoTime();
        assertThat(onSmallStack(good.toString())
                        .tree()
                        .at("/identifiers/2/imageFront")
                        .textValue())
                .hasSize(20_000_022);
        assertThat(faults(bad)).extracting(Fault::pointer).containsExactly("/documents/0/file");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(60));
    }

    /** Every field that is checked by a regular expression gets a string of megabytes. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/reference",
                "/person/firstName",
                "/person/birthDate",
                "/person/nationality",
                "/contact/email",
                "/contact/phone",
                "/address/city",
                "/address/subdivision",
                "/address/lines/0",
                "/address/postalCode",
                "/identifiers/2/number",
                "/identifiers/2/imageBack",
                "/verifications/selfieAt",
                "/endorsements/0",
                "/targets/0"
            })
    void aLongStringAnywhereIsRefusedInLittleTimeOnASmallStack(String pointer) {
        for (String part : List.of("a", "1", "A", ".", "a@", "é", "\uD83D\uDE00", "+1", "US-")) {
            String body = with(person(), pointer, JSON.getNodeFactory().textNode(part.repeat(300_000)))
                    .toString();
            long start = System.nanoTime();
            assertThatThrownBy(() -> onSmallStack(body))
                    .hasRootCauseInstanceOf(NotCanonicalException.class)
                    .rootCause()
                    .isInstanceOfSatisfying(NotCanonicalException.class, e -> assertThat(e.faults())
                            .extracting(Fault::pointer)
                            .containsOnly(pointer));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        }
    }

    private static CanonicalCustomer onSmallStack(String body) {
        var result = new CompletableFuture<CanonicalCustomer>();
        Runnable reading = () -> {
            try {
                result.complete(read(body));
            } catch (RuntimeException | StackOverflowError e) {
                result.completeExceptionally(e);
            }
        };
        new Thread(null, reading, "small stack", 256 * 1024).start();
        return result.join();
    }

    @Test
    void theExceptionItselfTellsOnlyHowManyFaultsThereAre() {
        ObjectNode bad = with(with(person(), "/contact/email", json("\"MARK\"")), "/MARK", json("1"));
        NotCanonicalException e = catchThrowableOfType(NotCanonicalException.class, () -> read(bad));
        assertThat(e).hasMessage("not a canonical customer: 2 faults");
        assertNothingOf("MARK", e);
    }

    private static void assertNothingOf(String mark, Exception e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        assertThat(trace.toString()).doesNotContain(mark);
    }
}
