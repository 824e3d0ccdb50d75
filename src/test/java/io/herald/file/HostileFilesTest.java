package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.common.Json;
import io.agroal.api.AgroalDataSource;
import io.herald.delivery.Caller;
import io.herald.delivery.QuickRetries;
import io.herald.file.DropBox.Report;
import io.herald.inflight.InFlight;
import io.herald.ledger.Claims;
import io.herald.ledger.DroppedFile;
import io.herald.ledger.DroppedFile.State;
import io.herald.ledger.FileLedger;
import io.herald.ledger.NewMessage;
import io.herald.ledger.RecordLedger;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import io.herald.schema.Fault;
import io.quarkus.agroal.DataSource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.component.file.FileConsumer;
import org.apache.camel.component.file.FileEndpoint;
import org.apache.camel.component.file.FileOperations;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.component.file.GenericFileProcessStrategy;
import org.apache.camel.support.DefaultExchange;
import org.awaitility.Awaitility;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is dropped, Herald lives, loses nothing, and goes on with the next file. */
@QuarkusTest
@TestProfile(QuickRetries.class)
class HostileFilesTest {

    @ConfigProperty(name = "intake.file.directory")
    Path inbox;

    Sandbox sandbox;

    @Inject
    InboxLock lock;

    @Inject
    DroppedFiles files;

    @Inject
    FileLedger ledger;

    @Inject
    RecordLedger records;

    @Inject
    Claims claims;

    @Inject
    InFlight inFlight;

    @DataSource("embedded")
    AgroalDataSource database;

    @Inject
    Clock clock;

    @Inject
    Inbox folders;

    @Inject
    CamelContext context;

    private DropBox box;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        box = new DropBox(inbox);
    }

    /** Whatever was dropped before, this is delivered; so are the files of the tests that follow. */
    private void theNextFileIsDelivered() {
        String reference = Caller.reference("NEXT");
        box.drop(reference + ".json", person(reference));

        assertThat(box.report(reference + ".json").state(1, "fraudspect")).isEqualTo("delivered");
    }

    private List<Received> requestsFor(String reference) {
        return sandbox.requests("fraudspect").stream()
                .filter(request -> new String(request.body(), StandardCharsets.UTF_8).contains(reference))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"json", "ndjson", "csv", "json.gz", "csv.gz"})
    void anEmptyFileFails(String extension) {
        String name = Caller.reference("EMPTY") + "." + extension;
        byte[] nothing = new byte[0];
        box.drop(name, extension.endsWith(".gz") ? DropBox.gzip(nothing) : nothing);

        assertThat(box.report(name).summary().path("state").asText()).isEqualTo("failed");
        box.hasMoved(name, box.failed());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "not gzip at all, whatever its name says"})
    void whatIsNotGzipFails(String content) {
        String name = Caller.reference("NOGZ") + ".json.gz";
        box.drop(name, content);

        assertThat(box.report(name).summary().path("note").asText()).contains("gzip");
        box.hasMoved(name, box.failed());
    }

    @Test
    void gzipThatIsCutOffFailsBeforeAnythingOfItIsSent() {
        String reference = Caller.reference("CUT");
        byte[] whole = DropBox.gzip((person(reference) + "\n").repeat(50).getBytes(StandardCharsets.UTF_8));
        box.drop(reference + ".ndjson.gz", Arrays.copyOf(whole, whole.length - 12));

        assertThat(box.report(reference + ".ndjson.gz").summary().path("note").asText())
                .contains("not complete");
        assertThat(requestsFor(reference)).isEmpty();
    }

    @Test
    void whatFollowsAGzipIsReadOrToldAndNeverLeftOut() {
        String first = Caller.reference("MEMBER");
        String second = Caller.reference("MEMBER");
        byte[] one = DropBox.gzip((person(first) + "\n").getBytes(StandardCharsets.UTF_8));
        byte[] other = DropBox.gzip((person(second) + "\n").getBytes(StandardCharsets.UTF_8));

        box.drop(first + "-two.ndjson.gz", joined(one, other));
        assertThat(box.report(first + "-two.ndjson.gz").records()).hasSize(2);

        box.drop(first + "-padded.again.ndjson.gz", joined(one, new byte[512]));
        assertThat(box.report(first + "-padded.again.ndjson.gz").records()).hasSize(1);

        byte[] broken = other.clone();
        broken[0] = 1;
        box.drop(first + "-broken.ndjson.gz", joined(one, broken));
        assertThat(box.report(first + "-broken.ndjson.gz")
                        .summary()
                        .path("note")
                        .asText())
                .contains("not gzip");
        box.hasMoved(first + "-broken.ndjson.gz", box.failed());
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    @Test
    void aGzipBombFails() throws IOException {
        ByteArrayOutputStream bomb = new ByteArrayOutputStream();
        byte[] zeros = new byte[1 << 20];
        try (OutputStream gzip = new GZIPOutputStream(bomb)) {
            for (int i = 0; i < 40; i++) {
                gzip.write(zeros);
            }
        }
        String name = Caller.reference("BOMB") + ".ndjson.gz";
        box.drop(name, bomb.toByteArray());

        assertThat(box.report(name).summary().path("note").asText())
                .isEqualTo("its content is larger than intake.file.max-expanded allows, 33554432 bytes");
        box.hasMoved(name, box.failed());
    }

    /** Java reads each of them from within the one before. */
    @Test
    void aGzipOfEmptyMembersFails() {
        byte[] empty = DropBox.gzip(new byte[0]);
        ByteArrayOutputStream members = new ByteArrayOutputStream();
        for (int i = 0; i < 100_000; i++) {
            members.writeBytes(empty);
        }
        String name = Caller.reference("MEMBERS") + ".ndjson.gz";
        box.drop(name, members.toByteArray());

        assertThat(box.report(name).summary().path("note").asText())
                .isEqualTo("it has too many empty gzip members in a row");
        box.hasMoved(name, box.failed());
        theNextFileIsDelivered();
    }

    /** Each poll lists all of them, in the same order, and none is forgotten before the next. */
    @Test
    void filesSettleHoweverManyThereAre() {
        List<GenericFile<Object>> files =
                IntStream.range(0, 20_000).mapToObj(HostileFilesTest::listed).toList();
        assertThat(files).noneMatch(file -> lock.acquireExclusiveReadLock(null, file, null));

        GenericFile<Object> first = files.get(0);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> lock.acquireExclusiveReadLock(null, first, new DefaultExchange(context)));
        lock.releaseExclusiveReadLockOnCommit(null, first, null);
    }

    @Test
    void aFileThatGrowsIsTakenWhenItIsComplete() {
        GenericFile<Object> file = listed(20_000);
        for (int length = 1; length < 5; length++) {
            file.setFileLength(length);
            assertThat(lock.acquireExclusiveReadLock(null, file, null)).isFalse();
            Awaitility.await().pollDelay(folders.poll().multipliedBy(2)).until(() -> true);
        }

        assertThat(lock.acquireExclusiveReadLock(null, file, new DefaultExchange(context)))
                .as("it has not grown from one look to the next")
                .isTrue();
        lock.releaseExclusiveReadLockOnCommit(null, file, null);
    }

    private static GenericFile<Object> listed(int number) {
        GenericFile<Object> file = new GenericFile<>();
        file.setFile("on a partner's server");
        file.setFileNameOnly("many-" + number + ".json");
        file.setAbsoluteFilePath("/many/many-" + number + ".json");
        return file;
    }

    @Test
    void aLineThatIsTooLongIsRefusedAndTheNextIsDelivered() {
        String reference = Caller.reference("LONG");
        box.drop(reference + ".ndjson", "x".repeat((1 << 20) + 1) + "\n" + person(reference) + "\n");
        Report report = box.report(reference + ".ndjson");

        assertThat(report.faults(1)).containsExactly(" is larger than intake.file.max-line allows, 1048576 bytes");
        assertThat(report.state(2, "fraudspect")).isEqualTo("delivered");
    }

    /** Between the last look at a file and its move, or while it is appended to. */
    @Test
    void whatWasMovedUnreadIsReadAllTheSame() throws IOException {
        String reference = Caller.reference("UNREAD");
        DroppedFile read = begun(reference + ".json", State.READ);
        Path dropped = Files.writeString(inbox.resolve(reference + ".part"), "{}");
        Batch batch = Batch.withoutRecords(read, Stamp.of(dropped), folders);
        Files.delete(dropped);
        Files.writeString(box.done().resolve(reference + ".json"), person(reference));

        lock.releaseExclusiveReadLockOnCommit(null, file(reference + ".json"), exchange(batch));

        assertThat(box.report(reference + "-2.json").state(1, "fraudspect")).isEqualTo("delivered");
        assertThat(box.done().resolve(reference + ".json")).doesNotExist();
    }

    /** Linux lets nobody link a folder either, and so refuses it as it does for what is another user's. */
    @Test
    void whatCannotBeLinkedIsPutBackAllTheSame() throws IOException {
        String name = "." + Caller.reference("UNLINKED");
        DroppedFile read = begun(name, State.READ);
        Path dropped = Files.writeString(inbox.resolve(name), "{}");
        Batch batch = Batch.withoutRecords(read, Stamp.of(dropped), folders);
        Files.delete(dropped);
        Path moved = Files.createDirectory(box.done().resolve(name));
        Files.writeString(dropped, "the next one");

        lock.releaseExclusiveReadLockOnCommit(null, file(name), exchange(batch));

        assertThat(inbox.resolve(name + "-2")).isDirectory();
        assertThat(moved).doesNotExist();
        Files.delete(dropped);
    }

    /** As after a stall in which another program took the file over. */
    @Test
    void whatAnotherProgramHasFiledStays() throws Exception {
        String name = Caller.reference("STALLED") + ".json";
        DroppedFile read = begun(name, State.READ);
        Path filed = Files.writeString(box.done().resolve(name), "{}");
        Batch batch = Batch.withoutRecords(read, Stamp.of(filed), folders);
        FileEndpoint endpoint = (FileEndpoint) context.getRoute("file").getEndpoint();
        Method strategy = FileEndpoint.class.getDeclaredMethod("createGenericFileStrategy");
        strategy.setAccessible(true);
        GenericFile<File> taken =
                FileConsumer.asGenericFile(inbox.toString(), inbox.resolve(name).toFile(), null, false);
        @SuppressWarnings("unchecked")
        GenericFileProcessStrategy<File> camels = (GenericFileProcessStrategy<File>) strategy.invoke(endpoint);

        camels.commit(new FileOperations(endpoint), endpoint, exchange(batch), taken);

        assertThat(filed).exists();
        assertThat(inbox.resolve(name)).doesNotExist();
    }

    @Test
    void whatIsBrokenOffIsNotCountedAsReadNow() throws IOException {
        String name = "." + Caller.reference("LETGO") + ".json";
        Path dropped = Files.writeString(inbox.resolve(name), "{}");
        Exchange exchange = new DefaultExchange(context);
        files.open(exchange, name);
        assertThat(files.bytes()).isEqualTo(2);
        exchange.setException(new HeraldStopsException());

        lock.releaseExclusiveReadLockOnRollback(null, file(name), exchange);

        assertThat(files.bytes()).isZero();
        Files.delete(dropped);
    }

    @Test
    void whatHoldsNoRecordThatCanBeReadFailsAlsoIfItWasBrokenOff() throws Exception {
        String name = Caller.reference("HALF") + ".ndjson";
        byte[] content = (name + "\ntwo\n").getBytes(StandardCharsets.UTF_8);
        String digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        DroppedFile half = ledger.begin(
                        new DroppedFile.Arrival(name, name.hashCode(), digest, content.length, false),
                        other -> true,
                        filed -> false,
                        folders.filingNames(new FileName(name)))
                .orElseThrow();
        records.refuse(new DroppedFile.Place(half.id(), 1, 1), false, Optional.empty(), List.of(new Fault("", "no")))
                .join();
        ledger.letGo(half.id());

        box.drop(name, content);

        assertThat(box.report(name).summary().path("state").asText()).isEqualTo("failed");
        box.hasMoved(name, box.failed());
    }

    /** As by hand, or by a move that went half way. */
    @Test
    void aCopyInDoneIsNotTakenForTheFileThatIsStillInTheInbox() throws IOException {
        String reference = Caller.reference("COPY");
        String name = "." + reference + ".json";
        Path dropped = Files.writeString(inbox.resolve(name), "{}");
        DroppedFile read = begun(name, State.READ);
        Batch batch = Batch.withoutRecords(read, Stamp.of(dropped), folders);
        Path copy = Files.writeString(box.done().resolve(name), "{");

        lock.releaseExclusiveReadLockOnCommit(null, file(name), exchange(batch));

        assertThat(copy).exists();
        assertThat(DropBox.names(inbox))
                .filteredOn(left -> left.contains(reference))
                .containsExactly(name);
        assertThat(begun(name, State.READING).id()).as("it has not left").isEqualTo(read.id());
        Files.delete(copy);
        Files.delete(dropped);
    }

    @ParameterizedTest
    @ValueSource(strings = {"touched", "renamed", "copied to done"})
    void whatWasReadIsNotReadOnceMoreAlsoIfItIsToBeSentAgain(String what) throws IOException {
        String reference = Caller.reference("ONCE");
        Path dropped = Files.writeString(leftAlone(reference + ".again.json"), person(reference));
        Batch batch = opened(dropped);
        switch (what) {
            case "touched" -> Files.setLastModifiedTime(dropped, FileTime.fromMillis(0));
            case "renamed" -> Files.move(dropped, leftAlone(reference + "-b.again.json"));
            default -> Files.copy(dropped, box.done().resolve(dropped.getFileName()));
        }
        try {
            files.close(batch);
            lock.releaseExclusiveReadLockOnCommit(null, file(batch.file().name()), exchange(batch));
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("was changed");
        }
        Path now = what.equals("renamed") ? inbox.resolve(reference + "-b.again.json") : dropped;
        DroppedFile next = opened(now).file();

        assertThat(next.id()).isEqualTo(batch.file().id());
        assertThat(next.state()).isEqualTo(State.READ);
        Files.delete(now);
        ledger.moved(next.id());
    }

    /** Between the last look at it and its move. */
    @Test
    void whatIsTouchedAtTheLastMomentIsNotReadOnceMore() throws IOException {
        String name = Caller.reference("TOUCHED") + ".again.json";
        Path dropped = Files.writeString(leftAlone(name), person(name));
        Batch batch = opened(dropped);
        files.close(batch);
        Path moved = Files.move(dropped, box.done().resolve(name));
        Files.setLastModifiedTime(moved, FileTime.fromMillis(0));

        lock.releaseExclusiveReadLockOnCommit(null, file(name), exchange(batch));

        box.hasMoved(name, box.done());
    }

    /** It may not have opened it yet. */
    @Test
    void whatAnotherProgramHasTakenOverStaysForThatOne() throws IOException {
        String reference = Caller.reference("TAKEN");
        Path dropped = Files.writeString(leftAlone(reference + ".json"), person(reference));
        Batch batch = opened(dropped);
        ledger.letGo(batch.file().id());

        assertThatThrownBy(() -> files.close(batch)).hasMessageContaining("taken the file over");
        Batch others = opened(dropped);
        assertThat(others.file().state()).isEqualTo(State.READING);
        files.close(others);
        Files.delete(dropped);
        ledger.moved(others.file().id());
    }

    /** Between the time that it is begun and the time that it cannot be read. */
    @Test
    void whatAnotherProgramHasTakenOverStaysForThatOneAlsoIfItCannotBeRead() throws Exception {
        String name = Caller.reference("HEADER") + ".csv";
        Path dropped = Files.writeString(leftAlone(name), "no such column\n");
        change("create trigger taken_over after insert on file when new.name = '" + name
                + "' begin update file set reader = '' where id = new.id; end");
        try {
            assertThatThrownBy(() -> opened(dropped)).hasMessageContaining("taken the file over");
        } finally {
            change("drop trigger taken_over");
        }
        DroppedFile others = opened(dropped).file();
        assertThat(others.state()).isEqualTo(State.FAILED);
        Files.delete(dropped);
        ledger.moved(others.id());
    }

    /** What cannot be kept is tried again after a second; what comes behind it waits for it, and then goes on as fast as before. */
    @Test
    void aRecordThatCannotBeKeptForATimeHoldsUpItsFileForNoLonger() throws Exception {
        String reference = Caller.reference("HELDUP");
        String name = reference + ".ndjson";
        change("create trigger held_up before insert on record when new.position = 50 and exists"
                + " (select 1 from file where id = new.file and name = '" + name
                + "') begin select raise(abort, 'held up'); end");
        try {
            box.drop(name, people(reference, 400));
            haveArrived(reference, 49);
            Awaitility.await().during(Duration.ofSeconds(3)).untilAsserted(() -> assertThat(requestsFor(reference))
                    .hasSize(49));
        } finally {
            change("drop trigger held_up");
        }

        assertThat(box.report(name).records())
                .extracting(line -> line.path("status").asText())
                .hasSize(400)
                .containsOnly("delivered");
    }

    /** As when this one stalls for longer than its lease, in the middle of it. */
    @Test
    void aFileThatAnotherProgramTakesOverWhileItIsReadStopsNoOther() throws Exception {
        String reference = Caller.reference("OVER");
        String name = reference + ".ndjson";
        change("create trigger taken_over after insert on record when new.position = 50 and exists"
                + " (select 1 from file where id = new.file and name = '" + name
                + "') begin update file set reader = 'another' where id = new.file; end");
        try {
            box.drop(name, people(reference, 400));
            haveArrived(reference, 50);
            box.drop(reference + ".json", person(reference + "-OTHER"));

            assertThat(box.report(reference + ".json").state(1, "fraudspect")).isEqualTo("delivered");
            assertThat(requestsFor(reference + "-P")).hasSize(50);
            Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(inFlight.taken())
                    .isZero());
        } finally {
            change("drop trigger taken_over");
            Files.delete(inbox.resolve(name));
        }
    }

    /** As when it is the one that failed which lets the next one go. */
    @Test
    void whoWaitsForASlotOfAFileThatIsBrokenOffGetsNoRecord() throws Exception {
        String reference = Caller.reference("BROKEN");
        Path dropped = Files.writeString(leftAlone(reference + ".ndjson"), people(reference, 100));
        Batch batch = opened(dropped);
        List<BatchRecord> all = new ArrayList<>();
        for (int i = 0; i < folders.parallel(); i++) {
            all.add(batch.next());
        }
        FutureTask<BatchRecord> waiting = new FutureTask<>(batch::next);
        Thread waits = new Thread(waiting);
        waits.start();
        Awaitility.await().until(() -> waits.getState() == Thread.State.WAITING);

        batch.breakOff(new IOException("taken over"));
        all.forEach(BatchRecord::done);

        assertThatThrownBy(waiting::get).hasRootCauseMessage("taken over");
        assertThat(batch.hasNext()).isFalse();
        assertThat(inFlight.taken()).isZero();
        assertThatThrownBy(() -> files.close(batch))
                .as("Camel may take it for the end of the file")
                .hasMessageContaining("broken off");
        DroppedFile again = opened(dropped).file();
        assertThat(again.state()).isEqualTo(State.READING);
        ledger.letGo(again.id());
        Files.delete(dropped);
    }

    private void haveArrived(String reference, int many) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(requestsFor(reference))
                .hasSize(many));
    }

    private static String people(String reference, int many) {
        return IntStream.rangeClosed(1, many)
                .mapToObj(i -> person(reference + "-P" + i))
                .collect(Collectors.joining("\n"));
    }

    private void change(String schema) throws SQLException {
        try (Connection connection = database.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(schema);
        }
    }

    /** The route does not take it before half a minute is over. */
    private Path leftAlone(String name) {
        lock.pause(file(name));
        return inbox.resolve(name);
    }

    private Batch opened(Path dropped) throws IOException {
        Exchange exchange = new DefaultExchange(context);
        files.open(exchange, dropped.getFileName().toString());
        return exchange.getProperty("batch", Batch.class);
    }

    /** As when this one stalls for longer than its lease. */
    @Test
    void aReportThatAnotherProgramHasWrittenIsNotReplaced() throws IOException {
        String reference = Caller.reference("REPORT");
        DroppedFile file = begun("." + reference + ".json", State.READING);
        records.accept(
                        new DroppedFile.Place(file.id(), 1, 1),
                        UUID.randomUUID(),
                        new NewMessage(
                                reference,
                                Caller.person(reference, ""),
                                List.of("fraudspect"),
                                "file",
                                Optional.empty()))
                .join();
        ledger.end(file.id(), State.READ, Optional.empty(), 2, 1, 0);
        Path written = folders.report(file.filedAs());
        AtomicBoolean stalled = new AtomicBoolean();
        ObjectMapper stalling = new ObjectMapper() {
            @Override
            public ObjectNode createObjectNode() {
                if (!stalled.get()) {
                    writeAsAnother(file, written);
                    stalled.set(true);
                }
                return super.createObjectNode();
            }
        };
        FileReports reports = new FileReports(
                ledger,
                records,
                claims,
                new MissingFiles(ledger, clock),
                folders,
                stalling,
                Clock.offset(clock, Duration.ofDays(1)));
        reports.start(null);
        Awaitility.await()
                .atMost(Duration.ofSeconds(60))
                .until(() -> stalled.get()
                        && DropBox.names(box.reports()).stream().noneMatch(name -> name.endsWith(".part")));
        reports.stop(null);

        assertThat(written).hasContent("the whole report");
    }

    private void writeAsAnother(DroppedFile file, Path report) {
        try {
            Files.writeString(report, "the whole report");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ledger.reported(file.id());
        records.forget(file.id());
    }

    /** As where others may add files to a folder, but each remove its own only. */
    @Test
    void whatMayNotLeaveTheInboxStaysThereAndIsSentOnce() throws Exception {
        String reference = Caller.reference("STICKY");
        String name = reference + ".again.json";
        assumeTrue(
                Command.succeeds("chattr", "+a", inbox.toString()), "a folder that nothing leaves cannot be had here");
        try {
            Files.writeString(inbox.resolve(name), person(reference));
            assertThat(box.report(name).state(1, "fraudspect")).isEqualTo("delivered");
            Awaitility.await()
                    .during(Duration.ofSeconds(4))
                    .atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(
                                    Stream.of(inbox, box.done()).flatMap(folder -> DropBox.names(folder).stream()))
                            .filteredOn(left -> left.contains(reference))
                            .containsExactly(name));
            assertThat(requestsFor(reference))
                    .filteredOn(request -> request.method().equals("POST"))
                    .hasSize(1);
        } finally {
            Command.succeeds("chattr", "-a", inbox.toString());
        }
        box.hasMoved(name, box.done());
    }

    @Test
    void aDuplicateThatIsReplacedWhileItIsLookedAtStays() throws IOException {
        String reference = Caller.reference("LOOKED");
        Path dropped = Files.writeString(inbox.resolve("." + reference + ".json"), "{}");
        DroppedFile duplicate = begun(dropped.getFileName().toString(), State.DUPLICATE);
        Batch batch = Batch.withoutRecords(duplicate, Stamp.of(dropped), folders);
        Files.writeString(dropped, person(reference));

        assertThatThrownBy(() -> files.close(batch)).isInstanceOf(IOException.class);
        Files.delete(dropped);
    }

    @Test
    void whatIsRenamedWhileItIsReadAndBrokenOffIsGoneOnWith() {
        String reference = Caller.reference("BROKEN");
        DroppedFile reading = begun(reference + ".json", State.READING);
        Exchange exchange = exchange(Batch.withoutRecords(reading, null, folders));
        exchange.setException(new HeraldStopsException());

        lock.releaseExclusiveReadLockOnRollback(null, file(reference + ".json"), exchange);

        DroppedFile renamed = begun(reference + "-renamed.json", reading.digest(), State.READING);
        assertThat(renamed.id()).isEqualTo(reading.id());
        ledger.end(renamed.id(), State.READ, Optional.empty(), 2, 0, 0);
        ledger.moved(renamed.id());
    }

    private DroppedFile begun(String name, State state) {
        return begun(name, "digest of " + name, state);
    }

    private DroppedFile begun(String name, String digest, State state) {
        DroppedFile begun = ledger.begin(
                        new DroppedFile.Arrival(name, name.hashCode(), digest, 2, false),
                        other -> true,
                        filed -> false,
                        folders.filingNames(new FileName(name)))
                .orElseThrow();
        return state == State.READING
                ? begun
                : ledger.end(begun.id(), state, Optional.empty(), 2, 0, 0).orElseThrow();
    }

    private Exchange exchange(Batch batch) {
        Exchange exchange = new DefaultExchange(context);
        exchange.setProperty("batch", batch);
        return exchange;
    }

    private GenericFile<Object> file(String name) {
        GenericFile<Object> file = new GenericFile<>();
        file.setFile(inbox.resolve(name).toFile());
        file.setFileNameOnly(name);
        file.setAbsoluteFilePath(inbox.resolve(name).toAbsolutePath().toString());
        return file;
    }

    @Test
    void invalidUtf8IsRefusedWhereItStands() {
        String reference = Caller.reference("UTF");
        byte[] bad = (person(reference + "-bad") + "\n").replace("Jane", "J?ne").getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < bad.length; i++) {
            bad[i] = bad[i] == '?' ? (byte) 0xE9 : bad[i];
        }
        byte[] good = person(reference).getBytes(StandardCharsets.UTF_8);
        byte[] both = Arrays.copyOf(bad, bad.length + good.length);
        System.arraycopy(good, 0, both, bad.length, good.length);
        box.drop(reference + ".ndjson", both);
        Report report = box.report(reference + ".ndjson");

        assertThat(report.faults(1)).singleElement().asString().contains("UTF-8", "line 1");
        assertThat(report.state(2, "fraudspect")).isEqualTo("delivered");
    }

    @Test
    void rowsInAnotherEncodingAreRefused() {
        String reference = Caller.reference("LATIN");
        box.drop(
                reference + ".csv",
                ("reference,type,person.firstName,person.lastName,targets[0]\n" + reference
                                + ",person,Jané,Doe,fraudspect")
                        .getBytes(StandardCharsets.ISO_8859_1));

        assertThat(box.report(reference + ".csv").faults(1)).containsExactly(" is not UTF-8");
    }

    @Test
    void nestingIsRefusedByItsDepth() {
        String reference = Caller.reference("DEEP");
        String deep = "{\"attributes\":{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}}";
        box.drop(reference + ".json", "[" + deep + "," + person(reference) + "]");
        Report report = box.report(reference + ".json");

        assertThat(report.faults(1)).singleElement().asString().contains("levels of nesting");
        assertThat(report.state(2, "fraudspect")).isEqualTo("delivered");
    }

    @Test
    void whatIsNoFileOfItsOwnStaysInTheInbox() throws IOException {
        String reference = Caller.reference("LINK");
        Path secret = Files.writeString(inbox.resolveSibling(reference + "-outside.json"), person(reference));
        Path link = Files.createSymbolicLink(inbox.resolve(reference + ".json"), secret.toAbsolutePath());
        Path directory = Files.createDirectory(inbox.resolve(reference + "-directory.json"));
        Files.writeString(directory.resolve("inside.json"), person(reference + "-inside"));
        theNextFileIsDelivered();

        assertThat(link).isSymbolicLink();
        assertThat(directory.resolve("inside.json")).exists();
        assertThat(sandbox.requests("fraudspect"))
                .extracting(request -> new String(request.body(), StandardCharsets.UTF_8))
                .noneMatch(body -> body.contains(reference));
        Files.delete(link);
    }

    @Test
    void namesThatSayNotYetAreLeftAlone() throws IOException {
        String reference = Caller.reference("PART");
        List<Path> left = List.of(
                inbox.resolve(reference + ".json.part"),
                inbox.resolve(reference + ".json.TMP"),
                inbox.resolve("." + reference + ".json"));
        for (Path file : left) {
            Files.writeString(file, person(reference));
        }
        theNextFileIsDelivered();

        assertThat(left).allMatch(Files::exists);
        Files.move(left.get(0), inbox.resolve(reference + ".json"));
        assertThat(box.report(reference + ".json").state(1, "fraudspect")).isEqualTo("delivered");
    }

    @ParameterizedTest
    @ValueSource(strings = {"line\nbreak.json", "..\\..\\outside.json", "bell\u0007.json"})
    void namesThatAreNotPlainStayInTheInbox(String name) throws IOException {
        String reference = Caller.reference("NAME");
        Path file = Files.writeString(inbox.resolve(name), person(reference));
        theNextFileIsDelivered();

        assertThat(file).exists();
        assertThat(requestsFor(reference)).isEmpty();
        Files.delete(file);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "${bean:files?method=list}",
                "{{herald.payload-key}}",
                "a b'c\"d;&%2e%2e%2fx",
                "a..b",
                "-rf",
                "é\u202E",
                "#"
            })
    void anyOtherNameIsAName(String stem) {
        String reference = Caller.reference("NAME");
        String name = stem + reference + ".json";
        box.drop(name, person(reference));

        assertThat(box.report(name).state(1, "fraudspect")).isEqualTo("delivered");
        box.hasMoved(name, box.done());
    }

    @Test
    void aNameThatIsTooLongForItsReportsIsShortened() {
        String reference = Caller.reference("LONGNAME");
        String name = reference + "ü".repeat(100) + ".json";
        box.drop(name, person(reference));
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> DropBox.names(box.reports()).stream()
                .anyMatch(report -> report.startsWith(reference) && report.endsWith(".summary.json")));

        assertThat(DropBox.names(box.done())).anyMatch(done -> done.startsWith(reference) && done.endsWith("ü.json"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"customers.xlsx", "customers", "customers.json.zip"})
    void whatIsInNoKnownFormatFails(String rest) {
        String name = Caller.reference("FORMAT") + rest;
        box.drop(name, "whatever");

        assertThat(box.report(name).summary().path("note").asText()).contains(".ndjson");
        box.hasMoved(name, box.failed());
    }

    @ParameterizedTest
    @CsvSource({"json, []", "csv, 'reference,type'"})
    void aFileWithoutRecordsIsRead(String extension, String content) {
        String name = Caller.reference("NONE") + "." + extension;
        box.drop(name, content);
        Report report = box.report(name);

        assertThat(report.summary().path("state").asText()).isEqualTo("read");
        assertThat(report.summary().path("records").asInt()).isZero();
        box.hasMoved(name, box.done());
    }

    @Test
    void whatHoldsNoRecordThatCanBeReadFails() {
        String name = Caller.reference("GARBAGE") + ".ndjson";
        box.drop(name, "one\ntwo\n");
        Report report = box.report(name);

        assertThat(report.summary().path("state").asText()).isEqualTo("failed");
        assertThat(report.records())
                .hasSize(2)
                .allMatch(line -> line.path("status").asText().equals("refused"));
        box.hasMoved(name, box.failed());
    }

    @Test
    void reportsAreReadableByTheirOwnerOnly() throws IOException {
        String reference = Caller.reference("MODE");
        box.drop(reference + ".json", person(reference));
        box.report(reference + ".json");

        assertThat(Files.getPosixFilePermissions(box.reports().resolve(reference + ".json.report.ndjson")))
                .containsExactlyInAnyOrder(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        assertThat(List.of(box.inbox(), box.done(), box.failed(), box.reports()))
                .extracting(
                        directory -> Files.getPosixFilePermissions(directory).size())
                .containsOnly(3);
        assertThat(Json.write(box.report(reference + ".json").records())).doesNotContain("Jane", "Uhuru", "@");
    }

    private static String person(String reference) {
        return Caller.person(reference, "", "fraudspect").toString();
    }
}
