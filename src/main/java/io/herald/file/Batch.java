package io.herald.file;

import io.herald.canonical.CanonicalReader;
import io.herald.inflight.InFlight;
import io.herald.ledger.DroppedFile;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;

/**
 * A dropped file that is read, record by record. Who asks for the next one waits while as many are worked on as may be, or
 * they are as large together as may be.
 */
@RegisterForReflection
public final class Batch implements Iterator<BatchRecord>, Closeable {

    private final DroppedFile file;
    private final Stamp stamp;
    private final Inbox inbox;
    private final ReadProgress progress;
    private final Reading reading;

    private HandOver turn = HandOver.given();
    private long position;
    private Frame next;
    private BatchRecord last;
    private boolean ended;
    private volatile Throwable brokenOff;

    /** What is needed of a file whose records are not read already. */
    private record Reading(
            Content content,
            Frames frames,
            Optional<CsvColumns> columns,
            InFlight inFlight,
            Semaphore slots,
            BooleanSupplier stops) {}

    private Batch(DroppedFile file, long unreadable, Stamp stamp, Inbox inbox, Reading reading) {
        this.file = file;
        this.stamp = stamp;
        this.inbox = inbox;
        this.reading = reading;
        this.progress =
                new ReadProgress(file, unreadable, reading == null ? () -> file.bytes() : reading.content()::count);
        this.position = file.records();
    }

    /**
     * A file that only has to leave the inbox.
     *
     * @param stamp the file's, from before it was looked at
     */
    static Batch withoutRecords(DroppedFile file, Stamp stamp, Inbox inbox) {
        return new Batch(file, 0, stamp, inbox, null);
    }

    /**
     * Opens a file, behind the records that are kept already.
     *
     * @param unreadable how many of these were neither JSON nor a row
     * @param stamp the file's, from before its digest was made
     * @param stops whether Herald does
     * @throws UnreadableFileException if its first line says nothing that can be understood
     * @throws IOException if it cannot be read now, or has changed since
     */
    static Batch open(
            DroppedFile file,
            long unreadable,
            Stamp stamp,
            Inbox inbox,
            CanonicalReader customers,
            InFlight inFlight,
            BooleanSupplier stops)
            throws IOException {
        FileName name = new FileName(file.name());
        Path path = inbox.file(file.name());
        Content content = Content.open(path, name.isCompressed(), inbox.maxExpanded());
        try {
            if (!stamp.equals(Stamp.of(path))) {
                throw new IOException("the file was changed before it was read");
            }
            content.mustStay(path, stamp);
            content.mustBe(new Content.Digest(file.digest(), file.size()));
            FileName.Format format = name.format().orElseThrow();
            Frames frames = frames(format, content, inbox);
            Optional<CsvColumns> columns = format == FileName.Format.CSV
                    ? Optional.of(columns(frames, inbox.delimiter(), customers))
                    : Optional.empty();
            for (long kept = 0; kept < file.records(); kept++) {
                frames.next();
            }
            Semaphore slots = new Semaphore(inbox.parallel());
            return new Batch(
                    file, unreadable, stamp, inbox, new Reading(content, frames, columns, inFlight, slots, stops));
        } catch (IOException | RuntimeException e) {
            content.close();
            throw e;
        }
    }

    private static Frames frames(FileName.Format format, Content content, Inbox inbox) throws IOException {
        return switch (format) {
            case JSON -> new JsonFrames(content, inbox.maxLine());
            case LINES -> LineFrames.ofLines(content, inbox.maxLine());
            case CSV -> LineFrames.ofRows(content, inbox.maxLine(), inbox.delimiter());
        };
    }

    /** Reads the header. */
    private static CsvColumns columns(Frames frames, char delimiter, CanonicalReader customers) throws IOException {
        Frame header = frames.next();
        if (header == null) {
            throw new UnreadableFileException("it has no header");
        }
        if (header.bytes() == null) {
            throw new UnreadableFileException("its header " + header.refusal(header.fault()));
        }
        return new CsvColumns(header.bytes(), delimiter, customers);
    }

    /** Whether what is in the inbox under its name, if anything, is no longer the file that was opened. */
    boolean isChanged() throws IOException {
        return !inbox.has(file.name()) || !stamp.equals(Stamp.of(inbox.file(file.name())));
    }

    /** Whether the inbox has it, under whatever name and however changed; looks at every file there. */
    boolean isInInbox() throws IOException {
        return inbox.files().containsValue(stamp.inode());
    }

    DroppedFile file() {
        return file;
    }

    /** The file's, from before it was read. */
    Stamp stamp() {
        return stamp;
    }

    ReadProgress progress() {
        return progress;
    }

    Optional<CsvColumns> columns() {
        return reading.columns();
    }

    /** Whether nothing in it could be read. */
    boolean hasFailed() {
        return file.state() == DroppedFile.State.FAILED
                || file.state() == DroppedFile.State.READING && progress.isNothingReadable();
    }

    /**
     * Looks for the next record.
     *
     * @throws HeraldStopsException if it does; the rest is read when it starts again
     */
    @Override
    public boolean hasNext() {
        if (reading == null || ended || brokenOff != null) {
            return false;
        }
        if (next == null) {
            try {
                if (reading.stops().getAsBoolean()) {
                    throw new HeraldStopsException();
                }
                next = reading.frames().next();
                ended = next == null;
            } catch (IOException e) {
                breakOff(e);
                dropLast();
                throw new UncheckedIOException(e);
            } catch (HeraldStopsException e) {
                breakOff(e);
                dropLast();
                throw e;
            }
        }
        return next != null && brokenOff == null;
    }

    /**
     * No record is given out any more: to be called before the slot of a record is free that has failed. After a failure Camel takes
     * what is left one by one, to let go of it; each would take a slot and a permit that nobody gives back.
     */
    void breakOff(Throwable failure) {
        brokenOff = failure;
    }

    /** @throws IOException if its reading was broken off, so that what is left of it is not kept */
    void mustBeWhole() throws IOException {
        Throwable why = brokenOff;
        if (why != null) {
            throw new IOException("its reading was broken off", why);
        }
    }

    /** Camel looks for the next record before it begins the last one, and begins no more when that fails. */
    private void dropLast() {
        if (last != null) {
            last.done();
        }
    }

    @Override
    public BatchRecord next() {
        if (next == null && !hasNext()) {
            throw new NoSuchElementException();
        }
        Frame frame = next;
        next = null;
        try {
            reading.slots().acquire();
            InFlight.Permit permit = reading.inFlight().takeWhenFree(frame.bytes() == null ? 0 : frame.bytes().length);
            if (brokenOff != null) {
                permit.release();
                reading.slots().release();
                throw new IllegalStateException(brokenOff.getMessage(), brokenOff);
            }
            HandOver before = turn;
            turn = new HandOver();
            last = new BatchRecord(
                    this, new DroppedFile.Place(file.id(), ++position, frame.line()), frame, before, turn, () -> {
                        permit.release();
                        reading.slots().release();
                    });
            return last;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for records to be done", e);
        }
    }

    @Override
    public void close() throws IOException {
        if (reading != null) {
            reading.content().close();
        }
    }
}
