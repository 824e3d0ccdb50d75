package io.herald.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.sandbox.Caller.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the mappings make, by their own examples, is nothing that the sandbox finds fault with. The schemas of the two
 * were written apart, from the same pages: where they differ one of them has read a page wrongly.
 */
class MappedRequestsAreTakenTest extends SandboxTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path MAPPINGS = Path.of("mappings");

    /** Where a further one takes a customer, and what from, only its routes know. */
    private static final Set<String> PROVIDERS = Set.of("xbridge", "yativo", "fraudspect", "bridge-xyz");

    static List<String> examples() throws IOException {
        return examples(MAPPINGS);
    }

    private static List<String> examples(Path mappings) throws IOException {
        try (Stream<Path> files = Files.find(mappings, 4, (file, attributes) -> file.endsWith("request.json"))) {
            return files.map(file -> mappings.relativize(file.getParent()))
                    .filter(example -> PROVIDERS.contains(example.getName(0).toString()))
                    .map(Path::toString)
                    .sorted()
                    .toList();
        }
    }

    @Test
    void areOfEachProviderAndOfNoFurtherOne() throws IOException {
        assertThat(examples())
                .hasSizeGreaterThan(20)
                .extracting(example -> example.substring(0, example.indexOf('/')))
                .containsOnly(PROVIDERS.toArray(String[]::new));
        assertThat(examples(Path.of("src/test/resources/fifth-provider/mappings")))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void isTaken(String example) throws IOException {
        Path folder = MAPPINGS.resolve(example);
        String provider = example.substring(0, example.indexOf('/'));
        String body = Files.readString(folder.resolve("request.json"));
        boolean update = Files.exists(folder.resolve("link.json"));
        Caller caller = Caller.trusted(sandbox, provider).with("Idempotency-Key", "key-1");
        Answer answer =
                switch (provider) {
                    case "xbridge" -> caller.post("/v1/kyc/customers", body);
                    case "fraudspect" -> {
                        connected(caller, JSON.readTree(body));
                        yield caller.post("/api/v1/customers", body);
                    }
                    case "yativo" -> update ? caller.put("/customer/nobody", body) : caller.post("/customer", body);
                    case "bridge-xyz" ->
                        update
                                ? caller.without("Idempotency-Key").put("/customers/nobody", body)
                                : caller.post("/customers", body);
                    default -> throw new IllegalArgumentException(provider);
                };
        if (update && !provider.equals("fraudspect")) {
            assertThat(answer.body()).contains("Customer not found");
        } else {
            assertThat(answer.status()).as(answer.body()).isIn(200, 201);
        }
    }

    private static void connected(Caller caller, JsonNode body) {
        for (JsonNode connection : body.path("connects")) {
            String other = connection.get("referenceId").asText();
            caller.post(
                    "/api/v1/customers", "{\"name\":\"Acme\",\"accountTypeId\":2,\"referenceId\":\"" + other + "\"}");
        }
    }
}
