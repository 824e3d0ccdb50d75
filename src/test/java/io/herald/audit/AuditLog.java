package io.herald.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/** What is written to the audit's log category while it is open. */
public final class AuditLog extends Handler {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Logger log = Logger.getLogger("io.herald.audit");
    private final List<JsonNode> events = new CopyOnWriteArrayList<>();

    public void open() {
        log.addHandler(this);
    }

    /** All events. */
    public List<JsonNode> events() {
        return List.copyOf(events);
    }

    /** What callers did to what is kept: {@code by=… action=…} and the rest of each event, without its time. */
    public List<String> lines() {
        return events.stream()
                .filter(event -> !List.of("accept", "outcome")
                        .contains(event.path("action").asText()))
                .map(event -> event.properties().stream()
                        .filter(field -> !field.getKey().equals("at"))
                        .map(field -> field.getKey() + "=" + field.getValue().asText())
                        .collect(Collectors.joining(" ")))
                .toList();
    }

    @Override
    public void publish(LogRecord line) {
        try {
            JsonNode event = JSON.readTree(line.getMessage());
            assertThat(Instant.parse(event.path("at").asText())).isBeforeOrEqualTo(Instant.now());
            events.add(event);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + line.getMessage(), e);
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        log.removeHandler(this);
    }
}
