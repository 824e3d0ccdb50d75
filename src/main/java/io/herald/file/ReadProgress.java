package io.herald.file;

import io.herald.ledger.DroppedFile;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** How far a file is read. */
final class ReadProgress {

    private final DroppedFile file;
    private final LongSupplier bytes;
    private final long begunAt = System.nanoTime();
    private final long firstBytes;
    private final AtomicLong records;
    private final AtomicLong refused;
    private final AtomicLong unreadable;
    private final AtomicLong kept = new AtomicLong(begunAt);
    private final AtomicLong told = new AtomicLong(begunAt);

    /**
     * @param unreadable how many of its records that are kept already were neither JSON nor a row
     * @param bytes how much of its content was read
     */
    ReadProgress(DroppedFile file, long unreadable, LongSupplier bytes) {
        this.file = file;
        this.bytes = bytes;
        this.firstBytes = bytes.getAsLong();
        this.records = new AtomicLong(file.records());
        this.refused = new AtomicLong(file.refused());
        this.unreadable = new AtomicLong(unreadable);
    }

    void countAccepted() {
        records.incrementAndGet();
    }

    /** @param readable whether it was JSON, or a row, at least */
    void countRefused(boolean readable) {
        records.incrementAndGet();
        refused.incrementAndGet();
        if (!readable) {
            unreadable.incrementAndGet();
        }
    }

    long records() {
        return records.get();
    }

    long refused() {
        return refused.get();
    }

    /** Of its content, in bytes. */
    long bytes() {
        return bytes.getAsLong();
    }

    /** Whether it has records, and none of them could be read. */
    boolean isNothingReadable() {
        return unreadable.get() > 0 && records.get() == unreadable.get();
    }

    /** Whether so much time has passed since it was last kept. If so, the caller is to keep it, and the next period begins. */
    boolean claimKeeping(Duration period) {
        return isOver(kept, period);
    }

    /** The same for the line in the log. */
    boolean claimTelling(Duration period) {
        return isOver(told, period);
    }

    private static boolean isOver(AtomicLong last, Duration period) {
        long then = last.get();
        long now = System.nanoTime();
        return now - then >= period.toNanos() && last.compareAndSet(then, now);
    }

    @Override
    public String toString() {
        double seconds = Math.max(1e-3, (System.nanoTime() - begunAt) / (double) TimeUnit.SECONDS.toNanos(1));
        long sinceBegun = Math.max(1, bytes() - firstBytes);
        long left = Math.round((file.size() - bytes()) * seconds / sinceBegun);
        return String.format(
                "%d records done, %d of them refused; %.0f a second; %d%% read, about %s left",
                records(),
                refused(),
                (records() - file.records()) / seconds,
                file.size() == 0 ? 100 : bytes() * 100 / file.size(),
                Duration.ofSeconds(Math.max(0, left)).toString().substring(2).toLowerCase(Locale.ROOT));
    }
}
