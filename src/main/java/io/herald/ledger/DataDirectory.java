package io.herald.ledger;

import io.quarkus.runtime.PreventFurtherStepsException;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The directory of the embedded ledger, readable by its owner only, and locked: a second process that would write to it
 * refuses to start.
 */
@Singleton
public final class DataDirectory {

    private static final Logger LOG = Logger.getLogger(DataDirectory.class);
    private static final String LOCK = "herald.lock";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private static final String DATABASE = "herald.db";

    private final Path directory;
    private FileChannel lockFile;

    public DataDirectory(@ConfigProperty(name = "herald.data-directory", defaultValue = "data") Path directory) {
        this.directory = directory;
    }

    /**
     * Makes the directory where it is missing, and locks it until this program ends.
     *
     * @throws PreventFurtherStepsException if it cannot be made, or another process holds it
     */
    void open() {
        Path file = directory.resolve(LOCK);
        try {
            Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            closeToOthers();
            lockFile = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = tryLock();
            if (lock == null) {
                throw new PreventFurtherStepsException(
                        "Herald does not start: herald.data-directory: " + directory.toAbsolutePath()
                                + " is in use by process "
                                + Files.readString(file).strip()
                                + "; stop that one, or give this one a directory of its own",
                        1);
            }
            lockFile.truncate(0)
                    .write(ByteBuffer.wrap(
                            Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
        } catch (IOException e) {
            throw new PreventFurtherStepsException(
                    "Herald does not start: herald.data-directory: cannot use " + directory.toAbsolutePath() + ": " + e,
                    1);
        }
    }

    /** The file of the embedded ledger. */
    Path database() {
        return directory.resolve(DATABASE).toAbsolutePath();
    }

    /** A directory that was there before may be open to others; that of a mounted volume often belongs to somebody else. */
    private void closeToOthers() throws IOException {
        try {
            if (!Files.getPosixFilePermissions(directory).equals(OWNER_ONLY)) {
                Files.setPosixFilePermissions(directory, OWNER_ONLY);
            }
        } catch (FileSystemException e) {
            LOG.warnf(
                    "herald.data-directory: %s belongs to another user; see to it that only Herald reads it",
                    directory.toAbsolutePath());
        }
    }

    private FileLock tryLock() throws IOException {
        try {
            return lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    @PreDestroy
    void close() throws IOException {
        if (lockFile != null) {
            lockFile.close();
        }
    }
}
