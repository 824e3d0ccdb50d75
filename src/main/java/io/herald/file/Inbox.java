package io.herald.file;

import io.quarkus.runtime.PreventFurtherStepsException;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Where files are dropped, where they go, and what may be in them. {@code done}, {@code failed} and {@code reports} stand
 * beside the inbox; they are made at start, readable by their owner only.
 */
@Singleton
public final class Inbox {

    private static final String SUMMARY = ".summary.json";

    /** So old is what nobody comes back for. */
    private static final Duration LEFT_BEHIND = Duration.ofHours(1);

    /** Of the disk, on which the ledger may stand too; in bytes. With less the alert HeraldDiskLow fires. */
    private static final long RESERVE = 2L << 30;

    private static final Logger LOG = Logger.getLogger(Inbox.class);

    private final Path inbox;
    private final Duration poll;
    private final int parallel;
    private final String delimiter;
    private final MemorySize maxLine;
    private final long maxExpanded;
    private final Duration reportAfter;
    private final Optional<Duration> retention;

    public Inbox(
            @ConfigProperty(name = "intake.file.directory") Path directory,
            @ConfigProperty(name = "intake.file.poll") Duration poll,
            @ConfigProperty(name = "intake.file.parallel", defaultValue = "32") int parallel,
            @ConfigProperty(name = "intake.file.csv.delimiter", defaultValue = ",") String delimiter,
            @ConfigProperty(name = "intake.file.max-line", defaultValue = "64M") MemorySize maxLine,
            @ConfigProperty(name = "intake.file.max-expanded", defaultValue = "20G") MemorySize maxExpanded,
            @ConfigProperty(name = "intake.file.report.after", defaultValue = "1h") Duration reportAfter,
            @ConfigProperty(name = "intake.file.retention") Optional<Duration> retention) {
        this.inbox = directory.toAbsolutePath().normalize();
        this.poll = poll;
        this.parallel = parallel;
        this.delimiter = delimiter.equals("\\t") ? "\t" : delimiter;
        this.maxLine = maxLine;
        this.maxExpanded = maxExpanded.asLongValue();
        this.reportAfter = reportAfter;
        this.retention = retention;
    }

    /** What is wrong with the settings, a line each. */
    public List<String> mistakes() {
        return delimiter.length() != 1 || delimiter.charAt(0) > 0x7E || "\"\r\n".contains(delimiter)
                ? List.of("intake.file.csv.delimiter: must be one ASCII character, such as a comma, or \\t")
                : List.of();
    }

    /**
     * Makes the directories where they are missing.
     *
     * @throws PreventFurtherStepsException if they cannot be made, or files cannot be renamed from one to the other
     */
    public void make() {
        try {
            for (Path directory : List.of(inbox, done(), failed(), reports())) {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
        } catch (IOException e) {
            throw new PreventFurtherStepsException(
                    "Herald does not start: intake.file.directory: cannot make " + inbox
                            + " and done, failed and reports beside it: " + e,
                    1);
        }
        tryToMoveTo(done());
        tryToMoveTo(failed());
    }

    /** Only a move tells: two mounts of one file system are as good as two. What else is in its way may pass. */
    private void tryToMoveTo(Path directory) {
        try {
            Path probe = Files.createTempFile(inbox, ".herald", ".tmp");
            try {
                Files.delete(Files.move(probe, directory.resolve(probe.getFileName()), StandardCopyOption.ATOMIC_MOVE));
            } finally {
                Files.deleteIfExists(probe);
            }
        } catch (AtomicMoveNotSupportedException e) {
            throw new PreventFurtherStepsException(
                    "Herald does not start: intake.file.directory: " + inbox + " and " + directory
                            + " must be on one file system, and not be mounted apart: " + e.getReason(),
                    1);
        } catch (IOException e) {
            LOG.warnf("Files cannot be moved from %s to %s now: %s", inbox, directory, e);
        }
    }

    /** Brings to disk which files a folder has, where its file system can: else a file that was moved could be back after a power cut. */
    static void force(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            LOG.debugf("%s cannot be brought to disk: %s", folder, e);
        }
    }

    /** Deletes what a program that ended in the middle has left of its tries to move a file, and of its reports. */
    void deleteLeftBehind(Instant now) {
        Instant limit = now.minus(LEFT_BEHIND);
        for (Path directory : List.of(inbox, done(), failed())) {
            deleteOlder(directory, ".herald*.tmp", limit);
        }
        deleteOlder(reports(), ".*.part", limit);
    }

    /** Deletes the files whose names match a glob and that were not changed since then; one that cannot be is left for the next time. */
    static void deleteOlder(Path directory, String glob, Instant then) {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory, glob)) {
            for (Path one : all) {
                if (Files.getLastModifiedTime(one).toInstant().isBefore(then)) {
                    Files.deleteIfExists(one);
                }
            }
        } catch (IOException e) {
            LOG.warnf("What was left behind in %s cannot be deleted now: %s", directory, e);
        }
    }

    /** How often the inbox is looked at. */
    Duration poll() {
        return poll;
    }

    /** How many records are worked on at once. */
    int parallel() {
        return parallel;
    }

    char delimiter() {
        return delimiter.charAt(0);
    }

    /** The most bytes of one record. */
    int maxLine() {
        return Math.toIntExact(maxLine.asLongValue());
    }

    /** The most bytes of a file's content. */
    long maxExpanded() {
        return maxExpanded;
    }

    /** Whether a file of so many bytes leaves enough of the disk, which for a small one is a tenth. */
    boolean hasRoomFor(long length) {
        try {
            FileStore disk = Files.getFileStore(inbox);
            return disk.getUsableSpace() - length >= Math.min(RESERVE, disk.getTotalSpace() / 10);
        } catch (IOException e) {
            throw new UncheckedIOException("the disk of the inbox cannot be looked at", e);
        }
    }

    /** How long after the end of a file its report waits for the deliveries. */
    Duration reportAfter() {
        return reportAfter;
    }

    /** How long a file that was filed, and its report, are kept after the report was written; empty if for good. */
    Optional<Duration> retention() {
        return retention;
    }

    /** The files in the inbox, but those that are never looked at: the name of each, and its inode. */
    Map<String, Long> files() throws IOException {
        Map<String, Long> files = new HashMap<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(inbox)) {
            for (Path path : all) {
                FileName name = new FileName(path.getFileName().toString());
                if (name.isPlain() && !name.isIgnored() && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    inode(path).ifPresent(inode -> files.put(name.name(), inode));
                }
            }
        }
        return files;
    }

    private static Optional<Long> inode(Path path) throws IOException {
        try {
            return Optional.of(Stamp.of(path).inode());
        } catch (NoSuchFileException leftMeanwhile) {
            return Optional.empty();
        }
    }

    /** The names of all that stands where files are filed, and of all that has a summary. */
    Set<String> filed() throws IOException {
        Set<String> filed = new TreeSet<>();
        for (Path directory : List.of(done(), failed(), reports())) {
            try (Stream<Path> files = Files.list(directory)) {
                files.map(path -> path.getFileName().toString())
                        .map(name ->
                                name.endsWith(SUMMARY) ? name.substring(0, name.length() - SUMMARY.length()) : name)
                        .forEach(filed::add);
            }
        }
        return filed;
    }

    /** All that may stand for a file that was filed under that name. */
    List<Path> filedUnder(String filedAs) {
        return List.of(destination(filedAs, false), destination(filedAs, true), report(filedAs), summary(filedAs));
    }

    /** Where files are dropped. */
    Path directory() {
        return inbox;
    }

    /** Where a file of that name is dropped. */
    Path file(String name) {
        return inbox.resolve(name);
    }

    /** Whether there is a file of that name, or anything else. */
    boolean has(String name) {
        return isThere(file(name));
    }

    private static boolean isThere(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    private Path done() {
        return inbox.resolveSibling("done");
    }

    private Path failed() {
        return inbox.resolveSibling("failed");
    }

    /** Where the reports are written. */
    Path reports() {
        return inbox.resolveSibling("reports");
    }

    /** Where a file goes that was filed under that name. */
    Path destination(String filedAs, boolean hasFailed) {
        return (hasFailed ? failed() : done()).resolve(filedAs);
    }

    /** Whether a file stands where files go that are filed under that name. */
    boolean isFiled(String filedAs) {
        return isThere(destination(filedAs, false)) || isThere(destination(filedAs, true));
    }

    /** The names that a file may be filed under, in order, none of which stands anywhere yet. */
    Supplier<Stream<String>> filingNames(FileName file) {
        return () -> file.filingNames().filter(name -> !isFiled(name) && !isThere(summary(name)));
    }

    Path report(String filedAs) {
        return reports().resolve(filedAs + ".report.ndjson");
    }

    Path summary(String filedAs) {
        return reports().resolve(filedAs + SUMMARY);
    }
}
