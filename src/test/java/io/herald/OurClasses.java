package io.herald;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The classes of the program, as they were compiled. */
public final class OurClasses {

    private static final Path CLASSES = Path.of("target/classes");

    private OurClasses() {}

    /** All but the sandbox's, none of them initialised. */
    public static List<Class<?>> all() throws IOException, ClassNotFoundException {
        List<Class<?>> found = new ArrayList<>();
        try (Stream<Path> files = Files.walk(CLASSES.resolve("io/herald"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".class")).toList()) {
                String name =
                        CLASSES.relativize(file).toString().replace('/', '.').replace(".class", "");
                if (!name.endsWith("package-info") && !name.contains(".sandbox.")) {
                    found.add(Class.forName(name, false, OurClasses.class.getClassLoader()));
                }
            }
        }
        return found;
    }
}
