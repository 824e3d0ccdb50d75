package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.awaitility.Awaitility;

/** The folders of a file drop, as somebody uses them who drops files and waits for their reports. */
public final class DropBox {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path inbox;

    public DropBox(Path inbox) {
        this.inbox = inbox;
    }

    Path inbox() {
        return inbox;
    }

    Path done() {
        return inbox.resolveSibling("done");
    }

    Path failed() {
        return inbox.resolveSibling("failed");
    }

    Path reports() {
        return inbox.resolveSibling("reports");
    }

    public void drop(String name, String content) {
        drop(name, content.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes it under another name, and renames it. */
    void drop(String name, byte[] content) {
        try {
            Path part = inbox.resolve(name + ".part");
            Files.write(part, content);
            Files.move(part, inbox.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /** What came of a file. */
    public record Report(JsonNode summary, List<JsonNode> records) {

        JsonNode record(int position) {
            return records.get(position - 1);
        }

        /** The state of a record's delivery to a provider. */
        String state(int position, String provider) {
            for (JsonNode delivery : record(position).path("deliveries")) {
                if (delivery.path("provider").asText().equals(provider)) {
                    return delivery.path("state").asText();
                }
            }
            throw new AssertionError("no delivery to " + provider + " in " + record(position));
        }

        /** Pointer and message of each of a record's faults. */
        List<String> faults(int position) {
            return record(position)
                    .path("faults")
                    .valueStream()
                    .map(fault -> fault.path("pointer").asText() + " "
                            + fault.path("message").asText())
                    .toList();
        }
    }

    /** Waits for the report of a file that was filed under that name. */
    public Report report(String filedAs) {
        Path summary = reports().resolve(filedAs + ".summary.json");
        Awaitility.await().atMost(PATIENCE).until(() -> Files.exists(summary));
        Path records = reports().resolve(filedAs + ".report.ndjson");
        try (Stream<String> lines = Files.exists(records) ? Files.lines(records) : Stream.empty()) {
            return new Report(
                    JSON.readTree(Files.readString(summary)),
                    lines.map(DropBox::json).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode json(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException("not JSON: " + line, e);
        }
    }

    /** Its report may be there a moment before. */
    void hasMoved(String name, Path to) {
        Awaitility.await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(inbox.resolve(name)).doesNotExist();
            assertThat(to.resolve(name)).exists();
        });
    }

    /** The names of what is in a folder. */
    static List<String> names(Path folder) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
