package io.herald.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The objects that {@code kubectl kustomize} makes of a folder. Skips the test where there is no {@code kubectl}. */
record Manifests(List<JsonNode> objects) {

    static Manifests of(Path folder) {
        assumeTrue(
                Stream.of(System.getenv("PATH").split(File.pathSeparator))
                        .anyMatch(place -> Files.isExecutable(Path.of(place, "kubectl"))),
                "there is no kubectl on the PATH, which builds the manifests");
        try {
            Process kustomize = new ProcessBuilder("kubectl", "kustomize", folder.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String text = new String(kustomize.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(kustomize.waitFor()).as("kubectl kustomize " + folder).isZero();
            return new Manifests(parse(text));
        } catch (IOException e) {
            throw new AssertionError("kubectl kustomize " + folder, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    static List<JsonNode> parse(String yaml) throws IOException {
        try (MappingIterator<JsonNode> documents =
                new YAMLMapper().readerFor(JsonNode.class).readValues(yaml)) {
            return documents.readAll();
        }
    }

    Stream<JsonNode> all(String kind) {
        return objects.stream().filter(object -> object.path("kind").textValue().equals(kind));
    }

    JsonNode only(String kind) {
        List<JsonNode> found = all(kind).toList();
        assertThat(found).as(kind).hasSize(1);
        return found.get(0);
    }

    /** The ConfigMap of which this is the name, or the name before its hash. */
    JsonNode configMap(String name) {
        List<JsonNode> found = all("ConfigMap")
                .filter(map -> name(map).equals(name) || name(map).matches(name + "-[a-z0-9]{10}"))
                .toList();
        assertThat(found).as("ConfigMap " + name).hasSize(1);
        return found.get(0);
    }

    static String name(JsonNode object) {
        return object.at("/metadata/name").textValue();
    }

    /** The template of the pods of the one Deployment, or Job. */
    JsonNode pods() {
        List<JsonNode> found = Stream.of("Deployment", "Job")
                .flatMap(this::all)
                .map(object -> object.at("/spec/template"))
                .toList();
        assertThat(found).as("templates of pods").hasSize(1);
        return found.get(0);
    }

    JsonNode container() {
        assertThat(pods().at("/spec/containers")).hasSize(1);
        return pods().at("/spec/containers/0");
    }

    /** What the program sees below this path, by its place there: the files of the ConfigMaps that are mounted at it. */
    Map<String, String> mounted(String path) {
        JsonNode mount = one(container().path("volumeMounts"), "mountPath", path);
        JsonNode volume =
                one(pods().at("/spec/volumes"), "name", mount.path("name").textValue());
        List<JsonNode> sources = new ArrayList<>();
        if (volume.has("configMap")) {
            sources.add(volume.path("configMap"));
        }
        volume.at("/projected/sources").forEach(source -> sources.add(source.path("configMap")));
        Map<String, String> files = new TreeMap<>();
        for (JsonNode source : sources) {
            JsonNode data = configMap(source.path("name").textValue()).path("data");
            if (source.has("items")) {
                source.path("items")
                        .forEach(item -> files.put(
                                item.path("path").textValue(),
                                data.path(item.path("key").textValue()).textValue()));
            } else {
                data.properties()
                        .forEach(
                                file -> files.put(file.getKey(), file.getValue().textValue()));
            }
        }
        return files;
    }

    static Stream<JsonNode> stream(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    static JsonNode one(JsonNode array, String field, String value) {
        List<JsonNode> found = stream(array)
                .filter(node -> value.equals(node.path(field).asText()))
                .toList();
        assertThat(found).as("%s %s in %s", field, value, array).hasSize(1);
        return found.get(0);
    }
}
