package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Dead letters in both ledgers, by the thousand among them. What becomes of one is in {@code DeadLetterTest}. */
@Timeout(60)
@ParameterizedClass
@EnumSource
class DeadLettersTest {

    private static final DeadLetter.Filter DEAD =
            new DeadLetter.Filter(Set.of("dead"), Optional.empty(), Optional.of("unauthorized"));

    @Parameter
    Dialect dialect;

    @TempDir
    Path directory;

    private TestDatabase database;
    private final List<DeadLetter.Id> replayed = new ArrayList<>();
    private DeadLetters letters;
    private Replays replays;

    @BeforeEach
    void open() {
        database = TestDatabase.make(dialect, directory);
        database.open();
        ObjectMapper json = new ObjectMapper();
        Sealing sealing = new Sealing(new PayloadCipher(new byte[32]), json);
        letters = new DeadLetters(database.get(), sealing, json);
        replays = new Replays(database.get(), sealing, json, Clock.systemUTC());
    }

    @AfterEach
    void close() {
        database.close();
    }

    private int replayAll(DeadLetter.Filter filter, DeadLetter.Provider... providers) {
        return replays.replayAll(filter, List.of(providers), Optional.empty(), replayed::add);
    }

    @Test
    void aReplayOfManyGoesOnBehindABatchThatNeedsForce() {
        deadLetters(3_500);
        database.change("update delivery set unclear_since = 1 where provider = 'bridge-xyz' and sequence <= 1200");

        int count = replayAll(DEAD, cannotBeAsked("bridge-xyz"), cannotBeAsked("fraudspect"));

        assertThat(count).isEqualTo(3_500 - 1_200 + 3_500);
        assertThat(replayed).hasSize(count).doesNotHaveDuplicates();
        assertThat(database.number("select count(*) from delivery where state = 'pending' and generation = 1"))
                .isEqualTo(count);
        assertThat(replayAll(DEAD, cannotBeAsked("bridge-xyz"))).isZero();
    }

    @Test
    void ofSeveralStatesAReplayOfManyTakesAllOldestFirst() {
        deadLetters(3_500);
        database.change("update delivery set state = 'rejected' where sequence > 1200 and sequence % 2 = 0");

        int count = replayAll(
                new DeadLetter.Filter(Replays.REPLAYED, Optional.empty(), Optional.of("unauthorized")),
                cannotBeAsked("bridge-xyz"),
                cannotBeAsked("fraudspect"));

        assertThat(count).isEqualTo(2 * 3_500);
        assertThat(database.number("select count(*) from delivery where state = 'pending' and generation = 1"))
                .isEqualTo(count);
    }

    @Test
    void aForceThatIsNotNeededLeavesTheDoubtOfAnother() {
        deadLetters(2);
        database.change("update delivery set reference = 'CUST-1'");
        database.change("update delivery set unclear_since = 1, sent_at = 1 where sequence = 2");
        UUID first = UUID.fromString("00000000-0000-4000-8000-000000000001");

        Optional<DeadLetter.Refusal> refusal = replays.replay(
                new DeadLetter.Id(first, "bridge-xyz"),
                cannotBeAsked("bridge-xyz"),
                Optional.empty(),
                true,
                Optional.empty());

        assertThat(refusal).isEmpty();
        assertThat(database.number(
                        "select count(*) from delivery where provider = 'bridge-xyz' and unclear_since is not null"))
                .isEqualTo(1);
    }

    /** Who looked at the provider's console when the older one had ended need not have seen what the newer one made since. */
    @ParameterizedTest
    @CsvSource({"5, 1, 0", "20, 1, 1", "20, null, 0"})
    void forceLeavesTheDoubtThatANewerOneRaisedSince(long unclearSince, String sentAt, long left) {
        deadLetters(2);
        database.change("update delivery set reference = 'CUST-1', sent_at = 1");
        database.change("update delivery set attempts = 0, sent_at = " + sentAt + " where sequence = 2");
        database.change(
                "update delivery set reason = 'unclear', unclear_since = 1, updated_at = 10 where sequence = 1");
        database.change("update delivery set unclear_since = " + unclearSince + " where sequence = 2");

        assertThat(replays.replay(letter(), provider(true), Optional.empty(), true, Optional.empty()))
                .isEmpty();

        assertThat(database.number(
                        "select count(*) from delivery where provider = 'bridge-xyz' and unclear_since is not null"))
                .isEqualTo(left);
    }

    @Test
    void aDiscardMakesWhatWasUnderWayWhenAProgramEndedGoAgainNoSooner() {
        deadLetters(3);
        database.change("update delivery set reference = 'CUST-1'");
        database.change("update delivery set state = 'pending', due_at = 5 where sequence > 1");
        database.change("update delivery set request = cast('x' as "
                + database.placeholders().get("bytes") + ") where sequence = 2");

        replays.discard(letter(), true);

        assertThat(database.number("select due_at from delivery where provider = 'bridge-xyz' and sequence = 2"))
                .isEqualTo(5);
        assertThat(database.number("select due_at from delivery where provider = 'bridge-xyz' and sequence = 3"))
                .isZero();
    }

    @Test
    void aReplayOfManyIsOneWriteForEachThousand() {
        assumeThat(dialect).as("only it tells which write a row is from").isEqualTo(Dialect.POSTGRESQL);
        deadLetters(2_500);

        replayAll(DEAD, cannotBeAsked("bridge-xyz"), cannotBeAsked("fraudspect"));

        assertThat(database.number("select count(distinct xmin::text) from delivery where state = 'pending'"))
                .isEqualTo(5);
    }

    @Test
    void theListIsReadFromItsIndex() {
        assumeThat(dialect).isEqualTo(Dialect.EMBEDDED);
        List<Object> parameters = new ArrayList<>();
        String query = "select d.reference from delivery d" + DeadLetters.where(DEAD, parameters);

        List<String> plan =
                database.get().all("explain query plan " + query, row -> row.getString(4), parameters.toArray());

        assertThat(plan).singleElement().asString().contains("SEARCH", "delivery_failed (state=?)");
    }

    @Test
    void whatWasSealedWithAKeyThatIsGoneIsListedWithWhatIsInClear() {
        deadLetters(1);
        byte[] other = new byte[32];
        other[0] = 1;
        byte[] sealed = new Sealing(new PayloadCipher(other), new ObjectMapper())
                .outcome(1, "fraudspect", new ObjectMapper().createObjectNode());
        database.get()
                .write(connection -> Database.execute(
                        connection,
                        "update delivery set outcome = ?, http_status = 401 where provider = 'fraudspect'",
                        sealed));

        ObjectNode error =
                letters.list(DEAD, Optional.empty(), 10).get(0).error().orElseThrow();

        assertThat(error.path("reason").asText()).isEqualTo("unauthorized");
        assertThat(error.path("code").asText()).isEqualTo("unauthorized");
        assertThat(error.path("httpStatus").asInt()).isEqualTo(401);
        assertThat(error.path("message").asText()).contains("payload key");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void forceDropsTheOneLinkThatIsBroken(boolean looksUp) {
        brokenLink();

        replays.replay(letter(), provider(looksUp), Optional.empty(), false, Optional.empty());
        assertThat(links()).as("without force").isEqualTo(3);
        database.change("update delivery set state = 'dead' where state = 'pending'");
        assertThat(replays.replay(letter(), provider(looksUp), Optional.empty(), true, Optional.empty()))
                .isEmpty();

        assertThat(links()).isEqualTo(2);
        assertThat(database.number("select count(*) from link where reference = 'CUST-1' and provider = 'bridge-xyz'"))
                .isZero();
        assertThat(database.number("select count(*) from delivery where state = 'pending' and provider = 'bridge-xyz'"))
                .isEqualTo(1);
        assertThat(database.number("select count(*) from delivery where unclear_since is not null"))
                .as("is looked up first where that can be done")
                .isEqualTo(looksUp ? 1 : 0);
    }

    /** What somebody mended, and what the provider takes again, is not broken any more; what is in hand may show that it does. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "update link set provider_customer_id = 'id-2' where reference = 'CUST-1' and provider = 'bridge-xyz'",
                "update delivery set state = 'delivered', updated_at = 1 where sequence = 2 and provider = 'bridge-xyz'",
                "update delivery set state = 'pending', owner = 'another' where sequence = 2 and provider = 'bridge-xyz'",
                "update delivery set reason = 'exhausted' where sequence = 1 and provider = 'bridge-xyz'"
            })
    void forceLeavesALinkThatIsNotTheBrokenOne(String meanwhile) {
        brokenLink();
        database.change(meanwhile);

        assertThat(replays.replay(letter(), provider(true), Optional.empty(), true, Optional.empty()))
                .isEmpty();

        assertThat(links()).isEqualTo(3);
        assertThat(database.number("select count(*) from delivery where unclear_since is not null"))
                .isZero();
    }

    /** Of the first of two messages of a customer; beside it two links that are not. */
    private void brokenLink() {
        deadLetters(2);
        database.change("update delivery set reference = 'CUST-1'");
        database.change("update delivery set reason = 'link_broken', request_link = 'id-1' where sequence = 1");
        database.change(
                "insert into link (reference, provider, provider_customer_id, updated_at) values"
                        + " ('CUST-1', 'bridge-xyz', 'id-1', 0), ('CUST-1', 'fraudspect', 'id-1', 0), ('CUST-2', 'bridge-xyz', 'id-1', 0)");
    }

    private static DeadLetter.Id letter() {
        return DeadLetter.Id.of("00000000-0000-4000-8000-000000000001.bridge-xyz")
                .orElseThrow();
    }

    private static DeadLetter.Provider provider(boolean looksUp) {
        return new DeadLetter.Provider("bridge-xyz", looksUp, Optional.empty());
    }

    private long links() {
        return database.number("select count(*) from link");
    }

    private static DeadLetter.Provider cannotBeAsked(String id) {
        return new DeadLetter.Provider(id, false, Optional.empty());
    }

    /** So many messages, each dead at two providers. */
    private void deadLetters(int number) {
        database.change("with recursive n (i) as (select 1 union all select i + 1 from n where i < " + number + ")"
                + " insert into message (id, reference, accepted_at, source, size, payload)"
                + " select '00000000-0000-4000-8000-' || substr('000000000000' || i, length('' || i) + 1), 'CUST-' || i, 0, 'rest', 1, cast('x' as "
                + database.placeholders().get("bytes") + ") from n");
        for (String provider : List.of("bridge-xyz", "fraudspect")) {
            database.change("insert into delivery (sequence, provider, reference, source, state, reason, updated_at)"
                    + " select sequence, '" + provider
                    + "', reference, 'rest', 'dead', 'unauthorized', 0 from message");
        }
    }
}
