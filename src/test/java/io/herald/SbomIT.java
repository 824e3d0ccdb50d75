package io.herald;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The bill of materials that the build makes names each library of the packaged program, as it is there: by its digest. */
class SbomIT {

    private static final Path SBOM = Path.of("target/herald-sbom.json");
    private static final Path LIBRARIES = Path.of("target/herald/lib");

    /** What Quarkus puts before the name of a library that it takes classes out of, because it has its own, or changes them. */
    private static final String CHANGED_BY_QUARKUS = "modified-";

    @Test
    void namesWhatIsPackaged() throws Exception {
        JsonNode sbom = new ObjectMapper().readTree(Files.readAllBytes(SBOM));
        assertThat(sbom.path("bomFormat").asText()).isEqualTo("CycloneDX");
        Map<String, String> named = new TreeMap<>();
        for (JsonNode component : sbom.path("components")) {
            String jar = component.path("group").asText()
                    + "." + component.path("name").asText()
                    + "-" + component.path("version").asText()
                    + ".jar";
            named.put(jar, sha256(component));
            assertThat(component.path("licenses")).as("licences of %s", jar).isNotEmpty();
        }

        Map<String, String> packaged = packaged();

        assertThat(packaged).hasSizeGreaterThan(100);
        assertThat(named)
                .as("%s (actual) has each library below %s (expected)", SBOM, LIBRARIES)
                .containsKeys(packaged.keySet().stream()
                        .map(jar ->
                                jar.startsWith(CHANGED_BY_QUARKUS) ? jar.substring(CHANGED_BY_QUARKUS.length()) : jar)
                        .toArray(String[]::new));
        packaged.keySet().removeIf(jar -> jar.startsWith(CHANGED_BY_QUARKUS));
        assertThat(packaged).as("libraries as their makers sent them").hasSizeGreaterThan(100);
        assertThat(named).as("the digests of %s", SBOM).containsAllEntriesOf(packaged);
    }

    private static String sha256(JsonNode component) {
        for (JsonNode hash : component.path("hashes")) {
            if (hash.path("alg").asText().equals("SHA-256")) {
                return hash.path("content").asText();
            }
        }
        return "none";
    }

    private static Map<String, String> packaged() throws Exception {
        Map<String, String> digests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(LIBRARIES)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".jar")).toList()) {
                digests.put(file.getFileName().toString(), sha256(file));
            }
        }
        return digests;
    }

    private static String sha256(Path file) throws IOException, java.security.NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
