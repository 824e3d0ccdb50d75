package io.herald.ledger;

import io.quarkus.runtime.PreventFurtherStepsException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.jboss.logging.Logger;

/** Where the ledger stands: a database that this program can work with, and a file that stays where it is. */
final class LedgerPlace {

    private static final String REFUSAL = "Herald does not start: the ledger, ";

    private static final long LEAST_ROOM = 1 << 20;

    private static final Logger LOG = Logger.getLogger(LedgerPlace.class);

    private final Optional<Path> file;
    private final String name;
    private Object identity;

    /** @param file that of an embedded ledger */
    LedgerPlace(Optional<Path> file) {
        this.file = file;
        this.name = file.map(Path::toString).orElse("the database of quarkus.datasource.postgresql.jdbc.url");
    }

    /**
     * Brings the tables to the form that this program knows.
     *
     * @throws PreventFurtherStepsException if they are those of a newer program, or the database cannot be used; then
     *     nothing was changed
     */
    void migrate(Flyway flyway) {
        try {
            file.ifPresent(LedgerPlace::create);
            Arrays.stream(flyway.info().all())
                    .filter(migration -> migration.getState().isApplied()
                            && !migration.getState().isResolved())
                    .map(MigrationInfo::getVersion)
                    .findFirst()
                    .ifPresent(version -> {
                        throw new PreventFurtherStepsException(
                                REFUSAL + name + ", is that of a newer Herald (version " + version
                                        + " of its tables): start that one, or restore a backup of this one's,"
                                        + " see docs/backup.md; nothing was changed",
                                1);
                    });
            flyway.migrate();
            identity = file.map(LedgerPlace::identity).orElse(null);
        } catch (FlywayException e) {
            throw new PreventFurtherStepsException(
                    REFUSAL + name + ", cannot be used: " + innermost(e)
                            + (file.isPresent()
                                    ? "; restore a backup, see docs/backup.md, or, to begin anew, move it away; nothing was changed"
                                    : ""),
                    1);
        }
    }

    /** Empty, which is how a database begins: the driver is told never to make one, lest a lost one is replaced. */
    private static void create(Path file) {
        try {
            Files.createFile(file, DataDirectory.FILE_OF_OWNER);
        } catch (FileAlreadyExistsException e) {
            warnIfEmpty(file);
        } catch (IOException e) {
            throw new PreventFurtherStepsException(REFUSAL + file + ", cannot be made: " + e, 1);
        }
    }

    /** As a first start leaves it that ends at once, and a copy that finds its disk full. */
    private static void warnIfEmpty(Path file) {
        if (file.toFile().length() == 0) {
            LOG.warnf(
                    "The ledger, %s, is empty, and begins anew: it knows no customer. If it is a restored backup, stop Herald and"
                            + " copy it once more, see docs/backup.md",
                    file);
        }
    }

    /** What the driver says: the first line of the innermost failure of SQL. */
    private static String innermost(Throwable thrown) {
        String told = thrown.getMessage();
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException) {
                told = cause.getMessage();
            }
        }
        return String.valueOf(told).lines().findFirst().orElse("");
    }

    /**
     * Lets nothing be written to a file that the next program would not find.
     *
     * @throws IllegalStateException if the file is no longer where it was at the start
     */
    void requireUnmoved() {
        if (file.isPresent() && !Objects.equals(identity, identity(file.get()))) {
            throw new IllegalStateException(name
                    + " was moved, deleted or replaced while Herald runs: put it back as it was, or start Herald anew");
        }
    }

    /**
     * Tells before the disk is full that it soon is.
     *
     * @throws LedgerException if next to nothing is left of it
     */
    void requireRoom() {
        if (freeBytes().orElse(LEAST_ROOM) < LEAST_ROOM) {
            throw new LedgerException("the disk of the ledger is full");
        }
    }

    /**
     * The bytes that are left of the disk; empty if there is no file.
     *
     * @throws LedgerException if that cannot be told
     */
    OptionalLong freeBytes() {
        if (file.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            return OptionalLong.of(Files.getFileStore(file.get()).getUsableSpace());
        } catch (IOException e) {
            throw new LedgerException("the disk of the ledger cannot be looked at", e);
        }
    }

    /** What tells the file from any other; null if there is none. */
    private static Object identity(Path file) {
        try {
            return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        } catch (IOException e) {
            return null;
        }
    }
}
