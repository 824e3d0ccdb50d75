package io.herald.shutdown;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Whether Herald is being stopped, for those that begin something. */
@Singleton
public final class Stopping {

    private volatile boolean begun;
    private final CountDownLatch over = new CountDownLatch(1);

    /** Whether nothing new is taken: what is in hand goes on. */
    public boolean hasBegun() {
        return begun;
    }

    /** Whether the time is up: what is in hand goes back to the ledger. */
    public boolean isOver() {
        return over.getCount() == 0;
    }

    /** Waits so long, or until the time is up, or the thread is interrupted; answers whether it is either. */
    public boolean awaitEnd(Duration wait) {
        try {
            return over.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** Nothing new is taken from now on. */
    public void begin() {
        begun = true;
    }

    /** The time is up. */
    public void end() {
        over.countDown();
    }
}
