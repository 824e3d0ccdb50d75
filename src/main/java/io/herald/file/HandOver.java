package io.herald.file;

import java.util.concurrent.CompletableFuture;

/** Whether the ledger was given a record, so that it is the next one's turn. */
final class HandOver {

    private volatile CompletableFuture<Void> given = new CompletableFuture<>();

    static HandOver given() {
        HandOver handOver = new HandOver();
        handOver.give();
        return handOver;
    }

    /** Waits until the record is given. */
    void await() {
        given.join();
    }

    void give() {
        given.complete(null);
    }

    /** The record was not kept: what comes behind waits until it is given again. */
    void takeBack() {
        given = new CompletableFuture<>();
    }
}
