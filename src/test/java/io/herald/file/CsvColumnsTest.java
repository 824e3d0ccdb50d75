package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.herald.canonical.CanonicalReader;
import io.herald.schema.SchemaCheck;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A row is the customer that its header says; what a cell stands for is said by the schema, not by how it looks. */
class CsvColumnsTest {

    private static CanonicalReader customers;

    @BeforeAll
    static void read() throws Exception {
        String schema = Files.readString(Path.of("mappings/canonical/customer.schema.json"));
        customers = new CanonicalReader(
                SchemaCheck.compile("customer.schema.json", schema, Clock.systemUTC()), 1 << 20, Clock.systemUTC());
    }

    @ParameterizedTest
    @CsvSource({
        "profile.actingAsIntermediary, true, true",
        "profile.actingAsIntermediary, TRUE, '\"TRUE\"'",
        "profile.actingAsIntermediary, 1, '\"1\"'",
        "address.postalCode, 00123, '\"00123\"'",
        "address.postalCode, 12345, '\"12345\"'",
        "person.firstName, true, '\"true\"'",
        "identifiers[0].number, 0012, '\"0012\"'",
        "identifiers[0].number, 1e3, '\"1e3\"'",
        "reference, 7, '\"7\"'",
        "attributes.branchCode, 12, '\"12\"'",
        "attributes.deep.er, false, '\"false\"'",
        "contact.email, ' a@example.com ', '\" a@example.com \"'"
    })
    void aCellIsWhatTheSchemaSaysThere(String column, String cell, String value) throws Exception {
        assertThat(at(customer(column, cell), column)).hasToString(value);
    }

    @ParameterizedTest
    @CsvSource({
        "12, 12",
        "0, 0",
        "-3, -3",
        "1.50, 1.50",
        "007, '\"007\"'",
        "1e9, '\"1e9\"'",
        "NaN, '\"NaN\"'",
        "'1,5', '\"1,5\"'"
    })
    void whereTheSchemaHasANumberOnlyWhatJsonCallsOneIsOne(String cell, String value) throws Exception {
        JsonNode customer = new CsvColumns(bytes("business.x"), ';', withNumbers()).customer(bytes(cell));

        assertThat(customer.at("/business/x")).hasToString(value);
    }

    /** A person's are one of the words of a list, a business's a number. */
    @ParameterizedTest
    @CsvSource({"5000, 5000", "5000_9999, '\"5000_9999\"'", "0_4999, '\"0_4999\"'"})
    void wherePersonAndBusinessDifferTheCellDecides(String cell, String value) throws Exception {
        assertThat(customer("profile.expectedMonthlyPaymentsUsd", cell).at("/profile/expectedMonthlyPaymentsUsd"))
                .hasToString(value);
    }

    @Test
    void elementsAreInTheOrderOfTheirIndexesAndEmptyOnesAreNotThere() throws Exception {
        assertThat(customer("address.lines[2],address.lines[0],address.lines[1]", "c,a,")
                        .at("/address/lines"))
                .hasToString("[\"a\",\"c\"]");
        assertThat(customer("identifiers[1].number,identifiers[0].type", "2,nin")
                        .at("/identifiers"))
                .hasToString("[{\"type\":\"nin\"},{\"number\":\"2\"}]");
        assertThat(customer("reference,address.lines[0]", "R,").toString()).isEqualTo("{\"reference\":\"R\"}");
    }

    @Test
    void indexesOfTwoDigitsComeAfterThoseOfOne() throws Exception {
        String header = IntStream.range(0, 12)
                .mapToObj(i -> "targets[" + (11 - i) + "]")
                .collect(Collectors.joining(","));
        String row = IntStream.range(0, 12).mapToObj(i -> "t" + (11 - i)).collect(Collectors.joining(","));

        assertThat(customer(header, row).path("targets").valueStream().map(JsonNode::textValue))
                .isEqualTo(IntStream.range(0, 12).mapToObj(i -> "t" + i).toList());
    }

    @ParameterizedTest
    @ValueSource(chars = {',', ';', '\t', '|'})
    void theDelimiterIsTheOneConfigured(char delimiter) throws Exception {
        String other = delimiter == ',' ? ";" : ",";
        JsonNode customer = new CsvColumns(bytes("reference" + delimiter + "person.firstName"), delimiter, customers)
                .customer(bytes("R" + delimiter + "Jane" + other + "Ann"));

        assertThat(customer.at("/person/firstName").textValue()).isEqualTo("Jane" + other + "Ann");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {"\"a,b\"|a,b", "\"a \"\"b\"\"\"|a \"b\"", "\"\"\"\"|\"", "it's|it's"})
    void quotesAreThoseOfRfc4180(String cell, String text) throws Exception {
        assertThat(customer("reference,person.firstName", "R," + cell)
                        .at("/person/firstName")
                        .textValue())
                .isEqualTo(text);
    }

    @Test
    void aHeaderIsNoDeeperAndNoLongerThanJsonMayBe() {
        for (String column : List.of(
                "attributes" + ".a".repeat(90),
                "attributes." + "a".repeat(1_025),
                "attributes.a" + "[1]".repeat(90),
                "attributes.a" + "[1]".repeat(20_000),
                "attributes" + ".a".repeat(1_000_000))) {
            assertThatThrownBy(() -> new CsvColumns(bytes("reference," + column), ',', customers))
                    .isInstanceOf(UnreadableFileException.class)
                    .hasMessageContaining("column 2");
        }
    }

    @Test
    void aQuotedLineBreakIsOfTheText() throws Exception {
        assertThat(customer("reference,person.firstName", "R,\"a\nb\"")
                        .at("/person/firstName")
                        .textValue())
                .isEqualTo("a\nb");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "R|has 1 column where",
                "R,a,b|has 3 columns where",
                "R,\"open|not closed",
                "R,\"a\"b|text after it"
            })
    void aRowThatIsNoneSaysWhy(String row, String why) throws Exception {
        CsvColumns columns = new CsvColumns(bytes("reference,person.firstName"), ',', customers);

        assertThatThrownBy(() -> columns.customer(bytes(row)))
                .isInstanceOf(BadRecordException.class)
                .hasMessageContaining(why);
        assertThatThrownBy(() -> columns.customer(new byte[] {'R', ',', (byte) 0xFF}))
                .hasMessage("is not UTF-8");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "reference,colour|column 2 is no place",
                "reference,|column 2 is no place",
                "reference,address.lines[1000]|column 2 is no place",
                "reference,address.lines[-1]|column 2 is no place",
                "reference,[0]|column 2 is no place",
                "reference,person.|column 2 is no place",
                "reference,reference.x|column 2 is no place",
                "reference, reference |column 2 is that of another",
                "targets[0],targets[00]|column 2 is that of another",
                "reference,attributes.tags.primary,attributes.tags[0]|its columns 2 and 3 are in one place",
                "attributes.a[0].b,attributes.c,attributes.a[0][0]|its columns 1 and 3 are in one place",
                "address.lines,address.lines[0]|its column 2 is a part of",
                "person.firstName,person|its column 1 is a part of"
            })
    void aHeaderThatIsNoneSaysWhichColumnAndWhy(String header, String why) {
        assertThatThrownBy(() -> new CsvColumns(bytes(header), ',', customers))
                .isInstanceOf(UnreadableFileException.class)
                .hasMessageContaining(why);
    }

    private static CanonicalReader withNumbers() throws Exception {
        String schema =
                "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"type\": \"object\", \"properties\":"
                        + " {\"business\": {\"type\": \"object\", \"properties\": {\"x\": {\"type\": \"number\"}}}}}";
        return new CanonicalReader(
                SchemaCheck.compile("numbers", schema, Clock.systemUTC()), 1 << 20, Clock.systemUTC());
    }

    private static JsonNode customer(String header, String row) throws IOException, BadRecordException {
        return new CsvColumns(bytes(header), ',', customers).customer(bytes(row));
    }

    private static JsonNode at(JsonNode customer, String column) {
        return customer.at("/" + column.replaceAll("\\[([0-9]+)]", "/$1").replace('.', '/'));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
