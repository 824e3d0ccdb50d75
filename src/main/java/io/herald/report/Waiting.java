package io.herald.report;

import io.herald.delivery.Dispatch;
import java.util.concurrent.Semaphore;

/**
 * Waits for deliveries. Of the calls whose message was accepted before only so many wait at once: each keeps a thread and a permit
 * from the calls of others, and brings no work.
 */
final class Waiting {

    private final Semaphore repeats;

    /** @param mostRepeats how many of them; past it they do not wait */
    Waiting(int mostRepeats) {
        repeats = new Semaphore(mostRepeats);
    }

    void await(Dispatch dispatch, long millis) throws InterruptedException {
        if (!dispatch.isRepeated()) {
            dispatch.await(millis);
        } else if (repeats.tryAcquire()) {
            try {
                dispatch.await(millis);
            } finally {
                repeats.release();
            }
        }
    }
}
