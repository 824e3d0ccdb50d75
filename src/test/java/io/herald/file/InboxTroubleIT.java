package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.herald.delivery.Caller;
import io.herald.file.DropBox.Report;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file that Herald may not read, and a report that it has no room for, wait until it may and has. Needs the rights to mount a
 * small file system and to run the program as somebody else; skipped without.
 */
@Timeout(180)
class InboxTroubleIT {

    private static final String NOBODY = "65534";
    private static final List<String> AS_NOBODY =
            List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
    private static final int RECORDS = 200;

    @TempDir
    Path directory;

    @AutoClose
    private final Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);

    private Path reports;
    private boolean mounted;

    @BeforeEach
    void prepare() throws Exception {
        assumeTrue(
                Command.succeeds(
                        Stream.concat(AS_NOBODY.stream(), Stream.of("true")).toArray(String[]::new)),
                "no setpriv here");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        reports = Files.createDirectories(directory.resolve("data/reports"));
        mounted = Command.succeeds("mount", "-t", "tmpfs", "-o", "size=128k", "herald-test", reports.toString());
        assumeTrue(mounted, "a small file system cannot be mounted here");
        assertThat(Command.succeeds("chown", "-R", NOBODY, directory.toString()))
                .isTrue();
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            Command.succeeds("umount", "-l", reports.toString());
        }
    }

    @Test
    void bothWaitAndHurtNoOther() throws Exception {
        Map<String, String> environment = PackagedProgram.environment(sandbox);
        environment.put("INTAKE_FILE_POLL", "250ms");
        List<String> command = new ArrayList<>(AS_NOBODY);
        command.addAll(PackagedProgram.command(environment));
        try (PackagedProgram program = PackagedProgram.ready(PackagedProgram.run(command, directory, environment))) {
            DropBox box = new DropBox(directory.resolve("data/inbox"));
            Path unreadable = box.inbox().resolve("unreadable.json");
            Path part = Files.writeString(box.inbox().resolve("unreadable.json.part"), person("CUST-unreadable"));
            Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("---------"));
            Files.move(part, unreadable);
            await().atMost(Duration.ofSeconds(30)).until(() -> program.output()
                    .contains("File unreadable.json cannot be read now: " + "java.nio.file.AccessDeniedException"));

            Path ballast = fill();
            box.drop(
                    "many.ndjson",
                    IntStream.range(0, RECORDS)
                            .mapToObj(i -> person("CUST-" + i))
                            .collect(Collectors.joining("\n")));
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> program.output().contains("The report of file many.ndjson cannot be written now"));
            assertThat(DropBox.names(reports)).as("nothing of a report").containsExactly("ballast");
            box.hasMoved("many.ndjson", box.done());
            assertThat(sandbox.customers("fraudspect")).hasSize(RECORDS);
            assertThat(unreadable).exists();

            Files.delete(ballast);
            Report report = box.report("many.ndjson");
            assertThat(report.records())
                    .hasSize(RECORDS)
                    .allMatch(line -> line.path("status").asText().equals("delivered"));
            Files.setPosixFilePermissions(unreadable, PosixFilePermissions.fromString("rw-r--r--"));
            assertThat(box.report("unreadable.json").state(1, "fraudspect")).isEqualTo("delivered");
            assertThat(sandbox.customers("fraudspect")).hasSize(RECORDS + 1);
            assertThat(DropBox.names(reports))
                    .containsExactlyInAnyOrderElementsOf(List.of(
                            "many.ndjson.report.ndjson",
                            "many.ndjson.summary.json",
                            "unreadable.json.report.ndjson",
                            "unreadable.json.summary.json"));
        }
    }

    /** Writes until nothing more goes in. */
    private Path fill() throws IOException {
        Path ballast = reports.resolve("ballast");
        try (OutputStream out = Files.newOutputStream(ballast)) {
            while (true) {
                out.write(new byte[4096]);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
            return ballast;
        }
    }

    private static String person(String reference) {
        return Caller.person(reference, "", "fraudspect").toString();
    }
}
