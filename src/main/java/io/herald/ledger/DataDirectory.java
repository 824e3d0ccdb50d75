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
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * The directory of the embedded ledger. Only its owner can read it and its files. It is locked while Herald runs, so that a second
 * process on it does not start.
 */
@Singleton
public final class DataDirectory {

    private static final Logger LOG = Logger.getLogger(DataDirectory.class);
    private static final String LOCK = "herald.lock";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    /** How each file in it is made. SQLite gives those beside its database the permissions of that. */
    static final FileAttribute<Set<PosixFilePermission>> FILE_OF_OWNER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

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
            closeToOthers(directory, OWNER_ONLY);
            for (String name : List.of(LOCK, DATABASE, DATABASE + "-wal", DATABASE + "-shm")) {
                if (Files.exists(directory.resolve(name))) {
                    closeToOthers(directory.resolve(name), FILE_OF_OWNER.value());
                }
            }
            lockFile = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    FILE_OF_OWNER);
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

    /** What was there before may be open to others; what is on a mounted volume often belongs to somebody else. */
    private static void closeToOthers(Path path, Set<PosixFilePermission> permissions) throws IOException {
        try {
            if (!Files.getPosixFilePermissions(path).equals(permissions)) {
                Files.setPosixFilePermissions(path, permissions);
            }
        } catch (FileSystemException e) {
            LOG.warnf(
                    "herald.data-directory: %s belongs to another user; see to it that only Herald reads it",
                    path.toAbsolutePath());
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
