package io.herald.metrics;

import java.util.Locale;

/** What a source was told of a customer that it brought. */
public enum IntakeAnswer {
    /** It is kept, or was already, under the same idempotency key. */
    ACCEPTED,
    /** It could not be read as JSON, or what came with it was wrong. */
    MALFORMED,
    UNAUTHENTICATED,
    FORBIDDEN,
    /** Its idempotency key stands for another customer. */
    CONFLICT,
    TOO_LARGE,
    WRONG_TYPE,
    /** It is no canonical customer. */
    INVALID,
    /** Its caller is over its rate. */
    TOO_OFTEN,
    /** It cannot be taken now: Herald is full or is stopping, or its ledger is away. */
    UNAVAILABLE,
    /** Herald's own mistake. */
    FAILED,
    /** The caller went away before it was answered. */
    BROKEN_OFF;

    /** The answer as it is written in metrics. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What an answer over HTTP means. */
    public static IntakeAnswer ofStatus(int status) {
        if (status < 300) {
            return ACCEPTED;
        }
        return switch (status) {
            case 401 -> UNAUTHENTICATED;
            case 403 -> FORBIDDEN;
            case 409 -> CONFLICT;
            case 413 -> TOO_LARGE;
            case 415 -> WRONG_TYPE;
            case 422 -> INVALID;
            case 429 -> TOO_OFTEN;
            case 503 -> UNAVAILABLE;
            default -> status < 500 ? MALFORMED : FAILED;
        };
    }
}
