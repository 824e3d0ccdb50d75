package io.herald.ledger;

/**
 * Names a call, so that it is taken once however often it comes.
 *
 * @param caller who chose the key; another caller's same key is another one
 */
public record IdempotencyKey(String caller, String key) {}
