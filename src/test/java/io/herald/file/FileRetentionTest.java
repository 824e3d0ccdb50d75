package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.herald.delivery.MovableClock;
import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in files in clear does not stay for good where nobody looks for it. */
class FileRetentionTest {

    private static final MemorySize SIZE = new MemorySize(BigInteger.valueOf(1 << 20));

    @TempDir
    Path directory;

    @Test
    void whatAProgramThatWasKilledHasLeftBehindIsDeletedWhenItIsOld() throws Exception {
        Inbox inbox = inbox();
        for (String left :
                List.of("inbox/.herald1.tmp", "done/.herald2.tmp", "failed/.herald3.tmp", "reports/.report-4.part")) {
            Files.createFile(directory.resolve(left));
        }
        Path strangers = Files.createFile(directory.resolve("inbox/.strangers.tmp"));
        inbox.deleteLeftBehind(Instant.now());
        assertThat(directory.resolve("inbox/.herald1.tmp"))
                .as("it may be in use")
                .exists();

        inbox.deleteLeftBehind(Instant.now().plus(Duration.ofHours(2)));

        assertThat(List.of("done", "failed", "reports"))
                .allMatch(name -> DropBox.names(directory.resolve(name)).isEmpty());
        assertThat(DropBox.names(directory.resolve("inbox")))
                .containsExactly(strangers.getFileName().toString());
    }

    @Test
    void whatWasFetchedInPartIsDeletedWhileHeraldRunsAlsoIfNothingIsFetchedAnyMore() throws Exception {
        Inbox inbox = inbox();
        PartnerFiles files = new PartnerFiles(inbox, null, Clock.systemUTC());
        FileRetention retention = new FileRetention(null, inbox, files, Clock.systemUTC());
        retention.start(null);
        try {
            Path fresh = Files.writeString(inbox.file(".sftp-1.part"), "half");
            for (int i = 0; i < 2; i++) {
                Path part = Files.writeString(inbox.file(".half.part"), "half");
                Files.setLastModifiedTime(part, FileTime.from(Instant.now().minus(Duration.ofHours(2))));
                Path left = Files.move(part, inbox.file(".sftp-2.part"));
                await().atMost(Duration.ofSeconds(60)).until(() -> !Files.exists(left));
            }
            assertThat(fresh).exists();
        } finally {
            retention.stop(null);
        }
    }

    @Test
    void whileTheClockIsWrongForOnceNothingIsDeleted() throws Exception {
        Inbox inbox = inbox();
        MovableClock clock = new MovableClock();
        FileRetention retention = new FileRetention(null, inbox, new PartnerFiles(inbox, null, clock), clock);
        Path fresh = Files.createFile(directory.resolve("inbox/.herald1.tmp"));

        clock.putForward(Duration.ofHours(2));
        retention.sweep();
        clock.putBack(Duration.ofHours(2));
        retention.sweep();
        retention.sweep();
        assertThat(fresh).exists();

        clock.putForward(Duration.ofHours(2));
        retention.sweep();
        retention.sweep();
        assertThat(fresh).as("it is that late").doesNotExist();
    }

    private Inbox inbox() {
        Inbox inbox = new Inbox(
                directory.resolve("inbox"),
                Duration.ofSeconds(1),
                1,
                ",",
                SIZE,
                SIZE,
                Duration.ofHours(1),
                Optional.of(Duration.ofMillis(100)));
        inbox.make();
        return inbox;
    }
}
