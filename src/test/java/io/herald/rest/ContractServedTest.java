package io.herald.rest;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.herald.provider.Neighbours;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The contract is one file: what is bound to is what is served and shown. */
@QuarkusTest
@TestProfile(Neighbours.class)
class ContractServedTest {

    private final Api herald = Api.underTest();

    @Test
    void isServedAsItIs() throws IOException {
        JsonNode file = Contract.load().tree();
        Api.Answer json = herald.get("/q/openapi?format=json");
        Api.Answer yaml = herald.get("/q/openapi");

        assertThat(json.status()).isEqualTo(200);
        assertThat(json.header("Content-Type")).startsWith("application/json");
        assertThat(json.json().path("openapi").asText()).startsWith("3.1");
        assertThat(json.json()).isEqualTo(file);
        assertThat(yaml.status()).isEqualTo(200);
        assertThat(new ObjectMapper(new YAMLFactory()).readTree(yaml.body()).path("paths"))
                .isEqualTo(file.path("paths"));
    }

    @Test
    void isShown() {
        Api.Answer page = herald.get("/q/swagger-ui/");

        assertThat(page.status()).isEqualTo(200);
        assertThat(page.header("Content-Type")).startsWith("text/html");
        assertThat(page.body()).contains("/q/openapi");
    }
}
