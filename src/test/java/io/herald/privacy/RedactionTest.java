package io.herald.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactionTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNode CUSTOMER = json("""
            {"reference": "CUST-1", "type": "person",
             "person": {"firstName": "Jane", "lastName": "Li", "birthDate": "1995-01-10", "nationality": "TZ"},
             "contact": {"email": "jane@example.com", "phone": "+255700000001"},
             "address": {"lines": ["1 (High) St. [$1]"], "city": "Zürich"},
             "identifiers": [{"type": "bvn", "number": "22012345678"}],
             "attributes": {"branchCode": 412, "vip": true, "note": "Jane the first"}}
            """);

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "jane@example.com is taken | *** is taken",
                "JANE@EXAMPLE.COM is taken | *** is taken",
                "number 22012345678 was seen | number *** was seen",
                "no such street: 1 (High) St. [$1]! | no such street: ***!",
                "nobody lives in ZÜRICH | nobody lives in ***",
                "born 1995-01-10, too young | born ***, too young",
                "the branch 412 is closed | the branch *** is closed",
                "Janet is not known | Janet is not known",
                "Zürichs Strassen | ***s Strassen",
                "+255700000001 and +255700000001 | *** and ***",
                "0700000001 is taken, and so is 255700000001 | 0*** is taken, and so is ***",
                "born 10/01/1995 or 01/10/1995 or 19950110 or 10.01.1995 | born *** or *** or *** or ***",
                "+255 700-000-001 and (255) 700 000 001 | *** and (***",
                "22 012 345 678 was seen | *** was seen",
                "jane%40example.com | ***",
                "Jane the first is here | *** is here",
                "must be a valid address | must be a valid address"
            })
    void removesTheCustomersValues(String words, String left) {
        assertThat(Redaction.of(CUSTOMER).redact(words)).isEqualTo(left);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "Li is on a list, and Li. is too | *** is on a list, and ***. is too",
                "the limit is reached | the limit is reached",
                "TZ is not served | *** is not served"
            })
    void removesAShortValueAsAWholeWordOnly(String words, String left) {
        assertThat(Redaction.of(CUSTOMER).redact(words)).isEqualTo(left);
    }

    /** Codes of a closed list say nothing of a person, and the provider's names of fields are made of them. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "business_type is required",
                "account_purpose_other is required",
                "the business is not known",
                "another one",
                "is a customer of type business"
            })
    void leavesCodesOfAClosedList(String words) {
        JsonNode business = json("""
                {"type": "business", "business": {"legalName": "Acme"}, "profile": {"accountPurpose": "other"},
                 "targets": ["bridge-xyz"]}
                """);
        assertThat(Redaction.of(business, json("{\"type\": \"BUSINESS\", \"customer_type\": \"business\"}"))
                        .redact(words))
                .isEqualTo(words);
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "invalid_topsecretval",
                "MARGUERITE_EXISTS",
                "xtopsecretvaly",
                "AB1234567",
                "AB-1234 567",
                "Dar  es\u00a0Salaam",
                "Dar es\nSalaam",
                "Jo\u0301zefina",
                "Jozefina",
                "J\u00c3\u00b3zefina",
                "J\ufffdzefina",
                "12  Uhuru Street"
            })
    void removesAValueAsAProviderMayWriteIt(String words) {
        JsonNode customer = json("""
                {"person": {"firstName": "Józefina", "lastName": "MARGUERITE"}, "attributes": {"segment": "topsecretval"},
                 "identifiers": [{"type": "passport", "number": "AB 1234-567"}],
                 "address": {"lines": ["12 Uhuru Street"], "city": "Dar es Salaam"}}
                """);

        assertThat(Redaction.of(customer).redact("m: " + words + " is not good"))
                .matches("m: [a-z_]*\\*\\*\\*(_EXISTS|y)? is not good");
    }

    @Test
    void aValueOfAccentsAloneStandsNowhereElse() {
        assertThat(Redaction.of(json("{\"attributes\": {\"mark\": \"\\u0301\"}}"))
                        .redact("is not good"))
                .isEqualTo("is not good");
    }

    @Test
    void aLongTextIsCutAndNoValueWithIt() {
        for (String words : List.of("jane@example.com ", "jane@example.com is taken, by a person who is not known. ")) {
            String left = Redaction.of(CUSTOMER).redact(words.repeat(5_000));

            assertThat(left).hasSize(2_000).doesNotContain("jane").doesNotContain("example");
        }
        assertThat(Redaction.of(CUSTOMER).redact("x ".repeat(3_995) + "jane@example.com"))
                .hasSize(2_000);
    }

    @Test
    void removesWhatOnlyTheRequestHas() {
        JsonNode request = json("{\"legalName\": \"Jane Li\", \"country\": \"TZA\"}");
        assertThat(Redaction.of(CUSTOMER, request).redact("Jane Li of TZA is refused"))
                .isEqualTo("*** of *** is refused");
    }

    /** A provider that quotes the request quotes it in the spelling of its own answer. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "O'N\"il & Zo\u00eb/Ann",
                "O'N\\\"il & Zo\u00eb/Ann",
                "O'N\\\"il & Zo\\u00eb/Ann",
                "O'N\\\"il & Zo\\u00EB\\/Ann",
                "O%27N%22il+%26+Zo%C3%AB%2FAnn",
                "O%27N%22il%20%26%20Zo%C3%AB%2FAnn",
                "O'N%22il%20%26%20Zo%C3%AB%2FAnn",
                "O&#039;N&quot;il &amp; Zo\u00eb/Ann",
                "O&#39;N&#34;il &amp; Zo\u00eb/Ann",
                "O&#x27;N&quot;il &amp; Zo\u00eb/Ann",
                "O&apos;N&quot;il &amp; Zo\u00eb/Ann",
                "O\\u0027N\\u0022il \\u0026 Zo\\u00EB/Ann",
                "O&#39;N&quot;il &amp; Zo&#235;/Ann",
                "O&#x27;N&#x22;il &amp; Zo&#xEB;/Ann"
            })
    void removesAValueInEverySpelling(String spelled) {
        ObjectNode customer = JSON.createObjectNode().put("lastName", "O'N\"il & Zo\u00eb/Ann");

        assertThat(Redaction.of(customer).redact("not " + spelled + "!")).isEqualTo("not ***!");
    }

    /** As the templates make a pointer of what a provider calls a field. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/o'hara@mail/example/com",
                "/Plot 12~17 Uhuru St/ [rear]",
                "/Plot 12~17 Uhuru St/ /rear",
                "/Plot 12~17 Uhuru St. [rear]"
            })
    void removesAValueThatAPointerIsMadeOf(String pointer) {
        JsonNode customer = json("""
                {"contact": {"email": "o'hara@mail.example.com"}, "address": {"lines": ["Plot 12/7 Uhuru St. [rear]"]}}
                """);
        assertThat(Redaction.of(customer).redact(pointer)).isEqualTo("/***");
    }

    /** Once for each of them it took five seconds. */
    @Test
    void manyValuesThatBeginWithABlankAreLookedForInManyBlanksAtOnce() {
        ObjectNode customer = JSON.createObjectNode();
        for (int i = 100; i < 200; i++) {
            customer.withArray("/attributes").add("  note " + i);
        }
        Redaction redaction = Redaction.of(customer);

        assertThat(redaction.redact("note 117 is wrong")).isEqualTo("*** is wrong");
        assertTimeout(Duration.ofSeconds(2), () -> redaction.redact(" ".repeat(8_000)));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "passport_ABCDEFGHK | passport_***",
                "AB 123 456 789 or AB-123456789 | *** or ***",
                "plumbing_BEEKEEPER | plumbing_***",
                "CD12 34567 or CD1 234 567 or cd1234567 | *** or *** or ***",
                "Dar es Salaam or Dar\u00a0es\u00a0Salaam | *** or ***",
                "the field [email] is bad | the field [email] is bad"
            })
    void removesWhatIsFilledInFreelyOutsideOfThePerson(String words, String left) {
        JsonNode customer = json("""
                {"identifiers": [{"type": "passport", "number": "ABCDEFGHK"}, {"type": "other", "number": "AB123456789"},
                                 {"type": "other", "number": "CD 1234-567"}],
                 "address": {"city": "Dar\\u00a0es\\u00a0Salaam"}, "attributes": {"mark": "]"},
                 "profile": {"occupation": "BEEKEEPER"}}
                """);
        assertThat(Redaction.of(customer).redact(words)).isEqualTo(left);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "O''Brien",
                "O\\'Brien",
                "O\u2019Brien",
                "GROSS",
                "6/5/1987",
                "5 June 1987",
                "Jun 05 1987",
                "05-JUN-87",
                "+255\u00a0712\u2011345\u2011678"
            })
    void removesWhatOtherProgramsMakeOfAValue(String spelled) {
        JsonNode customer = json("""
                {"person": {"firstName": "Groß", "lastName": "O'Brien", "birthDate": "1987-06-05"},
                 "contact": {"phone": "+255712345678"}}
                """);
        assertThat(Redaction.of(customer).redact("no " + spelled + " here")).isEqualTo("no *** here");
    }

    @Test
    void removesWhatWindowsMisread() {
        JsonNode customer = json("{\"person\": {\"lastName\": \"MÜLLER\"}}");
        assertThat(Redaction.of(customer).redact("MÃœLLER is taken")).isEqualTo("*** is taken");
    }

    @Test
    void removesAShortPhoneWithoutItsPlusToo() {
        JsonNode customer = json("{\"contact\": {\"phone\": \"+29012345\"}}");
        assertThat(Redaction.of(customer).redact("29012345 is taken")).isEqualTo("*** is taken");
    }

    @Test
    void nothingToRemoveLeavesTheWords() {
        assertThat(Redaction.of((JsonNode) null).redact("as it was")).isEqualTo("as it was");
        assertThat(Redaction.of(json("{\"a\": \"\", \"b\": \" \", \"c\": null, \"d\": true}"))
                        .redact("true, null and a space"))
                .isEqualTo("true, null and a space");
    }

    @Test
    void redactsCodeMessageAndFieldsOfAnOutcome() {
        ObjectNode outcome = (ObjectNode) json("""
                {"state": "rejected", "error": {"code": "taken_jane@example.com", "reason": "duplicate", "httpStatus": 422,
                 "message": "jane@example.com is taken",
                 "fields": [{"pointer": "/email", "message": "jane@example.com is taken"}, {"pointer": "/phone"},
                            {"pointer": "/person_type"}, {"pointer": "/jane@example.com"}]}}
                """);

        Redaction.of(CUSTOMER).redactError(outcome);

        assertThat(outcome).isEqualTo(json("""
                {"state": "rejected", "error": {"code": "taken_***", "reason": "duplicate", "httpStatus": 422,
                 "message": "*** is taken",
                 "fields": [{"pointer": "/email", "message": "*** is taken"}, {"pointer": "/phone"},
                            {"pointer": "/person_type"}, {"pointer": "/***"}]}}
                """));
    }

    /** There are up to a hundred of them in each of five hundred dead letters of a list. */
    @Test
    void ofAFieldLessIsKeptThanOfTheMessage() {
        ObjectNode outcome = JSON.createObjectNode();
        ObjectNode error = outcome.putObject("error").put("message", "m ".repeat(4_500));
        error.putArray("fields").addObject().put("pointer", "/p ".repeat(3_000)).put("message", "f ".repeat(4_500));

        Redaction.of(CUSTOMER).redactError(outcome);

        assertThat(error.path("message").textValue()).hasSize(2_000);
        assertThat(error.at("/fields/0/pointer").textValue()).hasSize(500);
        assertThat(error.at("/fields/0/message").textValue()).hasSize(500);
    }

    @Test
    void anOutcomeWithoutAnErrorIsLeftAlone() {
        ObjectNode outcome = (ObjectNode) json("{\"state\": \"delivered\", \"providerCustomerId\": \"Jane\"}");
        Redaction.of(CUSTOMER).redactError(outcome);
        assertThat(outcome).isEqualTo(json("{\"state\": \"delivered\", \"providerCustomerId\": \"Jane\"}"));
    }

    /** Documents are long: they are known by their beginning, however they are spelled, and whether quoted in whole or not. */
    @Test
    void nothingIsLeftFromTheBeginningOfALongValueOn() {
        String image = "data:image/png;base64,iVBORw0KGgo/" + "A".repeat(5_000_000);
        ObjectNode customer = JSON.createObjectNode().put("file", image);

        Redaction redaction = Redaction.of(customer);
        assertThat(redaction.redact("AAAA is no file")).isEqualTo("AAAA is no file");
        assertThat(redaction.redact("'" + image + "' is no file")).isEqualTo("'***");
        assertThat(redaction.redact("'" + image.substring(0, 100) + "...' is no file"))
                .isEqualTo("'***");
        assertThat(redaction.redact("no file: " + image.replace("/", "\\/"))).isEqualTo("no file: ***");
    }

    @Test
    void whatIsCalledATypeAndIsNoneIsRemoved() {
        JsonNode customer = json("""
                {"type": "person", "attributes": {"type": "spouse of John Doe", "targets": {"heir": "Ann Moss"}}}
                """);
        assertThat(Redaction.of(customer).redact("spouse of John Doe, Ann Moss, person"))
                .isEqualTo("***, ***, person");
    }

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A hostile customer of thousands of values, each with all that has many spellings. */
    @Test
    void ofTooManyValuesNothingIsLookedForAndNothingIsTold() {
        ObjectNode customer = JSON.createObjectNode();
        for (int i = 0; i < 20_000; i++) {
            customer.withArray("/attributes").add("\u00e9'\"&/+ " + i);
        }
        assertThat(Redaction.of(customer).redact("\u00e9'\"&/+ 17 is not known"))
                .isEqualTo("***");

        ObjectNode usual = JSON.createObjectNode();
        for (int i = 0; i < 100; i++) {
            usual.withArray("/attributes").add("\u00e9'\"&/+ " + i);
        }
        assertThat(Redaction.of(usual).redact("\u00e9'\"&/+ 17 is not known")).isEqualTo("*** is not known");
    }

    /** Within any bound on the values themselves, and fourteen million characters once they are spelled. */
    @Test
    void ofTooManySpellingsNothingIsLookedForAndNothingIsTold() {
        ObjectNode customer = JSON.createObjectNode();
        for (int i = 100; i < 1_000; i++) {
            customer.withArray("/attributes").add("'\"\u6f22".repeat(16) + i);
        }
        assertThat(Redaction.of(customer).redact("the branch is closed")).isEqualTo("***");
    }

    /** What may be grouped in any way takes far more memory than its characters: 64 MB for these. */
    @Test
    void ofTooMuchThatMayBeGroupedOtherwiseNothingIsLookedForAndNothingIsTold() {
        assertThat(Redaction.of(grouped(990)).redact("the branch is closed")).isEqualTo("***");
        assertThat(Redaction.of(grouped(100)).redact("CUST-107 " + "A1 b2".repeat(14) + " is not known"))
                .isEqualTo("*** is not known");
    }

    private static ObjectNode grouped(int many) {
        ObjectNode customer = JSON.createObjectNode();
        for (int i = 0; i < many; i++) {
            customer.withArray("/attributes").add("CUST" + (100 + i) + "a1b2".repeat(14));
        }
        return customer;
    }

    /** Else nobody could tell which of a thousand is not there. But where it is also a name or a phone of the customer it goes. */
    @Test
    void whomTheCustomerIsConnectedWithStays() {
        ObjectNode customer = JSON.createObjectNode();
        customer.putObject("contact").put("phone", "+255700000001");
        for (int i = 0; i < 1_000; i++) {
            customer.withArray("/connections")
                    .addObject()
                    .put("reference", "COMP-" + i)
                    .put("role", "director");
        }
        customer.withArray("/connections").addObject().put("reference", "+255700000001");
        ObjectNode request = JSON.createObjectNode();
        request.withArray("/connects").addObject().put("referenceId", "COMP-7").put("role", "DIRECTOR");

        assertThat(Redaction.of(customer, request)
                        .redact("Connected customer(s) not found: COMP-7 (DIRECTOR), COMP-8, +255700000001"))
                .isEqualTo("Connected customer(s) not found: COMP-7 (DIRECTOR), COMP-8, ***");
    }

    /** Thirty-four letters in a row that JSON escapes, or twenty-three bytes of a URL, look like base64. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "cannot process {\"business\":{\"description\":\"***\"}}, 2 errors | \\u0E02 | ' '",
                "POST description=***&country=TH has 2 errors | %E0%B8%82 | %20"
            })
    void removesAValueWholeWhereAPartOfItsSpellingLooksLikeBase64(String left, String letter, String space) {
        JsonNode customer = JSON.createObjectNode()
                .put("description", "Owned by Jane Doe. " + "\u0e02".repeat(40) + ". Also " + "\u0e02".repeat(40));
        String spelled =
                ("Owned by Jane Doe. " + letter.repeat(40) + ". Also " + letter.repeat(40)).replace(" ", space);
        Redaction redaction = Redaction.of(customer);

        assertThat(redaction.redact(left.replace("***", spelled))).isEqualTo(left);
        assertThat(redaction.redact("not " + spelled + ", nor: " + "iVBORw0KGgo/".repeat(20) + ", Jane"))
                .isEqualTo("not ***, nor: ***");
        assertThat(redaction.redact("not " + spelled + "iVBORw0KGgo/".repeat(10) + ", Jane"))
                .as("a part of a document that sticks out of the value")
                .isEqualTo("not ******");
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 300})
    void nothingIsLeftFromTheBeginningOfALongValueOnWhereAShorterOneHoldsItToo(int held) {
        String content = "iVBORw0KGgo/" + "B+/3".repeat(2_000);
        String note = "My photo: x/" + content.substring(0, held);
        JsonNode customer = JSON.createObjectNode().put("file", content).put("note", note);

        assertThat(Redaction.of(customer).redact("no file: " + note + content.substring(held, held + 20) + "..."))
                .isEqualTo("no file: ******");
        assertThat(Redaction.of(customer).redact("no file: " + note + "...")).isEqualTo("no file: ******");
    }

    /** Whoever takes the image out of its data URI quotes nothing of the URI's head. */
    @Test
    void nothingIsLeftOfTheContentOfADataUri() {
        String content = "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAAYEBQYFBAYG" + "B+/3".repeat(2_000);
        Redaction redaction = Redaction.of(JSON.createObjectNode().put("file", "data:image/jpeg;base64," + content));

        assertThat(redaction.redact("invalid image: " + content.substring(0, 60) + "..."))
                .isEqualTo("invalid image: ***");
        assertThat(redaction.redact("at byte 3000: " + content.substring(4_000, 4_200) + " is wrong"))
                .isEqualTo("at byte 3000: ***");
        assertThat(redaction.redact("at byte 3000: "
                        + content.substring(4_000, 4_200).replace("/", "\\/").replace("+", "%2B")))
                .isEqualTo("at byte 3000: ***");
        assertThat(redaction.redact("at byte 3000: " + content.substring(4_000, 4_020)))
                .isEqualTo("at byte 3000: " + content.substring(4_000, 4_020));

        Redaction ofASmallOne = Redaction.of(JSON.createObjectNode().put("file", "data:image/png;base64,iVBORw0KGgo="));
        assertThat(ofASmallOne.redact("'iVBORw0KGgo=' is no image")).isEqualTo("'***' is no image");
    }

    /** A template may tell each of a hundred fields the same words, and the outcome of the try is a copy. */
    @Test
    void theSameWordsAreLookedAtOnceAndOfTooManyNothingIsTold() {
        Redaction redaction = Redaction.of(JSON.createObjectNode().put("name", "Jane Doe"));
        ObjectNode outcome = failed(i -> "Jane Doe, " + "wrong ".repeat(1_300));
        ObjectNode copy = outcome.deepCopy();
        ObjectNode another = failed(i -> "Jane Doe, " + i + " wrong".repeat(1_300));

        redaction.redactError(outcome);
        redaction.redactError(copy);
        redaction.redactError(another);

        assertThat(messages(outcome)).hasSize(100).allMatch(message -> message.startsWith("***, wrong"));
        assertThat(copy).isEqualTo(outcome);
        assertThat(messages(another).subList(0, 10)).allMatch(message -> message.matches("\\*\\*\\*, [0-9] wrong.*"));
        assertThat(messages(another).subList(20, 100)).containsOnly("***");
    }

    private static ObjectNode failed(IntFunction<String> message) {
        ObjectNode outcome = JSON.createObjectNode();
        for (int i = 0; i < 100; i++) {
            outcome.withObject("/error").withArray("fields").addObject().put("message", message.apply(i));
        }
        return outcome;
    }

    private static List<String> messages(ObjectNode outcome) {
        return outcome.at("/error/fields").findValuesAsText("message");
    }
}
