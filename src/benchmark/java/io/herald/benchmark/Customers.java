package io.herald.benchmark;

import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.LongFunction;

/**
 * Invented people, each new to every provider. The reference ends with the time at which it was made, in microseconds since
 * 1970, and the e-mail begins with the reference, so that the stub can tell how long a customer took to reach it.
 */
record Customers(String prefix, String targets) implements LongFunction<Buffer> {

    /** For all providers. */
    static Customers of(String prefix) {
        return new Customers(prefix, "");
    }

    /** For these only. */
    static Customers of(String prefix, String... targets) {
        return new Customers(prefix, ", \"targets\": [\"" + String.join("\", \"", targets) + "\"]");
    }

    /** Now, as a reference has it. */
    static long now() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    /** One line of JSON, without its end. */
    String line(long number) {
        String reference = prefix + '-' + number + '-' + now();
        String phone = Long.toString(100_000_000 + number % 100_000_000).substring(1);
        return "{\"reference\": \"" + reference + "\", \"type\": \"person\", \"person\": {\"firstName\": \"Jane\","
                + " \"lastName\": \"Doe\", \"birthDate\": \"1995-01-10\", \"nationality\": \"TZ\"},"
                + " \"contact\": {\"email\": \"" + reference + "@example.com\", \"phone\": \"+2557" + phone + "\"},"
                + " \"address\": {\"lines\": [\"12 Uhuru Street\"], \"city\": \"Dar es Salaam\", \"country\": \"TZ\"}"
                + targets + "}";
    }

    @Override
    public Buffer apply(long number) {
        return Buffer.buffer(line(number));
    }
}
