package io.herald.start;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.Resource;
import org.apache.camel.support.PluginHelper;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Where the routes and mappings come from: the directories {@code herald.routes} and {@code herald.mappings} if they exist,
 * otherwise what is built into the program.
 */
@Singleton
public final class Bundle {

    private static final String BUILT_IN_ROUTES = "routes/";
    private static final String ROUTE_FILE = ".camel.yaml";

    /** Not a route file, nor what Kustomize reads. */
    private static final Pattern OTHER_YAML =
            Pattern.compile("(?!.*\\.camel\\.yaml$|kustomization\\.ya?ml$|\\.).*\\.ya?ml");

    private final Path routes;
    private final Path mappings;

    private final List<String> mistakes = new ArrayList<>();

    public Bundle(
            @ConfigProperty(name = "herald.routes") Optional<Path> routes,
            @ConfigProperty(name = "herald.mappings") Optional<Path> mappings) {
        this.routes = routes.orElse(Path.of("routes"));
        this.mappings = mappings.orElse(Path.of("mappings"));
        check("herald.routes", routes);
        check("herald.mappings", mappings);
        Stream.of("", "providers").map(this.routes::resolve).forEach(this::checkNames);
    }

    private void check(String property, Optional<Path> directory) {
        directory
                .filter(path -> !Files.isDirectory(path))
                .ifPresent(path -> mistakes.add(property + ": there is no directory " + path));
    }

    /** A file that is meant for a route and named otherwise would do nothing, and nobody would know. */
    private void checkNames(Path folder) {
        list(folder)
                .filter(file ->
                        OTHER_YAML.matcher(file.getFileName().toString()).matches())
                .forEach(file -> mistakes.add(file + ": the name of a route file ends in " + ROUTE_FILE));
    }

    /** What is wrong with the directories, a line each. */
    List<String> mistakes() {
        return mistakes;
    }

    /** The text of a mistake that begins with {@code mappings/}, with the directory that the files are really in instead. */
    String placeOf(String mistake) {
        return Files.isDirectory(mappings) ? mappings + mistake.substring("mappings".length()) : mistake;
    }

    /** All route files: the common ones, then the providers', each in the order of their names. */
    List<Resource> routeFiles(CamelContext context) {
        return Stream.of("", "providers/")
                .flatMap(folder -> Files.isDirectory(routes)
                        ? mounted(context, routes.resolve(folder))
                        : builtIn(context, BUILT_IN_ROUTES + folder))
                .toList();
    }

    /**
     * The route files in a directory. Not by Camel's own scan: it does not follow a folder that is a link, and in a volume
     * of Kubernetes every folder is one.
     */
    private static Stream<Resource> mounted(CamelContext context, Path folder) {
        return list(folder)
                .filter(file -> file.getFileName().toString().endsWith(ROUTE_FILE))
                .map(file -> PluginHelper.getResourceLoader(context).resolveResource("file:" + file));
    }

    /** What is in a folder, in the order of the names; nothing if there is no such folder. */
    private static Stream<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return Stream.empty();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list the route files in " + folder, e);
        }
    }

    private static Stream<Resource> builtIn(CamelContext context, String folder) {
        try {
            URL place = Thread.currentThread().getContextClassLoader().getResource(folder);
            Stream<String> files = place != null && place.openConnection() instanceof JarURLConnection jar
                    ? inJar(jar)
                    : PluginHelper.getPackageScanResourceResolver(context)
                            .findResources("classpath:" + folder + "*" + ROUTE_FILE)
                            .stream()
                            .map(Resource::getLocation);
            return files.map(file -> folder + file.substring(file.lastIndexOf('/') + 1))
                    .sorted()
                    .map(file -> PluginHelper.getResourceLoader(context).resolveResource("classpath:" + file));
        } catch (Exception e) {
            throw new IllegalStateException("cannot list the route files in " + folder, e);
        }
    }

    /**
     * The route files directly in a folder of a jar, by the jar's directory. Camel's own scan would unpack the whole jar.
     */
    private static Stream<String> inJar(JarURLConnection folder) throws IOException {
        String prefix = folder.getEntryName();
        return folder.getJarFile().stream()
                .map(ZipEntry::getName)
                .filter(file -> file.startsWith(prefix) && file.endsWith(ROUTE_FILE))
                .filter(file -> file.indexOf('/', prefix.length()) < 0)
                .toList()
                .stream();
    }

    /** Whether there is a file of that path below the mappings' root; empty if it cannot be read, so that nobody knows. */
    Optional<Boolean> hasMappingFile(String path) {
        try {
            return Optional.of(mappingFile(path).isPresent());
        } catch (UncheckedIOException unreadable) {
            return Optional.empty();
        }
    }

    /**
     * The text of a file below the mappings' root, such as {@code xbridge/request.jslt}; empty if there is none.
     *
     * @throws UncheckedIOException if it cannot be read; its message is the mistake, and begins with {@code mappings/}
     */
    public Optional<String> mappingFile(String path) {
        try {
            if (Files.isDirectory(mappings)) {
                Path file = mappings.resolve(path);
                return Files.notExists(file) ? Optional.empty() : Optional.of(Files.readString(file));
            }
            try (InputStream in =
                    Thread.currentThread().getContextClassLoader().getResourceAsStream("mappings/" + path)) {
                return in == null
                        ? Optional.empty()
                        : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("mappings/" + path + ": " + why(e), e);
        }
    }

    private static String why(IOException unreadable) {
        if (unreadable instanceof CharacterCodingException) {
            return "is not UTF-8";
        }
        return unreadable instanceof AccessDeniedException
                ? "cannot be read by this user"
                : "cannot be read: " + Mistake.firstLine(unreadable);
    }
}
