package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.herald.Customers;
import io.herald.delivery.MovableClock;
import io.herald.file.MissingFiles;
import io.herald.ledger.DroppedFile.Kept;
import io.herald.ledger.DroppedFile.State;
import io.herald.schema.Fault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** A record of a dropped file is kept once and in its turn, whoever reads the file and however often it is begun. */
@Timeout(60)
@ParameterizedClass
@EnumSource
class FileLedgerTest {

    private static final String DIGEST = "d".repeat(64);
    private static final String PROVIDER = "xbridge";

    @Parameter
    Dialect dialect;

    @TempDir
    Path directory;

    private final Set<String> inbox = new HashSet<>();
    private final Set<String> filed = new HashSet<>();
    private final Map<String, Long> inodes = new HashMap<>();
    private long lastInode;
    private final MovableClock clock = new MovableClock();
    private TestDatabase database;
    private Replica replica;
    private Ledger ledger;
    private TakeUp takeUp;
    private FileLedger files;
    private RecordLedger records;
    private Claims claims;
    private MissingFiles missing;
    private Erasure erasure;

    @BeforeEach
    void open() {
        database = TestDatabase.make(dialect, directory);
        database.open();
        replica = new Replica(database.get(), Duration.ofSeconds(15));
        ObjectMapper json = new ObjectMapper();
        Sealing sealing = new Sealing(new PayloadCipher(new byte[32]), json);
        ledger = new Ledger(database.get(), sealing, replica, json, clock);
        takeUp = new TakeUp(database.get(), sealing, replica, clock);
        files = new FileLedger(database.get(), replica, clock);
        records = new RecordLedger(database.get(), ledger, sealing, replica);
        claims = new Claims(database.get(), replica);
        missing = new MissingFiles(files, clock);
        erasure = new Erasure(database.get(), sealing, json, clock, Duration.ofDays(30), Duration.ofDays(7));
    }

    @AfterEach
    void close() {
        replica.stop();
        database.close();
    }

    @Test
    void whatOneHasClaimedNobodyElseHas() {
        assertThat(claims.take("file a")).isTrue();
        assertThat(claims.take("file a")).as("it is its own").isTrue();
        assertThat(claims.take("file b")).isTrue();
        claims.release("file a");
        assertThat(claims.take("file a")).isTrue();
        database.change("update claim set owner = 'another' where name = 'file a'");
        claims.release("file a");

        assertThat(claims.take("file a")).as("it is another's").isFalse();
    }

    @Test
    void aNewFileIsReadFromItsFirstRecord() {
        DroppedFile file = begin("a.json", DIGEST);

        assertThat(file.state()).isEqualTo(State.READING);
        assertThat(file.filedAs()).isEqualTo("a.json");
        assertThat(file.run()).isZero();
        assertThat(file.records()).isZero();
        assertThat(file.readAt()).isEmpty();
        assertThat(files.list(OptionalLong.empty(), 5)).containsExactly(file);
    }

    @Test
    void afterACrashItGoesOnBehindWhatIsKept() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        refuse(file, 2);
        DroppedFile again = begin("a.json", DIGEST);

        assertThat(again.id()).isEqualTo(file.id());
        assertThat(again.state()).isEqualTo(State.READING);
        assertThat(again.records()).isEqualTo(2);
        assertThat(again.refused()).isEqualTo(1);
    }

    @Test
    void howManyRecordsCouldNotBeReadIsKept() {
        DroppedFile file = begin("a.json", DIGEST);
        refuse(file, 1);
        records.refuse(place(file, 2), false, Optional.empty(), List.of(new Fault("", "is not UTF-8")))
                .join();

        assertThat(records.unreadable(begin("a.json", DIGEST))).isEqualTo(1);
    }

    @Test
    void oneThatWasReadAndHasNotLeftTheInboxOnlyHasTo() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        end(file);
        DroppedFile again = begin("a.json", DIGEST);

        assertThat(again.id()).isEqualTo(file.id());
        assertThat(again.state()).isEqualTo(State.READ);
    }

    /** What stands where it is filed is a copy of it. */
    @Test
    void oneThatWasReadAndIsRenamedAndCopiedOnlyHasToLeave() {
        DroppedFile file = again("a.again.json");
        end(file);
        filed.add("a.again.json");
        rename("a.again.json", "b.again.json");
        inbox.add("b.again.json");
        settle();
        DroppedFile renamed = again("b.again.json");

        assertThat(renamed.id()).isEqualTo(file.id());
        assertThat(renamed.state()).isEqualTo(State.READ);
        files.moved(file.id());
        assertThat(again("b.again.json").run())
                .as("somebody put it into the inbox again")
                .isEqualTo(1);
    }

    @Test
    void oneThatIsChangedWhenItWasReadIsNotTakenForTheNextFileOfItsContent() {
        end(again("a.again.json"));
        again("a.again.json", "e".repeat(64));
        dropAnother("a.again.json");

        assertThat(again("a.again.json").state()).isEqualTo(State.READING);
    }

    /** Two of the same content are in the inbox, and the reading of the second was broken off. */
    @Test
    void oneThatCannotLeaveTheInboxIsNotTakenForTheNextFileOfItsContent() {
        DroppedFile first = again("a.again.json");
        end(first);
        DroppedFile second = again("b.again.json");
        files.letGo(second.id());

        assertThat(again("a.again.json").id()).isEqualTo(first.id());
        assertThat(again("b.again.json").id()).isEqualTo(second.id());
    }

    @Test
    void oneThatIsReadWhileTheInboxIsListedHasNotLeftIt() {
        missing.settle(() -> {
            end(again("a.again.json"));
            return Map.of();
        });

        assertThat(again("a.again.json").state()).isEqualTo(State.READ);
    }

    /** It may hang, as one of the network does, and not the ledger with it. */
    @Test
    void nobodyWaitsForTheDiskOfTheInbox() {
        end(begin("a.json", DIGEST));

        DroppedFile file = files.begin(
                        arrival("b.json", DIGEST, false), begun -> true, filedAs -> isLedgerWritable(), () -> Stream.of(
                                        "b.json")
                                .filter(name -> isLedgerWritable()))
                .orElseThrow();

        assertThat(file.state()).isEqualTo(State.DUPLICATE);
    }

    private boolean isLedgerWritable() {
        return CompletableFuture.supplyAsync(() -> claims.take("something"))
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    @Test
    void theSameContentIsADuplicateUnderAnyName() {
        DroppedFile file = read("a.json", DIGEST);
        DroppedFile sameName = begin("a.json", DIGEST);
        DroppedFile otherName = begin("b.json", DIGEST);

        assertThat(List.of(sameName, otherName)).extracting(DroppedFile::state).containsOnly(State.DUPLICATE);
        assertThat(sameName.filedAs()).isEqualTo("a.json-2");
        assertThat(otherName.note().orElseThrow()).contains(file.filedAs(), ".again");
        assertThat(otherName.readAt()).isPresent();
        assertThat(begin("c.json", "e".repeat(64)).state()).isEqualTo(State.READING);
    }

    @Test
    void itIsSentAgainAsOftenAsIsAskedFor() {
        read("a.json", DIGEST);
        DroppedFile first = again("a.again.json");
        end(first);
        files.moved(first.id());
        DroppedFile second = again("b.again.json");

        assertThat(List.of(first, second)).extracting(DroppedFile::run).containsExactly(1, 2);
        assertThat(List.of(first, second)).extracting(DroppedFile::state).containsOnly(State.READING);
        assertThat(again("new.again.json", "f".repeat(64)).run())
                .as("nothing was sent before")
                .isZero();
    }

    @Test
    void oneThatFailedIsNoReasonToCallTheSameContentADuplicate() {
        DroppedFile file = begin("a.json", DIGEST);
        files.end(file.id(), State.FAILED, Optional.of("nothing in it could be read"), 1, 0, 0);
        files.moved(file.id());

        assertThat(begin("b.json", DIGEST).state()).isEqualTo(State.READING);
    }

    @Test
    void oneThatWasRenamedBeforeItsEndIsGoneOnWith() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        DroppedFile renamed = begin("c.json", DIGEST);

        assertThat(renamed.id()).isEqualTo(file.id());
        assertThat(renamed.name()).isEqualTo("c.json");
        assertThat(renamed.filedAs()).isEqualTo("a.json");
        assertThat(renamed.records()).isEqualTo(1);
    }

    @Test
    void whatAnotherProgramReadsWaitsUnderAnyNameUntilThatOneLetsItGo() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        belongsToAnother(file);

        assertThat(tryToBegin("b.json", DIGEST)).isEmpty();
        assertThat(accept(file, 2, "CUST-2")).isEqualTo(Kept.TAKEN_OVER);
        assertThat(refuse(file, 2)).isEqualTo(Kept.TAKEN_OVER);
        database.change("delete from replica where id = 'another'");
        assertThat(begin("b.json", DIGEST).id()).isEqualTo(file.id());
        files.letGo(file.id());
        assertThat(accept(file, 2, "CUST-2")).as("it was on its way").isEqualTo(Kept.KEPT);
        assertThat(begin("c.json", DIGEST).records()).isEqualTo(2);
        end(file);
        assertThat(accept(file, 3, "CUST-3")).isEqualTo(Kept.TAKEN_OVER);
    }

    @Test
    void whatIsReplacedBeforeItsEndIsReportedAndIsNotTakenForSent() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        refuse(file, 2);
        replace("a.json");
        settle();
        clock.putForward(Duration.ofHours(1));
        settle();
        DroppedFile ended = byId(file.id());

        assertThat(ended.state()).isEqualTo(State.FAILED);
        assertThat(ended.note().orElseThrow()).contains("changed or replaced");
        assertThat(List.of(ended.records(), ended.refused())).containsExactly(2L, 1L);
        assertThat(files.toReport()).extracting(DroppedFile::id).containsExactly(file.id());
        DroppedFile again = begin("b.json", DIGEST);
        assertThat(again.state()).isEqualTo(State.READING);
        assertThat(again.run()).as("messages with other ids").isEqualTo(1);
    }

    @Test
    void whatIsReplacedAndTurnsUpUnderAnotherNameIsGoneOnWith() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        files.letGo(file.id());
        replace("a.json");
        settle();
        clock.putForward(Duration.ofMinutes(59));
        settle();
        inbox.add("b.json");
        DroppedFile renamed = begin("b.json", DIGEST);

        assertThat(renamed.id()).isEqualTo(file.id());
        assertThat(renamed.records()).isEqualTo(1);
        assertThat(renamed.note()).isEmpty();
        files.letGo(file.id());
        clock.putForward(Duration.ofHours(2));
        settle();
        assertThat(byId(file.id()).state()).as("it is in the inbox").isEqualTo(State.READING);
    }

    /** The next file of its name stays in the inbox. */
    private void replace(String name) {
        begin(name, "e".repeat(64));
        inbox.add(name);
    }

    @Test
    void whatAnotherProgramReadsIsNotEndedByTheNextFileOfItsName() {
        DroppedFile file = begin("a.json", DIGEST);
        belongsToAnother(file);
        begin("a.json", "e".repeat(64));

        assertThat(byId(file.id()).note()).isEmpty();
        assertThat(accept(file, 1, "CUST-1")).isEqualTo(Kept.TAKEN_OVER);
    }

    @Test
    void theSameContentInAnotherFormatHasOtherRecords() {
        DroppedFile file = begin("a.ndjson", DIGEST);
        accept(file, 1, "CUST-1");
        DroppedFile rows = begin("a.csv", DIGEST);

        assertThat(rows.id()).isNotEqualTo(file.id());
        assertThat(rows.state()).isEqualTo(State.READING);
        assertThat(List.of(rows.records(), (long) rows.run())).containsExactly(0L, 1L);
        assertThat(begin("b.ndjson", DIGEST).id()).isEqualTo(file.id());
    }

    @Test
    void theNextFileOfANameIsNotTakenForOneThatHasLeft() {
        DroppedFile failed = fail("a.xlsx");
        filed.add("a.xlsx");
        DroppedFile sent = again("a.again.json");
        end(sent);
        filed.add("a.again.json");
        dropAnother("a.xlsx");
        dropAnother("a.again.json");

        assertThat(fail("a.xlsx").filedAs()).isEqualTo("a.xlsx-2").isNotEqualTo(failed.filedAs());
        assertThat(again("a.again.json").run()).isEqualTo(1);
        filed.clear();
        assertThat(fail("a.xlsx").filedAs()).isEqualTo("a.xlsx-2");
    }

    @Test
    void whatIsBrokenOffAndStaysAwayIsEnded() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        settle();
        clock.putForward(Duration.ofHours(2));
        settle();
        assertThat(byId(file.id()).state()).as("it is read here").isEqualTo(State.READING);
        files.letGo(file.id());
        settle();
        clock.putForward(Duration.ofMinutes(59));
        settle();
        assertThat(byId(file.id()).state()).as("it may come back").isEqualTo(State.READING);
        inbox.add("a.json");
        settle();
        inbox.remove("a.json");
        clock.putForward(Duration.ofMinutes(2));
        settle();
        assertThat(byId(file.id()).state()).as("it was back").isEqualTo(State.READING);
        clock.putForward(Duration.ofHours(1));
        settle();

        assertThat(byId(file.id()).state()).isEqualTo(State.FAILED);
        assertThat(byId(file.id()).note().orElseThrow()).contains("left the inbox before");
        assertThat(begin("b.json", DIGEST).state()).isEqualTo(State.READING);
    }

    @Test
    void whatIsBrokenOffIsNotEndedWhileAFileWaitsThatMayBeIt() {
        DroppedFile file = begin("a.json", DIGEST);
        files.letGo(file.id());
        inbox.add("b.json");
        settle();
        clock.putForward(Duration.ofHours(2));
        settle();

        assertThat(begin("b.json", DIGEST).id()).isEqualTo(file.id());
    }

    /** It may have had no rights to it, or a backlog before it. */
    @Test
    void whatIsBrokenOffAndRenamedIsWaitedForUntilItIsLookedAt() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        files.letGo(file.id());
        rename("a.json", "b.json");
        inbox.add("b.json");
        settle();
        clock.putForward(Duration.ofDays(2));
        settle();

        assertThat(begin("b.json", DIGEST).records()).isEqualTo(1);
    }

    /** As one that Herald may not open, or a backlog that never ends. */
    @Test
    void whatIsNeverLookedAtPutsOffTheEndOfABrokenOffFileForADayOnly() {
        DroppedFile file = begin("a.json", DIGEST);
        files.letGo(file.id());
        inbox.add("never.json");
        settle();
        clock.putForward(Duration.ofHours(23));
        settle();
        assertThat(byId(file.id()).state()).as("it may be that one").isEqualTo(State.READING);
        clock.putForward(Duration.ofHours(1));
        settle();

        assertThat(byId(file.id()).state()).isEqualTo(State.FAILED);
    }

    @Test
    void whatWasLookedAtAndCannotLeaveTheInboxPutsNothingOff() {
        DroppedFile file = begin("a.json", DIGEST);
        files.letGo(file.id());
        fail("b.xlsx");
        inbox.add("b.xlsx");
        settle();
        clock.putForward(Duration.ofHours(1));
        settle();

        assertThat(byId(file.id()).state()).isEqualTo(State.FAILED);
    }

    @Test
    void whoHasLostAFileDoesNotSayThatItHasLeft() {
        DroppedFile file = begin("a.json", DIGEST);
        belongsToAnother(file);
        files.moved(file.id());
        database.change("delete from replica where id = 'another'");

        assertThat(begin("b.json", DIGEST).id()).isEqualTo(file.id());
    }

    private void belongsToAnother(DroppedFile file) {
        database.change("update file set reader = 'another' where id = " + file.id());
        database.change("insert into replica (id, alive_till) values ('another', 9999999999999)");
    }

    private DroppedFile byId(long id) {
        return files.list(OptionalLong.empty(), 50).stream()
                .filter(file -> file.id() == id)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void oneThatCannotBeBegunIsKeptOnceUntilItHasLeft() {
        DroppedFile failed = fail("a.xlsx");

        assertThat(failed.state()).isEqualTo(State.FAILED);
        assertThat(fail("a.xlsx").id()).isEqualTo(failed.id());
        files.moved(failed.id());
        DroppedFile next = fail("a.xlsx");
        assertThat(next.id()).isNotEqualTo(failed.id());
        assertThat(next.filedAs()).as("a name that no other file has").isEqualTo("a.xlsx-2");
    }

    @Test
    void aRecordIsKeptInItsTurnAndOnce() {
        DroppedFile file = begin("a.json", DIGEST);

        assertThat(accept(file, 2, "CUST-2")).isEqualTo(Kept.OUT_OF_TURN);
        assertThat(refuse(file, 3)).isEqualTo(Kept.OUT_OF_TURN);
        assertThat(accept(file, 1, "CUST-1")).isEqualTo(Kept.KEPT);
        assertThat(accept(file, 1, "CUST-1")).isEqualTo(Kept.ALREADY);
        assertThat(refuse(file, 1)).isEqualTo(Kept.ALREADY);
        assertThat(refuse(file, 2)).isEqualTo(Kept.KEPT);
        assertThat(accept(file, 2, "CUST-2")).isEqualTo(Kept.ALREADY);
        assertThat(database.number("select count(*) from message")).isEqualTo(1);
        assertThat(database.number("select count(*) from record")).isEqualTo(2);
    }

    @Test
    void whyARecordWasRefusedIsSealedAndComesBack() {
        DroppedFile file = begin("a.json", DIGEST);
        List<Fault> faults = List.of(new Fault("/person/lastName", "is required"), new Fault("", "a-telling-word"));
        records.refuse(place(file, 1), true, Optional.of("CUST-1"), faults).join();
        records.refuse(place(file, 2), true, Optional.empty(), faults).join();
        List<RecordOutcome> outcomes = records.outcomes(file.id(), 0, 10);

        assertThat(outcomes).extracting(RecordOutcome::faults).containsOnly(faults);
        assertThat(outcomes)
                .extracting(RecordOutcome::reference)
                .containsExactly(Optional.of("CUST-1"), Optional.empty());
        assertThat(outcomes.get(0).message()).isEmpty();
        assertThat(database.contents()).doesNotContain("a-telling-word");
    }

    @Test
    void outcomesComeInPagesInTheOrderOfTheFile() {
        DroppedFile file = begin("a.json", DIGEST);
        DroppedFile other = begin("b.json", "e".repeat(64));
        for (int i = 1; i <= 5; i++) {
            accept(file, i, "CUST-" + i);
            accept(other, i, "OTHER-" + i);
        }

        assertThat(records.outcomes(file.id(), 0, 2))
                .extracting(RecordOutcome::position)
                .containsExactly(1L, 2L);
        assertThat(records.outcomes(file.id(), 2, 2))
                .extracting(RecordOutcome::position)
                .containsExactly(3L, 4L);
        List<RecordOutcome> last = records.outcomes(file.id(), 4, 2);
        assertThat(last).hasSize(1);
        assertThat(last.get(0).line()).isEqualTo(15);
        assertThat(last.get(0).reference()).contains("CUST-5");
        assertThat(last.get(0).message()).contains(id(file, 5));
        assertThat(last.get(0).deliveries())
                .containsExactly(
                        new RecordOutcome.Delivery(PROVIDER, "pending", Optional.empty()),
                        new RecordOutcome.Delivery("yativo", "pending", Optional.empty()));
        assertThat(records.outcomes(file.id(), 5, 2)).isEmpty();
    }

    @Test
    void aReportWaitsForTheFirstDeliveryThatHasNotEnded() {
        DroppedFile file = begin("a.json", DIGEST);
        refuse(file, 1);
        accept(file, 2, "CUST-2");
        accept(file, 3, "CUST-3");

        assertThat(records.firstOpen(file.id(), 0)).hasValue(2);
        database.change("update delivery set state = 'delivered' where reference = 'CUST-2'");
        assertThat(records.firstOpen(file.id(), 2)).hasValue(3);
        database.change("update delivery set state = 'retrying' where reference = 'CUST-3'");
        assertThat(records.firstOpen(file.id(), 0)).hasValue(3);
        database.change("update delivery set state = 'rejected' where reference = 'CUST-3'");
        assertThat(records.firstOpen(file.id(), 0)).isEmpty();
    }

    @Test
    void aFileIsReportedByWhoReadItOrByAnybodyWhenThatOneIsGone() {
        DroppedFile mine = read("mine.json", DIGEST);
        DroppedFile gone = read("gone.json", "e".repeat(64));
        DroppedFile others = read("others.json", "f".repeat(64));
        DroppedFile unfinished = begin("unfinished.json", "0".repeat(64));
        database.change("update file set reader = 'gone' where id = " + gone.id());
        database.change("update file set reader = 'another' where id = " + others.id());
        database.change("insert into replica (id, alive_till) values ('another', 9999999999999)");

        assertThat(files.toReport())
                .extracting(DroppedFile::id)
                .containsExactlyInAnyOrder(mine.id(), gone.id())
                .doesNotContain(unfinished.id());
        files.reported(mine.id());
        assertThat(files.toReport()).extracting(DroppedFile::id).containsExactly(gone.id());
        database.change("delete from replica where id = 'another'");
        assertThat(files.toReport()).extracting(DroppedFile::id).containsExactlyInAnyOrder(gone.id(), others.id());
    }

    @Test
    void whatIsReportedIsForgottenAndNothingElse() {
        DroppedFile file = begin("a.json", DIGEST);
        DroppedFile other = begin("b.json", "e".repeat(64));
        accept(file, 1, "CUST-1");
        refuse(file, 2);
        accept(other, 1, "CUST-3");
        end(file);
        files.reported(file.id());
        records.forget(file.id());

        assertThat(records.outcomes(file.id(), 0, 10)).isEmpty();
        assertThat(records.outcomes(other.id(), 0, 10)).hasSize(1);
        assertThat(database.number("select count(*) from message")).isEqualTo(2);
        accept(other, 2, "CUST-4");
        end(other);
        database.change("update file set reported_at = 1 where id = " + other.id());
        records.forgetReported();
        assertThat(database.number("select count(*) from record")).isZero();
    }

    @Test
    void oneWhoIsErasedIsInNoRecord() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        records.refuse(place(file, 2), true, Optional.of("CUST-1"), List.of(new Fault("", "no")))
                .join();
        accept(file, 3, "CUST-2");
        assertThat(erasure.ofCustomer("CUST-1", List.of(PROVIDER))).isEqualTo(Erasure.Result.IN_FLIGHT);
        database.change("update delivery set state = 'delivered' where reference = 'CUST-1'");
        assertThat(erasure.ofCustomer("CUST-1", List.of(PROVIDER))).isEqualTo(Erasure.Result.ERASED);
        List<RecordOutcome> outcomes = records.outcomes(file.id(), 0, 10);

        assertThat(outcomes)
                .extracting(RecordOutcome::reference)
                .containsExactly(Optional.empty(), Optional.empty(), Optional.of("CUST-2"));
        assertThat(outcomes.get(0).message()).isEmpty();
        assertThat(outcomes.get(0).deliveries()).isEmpty();
        assertThat(begin("a.json", DIGEST).records()).as("it still counts").isEqualTo(3);
    }

    @Test
    void progressAndTheEndAreToldToWhoAsks() {
        DroppedFile file = begin("a.json", DIGEST);
        files.progress(file.id(), 40, 3, 1);
        files.end(file.id(), State.READ, Optional.of("a note"), 100, 7, 2);
        DroppedFile ended = files.list(OptionalLong.empty(), 1).get(0);

        assertThat(List.of(ended.bytes(), ended.records(), ended.refused())).containsExactly(100L, 7L, 2L);
        assertThat(ended.note()).contains("a note");
        assertThat(ended.readAt().orElseThrow()).isAfterOrEqualTo(ended.begunAt());
        DroppedFile next = begin("b.json", "e".repeat(64));
        assertThat(files.list(OptionalLong.empty(), 1))
                .extracting(DroppedFile::id)
                .containsExactly(next.id());
        assertThat(files.list(OptionalLong.of(next.id()), 5))
                .extracting(DroppedFile::id)
                .containsExactly(file.id());
    }

    @Test
    void whatLeftTheInboxIsKnownToHaveAlsoWhenAProgramEndedBeforeItSaidSo() {
        DroppedFile left = begin("left.json", DIGEST);
        end(left);
        DroppedFile halfRead = begin("half-read.json", "e".repeat(64));

        settle();

        assertThat(again("left.json").run())
                .as("it has left, so this is another run of it")
                .isEqualTo(1);
        assertThat(begin("renamed.json", "e".repeat(64)).id())
                .as("goes on under its new name")
                .isEqualTo(halfRead.id());
    }

    /** Another program has ended it meanwhile. */
    @Test
    void whoHasLostAFileChangesNothingOfIt() {
        DroppedFile file = read("lost.json", DIGEST);
        long recordsRead = files.list(OptionalLong.empty(), 1).get(0).records();

        files.progress(file.id(), 1, 77, 7);
        files.end(file.id(), State.READ, Optional.of("it left the inbox"), 1, 77, 7);

        DroppedFile kept = files.list(OptionalLong.empty(), 1).get(0);
        assertThat(kept.records()).isEqualTo(recordsRead);
        assertThat(kept.note()).isEmpty();
    }

    @Test
    void filesRestAndReplaysTakeTurns() {
        DroppedFile file = begin("a.json", DIGEST);
        for (int i = 1; i <= 4; i++) {
            accept(file, i, "FILE-" + i);
        }
        for (int i = 1; i <= 3; i++) {
            ledger.accept(
                    new NewMessage(
                            "REST-" + i, Customers.person("REST-" + i), List.of(PROVIDER), "rest", Optional.empty()),
                    kept -> {});
        }
        database.change("update delivery set source = 'replay' where reference = 'REST-3'");
        database.change("update delivery set owner = null where provider = '" + PROVIDER + "'");

        assertThat(takeUp.isAwaited(PROVIDER)).isTrue();
        assertThat(take(5)).containsExactly("REST-1", "FILE-1", "REST-3", "REST-2", "FILE-2");
        assertThat(take(5)).containsExactly("FILE-3", "FILE-4");
        assertThat(takeUp.isAwaited(PROVIDER)).isFalse();
        assertThat(takeUp.isAwaited("yativo")).as("only the file's").isTrue();
    }

    @Test
    void recordsOfOneReferenceAreTakenOneAfterTheOther() {
        DroppedFile file = begin("a.json", DIGEST);
        accept(file, 1, "CUST-1");
        accept(file, 2, "CUST-1");
        accept(file, 3, "CUST-2");

        assertThat(take(5)).containsExactly("CUST-1", "CUST-2");
        assertThat(take(5)).isEmpty();
        database.change("update delivery set state = 'delivered', owner = null where sequence ="
                + " (select min(sequence) from delivery)");
        assertThat(take(5)).containsExactly("CUST-1");
    }

    private List<String> take(int most) {
        return takeUp.take(PROVIDER, most, Long.MAX_VALUE, taken -> {}).stream()
                .map(OpenDelivery::reference)
                .toList();
    }

    private DroppedFile begin(String name, String digest) {
        return tryToBegin(name, digest).orElseThrow();
    }

    private Optional<DroppedFile> tryToBegin(String name, String digest) {
        return tryToBegin(arrival(name, digest, false));
    }

    private Optional<DroppedFile> tryToBegin(DroppedFile.Arrival arrival) {
        return files.begin(
                arrival,
                begun -> extension(begun).equals(extension(arrival.name())),
                filed::contains,
                names(arrival.name()));
    }

    private static String extension(String name) {
        return name.substring(name.lastIndexOf('.'));
    }

    private DroppedFile again(String name) {
        return again(name, DIGEST);
    }

    private DroppedFile again(String name, String digest) {
        return tryToBegin(arrival(name, digest, true)).orElseThrow();
    }

    private DroppedFile fail(String name) {
        return files.fail(arrival(name, "", false), "no known format", filed::contains, names(name));
    }

    private DroppedFile.Arrival arrival(String name, String digest, boolean again) {
        return new DroppedFile.Arrival(name, inode(name), digest, 100, again);
    }

    /** Of the file of that name. */
    private long inode(String name) {
        return inodes.computeIfAbsent(name, first -> ++lastInode);
    }

    private void rename(String name, String to) {
        inodes.put(to, inodes.remove(name));
    }

    /** From now on another file has that name. */
    private void dropAnother(String name) {
        inodes.remove(name);
    }

    private void settle() {
        missing.settle(() -> inbox.stream().collect(Collectors.toMap(name -> name, this::inode)));
    }

    private static Supplier<Stream<String>> names(String name) {
        return () ->
                Stream.concat(Stream.of(name), IntStream.iterate(2, i -> i + 1).mapToObj(i -> name + "-" + i));
    }

    /** One that was read to its end, and has left the inbox. */
    private DroppedFile read(String name, String digest) {
        DroppedFile file = begin(name, digest);
        end(file);
        files.moved(file.id());
        return file;
    }

    private void end(DroppedFile file) {
        files.end(file.id(), State.READ, Optional.empty(), 100, 1, 0);
    }

    private Kept accept(DroppedFile file, long position, String reference) {
        NewMessage message = new NewMessage(
                reference,
                Customers.person(reference),
                List.of(PROVIDER, "yativo"),
                "file " + file.filedAs() + ", record " + position,
                Optional.empty());
        return records.accept(place(file, position), id(file, position), message)
                .join();
    }

    private Kept refuse(DroppedFile file, long position) {
        return records.refuse(place(file, position), true, Optional.empty(), List.of(new Fault("", "no")))
                .join();
    }

    private static DroppedFile.Place place(DroppedFile file, long position) {
        return new DroppedFile.Place(file.id(), position, position * 3);
    }

    private static UUID id(DroppedFile file, long position) {
        return new UUID(file.id(), position);
    }
}
