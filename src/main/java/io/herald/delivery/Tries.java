package io.herald.delivery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The tries of a delivery while it is in hand, and what they have used up of its provider's {@code retry}. */
final class Tries {

    private final List<Try> unkept = new ArrayList<>();
    private Instant began;
    private int failures;
    private boolean tokenRenewed;
    private long waitedMillis;
    private long mustWaitMillis;

    /** What came of one try; {@code outcome} as the report would show it. */
    record Try(Instant at, long durationMillis, ObjectNode outcome) {}

    /** A try begins, unless it began already. */
    void begin(Instant now) {
        if (began == null) {
            began = now;
        }
    }

    /** The try under way has ended. */
    void end(Instant now, ObjectNode result) {
        Instant start = began == null ? now : began;
        unkept.add(new Try(start, Duration.between(start, now).toMillis(), result.deepCopy()));
        began = null;
    }

    /** The try under way was called off: it was none. */
    void callOff() {
        began = null;
    }

    /** Those that the ledger does not have yet. */
    List<Try> unkept() {
        return unkept;
    }

    /** The ledger has them. */
    void markKept() {
        unkept.clear();
    }

    /** A further failure that is worth another try; answers how many there were. */
    int countFailure() {
        return ++failures;
    }

    /** Uses up the one renewal of the token that a delivery has; answers whether it was left. */
    boolean useUpTokenRenewal() {
        boolean left = !tokenRenewed;
        tokenRenewed = true;
        return left;
    }

    /** How long it has waited between them, in milliseconds. */
    long waitedMillis() {
        return waitedMillis;
    }

    void addWait(long millis) {
        waitedMillis += millis;
    }

    /** No further try may begin before so long has passed since the last one. */
    void setMustWaitMillis(long millis) {
        mustWaitMillis = millis;
    }

    long mustWaitMillis() {
        return mustWaitMillis;
    }
}
