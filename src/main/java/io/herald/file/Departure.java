package io.herald.file;

import io.herald.ledger.DroppedFile;
import io.herald.ledger.FileLedger;
import io.herald.ledger.LedgerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/** How a file that was read leaves the inbox: it is moved to {@code done} or {@code failed}, and the ledger is told. */
final class Departure {

    private static final Logger LOG = Logger.getLogger(Departure.class);

    private final Batch batch;
    private final DroppedFile file;
    private final Inbox inbox;
    private final FileLedger ledger;
    private final Path destination;

    Departure(Batch batch, Inbox inbox, FileLedger ledger) {
        this.batch = batch;
        this.file = batch.file();
        this.inbox = inbox;
        this.ledger = ledger;
        this.destination = inbox.destination(file.filedAs(), batch.hasFailed());
    }

    /** Moves it, unless somebody has; answers whether it has left. If not, it stays in the inbox, to be tried again. */
    boolean tryToLeave() {
        if (!move() && !hasLeft()) {
            return false;
        }
        if (!putBackIfChanged()) {
            tellLedger();
        }
        return true;
    }

    /** Moves it to its destination, if the inbox still has it as it was; answers whether it did. */
    private boolean move() {
        try {
            if (batch.isChanged()) {
                return false;
            }
            Files.move(inbox.file(file.name()), destination);
            Inbox.force(destination.getParent());
            Inbox.force(inbox.directory());
            return true;
        } catch (IOException e) {
            LOG.warnf("File %s is read, and cannot leave the inbox now: %s", file.name(), e);
            return false;
        }
    }

    /** Whether somebody else has moved it to its destination: what stands there while the inbox has it too is a copy. */
    private boolean hasLeft() {
        try {
            return Files.exists(destination, LinkOption.NOFOLLOW_LINKS) && batch.isChanged() && !batch.isInInbox();
        } catch (IOException e) {
            LOG.warnf("Whether file %s has left the inbox cannot be told now: %s", file.name(), e);
            return false;
        }
    }

    /**
     * Between the last look at a file and its move, another one may have got its name, or somebody added to it: that is put back.
     *
     * @return whether it is this file that is in the inbox again
     */
    private boolean putBackIfChanged() {
        try {
            if (isAnotherFiled()) {
                boolean isThis = Stamp.of(destination).inode() == batch.stamp().inode();
                putBack();
                LOG.warnf("What took the place of file %s is in the inbox again", file.name());
                return isThis;
            }
        } catch (IOException e) {
            LOG.errorf(
                    "What stands in done or failed as %s is not what was read, and cannot be put back into the inbox: %s",
                    file.filedAs(), e);
        }
        return false;
    }

    /** Whether what was moved to its destination is another file, or has been changed since this one was read. */
    private boolean isAnotherFiled() throws IOException {
        try {
            return !batch.stamp().isOfMoved(Stamp.of(destination));
        } catch (NoSuchFileException takenFromThere) {
            return false;
        }
    }

    /**
     * Puts what was moved back into the inbox, under the file's name or, if that is taken, the next one that is not.
     *
     * @throws IOException if it cannot be put back: it stands where it stood
     */
    private void putBack() throws IOException {
        Path free = new FileName(file.name())
                .filingNames()
                .filter(name -> !inbox.has(name))
                .map(inbox::file)
                .findFirst()
                .orElseThrow();
        try {
            Files.createLink(free, destination);
        } catch (IOException | UnsupportedOperationException e) {
            // as Linux refuses it for what is another user's; a move needs rights on the folders only
            Files.move(destination, free);
            return;
        }
        Files.delete(destination);
    }

    /** What is not kept now is found out later. */
    private void tellLedger() {
        try {
            ledger.moved(file.id());
        } catch (LedgerException e) {
            LOG.warnf("That a file has left the inbox cannot be kept now: %s", e.getMessage());
        }
    }
}
