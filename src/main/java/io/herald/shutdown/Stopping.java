package io.herald.shutdown;

import jakarta.inject.Singleton;

/** Whether Herald is being stopped, for those that begin something. */
@Singleton
public final class Stopping {

    private volatile boolean begun;
    private volatile boolean over;

    /** Whether nothing new is taken: what is in hand goes on. */
    public boolean hasBegun() {
        return begun;
    }

    /** Whether the time is up: what is in hand goes back to the ledger. */
    public boolean isOver() {
        return over;
    }

    /** Nothing new is taken from now on. */
    public void begin() {
        begun = true;
    }

    /** The time is up. */
    public void end() {
        over = true;
    }
}
