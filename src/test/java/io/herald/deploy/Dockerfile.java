package io.herald.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The instructions of a Dockerfile, one a line, from top to bottom. */
record Dockerfile(Path file, List<Instruction> instructions) {

    static final Path JVM = Path.of("src/main/docker/Dockerfile.jvm");
    static final Path NATIVE = Path.of("src/main/docker/Dockerfile.native");

    private static final Set<String> KNOWN =
            Set.of("ARG", "FROM", "COPY", "RUN", "WORKDIR", "ENV", "VOLUME", "EXPOSE", "USER", "ENTRYPOINT");

    /** Such as {@code COPY}, and the rest of its line. */
    record Instruction(String name, String rest) {

        List<String> words() {
            return List.of(rest.split("\\s+"));
        }

        /** The words of the form that no shell reads: a JSON array. */
        List<String> exec() {
            try {
                return List.of(new ObjectMapper().readValue(rest, String[].class));
            } catch (JsonProcessingException e) {
                throw new AssertionError(name + " is no JSON array: " + rest, e);
            }
        }
    }

    static Dockerfile read(Path file) {
        try {
            List<Instruction> instructions = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                if (line.isBlank() || line.startsWith("#")) {
                    continue;
                }
                String[] parts = line.split("\\s+", 2);
                assertThat(parts).as("%s: %s", file, line).hasSize(2);
                assertThat(KNOWN).as("instructions that %s may have", file).contains(parts[0]);
                assertThat(line).as("%s: one instruction a line", file).doesNotEndWith("\\");
                instructions.add(new Instruction(parts[0], parts[1]));
            }
            return new Dockerfile(file, instructions);
        } catch (IOException e) {
            throw new AssertionError("cannot read " + file, e);
        }
    }

    Stream<Instruction> all(String name) {
        return instructions.stream().filter(instruction -> instruction.name().equals(name));
    }

    Instruction only(String name) {
        List<Instruction> found = all(name).toList();
        assertThat(found).as("%s in %s", name, file).hasSize(1);
        return found.get(0);
    }

    /** What follows the last FROM: what the image is made of. */
    Dockerfile lastStage() {
        int from = 0;
        for (int i = 0; i < instructions.size(); i++) {
            from = instructions.get(i).name().equals("FROM") ? i : from;
        }
        return new Dockerfile(file, instructions.subList(from, instructions.size()));
    }

    /** The variables that the program gets. */
    Map<String, String> environment() {
        return lastStage()
                .all("ENV")
                .flatMap(env -> env.words().stream())
                .map(word -> word.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
    }
}
