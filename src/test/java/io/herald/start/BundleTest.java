package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {

    @TempDir
    Path routes;

    /** It would be passed over without a word, and its provider's customers with it. */
    @Test
    void aRouteFileWithAnotherEndingIsTold() throws IOException {
        Path providers = Files.createDirectory(routes.resolve("providers"));
        for (String file : new String[] {"customer.camel.yaml", "kustomization.yaml", "README.md", ".hidden.yaml"}) {
            Files.createFile(routes.resolve(file));
        }
        Files.createFile(routes.resolve("audit.yml"));
        Files.createFile(providers.resolve("acme.yaml"));

        assertThat(new Bundle(Optional.of(routes), Optional.empty()).mistakes())
                .containsExactly(
                        routes.resolve("audit.yml") + ": the name of a route file ends in .camel.yaml",
                        providers.resolve("acme.yaml") + ": the name of a route file ends in .camel.yaml");
    }
}
