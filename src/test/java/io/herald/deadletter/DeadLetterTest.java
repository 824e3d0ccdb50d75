package io.herald.deadletter;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import io.agroal.api.AgroalDataSource;
import io.herald.Customers;
import io.herald.audit.AuditLog;
import io.herald.delivery.Caller;
import io.herald.delivery.Faults;
import io.herald.delivery.MovableClock;
import io.herald.delivery.QuickRetries;
import io.herald.rest.Api;
import io.herald.rest.Api.Answer;
import io.herald.rest.Contract;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import io.quarkus.arc.InjectableInstance;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What did not succeed is there to be looked at, delivered again, and given up. Herald looks into its ledger once an hour
 * here, so what is delivered again goes at once, or not in this test.
 */
@QuarkusTest
@TestProfile(QuickRetries.class)
class DeadLetterTest {

    private static final Contract CONTRACT = Contract.load();

    @Any
    @Inject
    InjectableInstance<AgroalDataSource> dataSources;

    @Inject
    MovableClock clock;

    Sandbox sandbox;

    private final Operator operator = new Operator();
    private final AuditLog audit = new AuditLog();
    private Faults faults;

    @BeforeEach
    void fresh() throws SQLException {
        sandbox.reset();
        faults = new Faults(sandbox);
        for (String table : List.of("attempt", "delivery", "link", "message")) {
            change("delete from " + table);
        }
        audit.open();
    }

    @AfterEach
    void close() {
        audit.close();
    }

    @Test
    void isListedWithoutAnyFieldOfTheCustomer() {
        String reference = Caller.reference("listed");
        String id = Operator.letter(Caller.person(reference, "bridge-xyz.422", "bridge-xyz"), "rejected/invalid");

        Answer list = operator.list("?state=rejected");

        assertThat(list.status()).isEqualTo(200);
        assertThat(CONTRACT.faults("DeadLetters", list.json())).isEmpty();
        assertThat(list.json().has("next")).isFalse();
        assertThat(list.json().path("items")).singleElement().satisfies(item -> {
            assertThat(item.path("id").asText()).isEqualTo(id);
            assertThat(id).isEqualTo(item.path("message").asText() + ".bridge-xyz");
            assertThat(item.path("reference").asText()).isEqualTo(reference);
            assertThat(item.path("provider").asText()).isEqualTo("bridge-xyz");
            assertThat(item.path("state").asText()).isEqualTo("rejected");
            assertThat(item.path("code").asText()).isEqualTo("invalid_parameters");
            assertThat(item.path("reason").asText()).isEqualTo("invalid");
            assertThat(item.path("httpStatus").asInt()).isEqualTo(422);
            assertThat(item.path("attempts").asInt()).isEqualTo(1);
            assertThat(item.path("source").asText()).isEqualTo("rest");
        });
        assertThat(list.body()).doesNotContain("@example.com", "Jane", "Doe", "+255", "Uhuru");
        assertThat(operator.ids("")).isEmpty();
    }

    @Test
    void theListIsNewestFirstFilteredAndInPages() {
        List<String> refused = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            refused.add(0, dead());
        }
        String rejected = Operator.letter(
                Caller.person(Caller.reference("other"), "bridge-xyz.422", "bridge-xyz"), "rejected/invalid");
        String waiting = Operator.letter(
                Caller.person(Caller.reference("waits"), "yativo.429", "yativo"), "retrying/rate_limited");

        assertThat(operator.ids("")).isEqualTo(refused);
        assertThat(operator.ids("?state=dead&provider=fraudspect&reason=unauthorized"))
                .isEqualTo(refused);
        assertThat(operator.ids("?provider=yativo")).isEmpty();
        assertThat(operator.ids("?reason=forbidden")).isEmpty();
        assertThat(operator.ids("?state=rejected")).containsExactly(rejected);
        assertThat(operator.ids("?state=retrying")).containsExactly(waiting);

        Answer first = operator.list("?limit=2");
        assertThat(CONTRACT.faults("DeadLetters", first.json())).isEmpty();
        assertThat(operator.ids("?limit=2")).isEqualTo(refused.subList(0, 2));
        String next = first.json().path("next").textValue();
        assertThat(operator.ids("?limit=2&after=" + next)).isEqualTo(refused.subList(2, 3));
        assertThat(operator.list("?limit=2&after=" + next).json().has("next")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ?state=delivered   | state is one of dead, rejected, retrying
            ?reason=bad-luck   | reason is one of duplicate, exhausted, forbidden, invalid, link_broken, not_mappable, rate_limited, timeout, unauthorized, unavailable, unclear, unreadable_answer
            ?provider=acme     | provider is the id of a provider that is configured
            ?limit=0           | limit is a number from 1 to 500
            ?limit=501         | limit is a number from 1 to 500
            ?limit=many        | limit is a number from 1 to 500
            ?after=here        | after is the next of an earlier answer, as it is
            """)
    void aParameterThatCannotBeIsRefusedWithWhatItMayBe(String query, String detail) {
        Answer answer = operator.list(query);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(answer.json().path("detail").asText()).isEqualTo(detail);
    }

    @Test
    void isShownWithItsAttemptsAndTheCustomerMasked() {
        String reference = Caller.reference("shown");
        ObjectNode customer = Caller.person(reference, "bridge-xyz.422", "bridge-xyz");
        customer.putArray("identifiers")
                .addObject()
                .put("type", "passport")
                .put("country", "TZ")
                .put("number", "AB1");
        String id = Operator.letter(customer, "rejected/invalid");

        Answer shown = operator.show(id);

        assertThat(shown.status()).isEqualTo(200);
        assertThat(CONTRACT.faults("DeadLetter", shown.json())).isEmpty();
        JsonNode letter = shown.json();
        assertThat(letter.path("attempts")).singleElement().satisfies(attempt -> {
            assertThat(attempt.path("httpStatus").asInt()).isEqualTo(422);
            assertThat(attempt.path("code").asText()).isEqualTo("invalid_parameters");
            assertThat(attempt.path("reason").asText()).isEqualTo("invalid");
        });
        assertThat(letter.at("/error/fields/0/message").asText()).isEqualTo("*** cannot be onboarded");
        assertThat(letter.path("payload").toString())
                .isEqualTo("{\"reference\":\"" + reference + "\",\"type\":\"person\","
                        + "\"person\":{\"firstName\":\"***\",\"lastName\":\"***\",\"birthDate\":\"***\",\"nationality\":\"***\"},"
                        + "\"contact\":{\"email\":\"***\",\"phone\":\"***\"},"
                        + "\"address\":{\"city\":\"***\",\"country\":\"***\",\"lines\":[\"***\"]},"
                        + "\"targets\":[\"bridge-xyz\"],"
                        + "\"identifiers\":[{\"type\":\"***\",\"country\":\"***\",\"number\":\"***\"}]}");
        assertThat(audit.lines()).isEmpty();
    }

    @Test
    void isRevealedOnRequestAndThatIsWrittenDown() {
        String reference = Caller.reference("revealed");
        ObjectNode customer = Caller.person(reference, "bridge-xyz.422", "bridge-xyz");
        String id = Operator.letter(customer, "rejected/invalid");

        Answer revealed = operator.show(id + "?reveal=true");

        assertThat(revealed.json().path("payload")).isEqualTo(customer);
        assertThat(audit.lines()).containsExactly("by=development action=reveal deadLetter=" + id);
        assertThat(operator.show(id + "?reveal=yes").status()).isEqualTo(400);
    }

    @Test
    void whatIsReplayedAndDeliveredIsNoDeadLetterAnyMore() {
        String reference = Caller.reference("replayed");
        String id = Operator.letter(
                Caller.person(reference, "bridge-xyz.unauthorized-once", "bridge-xyz"), "dead/unauthorized");

        Answer replayed = operator.replay(id);

        assertThat(replayed.status()).as(replayed.body()).isEqualTo(202);
        assertThat(CONTRACT.faults("Report", replayed.json())).isEmpty();
        assertThat(id).startsWith(replayed.json().path("message").asText() + ".");
        assertThat(replayed.header("Location"))
                .isEqualTo("/v1/messages/" + replayed.json().path("message").asText());
        assertThat(replayed.json().path("status").asText()).isIn("pending", "delivered");
        operator.awaitState(id, "delivered");
        assertThat(operator.report(id).path("status").asText()).isEqualTo("delivered");
        assertThat(operator.delivery(id).path("attempts").asInt()).isEqualTo(2);
        assertThat(Caller.customer(reference).at("/providers/0/providerCustomerId"))
                .isEqualTo(operator.delivery(id).path("providerCustomerId"));
        assertThat(operator.ids("")).isEmpty();
        assertThat(operator.show(id).json().path("state").asText()).isEqualTo("delivered");
        List<Received> sends = faults.sends("bridge-xyz", Caller.email(reference, "bridge-xyz.unauthorized-once"));
        assertThat(sends).hasSize(2);
        assertThat(sends.get(0).header("Idempotency-Key"))
                .isNotEqualTo(sends.get(1).header("Idempotency-Key"));
        assertThat(audit.lines())
                .containsExactly("by=development action=replay deadLetter=" + id + " corrected=false forced=false");
    }

    @Test
    void untilItIsDeliveredAgainItsReportIsPending() throws SQLException {
        String id = dead();
        change("update delivery set state = 'pending', owner = 'another program', source = 'replay'");

        JsonNode report = operator.report(id);

        assertThat(report.path("status").asText()).isEqualTo("pending");
        assertThat(operator.delivery(id).toString()).isEqualTo("{\"provider\":\"fraudspect\",\"state\":\"pending\"}");
        assertThat(operator.show(id).json().path("reason").asText()).isEqualTo("unauthorized");
        assertThat(operator.replay(id).status()).isEqualTo(409);
        assertThat(operator.discard(id).status()).isEqualTo(409);
    }

    @Test
    void aCorrectedCustomerGoesToThatProviderAlone() {
        String reference = Caller.reference("corrected");
        Caller.Report first = Caller.deliver(Caller.person(reference, "bridge-xyz.422"));
        String id = first.body().path("message").textValue() + ".bridge-xyz";
        assertThat(first.outcome("bridge-xyz")).isEqualTo("rejected/invalid");
        int elsewhere = sandbox.requests("fraudspect").size();
        ObjectNode corrected = Caller.person(reference, "");
        corrected.withObject("/person").put("lastName", "Moss");

        Answer replayed = operator.replay(id, corrected.toString());

        assertThat(replayed.status()).as(replayed.body()).isEqualTo(202);
        operator.awaitState(id, "delivered");
        assertThat(operator.report(id).path("status").asText()).isEqualTo("delivered");
        assertThat(faults.sends("bridge-xyz", Caller.email(reference, "")))
                .singleElement()
                .satisfies(send ->
                        assertThat(send.json().path("last_name").asText()).isEqualTo("Moss"));
        assertThat(sandbox.requests("fraudspect")).hasSize(elsewhere);
        assertThat(audit.lines())
                .containsExactly("by=development action=replay deadLetter=" + id + " corrected=true forced=false");
    }

    @Test
    void theLastCorrectionIsWhatIsShownAndReplayedNext() {
        String reference = Caller.reference("twice");
        String id = Operator.letter(Caller.person(reference, "bridge-xyz.422", "bridge-xyz"), "rejected/invalid");
        ObjectNode last = Caller.person(reference, "bridge-xyz.unauthorized-once", "bridge-xyz");

        operator.replay(id, Caller.person(reference, "bridge-xyz.422+2").toString());
        operator.awaitState(id, "rejected");
        operator.replay(id, last.toString());
        operator.awaitState(id, "dead");

        assertThat(operator.show(id + "?reveal=true").json().path("payload")).isEqualTo(last);
        assertThat(operator.show(id).json().path("attempts")).hasSize(3);
        assertThat(operator.replay(id).status()).isEqualTo(202);
        operator.awaitState(id, "delivered");
        assertThat(faults.customers("bridge-xyz", Caller.email(reference, "bridge-xyz.unauthorized-once")))
                .hasSize(1);
    }

    @Test
    void aCorrectionIsACanonicalCustomerOfTheSameReference() {
        String id = dead();
        int sent = sandbox.requests("fraudspect").size();

        Answer other = operator.replay(id, Customers.person("CUST-other").toString());
        Answer incomplete = operator.replay(id, "{\"type\": \"person\"}");
        Answer broken = operator.replay(id, "{");
        Answer text = operator.replay(id, "{}", "Content-Type", "text/plain");

        assertThat(other.status()).isEqualTo(422);
        assertThat(other.json().at("/errors/0/pointer").asText()).isEqualTo("/reference");
        assertThat(incomplete.status()).isEqualTo(422);
        assertThat(broken.status()).isEqualTo(400);
        assertThat(text.status()).isEqualTo(415);
        assertThat(operator.ids("")).containsExactly(id);
        assertThat(sandbox.requests("fraudspect")).hasSize(sent);
        assertThat(audit.lines()).isEmpty();
    }

    @Test
    void theTargetsOfACorrectionDoNotMatter() {
        String reference = Caller.reference("corrected-targets");
        String id = Operator.letter(Caller.person(reference, "bridge-xyz.422", "bridge-xyz"), "rejected/invalid");

        Answer replayed = operator.replay(
                id, Caller.person(reference, "", "disabled-since", "xbridge").toString());

        assertThat(replayed.status()).as(replayed.body()).isEqualTo(202);
        operator.awaitState(id, "delivered");
        assertThat(sandbox.requests("xbridge")).isEmpty();
    }

    @Test
    void anUnclearOneIsLookedUpBeforeItIsSentAgain() {
        String reference = Caller.reference("unclear");
        String magic = "xbridge.lost-once";
        StubMapping noLookUp = lookUpsFindSomebodyElse();
        String id = Operator.letter(Caller.person(reference, magic, "xbridge"), "dead/unclear");
        sandbox.server().removeStub(noLookUp);
        int before = sandbox.requests("xbridge").size();
        ObjectNode corrected = Caller.person(reference, magic, "xbridge");
        corrected.withObject("/address").put("city", "Dodoma");

        assertThat(operator.replay(id, corrected.toString()).status()).isEqualTo(202);

        operator.awaitState(id, "delivered");
        assertThat(sandbox.requests("xbridge")
                        .subList(before, sandbox.requests("xbridge").size()))
                .extracting(Received::method)
                .as("the look-up, and then the update of what the lost create made")
                .containsExactly("GET", "POST");
        assertThat(operator.delivery(id).path("operation").asText()).isEqualTo("updated");
        assertThat(faults.customers("xbridge", Caller.email(reference, magic)))
                .singleElement()
                .satisfies(customer -> assertThat(customer.toString()).contains("Dodoma"));
    }

    /** A try later finds the link, and has no need of a second look-up. */
    @Test
    void whatALookUpFoundIsUpdatedAlsoWhenThatFailsAtFirst() {
        String reference = Caller.reference("found-later");
        String magic = "xbridge.lost-once";
        String email = Caller.email(reference, magic);
        StubMapping noLookUp = lookUpsFindSomebodyElse();
        String id = Operator.letter(Caller.person(reference, magic, "xbridge"), "dead/unclear");
        sandbox.server().removeStub(noLookUp);
        faults.once("xbridge", email, aResponse().withStatus(503));
        int before = sandbox.requests("xbridge").size();

        operator.replay(id);

        operator.awaitState(id, "delivered");
        assertThat(sandbox.requests("xbridge")
                        .subList(before, sandbox.requests("xbridge").size()))
                .extracting(Received::method)
                .containsExactly("GET", "POST", "POST");
        assertThat(operator.delivery(id).path("operation").asText()).isEqualTo("updated");
        assertThat(faults.customers("xbridge", email)).hasSize(1);
    }

    @Test
    void whatALookUpFoundIsNotForgottenWhenTheUpdateIsRefused() {
        String reference = Caller.reference("found-refused");
        String magic = "xbridge.lost-once";
        String email = Caller.email(reference, magic);
        StubMapping noLookUp = lookUpsFindSomebodyElse();
        String id = Operator.letter(Caller.person(reference, magic, "xbridge"), "dead/unclear");
        sandbox.server().removeStub(noLookUp);
        faults.once("xbridge", email, aResponse().withStatus(422).withBody("{}"));

        operator.replay(id);
        operator.awaitState(id, "rejected");
        operator.replay(id);
        operator.awaitState(id, "delivered");

        assertThat(operator.delivery(id).path("operation").asText()).isEqualTo("updated");
        assertThat(faults.customers("xbridge", email)).hasSize(1);
    }

    @Test
    void aRedirectMayHaveDoneTheWork() throws SQLException {
        String reference = Caller.reference("redirected");
        String email = Caller.email(reference, "");
        faults.once("xbridge", email, aResponse().withStatus(303).withHeader("Location", "/done"));
        String id = Operator.letter(Caller.person(reference, "", "xbridge"), "dead/unreadable_answer");
        assertThat(faults.lookUps("xbridge")).isEmpty();

        operator.replay(id);
        operator.awaitState(id, "delivered");

        assertThat(faults.lookUps("xbridge")).hasSize(1);
        assertThat(faults.customers("xbridge", email)).hasSize(1);
    }

    /** So long a look-up waits after a crash; and at fraudspect, whose connections may be under way still, the next message. */
    @ParameterizedTest
    @CsvSource({"xbridge, unclear_since, 0.5", "fraudspect, due_at, 1.5"})
    void whileCallsAreUnderWayTheirEndingIsThatOfTheLongestOnes(String provider, String ends, double requestTimeouts)
            throws SQLException {
        String reference = Caller.reference("under-way");
        String email = Caller.email(reference, "");
        faults.always(provider, email, aResponse().withStatus(422).withFixedDelay(1_000));

        CompletableFuture<Caller.Report> report = Caller.submit(Caller.person(reference, "", provider));
        await().atMost(Duration.ofSeconds(60))
                .until(() -> !faults.sends(provider, email).isEmpty());

        assertThat(count("select count(*) from delivery where " + ends + " > sent_at + "
                        + Math.round(requestTimeouts * QuickRetries.REQUEST_TIMEOUT.toMillis())))
                .isEqualTo(1);
        assertThat(report.join().outcome(provider)).isEqualTo("rejected/invalid");
        assertThat(count("select count(*) from delivery where " + ends + " > 0"))
                .isZero();
    }

    @Test
    void anUnclearOneThatDidNotArriveIsCreated() {
        String reference = Caller.reference("not-there");
        String magic = "xbridge.reset-once";
        StubMapping noLookUp = lookUpsFindSomebodyElse();
        String id = Operator.letter(Caller.person(reference, magic, "xbridge"), "dead/unclear");
        sandbox.server().removeStub(noLookUp);

        operator.replay(id);

        operator.awaitState(id, "delivered");
        assertThat(operator.delivery(id).path("operation").asText()).isEqualTo("created");
        assertThat(faults.customers("xbridge", Caller.email(reference, magic))).hasSize(1);
        assertThat(faults.lookUps("xbridge")).extracting(Received::answered).containsExactly(200, 200);
    }

    @Test
    void anUnclearOneWhoseCustomerIsKnownByNowIsNotLookedUp() {
        String reference = Caller.reference("known");
        String magic = "xbridge.lost-once";
        StubMapping noLookUp = lookUpsFindSomebodyElse();
        String id = Operator.letter(Caller.person(reference, magic, "xbridge"), "dead/unclear");
        sandbox.server().removeStub(noLookUp);
        assertThat(Caller.deliver(Caller.person(reference, magic, "xbridge")).outcome("xbridge"))
                .isEqualTo("delivered");
        int lookUps = faults.lookUps("xbridge").size();

        assertThat(operator.replay(id).status()).isEqualTo(409);
        operator.replayWithForce(id, "true");

        operator.awaitState(id, "delivered");
        assertThat(operator.delivery(id).path("operation").asText()).isEqualTo("updated");
        assertThat(faults.lookUps("xbridge")).hasSize(lookUps);
    }

    @Test
    void anUnclearOneThatCannotBeLookedUpIsCreatedWithForce() {
        String reference = Caller.reference("no-phone");
        String magic = "xbridge.reset-once";
        ObjectNode customer = Caller.person(reference, magic, "xbridge");
        customer.withObject("/contact").remove("phone");
        String id = Operator.letter(customer, "dead/unclear");

        operator.replay(id);
        operator.awaitState(id, "dead");
        assertThat(faults.customers("xbridge", Caller.email(reference, magic))).isEmpty();
        operator.replayWithForce(id, "true");

        operator.awaitState(id, "delivered");
        assertThat(operator.delivery(id).path("operation").asText()).isEqualTo("created");
        assertThat(faults.customers("xbridge", Caller.email(reference, magic))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo", "bridge-xyz"})
    void oneWhoseLinkIsBrokenIsCreatedAnewWithForce(String provider) throws SQLException {
        String reference = Caller.reference("broken");
        assertThat(Caller.deliver(Caller.person(reference, "", provider)).status())
                .isEqualTo(200);
        sandbox.reset();
        String id = Operator.letter(Caller.person(reference, "", provider), "dead/link_broken");

        operator.replayAll("?reason=link_broken");
        await().atMost(Duration.ofSeconds(60))
                .until(() -> operator.show(id).json().path("attempts").size() == 2);
        operator.awaitState(id, "dead");
        assertThat(operator.replayWithForce(id, "true").status()).isEqualTo(202);

        operator.awaitState(id, "delivered");
        assertThat(operator.delivery(id).path("operation").asText()).isEqualTo("created");
        assertThat(faults.customers(provider, Caller.email(reference, ""))).hasSize(1);
        assertThat(Caller.customer(reference).at("/providers/0/providerCustomerId"))
                .isEqualTo(operator.delivery(id).path("providerCustomerId"));
    }

    @Test
    void whereTheCustomerCanBeLookedUpABrokenLinkIsMendedWithItsId() throws SQLException {
        String reference = Caller.reference("moved");
        String email = Caller.email(reference, "");
        String there = Caller.deliver(Caller.person(reference, "", "xbridge"))
                .body()
                .at("/deliveries/0/providerCustomerId")
                .textValue();
        faults.once("xbridge", email, aResponse().withStatus(404).withBody("{}"));
        String id = Operator.letter(Caller.person(reference, "", "xbridge"), "dead/link_broken");

        operator.replayWithForce(id, "true");

        operator.awaitState(id, "delivered");
        assertThat(faults.lookUps("xbridge")).hasSize(1);
        assertThat(operator.delivery(id).path("operation").asText()).isEqualTo("updated");
        assertThat(operator.delivery(id).path("providerCustomerId").asText()).isEqualTo(there);
        assertThat(faults.customers("xbridge", email)).hasSize(1);
    }

    private StubMapping lookUpsFindSomebodyElse() {
        return sandbox.server()
                .stubFor(get(urlPathMatching("/xbridge/.*"))
                        .willReturn(
                                aResponse().withBody("{\"customerId\": \"c-1\", \"legalName\": \"Somebody Else\"}")));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anUnclearOneOfAProviderThatHonoursKeysIsSentAsItWasUnderItsKey(boolean withAll) {
        String reference = Caller.reference("same-key");
        String id = unreadable(reference);
        Received sent = faults.sends("bridge-xyz", Caller.email(reference, "")).get(0);
        sandbox.reset();
        ObjectNode corrected = Caller.person(reference, "");

        Answer another = operator.replay(id, corrected.toString());
        Answer replayed = withAll ? operator.replayAll("?provider=bridge-xyz") : operator.replay(id);

        assertThat(another.status()).as("another request under another key").isEqualTo(409);
        assertThat(replayed.status()).isEqualTo(202);
        operator.awaitState(id, "delivered");
        assertThat(operator.show(id).json().path("state").asText()).isEqualTo("delivered");
        assertThat(faults.sends("bridge-xyz", Caller.email(reference, "")))
                .singleElement()
                .satisfies(again -> {
                    assertThat(again.header("Idempotency-Key")).isEqualTo(sent.header("Idempotency-Key"));
                    assertThat(again.body()).isEqualTo(sent.body());
                });
    }

    @Test
    void anUnclearOneWhoseKeyIsForgottenNeedsForce() {
        String reference = Caller.reference("forgotten-key");
        String id = unreadable(reference);
        Received sent = faults.sends("bridge-xyz", Caller.email(reference, "")).get(0);
        sandbox.reset();
        clock.putForward(Duration.ofHours(25));

        Answer refused = operator.replay(id);
        Answer all = operator.replayAll("?provider=bridge-xyz");

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.json().path("detail").asText()).contains("cannot be asked", "force=true");
        assertThat(all.json().path("count").asInt()).isZero();
        assertThat(operator.replayWithForce(id, "maybe").status()).isEqualTo(400);
        assertThat(operator.ids("")).containsExactly(id);
        assertThat(operator.replayWithForce(id, "true").status()).isEqualTo(202);
        operator.awaitState(id, "delivered");
        assertThat(faults.sends("bridge-xyz", Caller.email(reference, "")))
                .singleElement()
                .satisfies(again ->
                        assertThat(again.header("Idempotency-Key")).isNotEqualTo(sent.header("Idempotency-Key")));
    }

    @Test
    void forceEndsTheDoubtThatADiscardedOneLeft() {
        String reference = Caller.reference("doubt");
        assertThat(operator.discard(unreadable(reference)).status()).isEqualTo(204);
        sandbox.reset();
        String next = Operator.letter(Caller.person(reference, "", "bridge-xyz"), "dead/unclear");

        operator.replay(next);
        operator.awaitState(next, "dead");
        assertThat(sandbox.requests("bridge-xyz")).isEmpty();
        operator.replayWithForce(next, "true");

        operator.awaitState(next, "delivered");
        assertThat(faults.customers("bridge-xyz", Caller.email(reference, ""))).hasSize(1);
    }

    /** The id of a dead letter of bridge-xyz that may have made the customer. */
    private String unreadable(String reference) {
        faults.always(
                "bridge-xyz",
                Caller.email(reference, ""),
                aResponse().withStatus(201).withBody("{}"));
        return Operator.letter(Caller.person(reference, "", "bridge-xyz"), "dead/unreadable_answer");
    }

    @Test
    void oneThatANewerMessageOvertookNeedsForce() {
        String reference = Caller.reference("overtaken");
        String id = Operator.letter(
                Caller.person(reference, "fraudspect.unauthorized-once", "fraudspect"), "dead/unauthorized");
        assertThat(Caller.deliver(Caller.person(reference, "", "fraudspect")).status())
                .isEqualTo(200);

        Answer refused = operator.replay(id);
        Answer all = operator.replayAll("?reason=unauthorized");

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.json().path("detail").asText()).contains("a newer message", "force=true");
        assertThat(all.json().path("count").asInt()).isZero();
        assertThat(operator.ids("")).containsExactly(id);
        assertThat(operator.replayWithForce(id, "true").status()).isEqualTo(202);
        operator.awaitState(id, "delivered");
        assertThat(audit.lines())
                .contains("by=development action=replay deadLetter=" + id + " corrected=false forced=true");
    }

    @Test
    void oneWhoseNewerMessageIsOnItsWayNeedsForce() throws SQLException {
        String reference = Caller.reference("behind");
        String id = Operator.letter(
                Caller.person(reference, "fraudspect.unauthorized-once", "fraudspect"), "dead/unauthorized");
        Caller.deliver(Caller.person(reference, "", "fraudspect"));
        change("update delivery set state = 'pending', owner = 'another program' where state = 'delivered'");

        assertThat(operator.replay(id).status()).isEqualTo(409);
    }

    @Test
    void oneWhoseCustomerIsErasedNeedsOne() throws SQLException {
        String reference = Caller.reference("erased");
        String id = Operator.letter(
                Caller.person(reference, "fraudspect.unauthorized-once", "fraudspect"), "dead/unauthorized");
        change("update message set payload = null");

        Answer refused = operator.replay(id);

        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.json().path("detail").asText()).contains("no longer kept", "in the body");
        assertThat(operator.replayAll("?provider=fraudspect")
                        .json()
                        .path("count")
                        .asInt())
                .isZero();
        assertThat(operator.show(id).json().has("payload")).isFalse();
        assertThat(operator.replay(id, Caller.person(reference, "").toString()).status())
                .isEqualTo(202);
        operator.awaitState(id, "delivered");
    }

    @Test
    void ofManyOperatorsAtOnceOneReplays() {
        String reference = Caller.reference("operators");
        String magic = "fraudspect.unauthorized-once";
        String id = Operator.letter(Caller.person(reference, magic, "fraudspect"), "dead/unauthorized");
        ExecutorService operators = Executors.newFixedThreadPool(16);

        List<Integer> statuses = IntStream.range(0, 16)
                .mapToObj(i ->
                        CompletableFuture.supplyAsync(() -> operator.replay(id).status(), operators))
                .toList()
                .stream()
                .map(CompletableFuture::join)
                .toList();
        operators.shutdown();

        assertThat(statuses)
                .containsOnlyOnce(202)
                .filteredOn(status -> status != 202)
                .containsOnly(409);
        operator.awaitState(id, "delivered");
        assertThat(faults.sends("fraudspect", Caller.email(reference, magic))).hasSize(2);
    }

    @Test
    void allThatMatchAreReplayedOnceEach() {
        List<String> matching =
                IntStream.range(0, 50).mapToObj(i -> CompletableFuture.supplyAsync(this::dead)).toList().stream()
                        .map(CompletableFuture::join)
                        .toList();
        String other = Operator.letter(
                Caller.person(Caller.reference("other"), "bridge-xyz.unauthorized-once", "bridge-xyz"),
                "dead/unauthorized");
        int sent = sandbox.requests("fraudspect").size();

        Answer replayed = operator.replayAll("?provider=fraudspect&reason=unauthorized");

        assertThat(replayed.status()).isEqualTo(202);
        assertThat(replayed.json().toString()).isEqualTo("{\"count\":50}");
        assertThat(CONTRACT.faults("Replayed", replayed.json())).isEmpty();
        matching.forEach(id -> operator.awaitState(id, "delivered"));
        assertThat(sandbox.requests("fraudspect")).hasSize(sent + 50);
        assertThat(operator.ids("")).containsExactly(other);
        assertThat(audit.lines())
                .hasSize(51)
                .containsAll(matching.stream().map(DeadLetterTest::replayOf).toList())
                .endsWith(
                        "by=development action=replay-all provider=fraudspect reason=unauthorized state=any count=50");
    }

    private static String replayOf(String letter) {
        return "by=development action=replay deadLetter=" + letter + " corrected=false forced=false";
    }

    @ParameterizedTest
    @CsvSource({"'', true, true", "&state=dead, true, false", "&state=rejected, false, true"})
    void deadAndRejectedOnesAreReplayedUnlessOneStateIsGiven(String state, boolean dead, boolean rejected) {
        String refused = Operator.letter(
                Caller.person(Caller.reference("refused"), "bridge-xyz.422", "bridge-xyz"), "rejected/invalid");
        String keyRefused = Operator.letter(
                Caller.person(Caller.reference("key"), "bridge-xyz.unauthorized-once", "bridge-xyz"),
                "dead/unauthorized");

        Answer replayed = operator.replayAll("?provider=bridge-xyz" + state);

        assertThat(replayed.json().path("count").asInt()).isEqualTo((dead ? 1 : 0) + (rejected ? 1 : 0));
        operator.awaitState(keyRefused, dead ? "delivered" : "dead");
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(operator.show(refused).json().path("attempts"))
                        .hasSize(rejected ? 2 : 1));
        assertThat(audit.lines())
                .endsWith("by=development action=replay-all provider=bridge-xyz reason=any state="
                        + (dead && rejected ? "any" : dead ? "dead" : "rejected") + " count="
                        + replayed.json().path("count").asInt());
    }

    @Test
    void allOfEverythingIsNotReplayed() {
        String id = dead();

        assertThat(operator.replayAll("").status()).isEqualTo(400);
        assertThat(operator.replayAll("?state=dead").status()).isEqualTo(400);
        Answer misspelt = operator.replayAll("?provider=yativo&raeson=invalid");
        assertThat(misspelt.status()).isEqualTo(400);
        assertThat(misspelt.json().path("detail").asText())
                .isEqualTo("there is no such filter; this call takes provider, reason and state");
        assertThat(operator.replayAll("?provider=&reason=").status()).isEqualTo(400);
        assertThat(operator.replayAll("?provider=&reason=unauthorized")
                        .json()
                        .path("detail")
                        .asText())
                .isEqualTo("a filter is empty");
        assertThat(operator.replayAll("?provider=fraudspect&state=retrying").status())
                .isEqualTo(400);
        assertThat(operator.replayAll("?provider=fraudspect&state=rejected")
                        .json()
                        .path("count")
                        .asInt())
                .isZero();
        assertThat(operator.ids("")).containsExactly(id);
    }

    @Test
    void whatIsDiscardedIsErasedAndLeavesATrace() throws SQLException {
        String reference = Caller.reference("discarded");
        String id = Operator.letter(Caller.person(reference, "bridge-xyz.422", "bridge-xyz"), "rejected/invalid");

        Answer discarded = operator.discard(id);

        assertThat(discarded.status()).as(discarded.body()).isEqualTo(204);
        assertThat(discarded.header("Content-Type")).as("there is no body").isNull();
        assertThat(discarded.body()).isEmpty();
        JsonNode report = operator.report(id);
        assertThat(CONTRACT.faults("Report", report)).isEmpty();
        assertThat(report.path("status").asText()).isEqualTo("failed");
        assertThat(operator.delivery(id).path("state").asText()).isEqualTo("discarded");
        assertThat(operator.delivery(id).at("/error/reason").asText()).isEqualTo("invalid");
        Answer trace = operator.show(id);
        assertThat(CONTRACT.faults("DeadLetter", trace.json())).isEmpty();
        assertThat(trace.json().path("state").asText()).isEqualTo("discarded");
        assertThat(trace.json().has("payload")).isFalse();
        assertThat(trace.json().path("attempts")).singleElement().satisfies(attempt -> {
            assertThat(attempt.path("httpStatus").asInt()).isEqualTo(422);
            assertThat(attempt.has("message")).isFalse();
        });
        assertThat(count("select count(*) from message where payload is not null"))
                .isZero();
        assertThat(count("select count(*) from delivery where request is not null"))
                .isZero();
        assertThat(count("select count(*) from attempt where words is not null"))
                .isZero();
        assertThat(operator.ids("?state=rejected")).isEmpty();
        assertThat(operator.replay(id).status()).isEqualTo(409);
        assertThat(operator.discard(id).status()).isEqualTo(409);
        assertThat(audit.lines()).containsExactly("by=development action=discard deadLetter=" + id);
    }

    @Test
    void theCustomerIsKeptAsLongAsAnotherDeliveryNeedsIt() throws SQLException {
        String reference = Caller.reference("needed");
        ObjectNode customer =
                Caller.person(reference, "bridge-xyz.422+fraudspect.unauthorized-once", "bridge-xyz", "fraudspect");
        String message = Caller.deliver(customer).body().path("message").textValue();

        assertThat(operator.discard(message + ".bridge-xyz").status()).isEqualTo(204);

        assertThat(operator.show(message + ".fraudspect?reveal=true").json().path("payload"))
                .isEqualTo(customer);
        assertThat(operator.show(message + ".bridge-xyz?reveal=true").json().has("payload"))
                .isFalse();
        operator.replay(message + ".fraudspect");
        operator.awaitState(message + ".fraudspect", "delivered");
        assertThat(operator.report(message + ".fraudspect").path("status").asText())
                .isEqualTo("partial");
        assertThat(count("select count(*) from message where payload is not null"))
                .isZero();
    }

    @Test
    void whatWasDeliveredHasNoCustomerForAReplayAnyMore() {
        String reference = Caller.reference("corrected-beside");
        ObjectNode customer =
                Caller.person(reference, "bridge-xyz.422+fraudspect.unauthorized-once", "bridge-xyz", "fraudspect");
        String message = Caller.deliver(customer).body().path("message").textValue();

        operator.replay(
                message + ".bridge-xyz",
                Caller.person(reference, "fraudspect.unauthorized-once").toString());
        operator.awaitState(message + ".bridge-xyz", "delivered");

        assertThat(operator.show(message + ".bridge-xyz?reveal=true").json().has("payload"))
                .isFalse();
        assertThat(operator.show(message + ".fraudspect?reveal=true").json().path("payload"))
                .isEqualTo(customer);
    }

    @Test
    void discardingWhatHoldsALaneBackLetsItGoOn() {
        String reference = Caller.reference("lane");
        String id = Operator.letter(Caller.person(reference, "fraudspect.429", "fraudspect"), "retrying/rate_limited");
        JsonNode behind =
                Caller.deliver(Caller.person(reference, "", "fraudspect")).body();
        assertThat(behind.path("status").asText()).isEqualTo("pending");

        assertThat(operator.discard(id).status()).isEqualTo(204);

        operator.awaitState(behind.path("message").textValue() + ".fraudspect", "delivered");
        assertThat(operator.delivery(id).path("state").asText()).isEqualTo("discarded");
    }

    @Test
    void whatIsPendingIsDiscardedIfItsProviderIsNotEnabled() throws SQLException {
        String reference = Caller.reference("disabled");
        String delivered = Caller.deliver(Caller.person(reference, "", "fraudspect"))
                .body()
                .path("message")
                .textValue();
        String id = delivered + ".left-over";
        change("insert into delivery (sequence, provider, reference, state, updated_at, owner)"
                + " select sequence, 'left-over', reference, 'pending', accepted_at, 'a program' from message");
        assertThat(operator.discard(id).status()).as("a program has it in hand").isEqualTo(409);
        change("update delivery set owner = null where provider = 'left-over'");

        assertThat(operator.discard(id).status()).isEqualTo(204);

        assertThat(operator.delivery(id).path("state").asText()).isEqualTo("discarded");
        assertThat(CONTRACT.faults("Report", operator.report(id))).isEmpty();
        assertThat(CONTRACT.faults("DeadLetter", operator.show(id).json())).isEmpty();
        change("insert into delivery (sequence, provider, reference, state, updated_at, due_at)"
                + " select sequence, 'xbridge', reference, 'pending', accepted_at, 9000000000000000 from message");
        assertThat(operator.discard(delivered + ".xbridge").status())
                .as("its provider is enabled")
                .isEqualTo(409);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nothing",
                "0199f2c4-7a55-7c1e-b2a0-1f2e3d4c5b6a",
                "0199f2c4-7a55-7c1e-b2a0-1f2e3d4c5b6a.yativo",
                "0199f2c4-7a55-7c1e-b2a0-1f2e3d4c5b6a.%00",
                "0199f2c4-7a55-7c1e-b2a0-1f2e3d4c5b6a.yativo%00"
            })
    void whatIsNotThereIsNotFound(String id) {
        assertThat(operator.show(id).status()).isEqualTo(404);
        assertThat(operator.replay(id).status()).isEqualTo(404);
        assertThat(operator.replay(id, Customers.person("CUST-1").toString()).status())
                .isEqualTo(404);
        assertThat(operator.discard(id).status()).isEqualTo(404);
    }

    /** PostgreSQL cannot be asked for a text with a NUL. */
    @ParameterizedTest
    @ValueSource(strings = {"%00", "CUST%00"})
    void aReferenceThatNoCustomerCanHaveIsNotFound(String reference) {
        for (String method : List.of("GET", "DELETE")) {
            assertThat(Api.underTest()
                            .send(method, "/v1/customers/" + reference, null)
                            .status())
                    .as(method)
                    .isEqualTo(404);
        }
    }

    @Test
    void whatWasDeliveredIsNoDeadLetter() {
        Caller.Report report = Caller.deliver(Caller.person(Caller.reference("delivered"), "", "fraudspect"));
        String id = report.body().path("message").textValue() + ".fraudspect";

        assertThat(operator.show(id).status()).isEqualTo(404);
        assertThat(operator.replay(id).status()).isEqualTo(409);
        assertThat(operator.discard(id).status()).isEqualTo(409);
        assertThat(sandbox.requests("fraudspect")).hasSize(1);
    }

    /** The id of a dead letter that succeeds when it is replayed. */
    private String dead() {
        return Operator.letter(
                Caller.person(Caller.reference("dead"), "fraudspect.unauthorized-once", "fraudspect"),
                "dead/unauthorized");
    }

    private void change(String sql) throws SQLException {
        try (Connection connection = dataSources.getActive().getConnection();
                Statement statement = connection.createStatement()) {
            statement.executeUpdate(sql);
        }
    }

    private int count(String sql) throws SQLException {
        try (Connection connection = dataSources.getActive().getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getInt(1);
        }
    }
}
