package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.PreventFurtherStepsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The data directory is its owner's alone, and one program's at a time. Two processes: {@code io.herald.start.FailEarlyIT}. */
class DataDirectoryTest {

    @TempDir
    Path parent;

    @Test
    void isMadeForItsOwnerOnly() throws IOException {
        DataDirectory data = new DataDirectory(parent.resolve("a/data"));
        data.open();
        data.close();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(parent.resolve("a/data"))))
                .isEqualTo("rwx------");
    }

    @Test
    void isTakenAwayFromOthersWhenItIsThere() throws IOException {
        Path open = Files.createDirectory(parent.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-xr-x"));
        DataDirectory data = new DataDirectory(open);
        data.open();
        data.close();

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(open)))
                .isEqualTo("rwx------");
    }

    /** An earlier Herald's files, or a backup that was put back, may be open to all. */
    @Test
    void theFilesOfTheLedgerAreTakenAwayFromOthersToo() throws IOException {
        Path open = Files.createDirectory(parent.resolve("open"));
        List<Path> files = Stream.of("herald.db", "herald.db-wal", "herald.db-shm", "herald.lock")
                .map(open::resolve)
                .toList();
        for (Path file : files) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--")));
        }
        DataDirectory data = new DataDirectory(open);
        data.open();
        data.close();

        for (Path file : files) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .as(file.toString())
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void whileItIsHeldNobodyElseOpensIt() throws IOException {
        DataDirectory first = new DataDirectory(parent.resolve("data"));
        first.open();

        assertThatThrownBy(new DataDirectory(parent.resolve("data"))::open)
                .isInstanceOf(PreventFurtherStepsException.class)
                .hasMessageContaining("herald.data-directory: " + parent.resolve("data") + " is in use by process "
                        + ProcessHandle.current().pid());

        first.close();
        DataDirectory next = new DataDirectory(parent.resolve("data"));
        next.open();
        next.close();
    }

    @Test
    void aFileInItsPlaceIsTold() throws IOException {
        Path file = Files.createFile(parent.resolve("file"));

        assertThatThrownBy(new DataDirectory(file)::open)
                .isInstanceOf(PreventFurtherStepsException.class)
                .hasMessageContaining("herald.data-directory: cannot use " + file);
    }
}
