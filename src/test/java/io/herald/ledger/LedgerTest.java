package io.herald.ledger;

import static io.herald.ledger.Requests.MAY_ARRIVE;
import static io.herald.ledger.Requests.create;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.Customers;
import io.herald.schema.Fault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
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

/** The ledger keeps messages, outcomes and links on disk: in order, for the next program, and unreadable for anybody else. */
@Timeout(60)
@ParameterizedClass
@EnumSource
class LedgerTest {

    private static final List<String> TARGETS = List.of("xbridge", "yativo");
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

    @Parameter
    Dialect dialect;

    @TempDir
    Path directory;

    private TestDatabase database;
    private Replica replica;
    private Ledger ledger;
    private KnownCustomers customers;
    private TakeUp takeUp;

    @BeforeEach
    void open() {
        database = TestDatabase.make(dialect, directory);
        open(new byte[32]);
    }

    @AfterEach
    void close() {
        replica.stop();
        database.close();
    }

    @Test
    void callbacksAndSequencesComeInOneOrder() {
        List<Message> order = Collections.synchronizedList(new ArrayList<>());
        ExecutorService callers = Executors.newFixedThreadPool(100);
        List<CompletableFuture<Accepted>> accepted;
        try {
            accepted = IntStream.range(0, 500)
                    .mapToObj(i -> CompletableFuture.supplyAsync(
                            () -> ledger.accept(from("CUST-" + i % 7), kept -> order.add(kept.message())), callers))
                    .toList();
            accepted.forEach(CompletableFuture::join);
        } finally {
            callers.shutdown();
        }

        assertThat(order).hasSize(500).extracting(Message::sequence).isSorted().doesNotHaveDuplicates();
        assertThat(accepted).extracting(future -> future.join().message().id()).doesNotHaveDuplicates();
        assertThat(order.get(0).id().version()).isEqualTo(7);
    }

    @Test
    void anAcceptedMessageIsPendingAtItsTargets() {
        Message message = accept("CUST-1");

        KeptMessage kept = ledger.message(message.id()).orElseThrow();
        assertThat(kept.sequence()).isEqualTo(message.sequence());
        assertThat(kept.reference()).isEqualTo("CUST-1");
        assertThat(kept.acceptedAt()).isEqualTo(NOW);
        assertThat(kept.deliveries())
                .containsExactly(
                        new KeptMessage.Delivery("xbridge", "pending", 0, 0, Optional.empty()),
                        new KeptMessage.Delivery("yativo", "pending", 0, 0, Optional.empty()));
        assertThat(customers.known("CUST-1", "xbridge", 0).providerCustomerId()).isEmpty();
        assertThat(ledger.message(UUID.randomUUID())).isEmpty();
        assertThat(customers.links("CUST-2")).isEmpty();
    }

    @Test
    void anOutcomeWithAnIdMakesALink() {
        Message message = accept("CUST-1");
        ObjectNode outcome = delivered("id-1");
        record(message, "xbridge", outcome);

        assertThat(ledger.message(message.id()).orElseThrow().deliveries().get(0))
                .isEqualTo(new KeptMessage.Delivery("xbridge", "delivered", 2, 41, Optional.of(outcome)));
        assertThat(customers.known("CUST-1", "xbridge", 0).providerCustomerId()).contains("id-1");
        assertThat(customers.known("CUST-1", "yativo", 0).providerCustomerId()).isEmpty();
        assertThat(customers.known("CUST-2", "xbridge", 0).providerCustomerId()).isEmpty();
    }

    @Test
    void whatALookUpFoundIsNoLinkOfASecondReference() {
        record(accept("CUST-1"), "xbridge", delivered("id-1"));
        Message second = accept("CUST-2");

        assertThat(ledger.found(second, "xbridge", "id-1")).isFalse();
        assertThat(customers.known("CUST-2", "xbridge", 0).providerCustomerId()).isEmpty();
        assertThat(ledger.found(second, "yativo", "id-1")).isTrue();
        assertThat(customers.known("CUST-2", "yativo", 0).providerCustomerId()).contains("id-1");
    }

    @Test
    void whatALookUpFoundIsALinkAtOnceButOnlyOfWhoHasTheDeliveryInHand() {
        Message message = accept("CUST-1");

        ledger.found(message, "xbridge", "id-1");

        assertThat(customers.known("CUST-1", "xbridge", 0).providerCustomerId()).contains("id-1");
        record(message, "yativo", rejected("refused"));
        assertThatThrownBy(() -> ledger.found(message, "yativo", "id-2")).isInstanceOf(LedgerException.class);
        assertThat(customers.known("CUST-1", "yativo", 0).providerCustomerId()).isEmpty();
    }

    @Test
    void aRequestIsKeptWithTheLinkThatItWasMadeWith() {
        Message message = accept("CUST-1");
        sendUpdate(message, NOW);
        park(message, "xbridge", NOW);

        OpenDelivery open = takeUp.take("xbridge", 10, 0, taken -> {}).get(0);

        assertThat(takeUp.requestOf(open).orElseThrow().link()).contains("id-1");
        assertThat(open.unclearSince()).isEmpty();
    }

    @Test
    void aCustomerIsWhatItsLastMessageToEachProviderBecame() {
        Message first = accept("CUST-1");
        record(first, "xbridge", delivered("id-1"));
        record(first, "yativo", delivered("id-2"));
        Message second = ledger.accept(
                        new NewMessage("CUST-1", customer("CUST-1"), List.of("xbridge"), "rest", Optional.empty()),
                        kept -> {})
                .message();
        record(second, "xbridge", rejected("a refusal"));

        assertThat(customers.links("CUST-1"))
                .containsExactly(
                        new Link("xbridge", Optional.of("id-1"), second.id(), "rejected", NOW),
                        new Link("yativo", Optional.of("id-2"), first.id(), "delivered", NOW));
    }

    @Test
    void ofACustomerOnlyItsLastMessageToEachProviderIsLookedAt() {
        assumeThat(dialect).isEqualTo(Dialect.EMBEDDED);
        assertThat(plan(KnownCustomers.LINKS, "CUST-1", "CUST-1", "CUST-1"))
                .anyMatch(step ->
                        step.contains("SEARCH e USING COVERING INDEX delivery_lane (reference=? AND provider=?)"))
                .anyMatch(step ->
                        step.contains("SEARCH d USING COVERING INDEX delivery_lane (reference=? AND provider>?)"))
                .anyMatch(step -> step.contains("SEARCH d USING") && step.contains("(sequence=? AND provider=?)"))
                .noneMatch(step -> step.contains("message_reference"));
    }

    @Test
    void howeverManyReadTheWriterHasAConnection() {
        CountDownLatch enough = new CountDownLatch(1);
        List<Thread> readers = IntStream.range(0, 8)
                .mapToObj(i -> new Thread(() -> database.get().all("select 1", row -> hold(enough))))
                .toList();
        try {
            readers.forEach(Thread::start);
            await().atMost(Duration.ofSeconds(60)).until(() -> readers.stream()
                    .allMatch(reader -> reader.getState() == Thread.State.WAITING
                            || reader.getState() == Thread.State.TIMED_WAITING));

            new LedgerState(database.get(), Clock.systemUTC()).writeSomething(Duration.ofSeconds(5));
        } finally {
            enough.countDown();
            await().atMost(Duration.ofSeconds(60)).until(() -> readers.stream().noneMatch(Thread::isAlive));
        }
    }

    @Test
    void whoDoesNotWaitForLongIsToldSo() {
        CountDownLatch enough = new CountDownLatch(1);
        CompletableFuture<Boolean> before = database.get().submit(connection -> hold(enough));
        try {
            assertThatThrownBy(() ->
                            new LedgerState(database.get(), Clock.systemUTC()).writeSomething(Duration.ofMillis(20)))
                    .isInstanceOf(LedgerException.class)
                    .hasMessage("the ledger did not answer in time");
        } finally {
            enough.countDown();
        }
        assertThat(before).succeedsWithin(Duration.ofSeconds(30));
    }

    @Test
    void whatThrowsThatIsCalledInOrderIsThrownToItsCallerAndNobodyElse() {
        assertThatIllegalStateException()
                .isThrownBy(() -> ledger.accept(from("CUST-1"), kept -> {
                    throw new IllegalStateException("its own");
                }))
                .withMessage("its own");
        assertThat(accept("CUST-2").sequence()).isPositive();
    }

    private static boolean hold(CountDownLatch enough) {
        try {
            return enough.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whatMayHaveCreatedACustomerIsRememberedByWhatItIsLookedUpBy() {
        Message first = accept("CUST-1");
        ledger.sending(
                first,
                "xbridge",
                create(new byte[] {'{', '}'}),
                new Ledger.UnderWay(NOW, true, Optional.of("phone/1")));

        List<KnownCustomers.Created> createdBy =
                customers.known("CUST-1", "xbridge", first.sequence() + 1).createdBy();
        assertThat(createdBy).hasSize(1);
        assertThat(createdBy.get(0).isFoundBy("phone/1")).isTrue();
        assertThat(createdBy.get(0).isFoundBy("phone/2")).isFalse();
        assertThat(customers.known("CUST-1", "xbridge", first.sequence()).createdBy())
                .as("its own request is kept: what is looked up by is the same")
                .isEmpty();
    }

    /** The program ended while it sent, and nobody could look the customer up afterwards. */
    @Test
    void aReplayRemembersWhatMayHaveBeenCreatedBeforeIt() {
        Message message = accept("CUST-1");
        ledger.sending(
                message,
                "xbridge",
                create(new byte[] {'{', '}'}),
                new Ledger.UnderWay(NOW, true, Optional.of("phone/1")));
        ObjectNode unclear = rejected("unclear").put("state", "dead");
        unclear.withObject("/error").put("reason", "unclear");
        ledger.record(
                message,
                "xbridge",
                new Progress(
                        unclear,
                        0,
                        List.of(),
                        41,
                        Optional.of(NOW),
                        0,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.ofNullable(unclear.path("providerCustomerId").textValue())
                                .map(id -> new Progress.NewLink(id, false))));
        ObjectMapper json = new ObjectMapper();
        Replays replays = new Replays(
                database.get(), new Sealing(new PayloadCipher(new byte[32]), json), json, Clock.systemUTC());
        assertThat(replays.replay(
                        new DeadLetter.Id(message.id(), "xbridge"),
                        new DeadLetter.Provider("xbridge", true, Optional.empty()),
                        Optional.of(customer("CUST-1")),
                        false,
                        Optional.empty()))
                .isEmpty();

        List<KnownCustomers.Created> createdBy =
                customers.known("CUST-1", "xbridge", message.sequence()).createdBy();
        assertThat(createdBy).hasSize(1);
        assertThat(createdBy.get(0).isFoundBy("phone/2")).isFalse();
    }

    @Test
    void aCreateWhoseEndingNobodyKnowsIsRemembered() {
        Message first = accept("CUST-1");
        assertThat(customers.known("CUST-1", "xbridge", first.sequence()).mayBeCreatedSince())
                .isEmpty();
        assertThat(customers.known("CUST-1", "xbridge", first.sequence() + 1).mayBeCreatedSince())
                .as("never sent")
                .isEmpty();
        ledger.sending(first, "xbridge", create(new byte[] {'{', '}'}), MAY_ARRIVE);
        assertThat(customers.known("CUST-1", "xbridge", first.sequence() + 1).mayBeCreatedSince())
                .as("perhaps sent before a crash")
                .isPresent();

        ledger.record(first, "xbridge", progress(rejected("unclear"), Optional.of(NOW), Optional.empty()));
        record(first, "yativo", rejected("refused"));

        assertThat(customers.known("CUST-1", "xbridge", first.sequence() + 1).mayBeCreatedSince())
                .isPresent();
        assertThat(customers.known("CUST-1", "yativo", first.sequence() + 1).mayBeCreatedSince())
                .isEmpty();
        assertThat(customers.known("CUST-2", "xbridge", first.sequence() + 1).mayBeCreatedSince())
                .isEmpty();
    }

    @Test
    void ofACustomerThatIsLinkedNoEarlierDeliveryIsRead() {
        assumeThat(dialect).as("it tells in which order it reads").isEqualTo(Dialect.EMBEDDED);

        List<String> plan = database.get()
                .all(
                        "explain query plan " + KnownCustomers.KNOWN,
                        row -> row.getString(4),
                        "CUST-1",
                        "xbridge",
                        "CUST-1",
                        "xbridge",
                        "xbridge",
                        "CUST-1",
                        1);

        assertThat(plan)
                .containsSubsequence(
                        "SCAN unlinked", "SEARCH d USING INDEX delivery_lane (reference=? AND provider=?)");
    }

    @Test
    void whatWasSentWithoutAnythingToLookItUpByIsFoundByNothing() {
        Message first = accept("CUST-1");
        ledger.sending(
                first, "xbridge", create(new byte[] {'{', '}'}), new Ledger.UnderWay(NOW, true, Optional.empty()));
        ledger.record(first, "xbridge", progress(rejected("unclear"), Optional.of(NOW), Optional.empty()));

        assertThat(customers.known("CUST-1", "xbridge", first.sequence() + 1).createdBy())
                .singleElement()
                .matches(created -> !created.isFoundBy("+255700000000"));
    }

    @Test
    void aParkedDeliveryIsTakenWhenItIsDueAndHoldsItsLane() {
        Message first = accept("CUST-1");
        Message late = accept("CUST-2");
        park(first, "xbridge", NOW);
        park(late, "xbridge", NOW.plusMillis(1));
        Accepted behind = accepted("CUST-1");
        assertThat(behind.inHand()).as("its lane waits in the ledger").containsExactly("yativo");
        assertThat(takeUp.isAwaited("xbridge")).isTrue();
        assertThat(takeUp.isAwaited("yativo")).isFalse();

        Message again = takenUp("xbridge");
        assertThat(again.id()).isEqualTo(first.id());

        assertThat(take("xbridge")).as("one of a lane at a time").isEmpty();
        assertThat(accepted("CUST-1").inHand()).as("behind one that waits").containsExactly("yativo");
        record(again, "xbridge", delivered("id-1"));
        assertThat(take("xbridge")).containsExactly(behind.message().sequence());
    }

    @Test
    void whatWasParkedByAClockThatWasAheadIsDueAndNothingElseIs() {
        Message ahead = accept("CUST-1");
        Message parked = accept("CUST-2");
        park(ahead, "xbridge", NOW.plus(Duration.ofDays(365)));
        park(ahead, "yativo", NOW.plus(Duration.ofDays(365)));
        park(parked, "xbridge", NOW.plus(Duration.ofDays(1)));

        takeUp.wake("xbridge", Duration.ofDays(1));

        assertThat(take("xbridge")).containsExactly(ahead.sequence());
        assertThat(take("yativo")).isEmpty();
    }

    @Test
    void whatWaitsForTooLongIsFoundByItsIndex() {
        assumeThat(dialect).isEqualTo(Dialect.EMBEDDED);
        assertThat(plan(TakeUp.WAKE, "xbridge", "xbridge", NOW.toEpochMilli()))
                .anyMatch(step -> step.contains("delivery_waiting (provider=? AND source=? AND due_at>?)"));
    }

    private List<String> plan(String statement, Object... parameters) {
        return database.get().all("explain query plan " + statement, row -> row.getString(4), parameters);
    }

    @Test
    void whatWaitsBehindAParkedDeliveryIsNotLookedAtUntilThatOneIsDueOrGivenUp() {
        Message first = accept("CUST-1");
        park(first, "xbridge", NOW.plusSeconds(60));
        Message behind = accepted("CUST-1").message();
        assertThat(take("xbridge")).isEmpty();
        assertThat(takeUp.isAwaited("xbridge")).isFalse();

        ObjectMapper json = new ObjectMapper();
        Sealing sealing = new Sealing(new PayloadCipher(new byte[32]), json);
        new Replays(database.get(), sealing, json, Clock.fixed(NOW, ZoneOffset.UTC))
                .discard(new DeadLetter.Id(first.id(), "xbridge"), true);

        assertThat(take("xbridge")).containsExactly(behind.sequence());
    }

    @Test
    void whoIsNextIsFoundBehindManyThatAreNot() {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            messages.add(accept("CUST-1"));
        }
        messages.add(accept("CUST-2"));
        takeUp.giveBack("xbridge", messages.stream().map(Message::turn).toList(), Instant.EPOCH)
                .join();

        List<OpenDelivery> taken = takeUp.take("xbridge", 10, 1 << 20, all -> {});
        assertThat(taken)
                .extracting(OpenDelivery::sequence)
                .containsExactly(messages.get(0).sequence(), messages.get(200).sequence());
        assertThat(take("xbridge")).isEmpty();
        assertThat(database.number(
                        "select count(*) from delivery where provider = 'xbridge' and owner is null and due_at = 0"))
                .as("the others are not looked at each time")
                .isEqualTo(1);

        record(takeUp.messageOf(taken.get(0)), "xbridge", delivered("id-1"));
        assertThat(take("xbridge")).containsExactly(messages.get(1).sequence());
    }

    @Test
    void whatIsGivenBackIsTakenAgainAndWhatIsNotInHandCannotBeRecorded() {
        Message message = accept("CUST-1");
        assertThat(take("xbridge")).as("it is in hand").isEmpty();

        takeUp.giveBack("xbridge", List.of(message.turn()), Instant.EPOCH).join();

        Progress progress = progress(delivered("id-1"), Optional.empty(), Optional.empty());
        assertThat(ledger.record(message, "xbridge", progress)).isEqualTo(Recorded.TAKEN_OVER);
        assertThatThrownBy(() -> ledger.sending(message, "xbridge", create(new byte[] {'{', '}'}), MAY_ARRIVE))
                .isInstanceOf(LedgerException.class);
        Message again = takenUp("xbridge");
        assertThat(again.id()).isEqualTo(message.id());
        assertThat(ledger.record(again, "xbridge", progress)).isEqualTo(Recorded.KEPT);
    }

    /** As of a commit that was kept although the connection was lost before the answer came: it is tried again. */
    @Test
    void anOutcomeThatWasKeptWithoutBeingHeardOfIsKeptOnceAndToldWhenItIsTriedAgain() {
        Message message = accept("CUST-1");
        Attempt attempt = new Attempt(NOW, 41, Optional.of(201), Optional.empty(), Optional.empty(), Optional.empty());
        Progress progress = new Progress(
                delivered("id-1"),
                1,
                List.of(attempt),
                41,
                Optional.empty(),
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.of(new Progress.NewLink("id-1", false)));
        ledger.record(message, "xbridge", progress);

        assertThat(ledger.record(message, "xbridge", progress)).isEqualTo(Recorded.KEPT);

        assertThat(database.number("select count(*) from attempt")).isEqualTo(1);
        assertThat(ledger.record(message, "xbridge", progress(rejected("no"), Optional.empty(), Optional.empty())))
                .as("another one")
                .isEqualTo(Recorded.TAKEN_OVER);
    }

    @Test
    void whoHadItInHandBeforeItWasTakenAgainIsTooLate() {
        Message early = accept("CUST-1");
        ledger.sending(early, "xbridge", create(new byte[] {'{', '}'}), MAY_ARRIVE);
        database.change("update delivery set owner = null");
        Message again = takenUp("xbridge");

        assertThatThrownBy(() -> ledger.sending(early, "xbridge", create(new byte[] {'{', '}'}), MAY_ARRIVE))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("taken over");
        assertThatThrownBy(() -> ledger.mustBeInHand(early, "xbridge")).isInstanceOf(LedgerException.class);
        Progress progress = progress(delivered("id-1"), Optional.empty(), Optional.empty());
        assertThat(ledger.record(early, "xbridge", progress)).isEqualTo(Recorded.TAKEN_OVER);

        takeUp.giveBack("xbridge", List.of(early.turn()), Instant.EPOCH).join();
        assertThat(take("xbridge"))
                .as("it gives back only what it has in hand itself")
                .isEmpty();

        ledger.mustBeInHand(again, "xbridge");
        ledger.sending(again, "xbridge", create(new byte[] {'{', '}'}), MAY_ARRIVE);
        assertThat(ledger.record(again, "xbridge", progress)).isEqualTo(Recorded.KEPT);
    }

    @Test
    void whatWasInHandWhenTheProgramEndedIsTakenByTheNextWithTheRequestThatItSent() {
        Message message = accept("CUST-1");
        ledger.sending(message, "xbridge", create("{\"a\": 1}".getBytes(StandardCharsets.UTF_8)), MAY_ARRIVE);

        openAnew(NOW);

        OpenDelivery open = takeUp.take("xbridge", 10, 0, taken -> {}).get(0);
        assertThat(open.unclearSince()).contains(MAY_ARRIVE.until());
        assertThat(open.sentAt()).contains(NOW);
        KeptRequest request = takeUp.requestOf(open).orElseThrow();
        assertThat(request.bytes()).asString(StandardCharsets.UTF_8).isEqualTo("{\"a\": 1}");
        assertThat(request.link()).isEmpty();
        assertThat(takeUp.messageOf(open).canonical()).isEqualTo(customer("CUST-1"));
    }

    @Test
    void anUpdateThatWasUnderWayWhenTheProgramEndedGoesAgainOnlyWhenItMustHaveEnded() {
        Message update = accept("CUST-1");
        sendUpdate(update, NOW.plusMillis(1));
        accept("CUST-1");
        Message unsent = accept("CUST-2");

        openAnew(NOW);
        assertThat(take("xbridge")).as("nothing of the lane of the update").containsExactly(unsent.sequence());

        openAnew(NOW.plusMillis(1));
        assertThat(take("xbridge")).containsExactlyInAnyOrder(update.sequence(), unsent.sequence());
    }

    /** An operator replayed it in the meantime. */
    @Test
    void whatIsTakenBeforeAnUpdateThatWasUnderWayDoesNotMakeItGoAgainSooner() {
        Message earlier = accept("CUST-1");
        record(earlier, "xbridge", rejected("invalid"));
        Message update = accept("CUST-1");
        sendUpdate(update, NOW.plusMillis(1));
        openAnew(NOW);
        database.change("update delivery set state = 'pending' where provider = 'xbridge' and sequence = "
                + earlier.sequence());

        assertThat(take("xbridge")).containsExactly(earlier.sequence());
        assertThat(database.number(
                        "select due_at from delivery where provider = 'xbridge' and sequence = " + update.sequence()))
                .isEqualTo(NOW.toEpochMilli() + 1);
    }

    /** What waits behind what is in hand does not wait for longer than that. */
    @Test
    void whatIsBehindAnUpdateUnderWayIsTakenAsSoonAsThatHasEnded() {
        Message update = accept("CUST-1");
        Message behind = accept("CUST-1");
        sendUpdate(update, NOW.plusSeconds(10));
        takeUp.giveBack("xbridge", List.of(behind.turn()), Instant.EPOCH).join();
        assertThat(take("xbridge")).isEmpty();

        record(update, "xbridge", delivered("id-1"));

        assertThat(take("xbridge")).containsExactly(behind.sequence());
    }

    @Test
    void ofLargeCustomersNotMoreThanFitAreTaken() {
        List<Message> messages = List.of(accept("CUST-1"), accept("CUST-2"), accept("CUST-3"));
        messages.forEach(message -> takeUp.giveBack("xbridge", List.of(message.turn()), Instant.EPOCH)
                .join());
        int size = customer("CUST-1").toString().length();

        assertThat(takeUp.take("xbridge", 10, 2 * size, taken -> {})).hasSize(2);
        assertThat(takeUp.take("xbridge", 10, 1, taken -> {})).hasSize(1);
    }

    @Test
    void aCallIsTakenOnceUnderItsKey() {
        NewMessage call = keyed("alice", "key-1", customer("CUST-1"));
        Accepted first = ledger.accept(call, kept -> {});
        Accepted again = ledger.accept(call, kept -> {});
        Accepted other = ledger.accept(keyed("alice", "key-1", customer("CUST-2")), kept -> {});
        Accepted bob = ledger.accept(keyed("bob", "key-1", customer("CUST-1")), kept -> {});

        assertThat(first.kind()).isEqualTo(Accepted.Kind.NEW);
        assertThat(again.kind()).isEqualTo(Accepted.Kind.REPEATED);
        assertThat(again.message().id()).isEqualTo(first.message().id());
        assertThat(again.inHand()).isEmpty();
        assertThat(other.kind()).isEqualTo(Accepted.Kind.CONFLICT);
        assertThat(bob.kind()).isEqualTo(Accepted.Kind.NEW);
    }

    private static NewMessage keyed(String caller, String key, JsonNode customer) {
        return new NewMessage(
                customer.get("reference").textValue(),
                customer,
                TARGETS,
                "rest",
                Optional.of(new IdempotencyKey(caller, key)));
    }

    @Test
    void whenAllIsDeliveredTheCustomerIsNoLongerKept() {
        Message message = accept("CUST-1");
        ledger.sending(message, "xbridge", create(new byte[] {'{', '}'}), MAY_ARRIVE);
        record(message, "xbridge", delivered("id-1"));
        assertThat(database.number("select count(*) from message where payload is not null"))
                .isEqualTo(1);

        record(message, "yativo", delivered("id-2"));

        assertThat(database.number("select count(*) from message where payload is not null"))
                .isZero();
        assertThat(database.number("select count(*) from delivery where request is not null"))
                .isZero();
    }

    @Test
    void whatIsRejectedIsKeptForAReplayAlthoughItHasAnId() {
        Message message = accept("CUST-1");
        ledger.sending(message, "xbridge", create(new byte[] {'{', '}'}), MAY_ARRIVE);
        database.change("update delivery set correction = request where provider = 'xbridge'");

        record(message, "xbridge", delivered("id-1").put("state", "rejected"));

        assertThat(database.number(
                        "select count(*) from delivery where request is not null and correction is not null"))
                .isEqualTo(1);
        assertThat(customers.known("CUST-1", "xbridge", 0).providerCustomerId()).contains("id-1");
    }

    @Test
    void theNextProgramKnowsAllOfIt() {
        Message message = accept("CUST-1");
        record(message, "xbridge", delivered("id-1"));
        KeptMessage kept = ledger.message(message.id()).orElseThrow();
        List<Link> links = customers.links("CUST-1");

        close();
        open(new byte[32]);

        assertThat(ledger.message(message.id())).contains(kept);
        assertThat(customers.links("CUST-1")).isEqualTo(links);
        assertThat(customers.known("CUST-1", "xbridge", 0).providerCustomerId()).contains("id-1");
        assertThat(accept("CUST-2").sequence()).isGreaterThan(message.sequence());
    }

    /** No loss of power takes it away. */
    @Test
    void whatIsCommittedInSqliteIsOnDisk() {
        assumeThat(dialect).isEqualTo(Dialect.EMBEDDED);

        assertThat(setting("pragma journal_mode")).isEqualTo("wal");
        assertThat(setting("pragma synchronous")).as("full").isEqualTo("2");
    }

    /** What asks more of standbys is left as it is. */
    @Test
    void whatIsCommittedInPostgresqlIsOnDiskWhateverTheServerBeginsWith() {
        assumeThat(dialect).isEqualTo(Dialect.POSTGRESQL);

        assertThat(synchronousCommit("off")).isEqualTo("on");
        assertThat(synchronousCommit("remote_apply")).isEqualTo("remote_apply");
    }

    /** What a write goes by where the server begins with that. */
    private String synchronousCommit(String begunWith) {
        database.change("do $$ begin execute format('alter database %I set synchronous_commit = " + begunWith
                + "', current_database()); end $$");
        close();
        open(new byte[32]);
        return setting("show synchronous_commit");
    }

    /** What the database goes by in a write. */
    private String setting(String query) {
        return database.get().write(connection -> Database.query(connection, query, row -> row.getString(1))
                .get(0));
    }

    @Test
    void numbersAreKeptAsTheyCame() throws Exception {
        JsonNode customer = new ObjectMapper()
                .reader()
                .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
                .readTree("{\"attributes\": {\"balance\": 12345678901234567.89, \"rate\": 1.10}}");
        Message message = ledger.accept(
                        new NewMessage("CUST-1", customer, TARGETS, "rest", Optional.empty()), kept -> {})
                .message();
        park(message, "xbridge", NOW);

        OpenDelivery open = takeUp.take("xbridge", 10, 0, taken -> {}).get(0);

        assertThat(takeUp.messageOf(open).canonical().toString())
                .isEqualTo("{\"attributes\":{\"balance\":12345678901234567.89,\"rate\":1.10}}");
    }

    @Test
    void withAnotherKeyItSaysSo() {
        Message message = accept("CUST-1");
        record(message, "xbridge", delivered("id-1"));

        close();
        byte[] other = new byte[32];
        other[31] = 1;
        open(other);

        assertThatIllegalStateException()
                .isThrownBy(() -> ledger.message(message.id()))
                .withMessageContaining("another herald.payload-key");
    }

    @Test
    void anOutcomeMovedToAnotherDeliveryIsNotBelieved() {
        Message message = accept("CUST-1");
        record(message, "xbridge", delivered("id-1"));
        record(message, "yativo", delivered("id-2"));
        database.change("update delivery set outcome ="
                + " (select outcome from delivery where provider = 'xbridge') where provider = 'yativo'");

        assertThatIllegalStateException().isThrownBy(() -> ledger.message(message.id()));
    }

    /** Of SQLite: the write-ahead log too, and both before and after it is folded into the database. */
    @Test
    void noWordOfACustomerCanBeReadInItsFiles() {
        Message message = accept("CUST-marker");
        ObjectNode outcome = delivered("id-marker");
        outcome.putObject("urls").put("kyc", "https://kyc.example.com/session-marker");
        record(message, "xbridge", outcome);
        ObjectNode refusal = rejected("the marker-street is no address");
        record(message, "yativo", refusal);

        assertOnlyReferenceAndIdAreReadable();
        close();
        assertOnlyReferenceAndIdAreReadable();
    }

    /** One that is new is to be filled here too. */
    @Test
    void everyColumnOfBytesIsSealed() {
        fillEveryColumnOfBytes("marker");

        String sealed = '\1' + text(Arrays.copyOf(PayloadCipher.sha256(new byte[32]), 4));
        String lookUp = text(sha256("phone/marker"));
        String canonical = text(sha256(customer("CUST-marker").toString()));
        assertThat(database.columnsOfBytes()).isNotEmpty().allSatisfy((column, values) -> assertThat(values)
                .as(column)
                .isNotEmpty()
                .extracting(LedgerTest::text)
                .allSatisfy(value -> assertThat(value).startsWith(sealed).doesNotContain("marker", lookUp, canonical)));
    }

    private void fillEveryColumnOfBytes(String marker) {
        JsonNode customer = customer("CUST-" + marker);
        Message message =
                ledger.accept(keyed("alice", "key-1", customer), kept -> {}).message();
        ledger.sending(
                message,
                "xbridge",
                create(customer.toString().getBytes(StandardCharsets.UTF_8)),
                new Ledger.UnderWay(NOW, true, Optional.of("phone/" + marker)));
        Attempt attempt = new Attempt(
                NOW, 41, Optional.of(400), Optional.of(marker), Optional.of("invalid"), Optional.of("the " + marker));
        Progress unclear = new Progress(
                rejected("the " + marker),
                1,
                List.of(attempt),
                41,
                Optional.of(NOW),
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        ledger.record(message, "xbridge", unclear);
        record(message, "yativo", rejected("the " + marker));
        ObjectMapper json = new ObjectMapper();
        Sealing sealing = new Sealing(new PayloadCipher(new byte[32]), json);
        assertThat(new Replays(database.get(), sealing, json, Clock.systemUTC())
                        .replay(
                                new DeadLetter.Id(message.id(), "yativo"),
                                new DeadLetter.Provider("yativo", true, Optional.empty()),
                                Optional.of(customer),
                                false,
                                Optional.empty()))
                .isEmpty();
        FileLedger files = new FileLedger(database.get(), replica, Clock.systemUTC());
        DroppedFile file = files.begin(
                        new DroppedFile.Arrival("a.json", 1, "d".repeat(64), 100, false),
                        name -> true,
                        name -> false,
                        () -> Stream.of("a.json"))
                .orElseThrow();
        new RecordLedger(database.get(), ledger, sealing, replica)
                .refuse(
                        new DroppedFile.Place(file.id(), 1, 1),
                        true,
                        Optional.empty(),
                        List.of(new Fault("/" + marker, "is not known")))
                .join();
    }

    private static byte[] sha256(String text) {
        return PayloadCipher.sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private void assertOnlyReferenceAndIdAreReadable() {
        String all = database.contents();
        assertThat(all).as("what is to be found").contains("CUST-marker", "id-marker");
        assertThat(all)
                .doesNotContain("Jane", "Doe", "1995-01-10", "cust-marker@example.com", "Uhuru")
                .doesNotContain("session-marker", "marker-street", "https://");
    }

    /** Keeps that an update is sent to xbridge, which must have ended by then. */
    private void sendUpdate(Message message, Instant ended) {
        ledger.sending(
                message,
                "xbridge",
                new KeptRequest(new byte[] {'{', '}'}, Optional.of("id-1")),
                new Ledger.UnderWay(ended, false, Optional.empty()));
    }

    /** As the next program does, when the lease of the last one has ended. */
    private void openAnew(Instant now) {
        close();
        database.change("update replica set alive_till = 0");
        open(new byte[32], now);
    }

    private void open(byte[] key) {
        open(key, NOW);
    }

    private void open(byte[] key, Instant now) {
        database.open();
        ObjectMapper json = new ObjectMapper();
        replica = new Replica(database.get(), Duration.ofSeconds(15));
        Sealing sealing = new Sealing(new PayloadCipher(key), json);
        Clock clock = Clock.fixed(now, ZoneOffset.UTC);
        ledger = new Ledger(database.get(), sealing, replica, json, clock);
        customers = new KnownCustomers(database.get(), sealing);
        takeUp = new TakeUp(database.get(), sealing, replica, clock);
    }

    private Message accept(String reference) {
        return accepted(reference).message();
    }

    private Accepted accepted(String reference) {
        return ledger.accept(from(reference), kept -> {});
    }

    private static NewMessage from(String reference) {
        return new NewMessage(reference, customer(reference), TARGETS, "rest", Optional.empty());
    }

    private void record(Message message, String provider, ObjectNode outcome) {
        assertThat(ledger.record(message, provider, progress(outcome, Optional.empty(), Optional.empty())))
                .isEqualTo(Recorded.KEPT);
    }

    private void park(Message message, String provider, Instant dueAt) {
        ObjectNode outcome = JsonNodeFactory.instance.objectNode().put("state", "retrying");
        ledger.record(message, provider, progress(outcome, Optional.empty(), Optional.of(dueAt)));
    }

    private static Progress progress(ObjectNode outcome, Optional<Instant> unclearSince, Optional<Instant> dueAt) {
        return new Progress(
                outcome,
                2,
                List.of(),
                41,
                unclearSince,
                1,
                dueAt,
                Optional.empty(),
                Optional.ofNullable(outcome.path("providerCustomerId").textValue())
                        .map(id -> new Progress.NewLink(id, false)));
    }

    /** The one delivery that can be taken up. */
    private Message takenUp(String provider) {
        List<OpenDelivery> taken = takeUp.take(provider, 10, Long.MAX_VALUE, all -> {});
        assertThat(taken).hasSize(1);
        return takeUp.messageOf(taken.get(0));
    }

    private List<Long> take(String provider) {
        return takeUp.take(provider, 10, Long.MAX_VALUE, taken -> {}).stream()
                .map(OpenDelivery::sequence)
                .toList();
    }

    private static JsonNode customer(String reference) {
        return Customers.person(reference);
    }

    private static ObjectNode delivered(String id) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("state", "delivered")
                .put("operation", "created")
                .put("providerCustomerId", id);
    }

    private static ObjectNode rejected(String message) {
        ObjectNode outcome = JsonNodeFactory.instance.objectNode().put("state", "rejected");
        outcome.putObject("error")
                .put("code", "invalid")
                .put("reason", "invalid")
                .put("message", message);
        return outcome;
    }
}
