package io.herald.file;

import io.herald.ledger.Claims;
import io.herald.ledger.FileLedger;
import io.herald.ledger.LedgerException;
import io.herald.privacy.Thrown;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.File;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.LoggingLevel;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileEndpoint;
import org.apache.camel.component.file.GenericFileExclusiveReadLockStrategy;
import org.apache.camel.component.file.GenericFileOperations;
import org.apache.camel.component.file.remote.SftpRemoteFile;
import org.jboss.logging.Logger;

/**
 * Lets a file be taken when it is complete, and by one program only. {@link Sightings} tell when it is complete; who takes it
 * is told by the ledger, which all the programs that share a folder share too.
 */
@Singleton
@Named("inboxLock")
@RegisterForReflection
public final class InboxLock implements GenericFileExclusiveReadLockStrategy<Object> {

    private static final Logger LOG = Logger.getLogger(InboxLock.class);

    private final FileLedger ledger;
    private final Claims claims;
    private final Inbox inbox;
    private final DroppedFiles files;
    private final Sightings sightings;

    public InboxLock(FileLedger ledger, Claims claims, Inbox inbox, DroppedFiles files) {
        this.ledger = ledger;
        this.claims = claims;
        this.inbox = inbox;
        this.files = files;
        this.sightings = new Sightings(inbox.poll());
    }

    @Override
    public boolean acquireExclusiveReadLock(
            GenericFileOperations<Object> operations, GenericFile<Object> file, Exchange exchange) {
        if (!sightings.note(file) || isListedLongAgo(file)) {
            return false;
        }
        try {
            if (!claims.take(claim(file))) {
                return false;
            }
        } catch (LedgerException e) {
            LOG.warnf("Files stay where they are: %s", e.getMessage());
            sightings.pauseAll();
            return false;
        }
        if (isGone(file)) {
            release(file);
            return false;
        }
        if (!isLocal(file)) {
            BooleanSupplier isAsListed = () -> isAsListed(operations, file);
            exchange.setProperty(PartnerFiles.IS_AS_LISTED, isAsListed);
        }
        return true;
    }

    /** Those before it in the listing may have taken long to read, and it may have changed since. */
    private static boolean isListedLongAgo(GenericFile<?> file) {
        return file.getFile() instanceof File now
                && (now.length() != file.getFileLength() || now.lastModified() != file.getLastModified());
    }

    private static boolean isAsListed(GenericFileOperations<Object> operations, GenericFile<Object> file) {
        return Arrays.stream(operations.listFiles(file.getAbsoluteFilePath()))
                .map(SftpRemoteFile.class::cast)
                .anyMatch(now ->
                        now.getFileLength() == file.getFileLength() && now.getLastModified() == file.getLastModified());
    }

    /** Leaves it alone for a while. */
    void pause(GenericFile<?> file) {
        sightings.pause(file);
    }

    private static boolean isLocal(GenericFile<?> file) {
        return file.getFile() instanceof File;
    }

    private static String claim(GenericFile<?> file) {
        return kind(file) + file.getFileNameOnly();
    }

    /** Files of the inbox and of a partner's server are told apart by it. */
    static String kind(GenericFile<?> file) {
        return isLocal(file) ? "file " : "sftp ";
    }

    /** Whether it was listed, but somebody else has taken it since. */
    private boolean isGone(GenericFile<?> file) {
        return isLocal(file) && !inbox.has(file.getFileNameOnly());
    }

    @Override
    public void releaseExclusiveReadLockOnAbort(
            GenericFileOperations<Object> operations, GenericFile<Object> file, Exchange exchange) {}

    @Override
    public void releaseExclusiveReadLockOnRollback(
            GenericFileOperations<Object> operations, GenericFile<Object> file, Exchange exchange) {
        Optional.ofNullable(exchange.getProperty("batch", Batch.class)).ifPresent(this::letGo);
        Throwable cause = rootOf(exchange.getException());
        if (cause instanceof LedgerException) {
            LOG.warnf("Files stay where they are: %s", cause.getMessage());
            sightings.pauseAll();
            release(file);
        } else {
            giveUp(file, described(cause));
        }
        if (isGone(file)) {
            sightings.forget(file);
        }
    }

    private void letGo(Batch batch) {
        try {
            files.letGo(batch);
        } catch (LedgerException e) {
            LOG.warnf("That a file is not read now cannot be kept: %s", e.getMessage());
        }
    }

    /** Lets a file go that was taken and cannot be read now. */
    void giveUp(GenericFile<?> file, String why) {
        LOG.warnf(
                "File %s stays where it is, and is tried again: %s",
                new FileName(file.getFileNameOnly()).printable(), why);
        sightings.pause(file);
        release(file);
    }

    @Override
    public void releaseExclusiveReadLockOnCommit(
            GenericFileOperations<Object> operations, GenericFile<Object> file, Exchange exchange) {
        if (!isLocal(file) || new Departure(exchange.getProperty("batch", Batch.class), inbox, ledger).tryToLeave()) {
            sightings.forget(file);
        } else {
            sightings.pause(file);
        }
        release(file);
    }

    /** What was thrown and where; not its message, unless it is one of a file system or of Herald's own. */
    private static String described(Throwable cause) {
        return cause instanceof IOException || cause instanceof HeraldStopsException
                ? cause.getMessage()
                : Thrown.described(cause);
    }

    /** What was wrong with the ledger is told by the ledger, not by what its database threw. */
    private static Throwable rootOf(Throwable thrown) {
        Throwable cause = thrown;
        while (cause != null && cause.getCause() != null && !(cause instanceof LedgerException)) {
            cause = cause.getCause();
        }
        return cause;
    }

    private void release(GenericFile<?> file) {
        try {
            claims.release(claim(file));
        } catch (LedgerException e) {
            LOG.warnf("A file that was let go stays claimed until the ledger can be written: %s", e.getMessage());
        }
    }

    @Override
    public void prepareOnStartup(GenericFileOperations<Object> operations, GenericFileEndpoint<Object> endpoint) {}

    @Override
    public void setTimeout(long timeout) {}

    @Override
    public void setCheckInterval(long checkInterval) {}

    @Override
    public void setReadLockLoggingLevel(LoggingLevel readLockLoggingLevel) {}

    @Override
    public void setMarkerFiler(boolean markerFile) {}

    @Override
    public void setDeleteOrphanLockFiles(boolean deleteOrphanLockFiles) {}
}
