package io.herald.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.Consumer;

/**
 * What the providers remember over a restart of the sandbox: a file with one change a line, so that Herald's links and
 * the sandbox's customers still fit when a developer restarts, or kills, dev mode. It is read and written anew at
 * start, and only added to after that. Without a file nothing is remembered.
 */
final class Memory implements AutoCloseable {

    private final Path file;
    private OutputStream out;

    /** @param file where to remember, or null */
    Memory(Path file) {
        this.file = file;
    }

    /** Gives every remembered change, oldest first. A last line that was cut off by a crash is left out. */
    void recall(Consumer<JsonNode> change) {
        if (file == null || !Files.exists(file)) {
            return;
        }
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                JsonNode parsed = parse(line);
                if (parsed != null) {
                    change.accept(parsed);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox cannot read its memory, " + file, e);
        }
    }

    private static JsonNode parse(String line) {
        try {
            return Json.MAPPER.readTree(line);
        } catch (IOException e) {
            return null;
        }
    }

    /** Forgets all changes but these, which say the same in fewer lines. */
    synchronized void rewrite(List<ObjectNode> changes) {
        if (file == null) {
            return;
        }
        try {
            close();
            Path parent = file.toAbsolutePath().getParent();
            Files.createDirectories(parent);
            Path fresh = Files.createTempFile(parent, file.getFileName().toString(), ".new");
            try (OutputStream rewritten = Files.newOutputStream(fresh)) {
                for (ObjectNode change : changes) {
                    rewritten.write(line(change));
                }
            }
            Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            out = Files.newOutputStream(file, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox cannot write its memory, " + file, e);
        }
    }

    synchronized void add(ObjectNode change) {
        if (out == null) {
            return;
        }
        try {
            out.write(line(change));
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox cannot write its memory, " + file, e);
        }
    }

    private static byte[] line(ObjectNode change) throws IOException {
        return (Json.MAPPER.writeValueAsString(change) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public synchronized void close() {
        try {
            if (out != null) {
                out.close();
                out = null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox cannot close its memory, " + file, e);
        }
    }
}
