package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a file sets twice is told with its line, wherever the file is, and whatever else is in it. */
class PropertyLinesTest {

    @TempDir
    Path directory;

    @Test
    void theLastOfTwoIsToldWithoutItsValue() throws IOException {
        Path file = Files.createDirectory(directory.resolve("a b ü")).resolve("application.properties");
        Files.writeString(
                file,
                "# für alle\nprovider.acme.secret=one\nprovider.acme.secret.note=x\nprovider.acme.secret : two\n%dev.x=1\nx=1\n",
                StandardCharsets.ISO_8859_1);

        assertThat(PropertyLines.mistakes(new SmallRyeConfigBuilder()
                        .withSources(new PropertiesConfigSource(file.toUri().toURL()))
                        .build()))
                .containsExactly(file + ":4: provider.acme.secret is set twice");
    }
}
