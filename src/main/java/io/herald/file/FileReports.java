package io.herald.file;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.ledger.Claims;
import io.herald.ledger.DroppedFile;
import io.herald.ledger.FileLedger;
import io.herald.ledger.RecordLedger;
import io.herald.thread.Threads;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Writes the {@link FileReport} of a file when all its deliveries have ended, or long enough after it was read. A report
 * appears by rename: who sees it sees all of it.
 */
@Singleton
final class FileReports {

    /** After a report could not be written, it is tried again after so long. */
    private static final Duration PAUSE = Duration.ofSeconds(10);

    private static final Duration SETTLED_EVERY = Duration.ofMinutes(10);

    private static final Logger LOG = Logger.getLogger(FileReports.class);

    private final FileLedger ledger;
    private final RecordLedger records;
    private final Claims claims;
    private final MissingFiles missing;
    private final Inbox inbox;
    private final ObjectMapper json;
    private final Clock clock;
    private final Map<Long, Long> endedUpTo = new HashMap<>();
    private final Map<Long, Instant> pausedTill = new HashMap<>();
    private final ScheduledExecutorService writer =
            Executors.newSingleThreadScheduledExecutor(Threads.named("reports-"));

    FileReports(
            FileLedger ledger,
            RecordLedger records,
            Claims claims,
            MissingFiles missing,
            Inbox inbox,
            ObjectMapper json,
            Clock clock) {
        this.ledger = ledger;
        this.records = records;
        this.claims = claims;
        this.missing = missing;
        this.inbox = inbox;
        this.json = json;
        this.clock = clock;
    }

    void start(@Observes StartupEvent event) {
        writer.execute(() -> trying("Records of reported files cannot be forgotten now", records::forgetReported));
        writer.scheduleWithFixedDelay(
                () -> trying("Files that left the inbox cannot be settled now", () -> missing.settle(this::inInbox)),
                0,
                SETTLED_EVERY.toMillis(),
                TimeUnit.MILLISECONDS);
        long period = inbox.poll().toMillis();
        writer.scheduleWithFixedDelay(this::writeAll, period, period, TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        writer.shutdownNow();
    }

    private Map<String, Long> inInbox() {
        try {
            return inbox.files();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void writeAll() {
        trying("The reports of files cannot be written now", () -> {
            for (DroppedFile file : ledger.toReport()) {
                if (clock.instant().isAfter(pausedTill.getOrDefault(file.id(), Instant.MIN))) {
                    tryToWrite(file);
                }
            }
        });
    }

    /** One that cannot be written holds no other up. */
    private void tryToWrite(DroppedFile file) {
        try {
            if (isDue(file)) {
                write(file);
            }
        } catch (IOException | RuntimeException e) {
            pausedTill.put(file.id(), clock.instant().plus(PAUSE));
            LOG.errorf("The report of file %s cannot be written now: %s", file.filedAs(), e);
        }
    }

    private static void trying(String failure, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | Error e) {
            LOG.errorf("%s: %s", failure, e.getMessage());
        }
    }

    private boolean isDue(DroppedFile file) {
        return hasEnded(file)
                || !file.readAt().orElseThrow().plus(inbox.reportAfter()).isAfter(clock.instant());
    }

    private boolean hasEnded(DroppedFile file) {
        OptionalLong open = records.firstOpen(file.id(), endedUpTo.getOrDefault(file.id(), 0L));
        open.ifPresent(position -> endedUpTo.put(file.id(), position));
        return open.isEmpty();
    }

    private void write(DroppedFile file) throws IOException {
        String claim = "report " + file.id();
        if (!claims.take(claim)) {
            return;
        }
        try {
            if (ledger.isReported(file.id())) {
                return;
            }
            FileReport report = new FileReport(file, records, json);
            if (file.records() > 0) {
                appear(file, inbox.report(file.filedAs()), report::writeRecords);
            }
            appear(file, inbox.summary(file.filedAs()), out -> report.writeSummary(clock.instant(), out));
            Inbox.force(inbox.summary(file.filedAs()).getParent());
            ledger.reported(file.id());
            records.forget(file.id());
            endedUpTo.remove(file.id());
            pausedTill.remove(file.id());
            LOG.infof("The report of file %s is written: %s", file.filedAs(), report.counts());
        } finally {
            claims.release(claim);
        }
    }

    private interface Writing {
        void to(OutputStream out) throws IOException;
    }

    /**
     * Writes a report or a summary under another name, and renames it when it is on disk. If it cannot be written, or another
     * program has done so while this one stalled, and the records are forgotten, nothing is left of it.
     */
    private void appear(DroppedFile file, Path report, Writing writing) throws IOException {
        Path part = Files.createTempFile(report.getParent(), ".report-", ".part");
        try {
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE);
                    OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16)) {
                writing.to(out);
                out.flush();
                channel.force(true);
            }
            if (ledger.isReported(file.id())) {
                throw new IOException("another Herald has written it");
            }
            Files.move(part, report, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(part);
            throw e;
        }
    }
}
