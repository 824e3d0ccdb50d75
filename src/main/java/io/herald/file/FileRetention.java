package io.herald.file;

import io.herald.ledger.FileLedger;
import io.herald.thread.Threads;
import io.herald.time.ClockWatch;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Deletes a file that was filed, and its report, when {@code intake.file.retention} has passed since the report was written; and
 * what a program that ended in the middle of something has left behind. After the clock was set, nothing is deleted until the
 * next time.
 */
@Singleton
final class FileRetention {

    private static final Duration LONGEST_PERIOD = Duration.ofHours(1);

    /** A clock that is wrong at the start is mended until then. */
    private static final Duration FIRST_AFTER = Duration.ofMinutes(5);

    private static final Logger LOG = Logger.getLogger(FileRetention.class);

    private final FileLedger ledger;
    private final Inbox inbox;
    private final PartnerFiles partnerFiles;
    private final Clock clock;
    private final ClockWatch watch;
    private final ScheduledExecutorService sweeper =
            Executors.newSingleThreadScheduledExecutor(Threads.named("file-retention-"));

    FileRetention(FileLedger ledger, Inbox inbox, PartnerFiles partnerFiles, Clock clock) {
        this.ledger = ledger;
        this.inbox = inbox;
        this.partnerFiles = partnerFiles;
        this.clock = clock;
        this.watch = new ClockWatch(clock);
    }

    void start(@Observes StartupEvent event) {
        long period = inbox.retention()
                .filter(kept -> kept.compareTo(LONGEST_PERIOD) < 0)
                .orElse(LONGEST_PERIOD)
                .toMillis();
        sweeper.scheduleWithFixedDelay(
                this::sweep, Math.min(period, FIRST_AFTER.toMillis()), period, TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        sweeper.shutdownNow();
    }

    void sweep() {
        if (watch.checkWhetherSet()) {
            return;
        }
        try {
            partnerFiles.deleteLeftBehind();
            inbox.deleteLeftBehind(clock.instant());
            if (inbox.retention().isPresent()) {
                Instant limit = clock.instant().minus(inbox.retention().get());
                inbox.filed().stream()
                        .filter(filedAs -> ledger.isReportedBefore(filedAs, limit))
                        .forEach(this::delete);
            }
        } catch (IOException | RuntimeException | Error e) {
            LOG.errorf("Files that were kept long enough cannot be deleted now: %s", e);
        }
    }

    private void delete(String filedAs) {
        try {
            for (Path file : inbox.filedUnder(filedAs)) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.errorf("File %s and its report were kept long enough, and cannot be deleted now: %s", filedAs, e);
            return;
        }
        LOG.infof("File %s and its report were kept long enough, and are deleted", filedAs);
    }
}
