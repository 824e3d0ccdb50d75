package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Of a file that is written over while it is read nothing more is given out: a record would be of two customers. */
class ContentTest {

    private static final String RECORD = "R-1,person,Jane,Doe,jane@example.com,+255700000001\n";

    @TempDir
    Path directory;

    @Test
    void whatWasWrittenOverIsNotReadOn() throws IOException {
        Path file = directory.resolve("customers.csv");
        Files.writeString(file, RECORD.repeat(6_000));
        try (Content content = Content.open(file, false, 1 << 20)) {
            content.mustStay(file, Stamp.of(file));
            LineFrames frames = LineFrames.ofLines(content, 1 << 20);
            assertThat(frames.next()).isNotNull();

            Files.writeString(file, RECORD.replace("Jane", "Joseph").repeat(6_000));

            assertThatThrownBy(() -> {
                        for (Frame next = frames.next(); next != null; next = frames.next()) {
                            assertThat(new String(next.bytes())).isEqualTo(RECORD.strip());
                        }
                    })
                    .isInstanceOf(IOException.class)
                    .hasMessage("the file was changed while it was read");
            assertThatThrownBy(frames::next)
                    .as("no record is read a second time")
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void whatWasRenamedIsReadOn() throws IOException {
        Path file = directory.resolve("customers.csv");
        Files.writeString(file, RECORD.repeat(6_000));
        try (Content content = Content.open(file, false, 1 << 20)) {
            content.mustStay(file, Stamp.of(file));
            Files.move(file, directory.resolve("other.csv"));

            assertThat(content.digest().size()).isEqualTo(6_000L * RECORD.length());
        }
    }

    /** Taken for UTF-8, each of its lines would be refused for itself, as no JSON. */
    @ParameterizedTest
    @ValueSource(strings = {"UTF-16BE", "UTF-16LE"})
    void utf16IsToldAsThat(String charset) throws IOException {
        Path file = directory.resolve("customers.ndjson");
        Files.writeString(file, "\uFEFF{\"reference\": \"R-1\"}\n", Charset.forName(charset));

        assertThatThrownBy(() -> Content.open(file, false, 1 << 20))
                .isInstanceOf(UnreadableFileException.class)
                .hasMessage("it is UTF-16; write it in UTF-8");
    }
}
