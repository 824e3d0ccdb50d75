package io.herald.file;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.delivery.State;
import io.herald.ledger.DroppedFile;
import io.herald.ledger.RecordLedger;
import io.herald.ledger.RecordOutcome;
import io.herald.schema.Fault;
import io.herald.time.Timestamps;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What became of the records of a file, as JSON. No field of a customer is in it but the reference. */
final class FileReport {

    private static final int PAGE = 1000;

    private final DroppedFile file;
    private final RecordLedger records;
    private final ObjectMapper json;
    private final Counts counts = new Counts();

    FileReport(DroppedFile file, RecordLedger records, ObjectMapper json) {
        this.file = file;
        this.records = records;
        this.json = json;
    }

    /** How many of the records that were written stand in which way, for a log. */
    String counts() {
        return counts.toString();
    }

    /** Writes a line for each record, and counts them. */
    void writeRecords(OutputStream out) throws IOException {
        try (JsonGenerator lines = json.getFactory().createGenerator(out)) {
            lines.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            lines.setRootValueSeparator(null);
            long written = 0;
            List<RecordOutcome> page;
            do {
                page = records.outcomes(file.id(), written, PAGE);
                for (RecordOutcome record : page) {
                    json.writeTree(lines, line(record));
                    lines.writeRaw('\n');
                    written = record.position();
                }
            } while (!page.isEmpty());
        }
    }

    private ObjectNode line(RecordOutcome record) {
        ObjectNode line =
                json.createObjectNode().put("position", record.position()).put("line", record.line());
        record.reference().ifPresent(reference -> line.put("reference", reference));
        record.message().ifPresent(message -> line.put("message", message.toString()));
        line.put("status", counts.add(record));
        if (!record.deliveries().isEmpty()) {
            ArrayNode deliveries = line.putArray("deliveries");
            for (RecordOutcome.Delivery delivery : record.deliveries()) {
                ObjectNode entry = deliveries
                        .addObject()
                        .put("provider", delivery.provider())
                        .put("state", delivery.state());
                delivery.reason().ifPresent(reason -> entry.put("reason", reason));
            }
        }
        if (!record.faults().isEmpty()) {
            line.set("faults", Fault.toJson(record.faults()));
        }
        return line;
    }

    /** Writes what there is of the file as a whole, after its records. */
    void writeSummary(Instant reportedAt, OutputStream out) throws IOException {
        out.write(json.writerWithDefaultPrettyPrinter().writeValueAsBytes(summary(reportedAt)));
    }

    private ObjectNode summary(Instant reportedAt) {
        ObjectNode summary = json.createObjectNode()
                .put("name", file.name())
                .put("filedAs", file.filedAs())
                .put("state", file.state().word());
        file.note().ifPresent(note -> summary.put("note", note));
        summary.put("begunAt", Timestamps.of(file.begunAt()))
                .put("readAt", Timestamps.of(file.readAt().orElseThrow()))
                .put("reportedAt", Timestamps.of(reportedAt))
                .put("records", file.records())
                .put("accepted", file.records() - file.refused())
                .put("refused", file.refused());
        counts.addTo(summary);
        return summary;
    }

    /** How many records, and how many deliveries to each provider, ended in which way. */
    private static final class Counts {

        private final Map<String, Long> records = new TreeMap<>();
        private final Map<String, Map<String, Long>> deliveries = new TreeMap<>();

        /** Counts a record, and answers how it stands. */
        String add(RecordOutcome record) {
            for (RecordOutcome.Delivery delivery : record.deliveries()) {
                deliveries
                        .computeIfAbsent(delivery.provider(), first -> new TreeMap<>())
                        .merge(delivery.state(), 1L, Long::sum);
            }
            String status = status(record);
            records.merge(status, 1L, Long::sum);
            return status;
        }

        private static String status(RecordOutcome record) {
            if (!record.faults().isEmpty()) {
                return "refused";
            }
            return record.message().isEmpty()
                    ? "erased"
                    : State.whole(record.deliveries().stream().map(RecordOutcome.Delivery::state));
        }

        void addTo(ObjectNode summary) {
            ObjectNode status = summary.putObject("status");
            records.forEach(status::put);
            ObjectNode providers = summary.putObject("deliveries");
            deliveries.forEach((provider, states) -> states.forEach(providers.withObjectProperty(provider)::put));
        }

        @Override
        public String toString() {
            return records.entrySet().stream()
                    .map(entry -> entry.getValue() + " " + entry.getKey())
                    .collect(Collectors.joining(", "));
        }
    }
}
