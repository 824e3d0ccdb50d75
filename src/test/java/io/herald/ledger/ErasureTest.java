package io.herald.ledger;

import static io.herald.ledger.Requests.MAY_ARRIVE;
import static io.herald.ledger.Requests.create;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.agroal.api.AgroalDataSource;
import io.herald.Customers;
import io.herald.delivery.MovableClock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What is no longer to be kept of customers is gone, from the rows and from the files; what is left is the trace. */
@Timeout(60)
@ParameterizedClass
@EnumSource
class ErasureTest {

    private static final List<String> TARGETS = List.of("xbridge", "yativo");

    @Parameter
    Dialect dialect;

    @TempDir
    Path directory;

    private final MovableClock clock = new MovableClock();
    private TestDatabase database;
    private Replica replica;
    private Ledger ledger;
    private KnownCustomers customers;
    private TakeUp takeUp;
    private Replays replays;
    private Erasure erasure;

    @BeforeEach
    void open() {
        database = TestDatabase.make(dialect, directory);
        open(new byte[32]);
    }

    private void open(byte[] key) {
        database.open();
        replica = new Replica(database.get(), Duration.ofSeconds(15));
        ObjectMapper json = new ObjectMapper();
        Sealing sealing = new Sealing(new PayloadCipher(key), json);
        ledger = new Ledger(database.get(), sealing, replica, json, clock);
        customers = new KnownCustomers(database.get(), sealing);
        takeUp = new TakeUp(database.get(), sealing, replica, clock);
        replays = new Replays(database.get(), sealing, json, clock);
        erasure = new Erasure(database.get(), sealing, json, clock, Duration.ofDays(30), Duration.ofDays(7));
    }

    @AfterEach
    void close() {
        replica.stop();
        database.close();
    }

    @Test
    void urlsAreGivenForAnHourAfterTheLastDelivery() {
        Message message = accept("CUST-1");
        record(message, "xbridge", delivered("id-1"));
        clock.putForward(Duration.ofDays(1));
        record(message, "yativo", delivered("id-2"));

        clock.putForward(Duration.ofMinutes(59));
        erasure.sweep(TARGETS);
        assertThat(outcome(message, "xbridge")).isEqualTo(delivered("id-1"));

        clock.putForward(Duration.ofMinutes(2));
        erasure.sweep(TARGETS);
        assertThat(outcome(message, "xbridge").toString())
                .isEqualTo("{\"state\":\"delivered\",\"operation\":\"created\",\"providerCustomerId\":\"id-1\"}");
        assertThat(outcome(message, "yativo").fieldNames()).toIterable().doesNotContain("urls");
        assertThat(customers.known("CUST-1", "yativo", 0).providerCustomerId()).contains("id-2");
    }

    @Test
    void aRefusedOneIsKeptForTheRetentionAndThenItsTraceIs() {
        Message message = accept("CUST-1");
        for (String provider : TARGETS) {
            ledger.sending(message, provider, create(new byte[] {'{', '}'}), MAY_ARRIVE);
        }
        record(message, "xbridge", delivered("id-1").put("error", "a provider's words, in another form than Herald's"));
        record(message, "yativo", rejected());
        ObjectNode delivered = outcome(message, "xbridge");

        clock.putForward(Duration.ofDays(30).minusMinutes(1));
        erasure.sweep(TARGETS);
        assertThat(outcome(message, "xbridge")).isEqualTo(delivered);
        assertThat(outcome(message, "yativo")).isEqualTo(rejected());
        assertThat(kept())
                .as("the customer, the refused request, the words of both")
                .containsExactly(1L, 1L, 2L);

        clock.putForward(Duration.ofMinutes(2));
        erasure.sweep(TARGETS);
        assertThat(kept()).containsExactly(0L, 0L, 0L);
        assertThat(outcome(message, "xbridge").has("urls")).isFalse();
        assertThat(outcome(message, "xbridge").has("error")).isFalse();
        assertThat(outcome(message, "yativo").toString())
                .isEqualTo("{\"state\":\"rejected\",\"error\":{\"code\":\"invalid\",\"reason\":\"invalid\","
                        + "\"httpStatus\":400,\"message\":\"the provider's words are no longer kept\"}}");
        assertThat(database.number("select count(*) from attempt where http_status = 400"))
                .as("the attempts' traces")
                .isEqualTo(2);
    }

    @Test
    void aCorrectionThatCameAfterTheRetentionIsKeptForTheRetentionToo() {
        Message message = accept("CUST-1");
        refuse(message);
        clock.putForward(Duration.ofDays(31));
        erasure.sweep(TARGETS);

        record(corrected(message, "yativo"), "yativo", rejected());
        clock.putForward(Duration.ofDays(29));
        erasure.sweep(TARGETS);
        assertThat(database.number("select count(correction) from delivery")).isEqualTo(1);

        clock.putForward(Duration.ofDays(2));
        erasure.sweep(TARGETS);
        assertThat(database.number("select count(correction) from delivery")).isZero();
        assertThat(kept()).containsExactly(0L, 0L, 0L);
    }

    @Test
    void whatBecomesOfACorrectionThatCameAfterTheRetentionIsErasedAnHourAfterItEndedWell() {
        Message message = accept("CUST-1");
        refuse(message);
        clock.putForward(Duration.ofDays(31));
        erasure.sweep(TARGETS);

        Message again = corrected(message, "yativo");
        clock.putForward(Duration.ofHours(5));
        erasure.sweep(TARGETS);
        assertThat(database.number("select count(correction) from delivery"))
                .as("it is on its way")
                .isEqualTo(1);
        record(again, "yativo", delivered("id-1"));
        clock.putForward(Duration.ofMinutes(59));
        erasure.sweep(TARGETS);
        assertThat(outcome(message, "yativo")).isEqualTo(delivered("id-1"));

        clock.putForward(Duration.ofMinutes(2));
        erasure.sweep(TARGETS);
        assertThat(outcome(message, "yativo").has("urls")).isFalse();
        assertThat(kept()).containsExactly(0L, 0L, 0L);
    }

    /** Replays a refused delivery with a corrected customer, and takes it in hand. */
    private Message corrected(Message message, String provider) {
        replays.replay(
                new DeadLetter.Id(message.id(), provider),
                new DeadLetter.Provider(provider, true, Optional.empty()),
                Optional.of(Customers.person(message.reference())),
                false,
                Optional.empty());
        List<OpenDelivery> taken = takeUp.take(provider, 1, Long.MAX_VALUE, open -> {});
        return takeUp.messageOf(taken.get(0));
    }

    @Test
    void theRetentionBeginsWithWhatHappenedLast() {
        Message message = accept("CUST-1");
        record(message, "xbridge", delivered("id-1"));
        clock.putForward(Duration.ofDays(29));
        record(message, "yativo", rejected());

        clock.putForward(Duration.ofDays(29));
        erasure.sweep(TARGETS);
        assertThat(kept().get(0)).isEqualTo(1);

        clock.putForward(Duration.ofDays(2));
        erasure.sweep(TARGETS);
        assertThat(kept().get(0)).isZero();
    }

    @Test
    void whatHasNotEndedIsKeptHoweverOldItIs() {
        Message waits = accept("CUST-1");
        record(waits, "xbridge", rejected());
        accept("CUST-2");

        clock.putForward(Duration.ofDays(400));
        erasure.sweep(TARGETS);

        assertThat(kept().get(0)).isEqualTo(2);
        assertThat(outcome(waits, "xbridge")).isEqualTo(rejected());
    }

    @Test
    void whatWaitsForAProviderThatIsNotEnabledIsGivenUpAfterTheRetention() {
        Message message = accept("CUST-1");
        record(message, "xbridge", delivered("id-1"));
        Message other = accept("CUST-2");
        record(other, "xbridge", retrying());
        record(other, "yativo", rejected());
        database.change("update delivery set owner = null where provider = 'yativo'");

        clock.putForward(Duration.ofDays(31));
        erasure.sweep(TARGETS);
        assertThat(kept().get(0)).as("both providers are enabled").isEqualTo(2);
        erasure.sweep(List.of("fraudspect"));

        assertThat(kept()).containsExactly(0L, 0L, 0L);
        assertThat(outcome(message, "yativo").toString())
                .isEqualTo(
                        "{\"state\":\"discarded\",\"error\":{\"code\":\"discarded\",\"reason\":\"unavailable\","
                                + "\"message\":\"given up because its provider was not enabled, and herald.retention was over\"}}");
        assertThat(outcome(other, "xbridge").at("/error/reason").asText()).isEqualTo("timeout");
        assertThat(database.number("select count(*) from delivery where state = 'discarded'"))
                .isEqualTo(2);
        assertThat(outcome(other, "yativo").path("state").asText()).isEqualTo("rejected");
        for (String provider : TARGETS) {
            assertThat(takeUp.take(provider, 10, Long.MAX_VALUE, open -> {}))
                    .as("enabled again")
                    .isEmpty();
        }
    }

    @Test
    void whatIsInHandIsKeptAlsoIfItsProviderIsNotEnabledHere() {
        Message message = accept("CUST-1");
        record(message, "xbridge", rejected());

        clock.putForward(Duration.ofDays(400));
        erasure.sweep(List.of("fraudspect"));

        assertThat(kept().get(0)).isEqualTo(1);
        assertThat(erasure.ofCustomer("CUST-1", List.of("fraudspect"))).isEqualTo(Erasure.Result.IN_FLIGHT);
        record(message, "yativo", delivered("id-1"));
    }

    /** In the middle a new message may come: then it would have lost its links, and the caller be told that nothing was erased. */
    @Test
    void onRequestMessagesAndLinksGoTogether() {
        Message message = accept("CUST-1");
        for (String provider : TARGETS) {
            record(message, provider, delivered("id-1"));
        }
        database.change("alter table record rename to hidden");

        assertThatThrownBy(() -> erase("CUST-1")).isInstanceOf(LedgerException.class);

        database.change("alter table hidden rename to record");
        assertThat(ledger.message(message.id())).isPresent();
        assertThat(customers.links("CUST-1")).hasSameSizeAs(TARGETS);
        assertThat(erase("CUST-1")).isEqualTo(Erasure.Result.ERASED);
        assertThat(ledger.message(message.id())).isEmpty();
        assertThat(database.number("select count(*) from link")).isZero();
    }

    /** Of so many messages not all go in one write; where one comes between, what is gone is told, and the links stay. */
    @Test
    void onRequestALongHistoryMayBeErasedInPart() {
        assumeThat(dialect).as("its triggers are short").isEqualTo(Dialect.EMBEDDED);
        database.change("with recursive n (i) as (select 1 union all select i + 1 from n where i < 1001)"
                + " insert into message (id, reference, accepted_at, source, size)"
                + " select 'message-' || i, 'CUST-1', 0, 'rest', 1 from n");
        database.change("insert into delivery (sequence, provider, reference, source, state, updated_at)"
                + " select max(sequence), 'xbridge', 'CUST-1', 'rest', 'delivered', 0 from message");
        database.change("insert into link (reference, provider, provider_customer_id, updated_at)"
                + " values ('CUST-1', 'xbridge', 'id-1', 0)");
        database.change("create trigger comes after delete on message when old.id = 'message-1000'"
                + " begin update delivery set state = 'pending'; end");

        assertThat(erase("CUST-1")).isEqualTo(Erasure.Result.PARTLY);

        assertThat(database.number("select count(*) from message")).isEqualTo(1);
        assertThat(database.number("select count(*) from link")).isEqualTo(1);
        assertThat(erase("CUST-1")).isEqualTo(Erasure.Result.IN_FLIGHT);
        database.change("update delivery set state = 'delivered'");
        assertThat(erase("CUST-1")).isEqualTo(Erasure.Result.ERASED);
        assertThat(database.number("select count(*) from link")).isZero();
    }

    @Test
    void onRequestWhatWaitsForAProviderThatIsNotEnabledIsErasedWithTheRest() {
        Message message = accept("CUST-1");
        record(message, "xbridge", delivered("id-1"));
        record(message, "yativo", retrying());
        accept("CUST-1");
        database.change("update delivery set owner = null");
        assertThat(erase("CUST-1")).isEqualTo(Erasure.Result.IN_FLIGHT);
        assertThat(erasure.ofCustomer("CUST-1", List.of("xbridge"))).isEqualTo(Erasure.Result.IN_FLIGHT);

        assertThat(erasure.ofCustomer("CUST-1", List.of("fraudspect"))).isEqualTo(Erasure.Result.ERASED);

        assertThat(customers.links("CUST-1")).isEmpty();
        assertThat(kept()).containsExactly(0L, 0L, 0L);
        assertThat(database.number("select count(*) from delivery")).isZero();
    }

    @Test
    void whatWasGivenUpCountsAsEndedWell() {
        Message message = accept("CUST-1");
        record(message, "yativo", rejected());
        record(message, "xbridge", delivered("id-1"));
        assertThat(kept().get(0)).as("one was refused").isEqualTo(1);

        database.change("update delivery set state = 'discarded' where provider = 'yativo'");
        database.get().write(connection -> {
            DeliveryWrites.forgetWhenNobodyNeedsIt(connection, List.of(message.sequence()));
            return null;
        });

        assertThat(kept()).containsExactly(0L, 0L, 0L);
    }

    @Test
    void moreThanABatchIsErasedInOneSweep() {
        for (int i = 0; i < 130; i++) {
            NewMessage call = new NewMessage(
                    "CUST-" + i,
                    Customers.person("CUST-" + i),
                    List.of("xbridge"),
                    "rest",
                    Optional.of(new IdempotencyKey("alice", "key-" + i)));
            record(ledger.accept(call, kept -> {}).message(), "xbridge", rejected());
        }

        clock.putForward(Duration.ofDays(31));
        erasure.sweep(TARGETS);

        assertThat(kept()).containsExactly(0L, 0L, 0L);
        assertThat(database.number("select count(*) from idempotency")).isZero();
    }

    @Test
    void anIdempotencyKeyIsForgottenAfterItsRetention() {
        NewMessage call = new NewMessage(
                "CUST-1",
                Customers.person("CUST-1"),
                TARGETS,
                "rest",
                Optional.of(new IdempotencyKey("alice", "key-1")));
        ledger.accept(call, kept -> {});

        clock.putForward(Duration.ofDays(7).minusMinutes(1));
        erasure.sweep(TARGETS);
        assertThat(ledger.accept(call, kept -> {}).kind()).isEqualTo(Accepted.Kind.REPEATED);

        clock.putForward(Duration.ofMinutes(2));
        erasure.sweep(TARGETS);
        assertThat(ledger.accept(call, kept -> {}).kind()).isEqualTo(Accepted.Kind.NEW);
    }

    @Test
    void whatCannotBeReadAnyMoreIsErasedAsAWhole() {
        Message message = accept("CUST-1");
        record(message, "xbridge", delivered("id-1"));
        record(message, "yativo", delivered("id-2"));
        close();
        byte[] other = new byte[32];
        other[0] = 1;
        open(other);

        clock.putForward(Duration.ofHours(2));
        erasure.sweep(TARGETS);

        assertThat(ledger.message(message.id()).orElseThrow().deliveries())
                .extracting(KeptMessage.Delivery::outcome)
                .containsExactly(Optional.empty(), Optional.empty());
    }

    @Test
    void onRequestNothingOfTheCustomerIsLeftAndAllOfTheOthers() {
        Message first = accept("CUST-1", "key-1");
        Message second = accept("CUST-1", "key-2");
        Message other = accept("CUST-2", "key-3");
        for (String provider : TARGETS) {
            record(first, provider, delivered("id-1"));
            record(other, provider, delivered("id-2"));
        }
        assertThat(erase("CUST-1")).as("a later message is pending").isEqualTo(Erasure.Result.IN_FLIGHT);
        assertThat(ledger.message(first.id())).isPresent();
        record(second, "xbridge", rejected());
        record(second, "yativo", rejected());

        assertThat(erase("CUST-1")).isEqualTo(Erasure.Result.ERASED);

        assertThat(erase("CUST-1")).isEqualTo(Erasure.Result.UNKNOWN);
        assertThat(ledger.message(first.id())).isEmpty();
        assertThat(ledger.message(second.id())).isEmpty();
        assertThat(customers.links("CUST-1")).isEmpty();
        assertThat(customers.known("CUST-1", "xbridge", 0).providerCustomerId()).isEmpty();
        assertThat(database.number("select count(*) from attempt")).isEqualTo(2);
        assertThat(database.get().all("select message from idempotency", row -> row.getString(1)))
                .containsExactly(other.id().toString());
        assertThat(outcome(other, "xbridge")).isEqualTo(delivered("id-2"));
        assertThat(customers.known("CUST-2", "xbridge", 0).providerCustomerId()).contains("id-2");
    }

    @Test
    void afterARequestNoFileHasTheReferenceOrTheSealedBytes() {
        byte[] reference = "CUST-marker".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 60; i++) {
            refuse(accept("CUST-" + i));
        }
        ObjectNode large = Customers.person("CUST-marker");
        large.putObject("attributes").put("note", "a".repeat(20_000));
        Message message = accept("CUST-marker", large);
        ledger.sending(message, "xbridge", create(large.toString().getBytes(StandardCharsets.UTF_8)), MAY_ARRIVE);
        refuse(message);
        for (int i = 60; i < 120; i++) {
            refuse(accept("CUST-" + i));
        }
        byte[] payload = middle(bytes("select payload from message where reference = 'CUST-marker'"));
        byte[] request = middle(bytes("select request from delivery where request is not null"));
        byte[] outcome = middle(bytes("select outcome from delivery where reference = 'CUST-marker'"));
        assertThat(contents()).contains(text(reference), text(payload), text(request), text(outcome));

        assertThat(erase("CUST-marker")).isEqualTo(Erasure.Result.ERASED);

        assertThat(contents()).doesNotContain(text(reference), text(payload), text(request), text(outcome));
    }

    @Test
    void afterASweepNoFileHasTheSealedBytesOfWhatWasDelivered() {
        assumeThat(dialect).isEqualTo(Dialect.EMBEDDED);
        Message message = accept("CUST-1");
        byte[] payload = middle(bytes("select payload from message"));
        record(message, "xbridge", delivered("id-1"));
        record(message, "yativo", delivered("id-2"));
        assertThat(contents()).as("the log has it still").contains(text(payload));

        erasure.sweep(TARGETS);

        assertThat(contents()).doesNotContain(text(payload));
    }

    /** A backup reads for minutes; the log is then emptied by a later sweep. */
    @Test
    void whoeverReadsMeanwhileIsNotInTheWayAndNobodyIsHeldUp() throws Exception {
        assumeThat(dialect).isEqualTo(Dialect.EMBEDDED);
        Message message = accept("CUST-1");
        byte[] payload = middle(bytes("select payload from message"));
        accept("CUST-2");
        try (AgroalDataSource pool = database.pool();
                Connection reader = pool.getConnection();
                ResultSet rows = reader.createStatement().executeQuery("select sequence from message")) {
            rows.next();
            record(message, "xbridge", delivered("id-1"));
            record(message, "yativo", delivered("id-2"));
            erasure.sweep(TARGETS);
            accept("CUST-3");
            assertThat(contents()).contains(text(payload));
        }

        erasure.sweep(TARGETS);

        assertThat(contents()).doesNotContain(text(payload));
    }

    @Test
    void aCustomerOfThousandsOfMessagesIsErasedInSeveralWrites() {
        Message message = accept("CUST-1");
        record(message, "xbridge", delivered("id-1"));
        record(message, "yativo", delivered("id-2"));
        database.change("with recursive n (i) as (select 1 union all select i + 1 from n where i < 2500)"
                + " insert into message (id, reference, accepted_at, source, size)"
                + " select 'many-' || i, 'CUST-1', 0, 'rest', 1 from n");

        assertThat(erase("CUST-1")).isEqualTo(Erasure.Result.ERASED);

        assertThat(database.number("select count(*) from message where reference = 'CUST-1'"))
                .isZero();
        assertThat(database.number("select count(*) from link where reference = 'CUST-1'"))
                .isZero();
        assertThat(erase("CUST-1")).isEqualTo(Erasure.Result.UNKNOWN);
    }

    private Erasure.Result erase(String reference) {
        return erasure.ofCustomer(reference, TARGETS);
    }

    private Message accept(String reference) {
        return accept(reference, Customers.person(reference));
    }

    private Message accept(String reference, JsonNode customer) {
        return accept(new NewMessage(reference, customer, TARGETS, "rest", Optional.empty()));
    }

    private Message accept(String reference, String key) {
        return accept(new NewMessage(
                reference,
                Customers.person(reference),
                TARGETS,
                "rest",
                Optional.of(new IdempotencyKey("alice", key))));
    }

    private Message accept(NewMessage customer) {
        return ledger.accept(customer, kept -> {}).message();
    }

    private void refuse(Message message) {
        TARGETS.forEach(provider -> record(message, provider, rejected()));
    }

    private void record(Message message, String provider, ObjectNode outcome) {
        Attempt attempt = new Attempt(
                clock.instant(), 41, Optional.of(400), Optional.empty(), Optional.empty(), Optional.of("a word"));
        Progress progress = new Progress(
                outcome,
                1,
                List.of(attempt),
                41,
                Optional.empty(),
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.ofNullable(outcome.path("providerCustomerId").textValue())
                        .map(id -> new Progress.NewLink(id, false)));
        assertThat(ledger.record(message, provider, progress)).isEqualTo(Recorded.KEPT);
    }

    private ObjectNode outcome(Message message, String provider) {
        return ledger.message(message.id()).orElseThrow().deliveries().stream()
                .filter(delivery -> delivery.provider().equals(provider))
                .findFirst()
                .flatMap(KeptMessage.Delivery::outcome)
                .orElseThrow();
    }

    /** How many payloads, requests and attempts' words there are. */
    private List<Long> kept() {
        return List.of(
                database.number("select count(payload) from message"),
                database.number("select count(request) from delivery"),
                database.number("select count(words) from attempt"));
    }

    private byte[] bytes(String sql) {
        return database.get().one(sql, row -> row.getBytes(1)).orElseThrow();
    }

    private String contents() {
        return database.contents();
    }

    private static byte[] middle(byte[] sealed) {
        return Arrays.copyOfRange(sealed, sealed.length / 2, sealed.length / 2 + 32);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static ObjectNode delivered(String id) {
        ObjectNode outcome = JsonNodeFactory.instance
                .objectNode()
                .put("state", "delivered")
                .put("operation", "created")
                .put("providerCustomerId", id);
        outcome.putObject("urls").put("kyc", "https://kyc.example.com/session");
        return outcome;
    }

    private static ObjectNode retrying() {
        ObjectNode outcome = JsonNodeFactory.instance.objectNode().put("state", "retrying");
        outcome.putObject("error")
                .put("code", "timeout")
                .put("reason", "timeout")
                .put("message", "no answer in time");
        return outcome;
    }

    private static ObjectNode rejected() {
        ObjectNode outcome = JsonNodeFactory.instance.objectNode().put("state", "rejected");
        outcome.putObject("error")
                .put("code", "bad_street")
                .put("reason", "invalid")
                .put("httpStatus", 400)
                .put("message", "this is no street")
                .putArray("fields")
                .addObject()
                .put("pointer", "/street")
                .put("message", "is no street");
        return outcome;
    }
}
