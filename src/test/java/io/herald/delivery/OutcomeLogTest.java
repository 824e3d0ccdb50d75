package io.herald.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.herald.lane.ParkedForMinutes;
import io.herald.rest.Api;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whoever searches the log finds each outcome once, with its fields, and nothing of the customer. */
@QuarkusTest
@TestProfile(ParkedForMinutes.class)
class OutcomeLogTest {

    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    Sandbox sandbox;

    private final Api herald = Api.underTest();
    private final Lines lines = new Lines();

    @BeforeEach
    void open() {
        sandbox.reset();
        Logger.getLogger("io.herald.outcome").addHandler(lines);
    }

    @AfterEach
    void close() {
        Logger.getLogger("io.herald.outcome").removeHandler(lines);
    }

    @Test
    void oneLineForEachOutcome() {
        String reference = Caller.reference("logged");

        Api.Answer answer = herald.submit(
                Caller.person(reference, "bridge-xyz.422"),
                "Prefer",
                "wait=20",
                "traceparent",
                "00-" + TRACE + "-00f067aa0ba902b7-01");

        String message = answer.json().path("message").asText();
        List<Line> told = lines.of(message);
        assertThat(told)
                .extracting(line -> line.fields().get("provider"))
                .containsExactlyInAnyOrderElementsOf(PROVIDERS);
        assertThat(told).allSatisfy(line -> {
            assertThat(line.fields()).containsEntry("reference", reference).containsKeys("attempts", "durationMs");
            assertThat(line.fields()).containsEntry("traceId", TRACE).containsKey("spanId");
            boolean refused = line.fields().get("provider").equals("bridge-xyz");
            assertThat(line.fields()).containsEntry("state", refused ? "rejected" : "delivered");
            assertThat(line.fields().get("reason")).isEqualTo(refused ? "invalid" : null);
            assertThat(line.fields().get("code")).isEqualTo(refused ? "invalid_parameters" : null);
            assertThat(line.text() + line.fields())
                    .doesNotContainIgnoringCase("jane", "doe", "example.com", "1995", "salaam");
        });
    }

    private record Line(String text, Map<String, String> fields) {}

    private static final class Lines extends Handler {

        private static final Formatter MESSAGE = new PatternFormatter("%s");

        private final List<Line> all = Collections.synchronizedList(new ArrayList<>());

        List<Line> of(String message) {
            return List.copyOf(all).stream()
                    .filter(line -> message.equals(line.fields().get("messageId")))
                    .toList();
        }

        @Override
        public void publish(LogRecord entry) {
            ExtLogRecord line = ExtLogRecord.wrap(entry);
            all.add(new Line(MESSAGE.format(line), new TreeMap<>(line.getMdcCopy())));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
