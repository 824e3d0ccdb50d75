package io.herald.ledger;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.provider.Providers;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A delivery that a person may have to look at, or had to.
 *
 * @param state of the delivery now
 * @param error why it did not succeed, as the report shows it; empty once it did
 * @param attempts how often its request was sent, or was about to be
 * @param since when it came to that state
 * @param source where its message came from, such as {@code rest}
 */
public record DeadLetter(
        Id id,
        long sequence,
        String reference,
        String state,
        Optional<ObjectNode> error,
        int attempts,
        Instant since,
        String source) {

    /** What names a dead letter: a message and one of its targets, written {@code <message>.<provider>}. */
    public record Id(UUID message, String provider) {

        private static final Pattern TEXT = Pattern.compile("([^.]+)\\.(" + Providers.ID + ")");

        /** The id that a text is, if it is one. Not every database can be asked for what is none, such as a NUL. */
        public static Optional<Id> of(String text) {
            Matcher id = TEXT.matcher(text);
            try {
                return id.matches() ? Optional.of(new Id(UUID.fromString(id.group(1)), id.group(2))) : Optional.empty();
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }

        @Override
        public String toString() {
            return message + "." + provider;
        }
    }

    /**
     * Which of them; what is empty does not matter.
     *
     * @param states at least one of {@code dead}, {@code rejected} and {@code retrying}
     */
    public record Filter(Set<String> states, Optional<String> provider, Optional<String> reason) {}

    /** The place of one in the list, newest first; written {@code <sequence>.<provider>}. */
    public record Cursor(long sequence, String provider) {

        private static final Pattern TEXT = Pattern.compile("([0-9]{1,18})\\.(" + Providers.ID + ")");

        /** The place that a text is, if it is one. */
        public static Optional<Cursor> of(String text) {
            Matcher cursor = TEXT.matcher(text);
            return cursor.matches()
                    ? Optional.of(new Cursor(Long.parseLong(cursor.group(1)), cursor.group(2)))
                    : Optional.empty();
        }

        @Override
        public String toString() {
            return sequence + "." + provider;
        }
    }

    /**
     * How it can be told whether a provider has a customer that a delivery may have created.
     *
     * @param looksUp by looking it up
     * @param keyLifetime by sending the same request again, as long as its idempotency key is remembered
     */
    public record Provider(String id, boolean looksUp, Optional<Duration> keyLifetime) {}

    /** Why one was not replayed or discarded; then nothing was changed. */
    public enum Refusal {
        /** There is no such delivery. */
        UNKNOWN,
        /** It is in no state that this can be done in, any more or yet. */
        WRONG_STATE,
        /** A newer message of its lane was delivered, or is on its way. */
        OVERTAKEN,
        /** The provider may have the customer, and cannot be asked. */
        UNCLEAR,
        /** The customer is no longer kept. */
        ERASED
    }
}
