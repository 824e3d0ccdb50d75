package io.herald.ledger;

import java.time.Instant;
import java.util.Locale;
import java.util.Optional;

/**
 * A dropped file, as the ledger has it.
 *
 * @param name as it was dropped
 * @param filedAs its name in {@code done} or {@code failed}, and that of its report; no other file has it
 * @param digest SHA-256 of its content, expanded if it was compressed, in hexadecimal
 * @param run how often the same content was asked to be sent before
 * @param note why it failed, or will if it does not turn up again; or which file it is a duplicate of
 * @param size of its content, in bytes
 * @param bytes of it that were read
 * @param records that were accepted or refused
 * @param refused those of the records that were refused
 * @param begunAt when it was begun to be read
 * @param readAt when all of it had been read
 * @param reportedAt when its report was written
 * @param moved whether it has left the inbox
 * @param inode which file it is, whatever its name; none if it was begun by a Herald that did not keep it
 */
public record DroppedFile(
        long id,
        String name,
        String filedAs,
        String digest,
        int run,
        State state,
        Optional<String> note,
        long size,
        long bytes,
        long records,
        long refused,
        Instant begunAt,
        Optional<Instant> readAt,
        Optional<Instant> reportedAt,
        boolean moved,
        Optional<Long> inode) {

    /** How it stands. */
    public enum State {
        /** Its records are read and accepted. */
        READING,
        /** All its records are accepted or refused. */
        READ,
        /** Nothing in it could be read, or it was gone before its end; what was accepted of it until then goes on. */
        FAILED,
        /** Its content was dropped before. */
        DUPLICATE;

        /** In lower case. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        static State of(String word) {
            return valueOf(word.toUpperCase(Locale.ROOT));
        }
    }

    /**
     * One that is about to be read.
     *
     * @param inode which file it is, whatever its name
     * @param again whether it is to be sent although its content was sent before
     */
    public record Arrival(String name, long inode, String digest, long size, boolean again) {}

    /**
     * What the ledger has of one record.
     *
     * @param position in the file, from 1
     * @param line in the file, from 1, where it begins
     */
    public record Place(long file, long position, long line) {}

    /** What came of a record that was to be kept. */
    public enum Kept {
        KEPT,
        /** It was kept before. */
        ALREADY,
        /** The one before it is not kept yet; nor is this one. */
        OUT_OF_TURN,
        /** Another program has the file in hand, or it has ended; the record is not kept. */
        TAKEN_OVER
    }

    /** Whether it is that file, of the same content, and has not left the inbox. */
    boolean isInInboxAs(Arrival arrival) {
        return !moved && inode.equals(Optional.of(arrival.inode()));
    }
}
