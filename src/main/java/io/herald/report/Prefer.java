package io.herald.report;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** What a caller's {@code Prefer} header (RFC 7240) says of waiting; anything else in it is ignored, as the RFC wants. */
record Prefer(boolean respondAsync, Optional<Duration> patience) {

    static Prefer parse(String header) {
        boolean async = false;
        Optional<Duration> patience = Optional.empty();
        for (String preference : (header == null ? "" : header).split(",")) {
            String[] token = preference.split(";", 2)[0].split("=", 2);
            String name = token[0].strip().toLowerCase(Locale.ROOT);
            String value = token.length > 1 ? token[1].strip().replace("\"", "") : "";
            if (name.equals("respond-async")) {
                async = true;
            } else if (name.equals("wait") && patience.isEmpty() && value.matches("[0-9]+")) {
                patience = Optional.of(
                        Duration.ofSeconds(value.length() < 10 ? Long.parseLong(value) : Integer.MAX_VALUE));
            }
        }
        return new Prefer(async, patience);
    }

    /** How long to wait for the deliveries: what is preferred, within the limits. */
    Duration patience(Duration usual, Duration longest) {
        Duration wished = patience.orElse(respondAsync ? Duration.ZERO : usual);
        return wished.compareTo(longest) < 0 ? wished : longest;
    }
}
