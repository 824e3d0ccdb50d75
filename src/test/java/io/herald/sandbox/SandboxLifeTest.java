package io.herald.sandbox;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxLifeTest {

    private static final Path FILES = Path.of("src/sandbox");
    private static final String CUSTOMERS = "/v1/kyc/customers";
    private static final String JANE = "{\"legalName\":\"Jane Doe\",\"type\":\"PERSON\",\"mobile\":\"+1\"}";
    private static final String BRIDGE_JANE = "{\"type\":\"individual\",\"email\":\"jane@example.com\"}";

    @TempDir
    Path folder;

    @Test
    void remembersOverARestart() {
        Path memory = folder.resolve("deeper/memory.jsonl");
        String id;
        String answer;
        Caller caller;
        int port;
        try (Sandbox sandbox = Sandbox.start(0, FILES, memory)) {
            port = sandbox.port();
            caller = Caller.trusted(sandbox, "xbridge");
            id = caller.post(CUSTOMERS, JANE).json().get("customerId").asText();
            caller.post(CUSTOMERS, update(id, "Jane Roe"));
            Caller bridge = Caller.trusted(sandbox, "bridge-xyz").with("Idempotency-Key", "key-1");
            answer = bridge.post("/customers", BRIDGE_JANE).body();
            Caller.trusted(sandbox, "fraudspect")
                    .post("/api/v1/customers", "{\"name\":\"A\",\"referenceId\":\"A-1\",\"accountTypeId\":2}");
        }
        try (Sandbox sandbox = Sandbox.start(port, FILES, memory)) {
            assertThat(sandbox.customers("xbridge")).hasSize(1);
            assertThat(sandbox.customers("xbridge")
                            .get(0)
                            .at("/fields/legalName")
                            .asText())
                    .isEqualTo("Jane Roe");
            assertThat(caller.post(CUSTOMERS, update(id, "Jane Poe")).status()).isEqualTo(200);
            Caller bridge = Caller.trusted(sandbox, "bridge-xyz").with("Idempotency-Key", "key-1");
            assertThat(bridge.post("/customers", BRIDGE_JANE).body()).isEqualTo(answer);
            assertThat(bridge.with("Idempotency-Key", "key-2")
                            .post("/customers", BRIDGE_JANE)
                            .status())
                    .isEqualTo(400);
            assertThat(Caller.trusted(sandbox, "fraudspect")
                            .post("/api/v1/customers", "{\"name\":\"B\",\"referenceId\":\"B-1\",\"accountTypeId\":2}")
                            .json()
                            .at("/data/id")
                            .asInt())
                    .isEqualTo(2);
            sandbox.reset();
        }
        try (Sandbox sandbox = Sandbox.start(0, FILES, memory)) {
            assertThat(sandbox.customers("xbridge")).isEmpty();
            assertThat(sandbox.customers("bridge-xyz")).isEmpty();
        }
    }

    @Test
    void remembersWithoutAGoodbyeAndDespiteALineCutOff() throws IOException {
        Path memory = folder.resolve("memory.jsonl");
        Path copy = folder.resolve("copy.jsonl");
        try (Sandbox sandbox = Sandbox.start(0, FILES, memory)) {
            Caller.trusted(sandbox, "xbridge").post(CUSTOMERS, JANE);
            Files.copy(memory, copy);
        }
        Files.writeString(copy, "{\"provider\":\"xbridge\",\"custo", StandardOpenOption.APPEND);
        try (Sandbox sandbox = Sandbox.start(0, FILES, copy)) {
            assertThat(sandbox.customers("xbridge")).hasSize(1);
        }
        assertThat(Files.readAllLines(copy)).allMatch(line -> line.endsWith("}"));
    }

    @Test
    void remembersNothingWithoutAFile() throws IOException {
        try (Sandbox sandbox = Sandbox.start(0, FILES, null)) {
            Caller.trusted(sandbox, "xbridge").post(CUSTOMERS, JANE);
        }
        try (Sandbox sandbox = Sandbox.start(0, FILES, null)) {
            assertThat(sandbox.customers("xbridge")).isEmpty();
        }
        assertThat(Files.list(folder)).isEmpty();
    }

    @Test
    void aTestsOwnStubGoesFirstAndResetTakesItAwayButLeavesTokens() {
        try (Sandbox sandbox = Sandbox.start(0, FILES, null)) {
            Caller caller = Caller.trusted(sandbox, "xbridge");
            caller.post(CUSTOMERS, JANE);
            sandbox.server().stubFor(any(anyUrl()).willReturn(aResponse().withStatus(503)));
            assertThat(caller.post(CUSTOMERS, JANE).status()).isEqualTo(503);
            assertThat(sandbox.requests("xbridge")).hasSize(3);

            sandbox.reset();
            assertThat(sandbox.requests("xbridge")).isEmpty();
            assertThat(sandbox.logIns("xbridge")).isZero();
            assertThat(sandbox.customers("xbridge")).isEmpty();
            assertThat(caller.post(CUSTOMERS, JANE).status()).isEqualTo(200);
        }
    }

    @Test
    void withoutAJournalThereIsNothingToReadBack() {
        try (Sandbox sandbox = Sandbox.start(0, FILES, null, 0)) {
            Caller.trusted(sandbox, "xbridge").post(CUSTOMERS, JANE);
            sandbox.reset();
            assertThatThrownBy(() -> sandbox.requests("xbridge")).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void theJournalIsBounded() {
        try (Sandbox sandbox = Sandbox.start(0, FILES, null, 3)) {
            Caller caller = Caller.trusted(sandbox, "xbridge");
            for (int i = 0; i < 5; i++) {
                caller.get(CUSTOMERS + "/" + i);
            }
            assertThat(sandbox.requests("xbridge"))
                    .extracting(Received::path)
                    .isEqualTo(List.of(CUSTOMERS + "/2", CUSTOMERS + "/3", CUSTOMERS + "/4"));
        }
    }

    @Test
    void longDocumentsFitIntoMemory() {
        try (Sandbox sandbox = Sandbox.start(0, FILES, null)) {
            Caller caller = Caller.trusted(sandbox, "fraudspect");
            String document = "A".repeat(20 << 20);
            for (int i = 0; i < 4; i++) {
                String body = "{\"name\":\"Jane\",\"referenceId\":\"R-" + i + "\",\"accountTypeId\":1,\"file\":\""
                        + document + "\"}";
                assertThat(caller.post("/api/v1/customers", body).status()).isEqualTo(201);
            }
            assertThat(sandbox.customers("fraudspect").get(3).at("/fields/file").asText())
                    .startsWith((20 << 20) + " characters, SHA-256 ");
            assertThat(sandbox.requests("fraudspect")).hasSize(3);
        }
    }

    @Test
    void saysWhatStopsTheStart() throws IOException {
        try (Sandbox sandbox = Sandbox.start(0, FILES, null)) {
            int port = sandbox.port();
            assertThatThrownBy(() -> Sandbox.start(port, FILES, null)).hasMessageContaining("port " + port);
            assertThatThrownBy(() -> sandbox.url("nobody")).hasMessageContaining("nobody");
        }
        assertThatThrownBy(() -> Sandbox.start(0, folder, null)).hasMessageContaining("mappings");

        Files.createDirectories(folder.resolve("mappings/fifth"));
        Files.writeString(folder.resolve("after-the-work.json"), "{}");
        Files.writeString(folder.resolve("mappings/fifth/customers.json"), """
                {"name": "fifth: faulty", "request": {"urlPathPattern": "/fifth/.*",
                 "customMatcher": {"name": "faulty-body", "parameters": {"schema": "fifth.schema.json"}}},
                 "response": {"status": 400}}""");
        assertThatThrownBy(() -> Sandbox.start(0, folder, null)).hasMessageContaining("fifth.schema.json");
        Files.writeString(folder.resolve("mappings/fifth/customers.json"), """
                {"name": "fifth: misspelt", "request": {"urlPathPattern": "/fifth/.*"}, "response": {"status": 200,
                 "transformerParameters": {"work": {"do": "creat"}}}}""");
        assertThatThrownBy(() -> Sandbox.start(0, folder, null)).hasMessageContaining("fifth: misspelt");
        Files.writeString(folder.resolve("mappings/fifth/customers.json"), "{");
        assertThatThrownBy(() -> Sandbox.start(0, folder, null)).hasMessageContaining("customers.json");
    }

    @Test
    void aFurtherProviderIsAFolderOfStubs() throws IOException {
        Files.createDirectories(folder.resolve("mappings/fifth"));
        Files.writeString(
                folder.resolve("after-the-work.json"), "{\"lost\": {\"fault\": \"CONNECTION_RESET_BY_PEER\"}}");
        Files.writeString(folder.resolve("mappings/fifth/customers.json"), """
                {"name": "fifth: create", "priority": 60,
                 "request": {"method": "POST", "urlPath": "/fifth/people"},
                 "response": {"status": 201, "jsonBody": {"number": "{{customer.id}}", "who": "{{request.body.name}}"},
                  "transformerParameters": {"work": {"do": "create", "id": "number"}}}}""");
        try (Sandbox sandbox = Sandbox.start(0, folder, null)) {
            Caller caller = Caller.of(sandbox, "fifth");
            assertThat(caller.post("/people", "{\"name\":\"Jane\"}").body())
                    .isEqualTo("{\"number\":1,\"who\":\"Jane\"}");
            assertThat(sandbox.customers("fifth")).hasSize(1);
        }
    }

    private static String update(String id, String name) {
        return "{\"customerId\":\"" + id + "\",\"legalName\":\"" + name + "\",\"type\":\"PERSON\"}";
    }
}
