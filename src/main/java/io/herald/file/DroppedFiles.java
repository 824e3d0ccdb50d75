package io.herald.file;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.canonical.CanonicalReader;
import io.herald.inflight.InFlight;
import io.herald.ledger.DroppedFile;
import io.herald.ledger.DroppedFile.State;
import io.herald.ledger.FileLedger;
import io.herald.ledger.RecordLedger;
import io.herald.query.BadQueryException;
import io.herald.query.Query;
import io.herald.shutdown.Stopping;
import io.herald.thread.Threads;
import io.herald.time.Timestamps;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.component.file.FileConstants;
import org.jboss.logging.Logger;

/** Opens dropped files, ends them, and tells how far they are. */
@Singleton
@Named("files")
@RegisterForReflection
public final class DroppedFiles {

    private static final Logger LOG = Logger.getLogger(DroppedFiles.class);

    private final Inbox inbox;
    private final FileLedger ledger;
    private final RecordLedger records;
    private final CanonicalReader customers;
    private final InFlight inFlight;
    private final Stopping stopping;
    private final ObjectMapper json;
    private final Clock clock;
    private volatile Optional<Batch> current = Optional.empty();

    public DroppedFiles(
            Inbox inbox,
            FileLedger ledger,
            RecordLedger records,
            CanonicalReader customers,
            InFlight inFlight,
            Stopping stopping,
            ObjectMapper json,
            Clock clock) {
        this.inbox = inbox;
        this.ledger = ledger;
        this.records = records;
        this.customers = customers;
        this.inFlight = inFlight;
        this.stopping = stopping;
        this.json = json;
        this.clock = clock;
    }

    /** Has one thread for each record that is worked on, and one to read the next. */
    @Produces
    @Singleton
    @Named("fileThreads")
    static ExecutorService threads(Inbox inbox) {
        int most = inbox.parallel() + 1;
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                most, most, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), Threads.named("file-"));
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /**
     * Opens a file: at its first record that is not kept yet, or without records, if it is a duplicate or cannot be read.
     *
     * @throws IOException if it cannot be read now; it stays in the inbox
     */
    public void open(Exchange exchange, @Header(FileConstants.FILE_NAME_ONLY) String name) throws IOException {
        try {
            Batch batch = open(new FileName(name));
            exchange.setProperty("batch", batch);
            exchange.getMessage().setBody(batch);
        } catch (IOException e) {
            LOG.warnf("File %s cannot be read now: %s", name, e);
            throw e;
        }
    }

    private Batch open(FileName name) throws IOException {
        Stamp stamp = Stamp.of(inbox.file(name.name()));
        if (name.format().isEmpty()) {
            return failed(
                    name,
                    stamp,
                    "its name does not end in .json, .ndjson, .jsonl or .csv, nor in one of these and .gz");
        }
        Optional<String> unreadable = Optional.empty();
        Content.Digest digest = null;
        try (Content content = Content.open(inbox.file(name.name()), name.isCompressed(), inbox.maxExpanded())) {
            digest = content.digest();
        } catch (UnreadableFileException e) {
            unreadable = Optional.of(e.getMessage());
        }
        if (!stamp.equals(Stamp.of(inbox.file(name.name())))) {
            throw new IOException("the file was changed while it was looked at");
        }
        if (unreadable.isPresent()) {
            return failed(name, stamp, unreadable.get());
        }
        if (digest.size() == 0) {
            return failed(name, stamp, "it is empty");
        }
        DroppedFile file = ledger.begin(
                        new DroppedFile.Arrival(
                                name.name(), stamp.inode(), digest.sha256(), digest.size(), name.isAgain()),
                        begun -> name.isReadAs(new FileName(begun)),
                        inbox::isFiled,
                        inbox.filingNames(name))
                .orElseThrow(() -> new IOException("another Herald reads a file with the same content"));
        if (file.state() != State.READING) {
            file.note().ifPresent(note -> LOG.warnf("File %s: %s", name.name(), note));
            return Batch.withoutRecords(file, stamp, inbox);
        }
        LOG.infof("File %s is read, %d bytes, from record %d on", name.name(), file.size(), file.records() + 1);
        return read(file, stamp);
    }

    private Batch read(DroppedFile file, Stamp stamp) throws IOException {
        try {
            long unreadable = records.unreadable(file);
            current = Optional.of(Batch.open(file, unreadable, stamp, inbox, customers, inFlight, stopping::hasBegun));
            return current.get();
        } catch (IOException | RuntimeException e) {
            Batch unread = Batch.withoutRecords(file, stamp, inbox);
            // what could be read before is read when the setting is back that has changed since
            boolean couldBeRead = file.records() > 0;
            if (!(e instanceof UnreadableFileException) || couldBeRead || unread.isChanged()) {
                ledger.letGo(file.id());
                throw e;
            }
            LOG.warnf("File %s cannot be read: %s", file.name(), e.getMessage());
            DroppedFile failed = ledger.end(
                            file.id(), State.FAILED, Optional.of(e.getMessage()), 0, file.records(), file.refused())
                    .orElseThrow(DroppedFiles::notOurs);
            return Batch.withoutRecords(failed, stamp, inbox);
        }
    }

    private Batch failed(FileName name, Stamp stamp, String why) {
        LOG.warnf("File %s cannot be read: %s", name.name(), why);
        DroppedFile.Arrival arrival = new DroppedFile.Arrival(name.name(), stamp.inode(), "", 0, name.isAgain());
        return Batch.withoutRecords(ledger.fail(arrival, why, inbox::isFiled, inbox.filingNames(name)), stamp, inbox);
    }

    /**
     * Ends a file all of whose records are kept.
     *
     * @throws IOException if the inbox does not have it any more, as it was; what it has is read anew, as another file, unless it is
     *     only renamed or touched; or if another program has taken it over; or if its reading was broken off, of which Camel may
     *     see no more than that no record comes
     */
    public void close(@ExchangeProperty("batch") Batch batch) throws IOException {
        batch.close();
        current = Optional.empty();
        batch.mustBeWhole();
        boolean changed = batch.isChanged();
        DroppedFile file = batch.file();
        if (file.state() == State.READING) {
            end(batch, changed);
            if (changed && !batch.isInInbox()) {
                ledger.moved(file.id());
            }
        }
        if (changed) {
            throw new IOException("the file was changed, replaced or taken away while it was read");
        }
    }

    /** Lets a file go whose reading was broken off: nobody reads it until it is taken again, by whatever name and whichever program. */
    void letGo(Batch batch) {
        current = Optional.empty();
        ledger.letGo(batch.file().id());
    }

    private void end(Batch batch, boolean changed) throws IOException {
        if (batch.hasFailed()) {
            end(batch, State.FAILED, Optional.of("nothing in it could be read"));
        } else if (changed) {
            end(batch, State.READ, Optional.of("it was changed, replaced or taken away when all of it had been read"));
        } else {
            end(batch, State.READ, Optional.empty());
        }
    }

    private void end(Batch batch, State state, Optional<String> note) throws IOException {
        DroppedFile file = batch.file();
        ReadProgress progress = batch.progress();
        ledger.end(file.id(), state, note, progress.bytes(), progress.records(), progress.refused())
                .orElseThrow(DroppedFiles::notOurs);
        LOG.infof(
                "File %s is read: %s%s",
                file.name(), progress, note.map(why -> "; " + why).orElse(""));
    }

    static IOException notOurs() {
        return new IOException("another Herald has taken the file over, or it has ended");
    }

    /** The content of the file that is read now; 0 if none is. */
    public long bytes() {
        return current.map(batch -> batch.file().size()).orElse(0L);
    }

    /** How much of that is read. */
    public long bytesRead() {
        return current.map(batch -> batch.progress().bytes()).orElse(0L);
    }

    /** All files, the newest first, and how far each is. */
    public ObjectNode list(@Header("limit") String limit, @Header("after") String after) throws BadQueryException {
        int most = Query.limit(limit);
        List<DroppedFile> found = ledger.list(Query.number("after", after), most + 1);
        ObjectNode answer = json.createObjectNode();
        ArrayNode items = answer.putArray("items");
        found.stream().limit(most).forEach(file -> items.add(item(file)));
        if (found.size() > most) {
            answer.put("next", Long.toString(found.get(most - 1).id()));
        }
        return answer;
    }

    private ObjectNode item(DroppedFile file) {
        ObjectNode item = json.createObjectNode()
                .put("name", file.name())
                .put("filedAs", file.filedAs())
                .put("state", state(file))
                .put("since", Timestamps.of(file.begunAt()));
        file.note().ifPresent(note -> item.put("note", note));
        ObjectNode records =
                item.putObject("records").put("done", file.records()).put("failed", file.refused());
        file.readAt().ifPresent(read -> records.put("total", file.records()));
        double seconds = Math.max(
                1e-3,
                Duration.between(file.begunAt(), file.readAt().orElse(clock.instant()))
                                .toMillis()
                        / 1e3);
        item.put("rate", Math.round(file.records() / seconds));
        if (file.state() == State.READING && file.bytes() > 0) {
            item.put("secondsLeft", Math.round((file.size() - file.bytes()) * seconds / file.bytes()));
        }
        return item;
    }

    private static String state(DroppedFile file) {
        if (file.state() == State.READ) {
            return file.reportedAt().isPresent() ? "reported" : "delivering";
        }
        return file.state().word();
    }
}
