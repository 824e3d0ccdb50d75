package io.herald.start;

import io.herald.Customers;
import io.herald.sandbox.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * With what options the packaged program comes up in less than half the processor time: no compiler and no
 * garbage collector that pay only later, and the classes of an earlier run, as the JVM archives them. That run is made once for a build, by the first test that needs it.
 */
final class QuickStart {

    private static final List<String> QUICK = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
    private static final Path ARCHIVE = Path.of("target/packaged-program.jsa").toAbsolutePath();

    private QuickStart() {}

    /** @param java the program that will run it; another one than that of the test cannot read the archive */
    static synchronized List<String> options(Path java) {
        if (!java.startsWith(System.getProperty("java.home"))) {
            return QUICK;
        }
        try (FileChannel lock =
                FileChannel.open(Path.of(ARCHIVE + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();
            if (!isOfThisBuild()) {
                Files.deleteIfExists(ARCHIVE);
                makeArchive();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return with("-XX:SharedArchiveFile=" + ARCHIVE, "-Xlog:cds=off", "-Xlog:cds+dynamic=off");
    }

    private static List<String> with(String... more) {
        List<String> options = new ArrayList<>(QUICK);
        options.addAll(List.of(more));
        return options;
    }

    private static boolean isOfThisBuild() throws IOException {
        return Files.exists(ARCHIVE)
                && Files.getLastModifiedTime(ARCHIVE).compareTo(Files.getLastModifiedTime(PackagedProgram.file())) > 0;
    }

    /** The JVM writes it when the program is stopped. */
    private static void makeArchive() throws IOException {
        Path directory = Files.createTempDirectory("herald-quick-start");
        try (Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);
                PackagedProgram program = PackagedProgram.ready(PackagedProgram.launch(
                        directory,
                        PackagedProgram.environment(sandbox),
                        with("-XX:ArchiveClassesAtExit=" + ARCHIVE)))) {
            program.submit(Customers.person("CUST-archive")).statusCode(200);
            program.stop();
        }
    }
}
