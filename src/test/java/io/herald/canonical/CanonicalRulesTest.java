package io.herald.canonical;

import static io.herald.canonical.Samples.business;
import static io.herald.canonical.Samples.faults;
import static io.herald.canonical.Samples.json;
import static io.herald.canonical.Samples.person;
import static io.herald.canonical.Samples.with;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.herald.schema.Fault;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Row by row the rules of the canonical customer: what is taken, and what is refused, at which pointer. */
class CanonicalRulesTest {

    private static final String MAX_NAME = "é".repeat(1024);
    private static final String TOO_LONG = "MARK".repeat(257);

    @Test
    void theTwoSamplesAreTaken() {
        assertThat(faults(person())).isEmpty();
        assertThat(faults(business())).isEmpty();
    }

    @Test
    void onlyReferenceTypeAndNamesAreRequired() {
        assertThat(
                        faults(
                                json(
                                        "{\"reference\": \"a\", \"type\": \"person\", \"person\": {\"firstName\": \"J\", \"lastName\": \"D\"}}")))
                .isEmpty();
        assertThat(faults(json("{\"reference\": \"a\", \"type\": \"business\", \"business\": {\"legalName\": \"A\"}}")))
                .isEmpty();
        assertThat(faults(json("{}")))
                .containsExactly(new Fault("/reference", "is required"), new Fault("/type", "is required"));
        assertThat(faults(json("{\"reference\": \"a\", \"type\": \"person\"}"))).containsExactly(required("/person"));
        assertThat(faults(json("{\"reference\": \"a\", \"type\": \"business\"}")))
                .containsExactly(required("/business"));
        assertThat(faults(json("{\"reference\": \"a\", \"type\": \"person\", \"person\": {}}")))
                .containsExactly(required("/person/firstName"), required("/person/lastName"));
        assertThat(faults(json("{\"reference\": \"a\", \"type\": \"business\", \"business\": {}}")))
                .containsExactly(required("/business/legalName"));
    }

    private static Fault required(String pointer) {
        return new Fault(pointer, "is required");
    }

    static Stream<Arguments> taken() {
        return Stream.of(
                        text("person", "/reference", "A", "0", "a.b_c-D9", "x".repeat(64)),
                        text(
                                "person",
                                "/person/firstName",
                                "J",
                                MAX_NAME,
                                "Zażółć",
                                "Иван",
                                "李",
                                "O'Neil-Smith",
                                "\uD83D\uDE00"),
                        text("person", "/person/lastName", "D", MAX_NAME),
                        text("person", "/person/middleName", "Q", MAX_NAME),
                        text("person", "/person/transliterated/firstName", "Ivan"),
                        text("business", "/business/legalName", "A", MAX_NAME),
                        text("business", "/business/tradeName", "A", MAX_NAME),
                        text("business", "/business/description", "Tea\nand coffee"),
                        text("person", "/person/birthDate", "1900-02-28", "2024-02-29", "2026-11-20"),
                        text("person", "/identifiers/2/expiresOn", "2020-01-01", "2099-12-31"),
                        text("person", "/verifications/governmentIdAt", "2026-01-02T03:04:05.678+05:30"),
                        text("person", "/verifications/selfieAt", "2026-01-02T03:04:05Z"),
                        text("person", "/verifications/safetyCheckAt", "2026-01-02T03:04:05-11:00"),
                        text("person", "/person/nationality", "TZ", "SS", "BQ", "GB"),
                        text("person", "/identifiers/0/number", "1", " 1 ", "\u00a0A 1"),
                        text("person", "/identifiers/0/country", "KE"),
                        text("person", "/address/subdivision", "US-NY", "US-CA"),
                        text("person", "/contact/phone", "+12", "+255700000000", "+123456789012345"),
                        text(
                                "person",
                                "/contact/email",
                                "jane.q+x@mail.example.com",
                                "a".repeat(1012) + "@example.com"),
                        text(
                                "person",
                                "/identifiers/2/imageFront",
                                "data:image/png;base64,QUJD",
                                "data:image/jpeg;base64,QUI=",
                                "data:image/jpg;base64,QQ==",
                                "data:image/heic;base64,QUJD",
                                "data:image/tif;base64,QUJD",
                                "data:image/tiff;base64,QUJD",
                                "data:application/pdf;base64,QUJD"),
                        text("person", "/identifiers/2/imageBack", "data:image/png;base64,QUJD"),
                        text(
                                "person",
                                "/documents/0/file",
                                "data:application/pdf;base64,QUJD",
                                "data:image/png;base64,QUJD"),
                        tree("person", "/address/lines", "[\"one\"]", "[\"one\", \"two\"]"),
                        tree("person", "/address", "{}", "{\"country\": \"TZ\"}"),
                        text(
                                "person",
                                "/identifiers/2/type",
                                "passport",
                                "voter_id",
                                "residence_permit",
                                "tax_id",
                                "nin",
                                "ssn",
                                "ein",
                                "other"),
                        tree(
                                "person",
                                "/identifiers/3",
                                "{\"type\": \"bvn\", \"country\": \"GH\"}",
                                "{\"type\": \"bvn\"}"),
                        tree(
                                "person",
                                "/documents/0/purposes",
                                "[\"proof_of_account_purpose\"]",
                                "[\"proof_of_source_of_wealth\", \"other\"]",
                                "[\"shareholder_register\"]"),
                        text("person", "/profile/accountPurpose", "charitable_donations", "other"),
                        text("person", "/profile/accountPurposeOther", "To save for a boat"),
                        text("person", "/profile/employmentStatus", "homemaker", "unemployed"),
                        text("person", "/profile/sourceOfFunds", "someone_elses_funds", "savings"),
                        text(
                                "person",
                                "/profile/expectedMonthlyPaymentsUsd",
                                "0_4999",
                                "5000_9999",
                                "10000_49999",
                                "50000_plus"),
                        tree("business", "/profile/expectedMonthlyPaymentsUsd", "0", "125000"),
                        text("business", "/profile/accountPurpose", "payroll", "operating_a_company"),
                        text("business", "/profile/sourceOfFunds", "owners_capital", "company_funds"),
                        tree("person", "/profile/actingAsIntermediary", "true"),
                        text("business", "/business/legalForm", "cooperative", "sole_prop", "trust"),
                        tree("business", "/business/industries", "[\"42\", \"424490\"]"),
                        text("business", "/business/website", "http://acme.example/a?b=c"),
                        text("person", "/connections/0/role", "ubo", "director", "shareholder", "authorized_person"),
                        text("person", "/connections/0/role", "bank_account", "account_holder"),
                        tree("person", "/consents/sendKycMail", "false"),
                        tree("person", "/endorsements", "[]", "[\"base\", \"sepa\"]"),
                        tree(
                                "person",
                                "/attributes",
                                "{}",
                                "{\"a\": \"x\", \"b\": 1.50, \"c\": [true, null, {\"name\": 1}], \"d\": null, \"Name\": 1, \"names\": 1}"),
                        tree("person", "/targets", "[\"bridge-xyz\"]", "[\"xbridge\", \"yativo\", \"fraudspect\"]"))
                .flatMap(rows -> rows);
    }

    @ParameterizedTest
    @MethodSource
    void taken(String type, String pointer, JsonNode value) {
        assertThat(faults(with(Samples.of(type), pointer, value))).isEmpty();
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                        text(
                                "person",
                                "/reference",
                                "",
                                "x".repeat(65),
                                "-MARK",
                                ".MARK",
                                "MA RK",
                                "MARK/1",
                                "MÄRK",
                                "MARK\n"),
                        text("person", "/type", "PERSON", "MARK"),
                        text(
                                "person",
                                "/person/firstName",
                                "",
                                " \u00a0 ",
                                TOO_LONG,
                                "MA\u0000RK",
                                "MA\u0085RK",
                                "MA\nRK"),
                        text("person", "/person/lastName", "", TOO_LONG, "MA\tRK"),
                        text("person", "/person/middleName", "", TOO_LONG, "MA\u001fRK"),
                        text("person", "/person/transliterated/lastName", "", "MA\u007fRK"),
                        text("business", "/business/legalName", "", TOO_LONG, "MA\u0000RK"),
                        text("business", "/business/tradeName", "", TOO_LONG, "MA\u0000RK"),
                        text("business", "/business/description", "", "MA\u0000RK"),
                        text("person", "/address/city", "", "MA\u0000RK"),
                        text("person", "/address/lines/1", "", "MA\nRK"),
                        text("person", "/address/transliterated/lines/0", "MA\u0000RK"),
                        text(
                                "person",
                                "/person/birthDate",
                                "1995-02-30",
                                "2023-02-29",
                                "10.01.1995",
                                "1995-1-10",
                                "2026-11-21"),
                        text("person", "/identifiers/0/number", "", " ", "\u00a0\u3000\u2028", " \u0000", "MARK\n"),
                        text("person", "/address/postalCode", " "),
                        text("person", "/identifiers/2/expiresOn", "2030-02-30", "MARK"),
                        text("person", "/verifications/governmentIdAt", "2026-01-02", "2026-01-02T03:04:05", "MARK"),
                        text("person", "/verifications/selfieAt", "2026-02-30T03:04:05Z"),
                        text("person", "/verifications/safetyCheckAt", "2026-01-02T25:04:05Z"),
                        text("person", "/person/nationality", "TZA", "tz", "XK", "EU", "UK", "AN", "ZZ"),
                        text("business", "/address/country", "United", "XX"),
                        text("business", "/business/physicalAddress/country", "tza", "XX"),
                        text("person", "/identifiers/0/country", "tza", "XX"),
                        text("person", "/address/subdivision", "NY", "US-", "us-ny", "US-NEWY", "CA-ON"),
                        text("business", "/business/physicalAddress/subdivision", "KE-30"),
                        text(
                                "person",
                                "/contact/phone",
                                "255700000000",
                                "+0255700000",
                                "+1234567890123456",
                                "+255 700",
                                "MARK"),
                        text("person", "/contact/email", "MARK", "MARK@", "a".repeat(1013) + "@example.com"),
                        text(
                                "person",
                                "/identifiers/2/imageFront",
                                "MARK",
                                "data:image/gif;base64,MARK",
                                "data:text/html;base64,MARK",
                                "data:image/png;base64,",
                                "data:image/png;base64,MA*K",
                                "data:image/png,MARK",
                                "https://example.com/MARK.png"),
                        text("person", "/identifiers/2/imageBack", "MARK"),
                        text("person", "/documents/0/file", "MARK", "data:application/zip;base64,MARK"),
                        tree("person", "/address/lines", "[]", "[\"MARK\", \"2\", \"3\"]", "\"MARK\""),
                        text("person", "/identifiers/0/type", "MARK", "NATIONAL_ID"),
                        text("person", "/documents/0/purposes/0", "MARK"),
                        tree("person", "/documents/0/purposes", "[]"),
                        text("person", "/profile/accountPurpose", "MARK"),
                        text("person", "/profile/accountPurpose", "payroll"),
                        text("business", "/profile/sourceOfFunds", "MARK"),
                        text("person", "/profile/employmentStatus", "MARK"),
                        text("person", "/profile/sourceOfFunds", "MARK"),
                        text("person", "/profile/expectedMonthlyPaymentsUsd", "MARK"),
                        tree("person", "/profile/expectedMonthlyPaymentsUsd", "71625", "71625.5"),
                        text("business", "/profile/expectedMonthlyPaymentsUsd", "0_4999"),
                        tree("business", "/profile/expectedMonthlyPaymentsUsd", "-71625", "71625.5"),
                        tree("person", "/profile/actingAsIntermediary", "\"MARK\""),
                        text("business", "/business/legalForm", "MARK"),
                        text("business", "/business/industries/0", "MARK", "4", "4244901"),
                        text(
                                "business",
                                "/business/website",
                                "MARK",
                                "ftp://mark.example",
                                "acme.example",
                                "javascript:MARK()"),
                        text("person", "/connections/0/role", "MARK", "DIRECTOR"),
                        text("person", "/connections/0/reference", "-MARK"),
                        tree("person", "/consents/sendKycMail", "\"MARK\""),
                        text("person", "/endorsements/0", "MARK"),
                        tree("person", "/attributes", "[\"MARK\"]"),
                        text("person", "/targets/0", "MARK", ""),
                        tree("person", "/targets", "[]", "[\"xbridge\", \"xbridge\"]", "\"MARK\""))
                .flatMap(rows -> rows);
    }

    @ParameterizedTest
    @MethodSource
    void refused(String type, String pointer, JsonNode value) {
        List<Fault> faults = faults(with(Samples.of(type), pointer, value));
        assertThat(faults).extracting(Fault::pointer).containsExactly(pointer);
        assertNothingEchoed(faults, value);
    }

    private static void assertNothingEchoed(List<Fault> faults, JsonNode value) {
        for (String secret : scalars(value)) {
            if (secret.trim().length() > 1) {
                assertThat(faults).extracting(Fault::message).noneMatch(message -> message.contains(secret.trim()));
            }
        }
        assertThat(faults).extracting(Fault::message).noneMatch(message -> message.contains("MARK"));
    }

    private static List<String> scalars(JsonNode value) {
        List<String> scalars = new ArrayList<>();
        if (value.isContainerNode()) {
            value.forEach(child -> scalars.addAll(scalars(child)));
        } else {
            scalars.add(value.asText());
        }
        return scalars;
    }

    @Test
    void theObjectOfTheOtherTypeIsRefused() {
        assertThat(faults(with(person(), "/business", json("{\"legalName\": \"MARK\"}"))))
                .containsExactly(new Fault("/business", "is refused, as the type is person"));
        assertThat(faults(with(business(), "/person", json("{\"firstName\": \"MARK\", \"lastName\": \"MARK\"}"))))
                .containsExactly(new Fault("/person", "is refused, as the type is business"));
    }

    /** Every object of the message, each with a name that is not in it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "person /surname",
                "person /person/surname",
                "person /person/transliterated/surname",
                "person /contact/fax",
                "person /address/street",
                "person /address/transliterated/country",
                "person /identifiers/0/id",
                "person /documents/0/name",
                "person /profile/income",
                "person /verifications/at",
                "person /consents/all",
                "person /connections/0/type",
                "business /business/name",
                "business /business/physicalAddress/street"
            })
    void anUnknownFieldIsRefusedAndNamed(String where) {
        String[] typeAndPointer = where.split(" ");
        assertThat(faults(with(Samples.of(typeAndPointer[0]), typeAndPointer[1], json("\"MARK\""))))
                .containsExactly(new Fault(typeAndPointer[1], "is not a known field"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"person", "business"})
    void nullIsRefusedForEveryFieldThereIs(String type) {
        List<String> pointers = new ArrayList<>();
        collect(Samples.of(type), "", pointers);
        assertThat(pointers).hasSizeGreaterThan(15);
        for (String pointer : pointers) {
            assertThat(faults(with(Samples.of(type), pointer, json("null"))))
                    .as(pointer)
                    .extracting(Fault::pointer)
                    .contains(pointer);
        }
    }

    private static void collect(JsonNode node, String at, List<String> pointers) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(entry -> {
                pointers.add(at + '/' + entry.getKey());
                if (!entry.getKey().equals("attributes")) {
                    collect(entry.getValue(), at + '/' + entry.getKey(), pointers);
                }
            });
        } else if (node instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                pointers.add(at + '/' + i);
                collect(list.get(i), at + '/' + i, pointers);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "name",
                "referenceId",
                "accountTypeId",
                "connects",
                "mappedFields",
                "phone",
                "email",
                "national_id",
                "passport",
                "drivers_license",
                "voter_id",
                "residence_permit",
                "tax_id",
                "bvn",
                "nin",
                "ssn",
                "ein",
                "other"
            })
    void anAttributeMustNotHaveTheNameOfWhatAMappingMakes(String key) {
        List<Fault> faults = faults(with(person(), "/attributes/" + key, json("\"MARK\"")));
        assertThat(faults).extracting(Fault::pointer).containsExactly("/attributes/" + key);
        assertNothingEchoed(faults, json("\"MARK\""));
    }

    @Test
    void anAttributeMustNotHaveTheNameThatAFurtherIdentifierGets() {
        ObjectNode customer = (ObjectNode) json("""
                {"reference": "CUST-1", "type": "person", "person": {"firstName": "Jane", "lastName": "Doe"},
                 "identifiers": [{"type": "national_id", "country": "TZ", "number": "1"},
                                 {"type": "national_id", "country": "KE", "number": "2"},
                                 {"type": "national_id", "number": "3"}],
                 "attributes": {"national_id_tz": 1, "national_id_ke": 2, "national_id_unknown": 3}}
                """);

        assertThat(faults(customer))
                .extracting(Fault::pointer)
                .containsExactly("/attributes/national_id_ke", "/attributes/national_id_unknown");
        customer.remove("identifiers");
        assertThat(faults(customer)).isEmpty();
    }

    @Test
    void soManyEntriesAndNoMore() {
        ArrayNode identifiers = JsonNodeFactory.instance.arrayNode();
        Stream.of(Locale.getISOCountries())
                .limit(51)
                .forEach(country -> identifiers.addObject().put("type", "other").put("country", country));
        ArrayNode documents = JsonNodeFactory.instance.arrayNode();
        IntStream.range(0, 51).forEach(i -> documents.addObject().put("file", "data:application/pdf;base64,QUJD"));
        ArrayNode connections = JsonNodeFactory.instance.arrayNode();
        IntStream.range(0, 1001)
                .forEach(i -> connections.addObject().put("reference", "a").put("role", "ubo"));

        Map.of("/identifiers", identifiers, "/documents", documents, "/connections", connections)
                .forEach((pointer, entries) -> {
                    int most = entries.size() - 1;
                    assertThat(faults(with(person(), pointer, entries)))
                            .containsExactly(new Fault(pointer, "must have at most " + most + " entries"));
                    entries.remove(most);
                    assertThat(faults(with(person(), pointer, entries))).isEmpty();
                });
    }

    /** What is neither blank nor without a control character is tried once, and not from each of its characters. */
    @Test
    @Timeout(20)
    void aLongTextIsCheckedInTimeInProportionToIt() {
        for (String text : List.of(" ".repeat(10_000_000), "a ".repeat(5_000_000) + '\u0000')) {
            assertThat(faults(with(person(), "/identifiers/0/number", TextNode.valueOf(text))))
                    .extracting(Fault::pointer)
                    .containsOnly("/identifiers/0/number");
        }
    }

    /** What a caller has chosen to have one hash would each be compared with all before it. */
    @Test
    @Timeout(20)
    void identifiersOfOneHashAreCheckedInTimeInProportionToThem() {
        ObjectNode customer = JsonNodeFactory.instance.objectNode();
        ofOneHash(1 << 17).forEach(type -> customer.withArray("/identifiers")
                .addObject()
                .put("type", type)
                .put("number", "1"));
        List<Fault> faults = new ArrayList<>();

        Rules.check(customer, Samples.CLOCK, faults);

        assertThat(faults).isEmpty();
    }

    private static List<String> ofOneHash(int count) {
        List<String> texts = List.of("");
        while (texts.size() < count) {
            texts = texts.stream()
                    .flatMap(text -> Stream.of(text + "Aa", text + "BB"))
                    .toList();
        }
        return texts;
    }

    @Test
    void oneIdentifierOfATypeAndCountry() {
        JsonNode first = person().at("/identifiers/0");
        assertThat(faults(with(person(), "/identifiers/3", first)))
                .containsExactly(new Fault(
                        "/identifiers/3", "is the second identifier of its type and country; there may be one"));
        ObjectNode withoutCountry = with(person(), "/identifiers/3", json("{\"type\": \"ssn\"}"));
        assertThat(faults(withoutCountry)).isEmpty();
        assertThat(faults(with(withoutCountry, "/identifiers/4", json("{\"type\": \"ssn\"}"))))
                .extracting(Fault::pointer)
                .containsExactly("/identifiers/4");
    }

    @Test
    void aSubdivisionNeedsItsCountry() {
        ObjectNode customer = person();
        customer.withObject("/address").remove("country");
        assertThat(faults(customer)).extracting(Fault::pointer).containsExactly("/address/subdivision");
    }

    @Test
    void anEntryOfAListHasWhatMakesItOne() {
        assertThat(faults(with(person(), "/identifiers/0", json("{}"))))
                .containsExactly(required("/identifiers/0/type"));
        assertThat(faults(with(person(), "/documents/0", json("{}")))).containsExactly(required("/documents/0/file"));
        assertThat(faults(with(person(), "/connections/0", json("{}"))))
                .containsExactly(required("/connections/0/reference"), required("/connections/0/role"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "1", "\"MARK\"", "[]", "true"})
    void anythingButAnObjectIsRefused(String body) {
        assertThat(faults(json(body))).containsExactly(new Fault("", "must be an object"));
    }

    @Test
    void allFaultsAreToldAtOnceInTheOrderOfTheirPointers() {
        ObjectNode customer = person();
        with(customer, "/reference", json("\"MARK MARK\""));
        with(customer, "/person/birthDate", json("\"2027-01-01\""));
        with(customer, "/person/nationality", json("\"XK\""));
        with(customer, "/address/subdivision", json("\"CA-ON\""));
        with(customer, "/contact/email", json("\"MARK\""));
        with(customer, "/contact/fax", json("\"MARK\""));
        with(customer, "/identifiers/3", customer.at("/identifiers/1"));
        with(customer, "/attributes/email", json("\"MARK\""));
        customer.withObject("/person").remove("firstName");
        List<Fault> faults = faults(customer);
        assertThat(faults)
                .extracting(Fault::pointer)
                .containsExactly(
                        "/address/subdivision",
                        "/attributes/email",
                        "/contact/email",
                        "/contact/fax",
                        "/identifiers/3",
                        "/person/birthDate",
                        "/person/firstName",
                        "/person/nationality",
                        "/reference");
        assertNothingEchoed(faults, customer);
    }

    private static Stream<Arguments> text(String type, String pointer, String... values) {
        return Stream.of(values)
                .map(value ->
                        arguments(type, pointer, Samples.JSON.getNodeFactory().textNode(value)));
    }

    private static Stream<Arguments> tree(String type, String pointer, String... values) {
        return Stream.of(values).map(value -> arguments(type, pointer, json(value)));
    }
}
