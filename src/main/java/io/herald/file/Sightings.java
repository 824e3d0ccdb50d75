package io.herald.file;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.camel.component.file.GenericFile;

/**
 * What was seen of the files that are listed. One is complete when it has not changed from one look to the next; one that
 * cannot be taken now is paused.
 */
final class Sightings {

    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(10);

    /**
     * @param unchangedFrom by {@link System#nanoTime}; in the future while the file is paused
     * @param looked when it was looked at last, by the same
     */
    private record Seen(long length, long modified, long unchangedFrom, long looked) {
        boolean isSame(GenericFile<?> file) {
            return length == file.getFileLength() && modified == file.getLastModified();
        }
    }

    private final long settledNanos;
    private final Map<String, Seen> seen = new HashMap<>();
    private long forgotAt = System.nanoTime();
    private long allPausedTill = System.nanoTime();

    /** @param poll how far apart the looks are */
    Sightings(Duration poll) {
        this.settledNanos = poll.toNanos() * 9 / 10;
    }

    /**
     * Notes that the file is there; answers whether it has been the same for long enough. While all are paused, that is not
     * noted.
     */
    synchronized boolean note(GenericFile<?> file) {
        long now = System.nanoTime();
        if (now - allPausedTill < 0) {
            return false;
        }
        forgetWhatIsNotListed(now);
        Seen before = seen.get(place(file));
        if (before == null || !before.isSame(file) && before.unchangedFrom() < now) {
            seen.put(place(file), new Seen(file.getFileLength(), file.getLastModified(), now, now));
            return false;
        }
        seen.put(place(file), new Seen(before.length(), before.modified(), before.unchangedFrom(), now));
        return now - before.unchangedFrom() >= settledNanos;
    }

    private void forgetWhatIsNotListed(long now) {
        if (now - forgotAt > FORGOTTEN_NANOS) {
            forgotAt = now;
            seen.values().removeIf(file -> now - file.looked() > FORGOTTEN_NANOS);
        }
    }

    /** While the ledger is away, none is taken before another one that was there first. */
    synchronized void pauseAll() {
        allPausedTill = System.nanoTime() + PAUSE_NANOS;
    }

    /** Leaves it alone for a while. */
    synchronized void pause(GenericFile<?> file) {
        long now = System.nanoTime();
        seen.put(place(file), new Seen(file.getFileLength(), file.getLastModified(), now + PAUSE_NANOS, now));
    }

    synchronized void forget(GenericFile<?> file) {
        seen.remove(place(file));
    }

    private static String place(GenericFile<?> file) {
        return InboxLock.kind(file) + file.getAbsoluteFilePath();
    }
}
