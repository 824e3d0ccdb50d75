/**
 * What Herald keeps, in SQLite or PostgreSQL: messages, deliveries, links and dropped files. Begin with {@link Ledger},
 * which accepts a message, keeps each request before it is sent, and records outcomes; the tables are in
 * {@code src/main/resources/db/migration}.
 *
 * <p>{@link TakeUp} takes in hand what waits, {@link DeadLetters} shows what did not succeed, {@link Replays} replays
 * and discards it, {@link Erasure} erases, {@link FileLedger} keeps the dropped files, {@link RecordLedger} what became
 * of their records, {@link Claims} what only one program may do at a time, {@link RateLedger} the slots of a rate.
 * {@link Sealing} encrypts what is kept of a customer. {@link Replica} is this program as the owner of deliveries, with
 * its lease. {@link Dialect} has what differs between the two databases.
 *
 * <p>All of them write through {@link Database} and {@link GroupCommit}: one thread, {@code ledger-writer}, commits all
 * writes that wait, and then runs what was to be called in their order. Who reads does so on a thread of its own.
 */
package io.herald.ledger;
