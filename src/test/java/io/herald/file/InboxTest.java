package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.jcraft.jsch.ChannelSftp.LsEntry;
import io.quarkus.runtime.PreventFurtherStepsException;
import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.remote.SftpRemoteFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files can be renamed from where they are dropped to where they go, or Herald does not start. */
class InboxTest {

    private static final MemorySize SIZE = new MemorySize(BigInteger.valueOf(1 << 20));

    @TempDir
    Path directory;

    /** A bind mount: the file system is the same. */
    @ParameterizedTest
    @ValueSource(strings = {"inbox", "done", "failed"})
    void noneOfItsFoldersIsMountedApart(String name) throws Exception {
        Path folder = Files.createDirectory(directory.resolve(name));
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        assumeTrue(
                Command.succeeds("mount", "--bind", elsewhere.toString(), folder.toString()), "nothing can be mounted");
        try {
            assertThatThrownBy(inbox()::make)
                    .isInstanceOf(PreventFurtherStepsException.class)
                    .hasMessageStartingWith("Herald does not start: intake.file.directory: ")
                    .hasMessageContaining("must be on one file system");
            assertThat(DropBox.names(directory.resolve("inbox"))).isEmpty();
        } finally {
            Command.succeeds("umount", "-l", folder.toString());
        }
    }

    @Test
    void whatItTriesLeavesNothingBehind() {
        inbox().make();

        assertThat(List.of("inbox", "done", "failed", "reports"))
                .allMatch(name -> DropBox.names(directory.resolve(name)).isEmpty());
    }

    @Test
    void whatIsNeverTakenIsNoneOfItsFiles() throws Exception {
        inbox().make();
        for (String name : List.of("a.json", "a\\b.json", "a\nb.json", "a.json.camelLock", "a.json.part")) {
            Files.writeString(directory.resolve("inbox").resolve(name), "{}");
        }

        assertThat(inbox().files()).containsOnlyKeys("a.json");
    }

    @Test
    void whatWouldLeaveTooLittleOfTheDiskIsNotFetched() throws Exception {
        Inbox inbox = inbox(new MemorySize(BigInteger.valueOf(Long.MAX_VALUE)));
        inbox.make();
        long free = Files.getFileStore(directory).getUsableSpace();
        GenericFile<SftpRemoteFile<LsEntry>> offered = new GenericFile<>();
        offered.setFileNameOnly("large.json");
        offered.setFileLength(free - 1_000);

        assertThat(inbox.hasRoomFor(1_000)).isTrue();
        assertThat(inbox.hasRoomFor(free - 1_000)).isFalse();
        assertThat(new PartnerFilter(inbox).accept(offered)).isFalse();
    }

    private Inbox inbox() {
        return inbox(SIZE);
    }

    private Inbox inbox(MemorySize maxExpanded) {
        return new Inbox(
                directory.resolve("inbox"),
                Duration.ofSeconds(1),
                1,
                ",",
                SIZE,
                maxExpanded,
                Duration.ofHours(1),
                Optional.empty());
    }
}
