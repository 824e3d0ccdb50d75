package io.herald.file;

import io.herald.ledger.DroppedFile;
import io.herald.ledger.FileLedger;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The files that are not in the inbox any more although the ledger has them there. For one thread. */
@Singleton
public final class MissingFiles {

    /** How long a file whose reading was broken off may be missing from the inbox, and turn up again under another name. */
    private static final Duration AWAY_AT_MOST = Duration.ofHours(1);

    /**
     * The same while the inbox has files that Herald has not looked at yet, because any of these may be the missing one.
     * There is an end to it, because a file that cannot be opened is never looked at.
     */
    private static final Duration AWAITED_AT_MOST = Duration.ofDays(1);

    private final FileLedger ledger;
    private final Clock clock;
    private final Map<Long, Instant> awaySince = new HashMap<>();

    public MissingFiles(FileLedger ledger, Clock clock) {
        this.ledger = ledger;
        this.clock = clock;
    }

    /**
     * Brings the ledger in line with what has left the inbox.
     *
     * <ul>
     * <li>A file that is no longer read, and is in the inbox neither by name nor by inode, is marked as moved: the program
     *     that moved it ended before it could do so.
     * <li>A file whose reading was broken off fails when it has been missing for an hour, or another file has been in its
     *     place for as long: it is not expected back.
     * <li>While the inbox has files that Herald has not looked at yet, any of these may be the missing one: then it fails
     *     only after a day. While one of these has its inode it does not fail at all: that one is the missing file.
     * </ul>
     *
     * @param inbox gives the name of each file in the inbox, and its inode; called when the ledger has been read
     */
    public void settle(Supplier<Map<String, Long>> inbox) {
        List<DroppedFile> toLeave = ledger.toLeave();
        List<DroppedFile> brokenOff = ledger.brokenOff();
        Map<String, Long> inInbox = inbox.get();
        toLeave.stream()
                .filter(file -> !inInbox.containsKey(file.name())
                        && file.inode().filter(inInbox::containsValue).isEmpty())
                .forEach(file -> ledger.moved(file.id()));
        List<Long> away = brokenOff.stream()
                .filter(file -> isReplaced(file) || !inInbox.containsKey(file.name()))
                .filter(file -> !isYetToBeLookedAt(file, inInbox))
                .map(DroppedFile::id)
                .toList();
        Instant now = clock.instant();
        awaySince.keySet().retainAll(away);
        away.forEach(file -> awaySince.putIfAbsent(file, now));
        if (!away.isEmpty()) {
            Duration atMost = inInbox.keySet().stream().allMatch(ledger::isKnown) ? AWAY_AT_MOST : AWAITED_AT_MOST;
            away.stream()
                    .filter(file -> !awaySince.get(file).plus(atMost).isAfter(now))
                    .forEach(ledger::failMissing);
        }
    }

    private boolean isYetToBeLookedAt(DroppedFile brokenOff, Map<String, Long> inInbox) {
        return inInbox.entrySet().stream()
                .anyMatch(file ->
                        brokenOff.inode().equals(Optional.of(file.getValue())) && !ledger.isKnown(file.getKey()));
    }

    /** Whether the inbox has another file under its name: only then does a file whose reading was broken off have a note. */
    private static boolean isReplaced(DroppedFile brokenOff) {
        return brokenOff.note().isPresent();
    }
}
