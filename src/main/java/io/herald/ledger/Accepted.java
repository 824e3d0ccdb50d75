package io.herald.ledger;

import java.util.Set;

/**
 * What became of a customer that was to be accepted.
 *
 * @param message the one that is kept; the earlier one if it was repeated
 * @param inHand the targets whose deliveries this program works on now; the others wait in the ledger, behind an earlier
 *     delivery of the same lane
 */
public record Accepted(Message message, Set<String> inHand, Kind kind) {

    /** How it stands to what was accepted before. */
    public enum Kind {
        NEW,
        /** The same caller sent the same customer under the same key before. */
        REPEATED,
        /** The same caller sent another customer under the same key before; nothing was kept. */
        CONFLICT
    }
}
