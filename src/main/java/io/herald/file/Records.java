package io.herald.file;

import io.herald.audit.Audit;
import io.herald.canonical.CanonicalCustomer;
import io.herald.canonical.CanonicalReader;
import io.herald.canonical.NotCanonicalException;
import io.herald.canonical.NotJsonException;
import io.herald.lane.Lanes;
import io.herald.ledger.DroppedFile;
import io.herald.ledger.DroppedFile.Kept;
import io.herald.ledger.FileLedger;
import io.herald.ledger.LedgerException;
import io.herald.ledger.NewMessage;
import io.herald.ledger.RecordLedger;
import io.herald.metrics.IntakeAnswer;
import io.herald.metrics.Meters;
import io.herald.provider.Providers;
import io.herald.trace.Traces;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.support.SynchronizationAdapter;
import org.jboss.logging.Logger;

/** Takes the records of dropped files in, each into the ledger: as a message that waits there to be delivered, or refused. */
@Singleton
@Named("records")
@RegisterForReflection
public final class Records {

    private static final String SOURCE = "file";
    private static final Duration KEPT_EVERY = Duration.ofSeconds(1);
    private static final Duration TOLD_EVERY = Duration.ofSeconds(10);

    private static final AttributeKey<Long> POSITION = AttributeKey.longKey("herald.record");
    private static final AttributeKey<String> ANSWER = AttributeKey.stringKey("herald.answer");

    private static final Logger LOG = Logger.getLogger(Records.class);

    private final CanonicalReader customers;
    private final Providers providers;
    private final FileLedger files;
    private final RecordLedger ledger;
    private final Lanes lanes;
    private final Meters meters;
    private final Traces traces;

    public Records(
            CanonicalReader customers,
            Providers providers,
            FileLedger files,
            RecordLedger ledger,
            Lanes lanes,
            Meters meters,
            Traces traces) {
        this.customers = customers;
        this.providers = providers;
        this.files = files;
        this.ledger = ledger;
        this.lanes = lanes;
        this.meters = meters;
        this.traces = traces;
    }

    /** Reads a record: it is a canonical customer then, or has faults. */
    public void read(@Body BatchRecord record, Exchange exchange) {
        Span span = traces.begin("file record", SpanKind.CONSUMER, Optional.empty(), Optional.empty());
        exchange.setProperty(Traces.SPAN, span);
        exchange.getExchangeExtension().addOnCompletion(new SynchronizationAdapter() {
            @Override
            public void onDone(Exchange ended) {
                if (ended.isFailed()) {
                    record.batch().breakOff(ended.getException());
                }
                record.done();
                span.end();
            }
        });
        Frame frame = record.frame();
        try {
            if (frame.bytes() == null) {
                throw new BadRecordException(frame.fault());
            }
            record.readAs(customer(record, frame.bytes()));
        } catch (NotCanonicalException e) {
            record.refuse(e.reference(), e.faults());
        } catch (NotJsonException e) {
            record.refuseUnread(e.inFile(frame.line(), frame.column()));
        } catch (BadRecordException e) {
            record.refuseUnread(frame.refusal(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.errorf(
                    "Record %d of a file failed unexpectedly: %s",
                    record.place().position(), e.getClass());
            record.refuseUnread("failed unexpectedly; it is in Herald's log");
        }
    }

    private CanonicalCustomer customer(BatchRecord record, byte[] bytes) throws BadRecordException {
        Optional<CsvColumns> columns = record.batch().columns();
        return columns.isPresent()
                ? customers.read(columns.get().customer(bytes), providers.ids())
                : customers.read(bytes, providers.ids());
    }

    /**
     * Keeps what a record became; when this returns, it is on disk.
     *
     * @throws LedgerException if it cannot be kept now; to be called again until it can
     * @throws IOException if it is no longer this program's to keep
     */
    public void keep(@Body BatchRecord record, Exchange exchange) throws IOException {
        Span span = Traces.of(exchange);
        ReadProgress progress = record.batch().progress();
        Kept kept = kept(record, Traces.traceparent(span));
        if (kept == Kept.OUT_OF_TURN) {
            record.putInDoubt();
            throw new LedgerException("the record before this one is not kept yet");
        }
        if (kept == Kept.TAKEN_OVER) {
            throw DroppedFiles.notOurs();
        }
        if (record.customer().isPresent()) {
            if (kept == Kept.KEPT || record.isInDoubt()) {
                tellAcceptance(record);
            }
            progress.countAccepted();
            tell(record, span, IntakeAnswer.ACCEPTED);
            lanes.wake();
        } else {
            progress.countRefused(record.isReadable());
            tell(record, span, record.isReadable() ? IntakeAnswer.INVALID : IntakeAnswer.MALFORMED);
        }
        tell(record.batch().file(), progress);
    }

    private void tell(BatchRecord record, Span span, IntakeAnswer answer) {
        meters.taken(SOURCE, answer);
        if (span.isRecording()) {
            span.setAttribute(POSITION, record.place().position()).setAttribute(ANSWER, answer.word());
            if (answer == IntakeAnswer.ACCEPTED) {
                span.setAttribute(Traces.MESSAGE, record.message().toString());
            }
        }
    }

    private Kept kept(BatchRecord record, Optional<String> trace) {
        record.awaitTurn();
        CompletableFuture<Kept> kept;
        try {
            kept = record.customer().isPresent()
                    ? accept(record, record.customer().get(), trace)
                    : ledger.refuse(record.place(), record.isReadable(), record.reference(), record.faults());
        } finally {
            record.handedOver();
        }
        try {
            return kept.join();
        } catch (CompletionException e) {
            record.putInDoubt();
            throw new LedgerException("a record cannot be kept now", e.getCause());
        }
    }

    private CompletableFuture<Kept> accept(BatchRecord record, CanonicalCustomer customer, Optional<String> trace) {
        return ledger.accept(
                record.place(),
                record.message(),
                new NewMessage(
                                customer.reference(),
                                customer.tree(),
                                customer.targets().orElse(providers.ids()),
                                source(record),
                                Optional.empty())
                        .in(trace));
    }

    private static String source(BatchRecord record) {
        return SOURCE + " " + record.batch().file().filedAs() + ", record "
                + record.place().position();
    }

    private static void tellAcceptance(BatchRecord record) {
        Audit.did(Audit.FILE, "accept", event -> event.put(
                        "message", record.message().toString())
                .put("reference", record.customer().orElseThrow().reference())
                .put("source", source(record)));
    }

    private void tell(DroppedFile file, ReadProgress progress) {
        if (progress.claimKeeping(KEPT_EVERY)) {
            files.progress(file.id(), progress.bytes(), progress.records(), progress.refused());
        }
        if (progress.claimTelling(TOLD_EVERY)) {
            LOG.infof("File %s: %s", new FileName(file.name()).printable(), progress);
        }
    }
}
