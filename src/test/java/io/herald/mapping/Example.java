package io.herald.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** One folder of {@code mappings/<provider>/examples}; a file that is not there is null. */
record Example(
        Path folder,
        JsonNode canonical,
        String link,
        JsonNode request,
        JsonNode response,
        JsonNode outcome,
        JsonNode find) {

    static final Path MAPPINGS = Path.of("mappings");
    private static final Set<String> FILES =
            Set.of("canonical.json", "link.json", "request.json", "response.json", "outcome.json", "find.json");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The providers: every folder of the mappings but that of the canonical message. */
    static List<String> providers() {
        return folders(MAPPINGS).stream()
                .map(folder -> folder.getFileName().toString())
                .filter(name -> !name.equals("canonical"))
                .toList();
    }

    static List<Example> of(String provider) {
        Path examples = MAPPINGS.resolve(provider).resolve("examples");
        return Files.isDirectory(examples)
                ? folders(examples).stream().map(Example::read).toList()
                : List.of();
    }

    /** The text of a file below the mappings, as {@link Mappings#load} asks for it. */
    static Optional<String> text(String path) {
        Path file = MAPPINGS.resolve(path);
        try {
            return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(Path file) {
        try {
            return JSON.readTree(Files.readString(file));
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }

    /** The provider whose example this is. */
    String provider() {
        return MAPPINGS.relativize(folder).getName(0).toString();
    }

    /** The files of the folder that belong to no example. */
    List<String> strangers() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> !FILES.contains(name))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isPerson() {
        return canonical.path("type").asText().equals("person");
    }

    boolean isUpdate() {
        return link != null;
    }

    /** Whether it ends before any call, because the provider's schema refuses what the mapping makes. */
    boolean isRefused() {
        return request == null;
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    private static Example read(Path folder) {
        JsonNode link = optional(folder, "link.json");
        return new Example(
                folder,
                json(folder.resolve("canonical.json")),
                link == null ? null : link.textValue(),
                optional(folder, "request.json"),
                optional(folder, "response.json"),
                optional(folder, "outcome.json"),
                optional(folder, "find.json"));
    }

    private static JsonNode optional(Path folder, String name) {
        Path file = folder.resolve(name);
        return Files.exists(file) ? json(file) : null;
    }

    private static List<Path> folders(Path parent) {
        try (Stream<Path> children = Files.list(parent)) {
            return children.filter(Files::isDirectory).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
