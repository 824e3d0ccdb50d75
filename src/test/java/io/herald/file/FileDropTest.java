package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.delivery.Caller;
import io.herald.delivery.QuickRetries;
import io.herald.file.DropBox.Report;
import io.herald.rest.Api;
import io.herald.rest.Contract;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.restassured.RestAssured;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A dropped file is delivered record by record, and its report says what became of each. */
@QuarkusTest
@TestProfile(QuickRetries.class)
class FileDropTest {

    private static final Contract CONTRACT = Contract.load();
    private static final String[] TARGETS = {"fraudspect"};

    @ConfigProperty(name = "intake.file.directory")
    Path inbox;

    @TestHTTPResource(value = "/metrics", management = true)
    URI metrics;

    Sandbox sandbox;

    private final Api herald = Api.underTest();
    private DropBox box;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        box = new DropBox(inbox);
    }

    @ParameterizedTest
    @ValueSource(strings = {"json", "ndjson", "jsonl", "csv", "json.gz", "ndjson.gz", "jsonl.gz", "csv.gz"})
    void eachFormatIsDeliveredToEveryProvider(String extension) {
        List<String> references = references(3, "FORMAT");
        byte[] content = content(extension, references).getBytes(StandardCharsets.UTF_8);
        String name = references.get(0) + "." + extension;
        box.drop(name, extension.endsWith(".gz") ? DropBox.gzip(content) : content);
        Report report = box.report(name);

        assertThat(report.records())
                .extracting(line -> line.path("reference").asText())
                .isEqualTo(references);
        assertThat(report.records())
                .extracting(line -> line.path("position").asInt())
                .containsExactly(1, 2, 3);
        int firstLine = extension.startsWith("csv") ? 2 : 1;
        assertThat(report.records())
                .extracting(line -> line.path("line").asInt())
                .containsExactly(firstLine, firstLine + 1, firstLine + 2);
        assertThat(report.records())
                .extracting(line -> line.path("status").asText())
                .containsOnly("delivered");
        assertThat(report.summary().path("status").path("delivered").asInt()).isEqualTo(3);
        for (String provider : List.of("xbridge", "yativo", "fraudspect", "bridge-xyz")) {
            assertThat(report.summary()
                            .path("deliveries")
                            .path(provider)
                            .path("delivered")
                            .asInt())
                    .as(provider)
                    .isEqualTo(3);
            assertThat(sandbox.customers(provider))
                    .extracting(JsonNode::toString)
                    .as(provider)
                    .filteredOn(customer ->
                            references.stream().anyMatch(reference -> customer.contains(Caller.email(reference, ""))))
                    .hasSize(3);
        }
        assertThat(RestAssured.get(metrics).asString())
                .contains("herald_intake_total{answer=\"accepted\",source=\"file\"}", "herald_file_read_bytes 0.0");
        box.hasMoved(name, box.done());
        UUID message = UUID.fromString(report.record(1).path("message").asText());
        assertThat(message.version()).isEqualTo(5);
        assertThat(herald.report(message.toString()).path("status").asText()).isEqualTo("delivered");
    }

    @Test
    void aSingleObjectIsAFileOfOneRecord() {
        String reference = Caller.reference("SINGLE");
        box.drop(reference + ".json", Customers.person(reference).toPrettyString());

        assertThat(box.report(reference + ".json").state(1, "xbridge")).isEqualTo("delivered");
    }

    @Test
    void aBadRecordIsReportedAndHurtsNoOther() {
        List<String> references = references(6, "BAD");
        String name = references.get(0) + ".ndjson";
        box.drop(
                name,
                String.join(
                        "\n",
                        person(references.get(0)),
                        "{\"reference\": \"half",
                        "",
                        person(references.get(1)),
                        "[]",
                        "{\"reference\": \"" + references.get(2) + "\", \"type\": \"person\", \"colour\": \"red\"}",
                        person(references.get(3)).replace("Jane", "J\u0007ane"),
                        "{\"reference\": \"not a reference\", \"type\": \"person\", \"person\": {}}",
                        person(references.get(4))));
        Report report = box.report(name);

        assertThat(report.records())
                .extracting(line ->
                        line.path("line").asInt() + " " + line.path("status").asText())
                .containsExactly(
                        "1 delivered",
                        "2 refused",
                        "4 delivered",
                        "5 refused",
                        "6 refused",
                        "7 refused",
                        "8 refused",
                        "9 delivered");
        assertThat(report.faults(2)).containsExactly(" the text ends too early, at line 2, column 20");
        assertThat(report.faults(5)).contains("/colour is not a known field", "/person is required");
        assertThat(report.record(5).path("reference").asText()).isEqualTo(references.get(2));
        assertThat(report.record(7).has("reference"))
                .as("a reference that is none")
                .isFalse();
        assertThat(report.summary().path("records").asInt()).isEqualTo(8);
        assertThat(report.summary().path("refused").asInt()).isEqualTo(5);
        box.hasMoved(name, box.done());
    }

    @Test
    void rowsAreReadAsRfc4180HasThem() {
        List<String> references = references(4, "ROWS");
        String name = references.get(0) + ".csv";
        box.drop(
                name,
                "\uFEFFreference,type,person.firstName,person.lastName,address.lines[0],address.lines[1],address.country,"
                        + "contact.email,consents.sendKycMail,attributes.segment,attributes.branchCode,targets[0]\r\n"
                        + references.get(0) + ",person,\"Jane \"\"JJ\"\"\",\"Doe, Dr\",\"1 \"\"High\"\" St\",,TZ,"
                        + Caller.email(references.get(0), "") + ",false,retail,12,fraudspect\r\n"
                        + references.get(1) + ",person,Jane,Doe\r\n"
                        + "\"" + references.get(2) + "\",person,\"Jane\nAnn\",Doe,,,,,,,,fraudspect\n"
                        + references.get(3) + ",person,J5\" Jane,Doe,,,TZ,,,,,fraudspect");
        Report report = box.report(name);

        assertThat(report.records())
                .extracting(line ->
                        line.path("line").asInt() + " " + line.path("status").asText())
                .containsExactly("2 delivered", "3 refused", "4 refused", "6 delivered");
        assertThat(report.faults(2)).containsExactly(" has 4 columns where the header has 12");
        assertThat(report.faults(3))
                .as("a line break in a name")
                .containsExactly("/person/firstName must not have control characters, and not be blank");
        Map<String, JsonNode> byName = requests(references).stream()
                .collect(Collectors.toMap(request -> request.path("name").asText(), request -> request));
        assertThat(byName).containsOnlyKeys("Jane \"JJ\" Doe, Dr", "J5\" Jane Doe");
        JsonNode jane = byName.get("Jane \"JJ\" Doe, Dr");
        assertThat(jane.path("branchCode").asText()).isEqualTo("12");
        assertThat(jane.path("segment").asText()).isEqualTo("retail");
        assertThat(byName.get("J5\" Jane Doe").has("segment"))
                .as("an empty cell")
                .isFalse();
    }

    @Test
    void aFileOfBlanksFails() {
        String name = Caller.reference("BLANKS") + ".json";
        box.drop(name, "  \n");
        Report report = box.report(name);

        assertThat(report.summary().path("state").asText()).isEqualTo("failed");
        assertThat(report.faults(1)).containsExactly(" has no JSON in it");
        box.hasMoved(name, box.failed());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "reference,type,colour",
                "reference,type,person.firstName,reference",
                "reference,type,person,person.firstName",
                "reference,type,address.lines[x]",
                "reference,type,address..city",
                "reference,type,\"open"
            })
    void aHeaderThatNamesNoPlaceFailsTheFile(String header) {
        String name = Caller.reference("HEADER") + ".csv";
        box.drop(name, header + "\nA,person,b,c\n");
        Report report = box.report(name);

        assertThat(report.summary().path("state").asText()).isEqualTo("failed");
        assertThat(report.summary().path("note").asText()).containsAnyOf("column", "header");
        assertThat(report.records()).isEmpty();
        box.hasMoved(name, box.failed());
    }

    @Test
    void recordsOfOneReferenceAreAcceptedInTheOrderOfTheFile() {
        String reference = Caller.reference("ORDER");
        String name = reference + ".ndjson";
        box.drop(
                name,
                IntStream.range(0, 60)
                        .mapToObj(i -> {
                            ObjectNode person = Caller.person(reference, "", TARGETS);
                            ((ObjectNode) person.get("person")).put("lastName", "Doe" + i);
                            return person.toString();
                        })
                        .reduce((a, b) -> a + "\n" + b)
                        .orElseThrow());
        box.report(name);

        assertThat(requests(List.of(reference)))
                .extracting(request -> request.path("name").asText())
                .isEqualTo(IntStream.range(0, 60).mapToObj(i -> "Jane Doe" + i).toList());
    }

    @Test
    void theSameContentIsADuplicateUnlessItIsAskedForAgain() {
        String reference = Caller.reference("TWICE");
        byte[] content = Caller.person(reference, "", TARGETS).toString().getBytes(StandardCharsets.UTF_8);
        box.drop(reference + ".json", content);
        Report first = box.report(reference + ".json");
        box.drop(reference + "-b.json.gz", DropBox.gzip(content));
        Report duplicate = box.report(reference + "-b.json.gz");

        assertThat(duplicate.summary().path("state").asText()).isEqualTo("duplicate");
        assertThat(duplicate.summary().path("note").asText()).contains(reference + ".json", ".again");
        box.hasMoved(reference + "-b.json.gz", box.done());
        assertThat(requests(List.of(reference))).hasSize(1);

        box.drop(reference + ".again.json", content);
        Report again = box.report(reference + ".again.json");
        box.drop(reference + ".json", content);
        Report last = box.report(reference + "-2.json");

        assertThat(requests(List.of(reference)))
                .as("the first, and the one that was asked for again")
                .hasSize(2);
        assertThat(again.record(1).path("message")).isNotEqualTo(first.record(1).path("message"));
        assertThat(last.summary().path("state").asText()).isEqualTo("duplicate");
        assertThat(last.summary().path("name").asText()).isEqualTo(reference + ".json");
    }

    @Test
    void theFilesAreListedNewestFirst() {
        String reference = Caller.reference("LIST");
        box.drop(reference + ".ndjson", Caller.person(reference, "", TARGETS) + "\nno\n");
        box.report(reference + ".ndjson");
        box.drop(reference + ".csv", "");
        box.report(reference + ".csv");

        Api.Answer list = herald.get("/v1/files?limit=2");
        assertThat(list.status()).as(list.body()).isEqualTo(200);
        assertThat(CONTRACT.faults("Files", list.json())).isEmpty();
        JsonNode newest = list.json().path("items").get(0);
        assertThat(newest.path("name").asText()).isEqualTo(reference + ".csv");
        assertThat(newest.path("state").asText()).isEqualTo("failed");
        JsonNode second = list.json().path("items").get(1);
        assertThat(second.path("state").asText()).isEqualTo("reported");
        assertThat(second.path("records").toString()).isEqualTo("{\"done\":2,\"failed\":1,\"total\":2}");
        assertThat(list.json().has("next")).isTrue();
        Api.Answer rest =
                herald.get("/v1/files?after=" + list.json().path("next").asText());
        assertThat(rest.json().path("items")).noneMatch(item -> item.equals(newest) || item.equals(second));
        assertThat(herald.get("/v1/files?limit=x").status()).isEqualTo(400);
        assertThat(herald.get("/v1/files?after=x").status()).isEqualTo(400);
    }

    /** What was sent for these references. */
    private List<JsonNode> requests(List<String> references) {
        return sandbox.requests("fraudspect").stream()
                .filter(request -> request.method().equals("POST"))
                .map(Received::json)
                .filter(request ->
                        references.contains(request.path("referenceId").asText()))
                .toList();
    }

    private static List<String> references(int count, String label) {
        return Stream.generate(() -> Caller.reference(label)).limit(count).toList();
    }

    private static String person(String reference) {
        return Caller.person(reference, "", TARGETS).toString();
    }

    private static String content(String extension, List<String> references) {
        if (extension.startsWith("csv")) {
            List<String> rows = new ArrayList<>();
            rows.add(
                    "reference,type,person.firstName,person.lastName,person.birthDate,person.nationality,contact.email,"
                            + "contact.phone,address.lines[0],address.city,address.country");
            for (String reference : references) {
                ObjectNode person = Customers.person(reference);
                rows.add(String.join(
                        ",",
                        reference,
                        "person,Jane,Doe,1995-01-10,TZ",
                        person.at("/contact/email").asText(),
                        person.at("/contact/phone").asText(),
                        "12 Uhuru Street,Dar es Salaam,TZ"));
            }
            return String.join("\r\n", rows);
        }
        Stream<String> persons =
                references.stream().map(reference -> Customers.person(reference).toString());
        return extension.startsWith("json.") || extension.equals("json")
                ? "[" + String.join(",\n", persons.toList()) + "]"
                : String.join("\n", persons.toList());
    }
}
