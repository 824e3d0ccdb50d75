package io.herald.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is mounted for the program, and how Kubernetes lays it out. */
final class Volume {

    private Volume() {}

    /** What of a folder of the project is for the program, by its place there. */
    static Map<String, String> files(String folder) throws IOException {
        Path root = Path.of(folder);
        try (Stream<Path> files = Files.walk(root)) {
            return new TreeMap<>(files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().contains("/examples/"))
                    .filter(file -> !file.toString().endsWith(".md"))
                    .filter(file -> !file.endsWith("kustomization.yaml"))
                    .collect(Collectors.toMap(file -> root.relativize(file).toString(), Volume::text)));
        }
    }

    /**
     * Lays files out as the kubelet does it in a volume of ConfigMaps: in a folder of that moment, to which {@code ..data} is a
     * link, and each file and folder on top a link through that.
     */
    static void lay(Map<String, String> files, Path mount) throws IOException {
        Path moment = mount.resolve("..2026_11_21_10_00_00.1");
        for (Map.Entry<String, String> file : files.entrySet()) {
            Path place = moment.resolve(file.getKey());
            Files.createDirectories(place.getParent());
            Files.writeString(place, file.getValue());
            Path top = mount.resolve(Path.of(file.getKey()).getName(0));
            if (!Files.isSymbolicLink(top)) {
                Files.createSymbolicLink(top, Path.of("..data").resolve(top.getFileName()));
            }
        }
        Files.createSymbolicLink(mount.resolve("..data"), moment.getFileName());
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
