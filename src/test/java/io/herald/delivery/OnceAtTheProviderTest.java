package io.herald.delivery;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.put;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import io.herald.delivery.Caller.Report;
import io.herald.ledger.Message;
import io.herald.mapping.MappingFailedException;
import io.herald.rest.Api;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import jakarta.inject.Named;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Promise 2: a create whose answer was lost is not sent again blindly, and there is one customer in the end. */
@QuarkusTest
@TestProfile(QuickRetries.class)
class OnceAtTheProviderTest {

    private static final List<String> PROVIDERS = List.of("xbridge", "yativo", "fraudspect", "bridge-xyz");

    /** Those of them that know no key, nor our reference. */
    private static final List<String> LOOKED_UP = List.of("xbridge", "yativo");

    Sandbox sandbox;

    @Inject
    @Named("delivery")
    DeliverySteps steps;

    private Faults faults;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        faults = new Faults(sandbox);
    }

    /** A create brings them along. */
    @Test
    void connectionsAreReplacedByAnUpdateOnly() {
        ObjectNode customer = known("connected");
        assertThat(sandbox.requests("fraudspect")).extracting(Received::method).containsExactly("POST");

        assertThat(Caller.deliver(customer).outcome("fraudspect")).isEqualTo("delivered");

        List<Received> received = sandbox.requests("fraudspect");
        assertThat(received).extracting(Received::method).containsExactly("POST", "POST", "PUT");
        assertThat(received.get(2).json()).hasToString("{\"connects\":[]}");
    }

    @Test
    void connectionsAreSentWithTheirRoles() {
        Caller.deliver(Caller.person(Caller.reference("other"), "", "fraudspect"));
        String other =
                sandbox.customers("fraudspect").get(0).at("/fields/referenceId").asText();
        ObjectNode customer = known("with-roles");
        customer.withArray("/connections").addObject().put("reference", other).put("role", "shareholder");

        assertThat(Caller.deliver(customer).outcome("fraudspect")).isEqualTo("delivered");
        assertThat(sandbox.requests("fraudspect").get(3).json())
                .hasToString("{\"connects\":[{\"referenceId\":\"%s\",\"role\":\"SHAREHOLDER\"}]}".formatted(other));
    }

    /** Camel would write the next request as the last answer was written. */
    @Test
    void connectionsAreInUtf8WhateverTheCustomersAnswerIsIn() {
        sandbox.server()
                .stubFor(post(urlPathEqualTo("/fraudspect/api/v1/customers"))
                        .willReturn(aResponse()
                                .withStatus(201)
                                .withHeader("Content-Type", "application/json; charset=utf-16")
                                .withBody("{\"status\": 201, \"data\": {\"id\": 4711}}"
                                        .getBytes(StandardCharsets.UTF_16))));
        sandbox.server()
                .stubFor(put(urlPathMatching("/fraudspect/.*/connections"))
                        .willReturn(aResponse().withStatus(200)));

        assertThat(Caller.deliver(known("utf-16")).outcome("fraudspect")).isEqualTo("delivered");
        assertThat(sandbox.requests("fraudspect").get(2).json()).hasToString("{\"connects\":[]}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"message\": \"Try later\", \"error\": \"Bad Request\", \"statusCode\": 400} | dead/unreadable_answer",
                "{\"status\": 500, \"message\": \"Try later\", \"code\": \"error\"} | dead/unreadable_answer",
                "{\"success\": false, \"message\": \"Try later\"} | dead/unreadable_answer",
                "<html></html> | dead/unreadable_answer"
            })
    void connectionsWhoseAnswerIsNoSuccessAreNotDelivered(String answer, String outcome) {
        sandbox.server()
                .stubFor(put(urlPathMatching("/fraudspect/.*/connections"))
                        .willReturn(aResponse().withStatus(200).withBody(answer)));

        Report report = Caller.deliver(known("said-failed"));

        assertThat(report.outcome("fraudspect")).isEqualTo(outcome);
        assertThat(report.delivery("fraudspect").path("providerCustomerId").asText())
                .isNotEmpty();
    }

    /** Else the link would lead to the other one from then on. */
    @Test
    void anUpdateThatIsAnsweredWithAnotherIdNeedsAPerson() {
        ObjectNode customer = Caller.person(Caller.reference("other-id"), "", "bridge-xyz");
        String id = Caller.deliver(customer)
                .delivery("bridge-xyz")
                .path("providerCustomerId")
                .asText();
        sandbox.server().stubFor(put(urlPathMatching("/bridge-xyz/.*")).willReturn(okJson("{\"id\": \"another\"}")));

        Report report = Caller.deliver(customer);

        assertThat(report.outcome("bridge-xyz")).isEqualTo("dead/unclear");
        assertThat(report.delivery("bridge-xyz").at("/error/message").asText())
                .isEqualTo("the provider answered an update with the id of another customer than it was of");
        sandbox.reset();
        assertThat(Caller.deliver(customer).outcome("bridge-xyz")).isEqualTo("dead/link_broken");
        assertThat(sandbox.requests("bridge-xyz"))
                .extracting(Received::path)
                .isNotEmpty()
                .allMatch(path -> path.endsWith("/" + id));
    }

    @Test
    void connectionsWhoseAnswerIsEmptyAreDelivered() {
        sandbox.server()
                .stubFor(put(urlPathMatching("/fraudspect/.*/connections"))
                        .willReturn(aResponse().withStatus(204)));

        assertThat(Caller.deliver(known("said-nothing")).outcome("fraudspect")).isEqualTo("delivered");
        assertThat(sandbox.requests("fraudspect").get(2).method()).isEqualTo("PUT");
    }

    /** What fraudspect reads may lag behind what it has just written. */
    @Test
    void connectionsOfACustomerThatIsNotSeenYetAreSentAgain() {
        sandbox.server()
                .stubFor(put(urlPathMatching("/fraudspect/.*/connections"))
                        .inScenario("not seen yet")
                        .whenScenarioStateIs(Scenario.STARTED)
                        .willSetStateTo(Faults.SHOWN)
                        .willReturn(aResponse()
                                .withStatus(404)
                                .withBody("{\"message\": \"Customer not found\", \"error\": \"Not Found\","
                                        + " \"statusCode\": 404}")));

        Report report = Caller.deliver(known("not-seen-yet"));

        assertThat(report.outcome("fraudspect")).isEqualTo("delivered");
        assertThat(sandbox.requests("fraudspect"))
                .extracting(Received::method)
                .containsExactly("POST", "POST", "PUT", "POST", "PUT");
    }

    /** A customer that was delivered, and is sent again with an empty list. */
    private static ObjectNode known(String reference) {
        ObjectNode customer = Caller.person(Caller.reference(reference), "", "fraudspect");
        customer.putArray("connections");
        assertThat(Caller.deliver(customer).outcome("fraudspect")).isEqualTo("delivered");
        return customer;
    }

    @ParameterizedTest
    @ValueSource(strings = {"lost", "truncated", "502-after", "html"})
    void aCreateWhoseAnswerWasLostIsThereOnce(String fault) {
        String reference = Caller.reference("once");
        String magic = "all." + fault + "-once";

        Report report = Caller.deliver(Caller.person(reference, magic));

        createdOnceEverywhere(report, Caller.email(reference, magic));
    }

    /** What is linked is not looked up. */
    @ParameterizedTest
    @ValueSource(strings = {"lost", "truncated", "502-after", "html"})
    void anUpdateWhoseAnswerWasLostIsSentAgainAsItWas(String fault) {
        String reference = Caller.reference("updated");
        assertThat(Caller.deliver(Caller.person(reference, "")).status()).isEqualTo(200);
        String magic = "all." + fault + "-once";

        Report report = Caller.deliver(Caller.person(reference, magic));

        assertThat(report.status()).as(report.body().toString()).isEqualTo(200);
        assertThat(PROVIDERS).allSatisfy(provider -> {
            assertThat(report.delivery(provider).path("operation").asText()).isEqualTo("updated");
            assertThat(report.attempts(provider)).isEqualTo(2);
            List<Received> sends = faults.sends(provider, Caller.email(reference, magic));
            assertThat(sends).hasSize(2);
            assertThat(sends.get(1).json()).isEqualTo(sends.get(0).json());
            assertThat(faults.lookUps(provider)).isEmpty();
            assertThat(faults.customers(provider, Caller.email(reference, magic)))
                    .hasSize(1);
        });
    }

    @Test
    void aCreateThatWasAnsweredOnTheWayIsThereOnce() {
        Map<String, CompletableFuture<Report>> reports = new LinkedHashMap<>();
        for (int status : List.of(408, 503, 522)) {
            String reference = Caller.reference("on-the-way");
            String email = Caller.email(reference, "");
            LOOKED_UP.forEach(provider -> faults.answersOnTheWayOnce(provider, email, status));
            reports.put(email, Caller.submit(Caller.person(reference, "", LOOKED_UP.toArray(String[]::new))));
        }

        reports.forEach((email, pending) -> {
            Report report = pending.join();
            assertThat(LOOKED_UP).allSatisfy(provider -> {
                assertThat(report.outcome(provider)).isEqualTo("delivered");
                assertThat(faults.sends(provider, email)).hasSize(1);
                assertThat(faults.customers(provider, email)).hasSize(1);
            });
        });
    }

    /** Without a phone xbridge could not be asked, and the delivery would end. */
    @ParameterizedTest
    @ValueSource(ints = {425, 429})
    void whatWasRefusedBeforeAnyWorkIsSentAgainWithoutALookUp(int status) {
        String reference = Caller.reference("before-any-work");
        String email = Caller.email(reference, "");
        faults.once("xbridge", email, aResponse().withStatus(status));
        ObjectNode customer = Caller.person(reference, "", "xbridge");
        ((ObjectNode) customer.get("contact")).remove("phone");

        assertThat(Caller.deliver(customer).outcome("xbridge")).isEqualTo("delivered");
        assertThat(faults.sends("xbridge", email)).hasSize(2);
        assertThat(faults.lookUps("xbridge")).isEmpty();
    }

    @Test
    void aCreateAnsweredTooLateIsThereOnce() {
        String reference = Caller.reference("late");
        String email = Caller.email(reference, "");
        PROVIDERS.forEach(
                provider -> faults.answersLateOnce(provider, email, QuickRetries.REQUEST_TIMEOUT.plusSeconds(1)));

        Report report = Caller.deliver(Caller.person(reference, ""));

        createdOnceEverywhere(report, email);
        assertThat(LOOKED_UP)
                .as("what was given up may be worked on for as long again")
                .allSatisfy(provider -> assertThat(
                                report.delivery(provider).path("durationMs").asLong())
                        .isGreaterThanOrEqualTo(2 * QuickRetries.REQUEST_TIMEOUT.toMillis()));
    }

    /**
     * What somebody on the way says is no answer of the provider to an earlier try under the same key, nor is what the provider says
     * of the path before it looks at the key.
     */
    @ParameterizedTest
    @CsvSource({
        "404, <html><body>no such path</body></html>",
        "400, '{\"code\": 400, \"message\": \"Bad Request\"}'",
        "404, '{\"code\": \"account_not_found\", \"message\": \"there is no such account\"}'",
        "410, '{\"code\": \"session_ended\", \"message\": \"the session has ended\"}'"
    })
    void aRefusalOfSomebodyOnTheWayDoesNotSayThatNothingWasCreated(int status, String answer) {
        String reference = Caller.reference("refused-on-the-way");
        String email = Caller.email(reference, "");
        faults.losesTheAnswerOnce("bridge-xyz", email);
        faults.afterwards("bridge-xyz", email, aResponse().withStatus(status).withBody(answer));
        ObjectNode customer = Caller.person(reference, "", "bridge-xyz");
        Report refused = Caller.deliver(customer);
        assertThat(refused.outcome("bridge-xyz")).doesNotContain("delivered");
        sandbox.server().resetToDefaultMappings();

        assertThat(Caller.deliver(customer).outcome("bridge-xyz")).isEqualTo("dead/unclear");
        assertThat(faults.customers("bridge-xyz", email)).hasSize(1);
    }

    /** An earlier request under that key may have made the customer, though Herald knows of none. */
    @Test
    void afterAKeyThatIsUsedAlreadyTheNextMessageCreatesNoSecondCustomer() {
        String reference = Caller.reference("key-used");
        String email = Caller.email(reference, "");
        faults.always(
                "bridge-xyz",
                email,
                aResponse()
                        .withStatus(422)
                        .withHeader("Content-Type", "application/json")
                        .withBody("{\"code\": \"not_truly_idempotent\", \"message\": \"the key was used\"}"));
        ObjectNode customer = Caller.person(reference, "", "bridge-xyz");
        assertThat(Caller.deliver(customer).outcome("bridge-xyz")).isEqualTo("dead/unclear");
        sandbox.server().resetToDefaultMappings();

        assertThat(Caller.deliver(customer).outcome("bridge-xyz")).isEqualTo("dead/unclear");
        assertThat(faults.sends("bridge-xyz", email)).hasSize(1);
        assertThat(faults.customers("bridge-xyz", email)).isEmpty();
    }

    /** As while the provider works on the first try; it may not have ended when the tries have. */
    @Test
    void aDuplicateOfOurOwnKeyIsAskedAgainLater() {
        String reference = Caller.reference("in-progress");
        String email = Caller.email(reference, "");
        faults.losesTheAnswerOnce("bridge-xyz", email);
        faults.afterwards("bridge-xyz", email, aResponse().withStatus(409).withBody("{\"code\": \"in_progress\"}"));

        Report report = Caller.deliver(Caller.person(reference, "", "bridge-xyz"));

        assertThat(report.outcome("bridge-xyz")).isEqualTo("retrying/unclear");
    }

    private void createdOnceEverywhere(Report report, String email) {
        assertThat(report.status()).as(report.body().toString()).isEqualTo(200);
        assertThat(PROVIDERS).allSatisfy(provider -> {
            JsonNode delivery = report.delivery(provider);
            assertThat(delivery.path("operation").asText()).isEqualTo("created");
            assertThat(faults.customers(provider, email)).singleElement().satisfies(customer -> assertThat(
                            customer.path("id").asText())
                    .isEqualTo(delivery.path("providerCustomerId").asText()));
        });
        assertThat(LOOKED_UP).allSatisfy(provider -> {
            assertThat(faults.sends(provider, email)).hasSize(1);
            assertThat(faults.lookUps(provider)).isNotEmpty();
            assertThat(report.attempts(provider)).isEqualTo(1);
        });
        assertThat(List.of("fraudspect", "bridge-xyz")).allSatisfy(provider -> {
            assertThat(faults.sends(provider, email)).hasSize(2);
            assertThat(faults.lookUps(provider)).isEmpty();
            assertThat(report.attempts(provider)).isEqualTo(2);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void theNextMessageIsAnUpdateOfTheCustomerThatWasFound(String provider) {
        String reference = Caller.reference("found");
        String magic = provider + ".lost-once";
        Report created = Caller.deliver(Caller.person(reference, magic, provider));

        Report updated = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(updated.delivery(provider).path("operation").asText()).isEqualTo("updated");
        assertThat(updated.delivery(provider).path("providerCustomerId"))
                .isEqualTo(created.delivery(provider).path("providerCustomerId"));
        assertThat(faults.customers(provider, Caller.email(reference, magic))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void aCreateThatDidNotArriveIsSentAgainAfterTheLookUp(String provider) {
        String reference = Caller.reference("not-there");
        String magic = provider + ".reset-once";

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(report.attempts(provider)).isEqualTo(2);
        assertThat(faults.lookUps(provider)).hasSize(1);
        assertThat(faults.customers(provider, Caller.email(reference, magic))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void theLookUpWaitsUntilTheCreateCanBeSeen(String provider) {
        sandbox.visibleAfter(provider, QuickRetries.SETTLE.multipliedBy(8).dividedBy(10));
        String reference = Caller.reference("unseen");
        String magic = provider + ".lost-once";

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(faults.sends(provider, Caller.email(reference, magic))).hasSize(1);
        assertThat(faults.customers(provider, Caller.email(reference, magic))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void aLookUpThatFailsIsRepeatedAndNothingSentMeanwhile(String provider) {
        String reference = Caller.reference("look-up-fails");
        String magic = provider + ".lost-once";
        sandbox.server()
                .stubFor(get(urlPathMatching("/" + provider + "/.*"))
                        .inScenario("look-up")
                        .whenScenarioStateIs("Started")
                        .willSetStateTo("passed")
                        .willReturn(aResponse().withStatus(503)));

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(faults.lookUps(provider)).extracting(Received::answered).containsExactly(503, 200);
        assertThat(faults.sends(provider, Caller.email(reference, magic))).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "xbridge, 400, retrying/unclear",
        "xbridge, 403, retrying/unclear",
        "xbridge, 511, retrying/unclear",
        "yativo, 404, retrying/unclear",
        "xbridge, 500, retrying/unavailable",
        "yativo, 429, retrying/rate_limited"
    })
    void withoutALookUpNothingIsSentAgain(String provider, int status, String outcome) {
        String reference = Caller.reference("no-look-up");
        String magic = provider + ".lost-once";
        sandbox.server()
                .stubFor(get(urlPathMatching("/" + provider + "/.*"))
                        .willReturn(aResponse().withStatus(status)));

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.outcome(provider)).isEqualTo(outcome);
        assertThat(report.attempts(provider)).isEqualTo(1);
        assertThat(faults.sends(provider, Caller.email(reference, magic))).hasSize(1);
    }

    @Test
    void aNotFoundOfTheVendorsOpenApiIsALookUpThatFoundNothing() {
        String reference = Caller.reference("not-found");
        String magic = "xbridge.reset-once";
        sandbox.server()
                .stubFor(get(urlPathMatching("/xbridge/.*"))
                        .willReturn(aResponse().withStatus(404).withBody("{\"error\": {\"code\": \"NOT_FOUND\"}}")));

        Report report = Caller.deliver(Caller.person(reference, magic, "xbridge"));

        assertThat(report.outcome("xbridge")).isEqualTo("delivered");
        assertThat(report.attempts("xbridge")).isEqualTo(2);
        assertThat(faults.lookUps("xbridge")).hasSize(1);
    }

    @Test
    void aPhoneSharedWithAnotherPersonLinksNobodyToAStranger() {
        String stranger = Caller.reference("stranger");
        String reference = Caller.reference("shares-the-phone");
        String phone = "+255788000111";
        Report first = Caller.deliver(withPhone(Caller.person(stranger, "", "xbridge"), phone));
        ObjectNode customer = withPhone(Caller.person(reference, "xbridge.lost-once", "xbridge"), phone);
        ((ObjectNode) customer.get("person")).put("firstName", "Janet");

        Report report = Caller.deliver(customer);

        staysUnclear(report, reference, Caller.email(reference, "xbridge.lost-once"));
        assertThat(sandbox.customers("xbridge")).hasSize(2);
        assertThat(Caller.customer(stranger).at("/providers/0/providerCustomerId"))
                .isEqualTo(first.delivery("xbridge").get("providerCustomerId"));
    }

    @Test
    void aNamesakeWithTheSamePhoneLinkedToAnotherReferenceIsNotTaken() {
        String namesake = Caller.reference("namesake");
        String reference = Caller.reference("same-name-and-phone");
        String phone = "+255788000112";
        Caller.deliver(withPhone(Caller.person(namesake, "", "xbridge"), phone));

        Report report = Caller.deliver(withPhone(Caller.person(reference, "xbridge.lost-once", "xbridge"), phone));

        staysUnclear(report, reference, Caller.email(reference, "xbridge.lost-once"));
    }

    @Test
    void theIdOfAnothersCustomerInTheAnswerToACreateLinksNobodyToAStranger() {
        Report stranger = Caller.deliver(Caller.person(Caller.reference("first-of-the-id"), "", "xbridge"));
        String id = stranger.delivery("xbridge").path("providerCustomerId").asText();
        String reference = Caller.reference("second-of-the-id");
        faults.always("xbridge", Caller.email(reference, ""), okJson("{\"customerId\": \"" + id + "\"}"));

        Report report = Caller.deliver(Caller.person(reference, "", "xbridge"));

        assertThat(report.outcome("xbridge")).isEqualTo("dead/unclear");
        assertThat(report.delivery("xbridge").at("/error/message").asText()).contains("another reference");
        assertThat(Caller.deliver(Caller.person(reference, "", "xbridge")).outcome("xbridge"))
                .as("it is looked up, and not found, before it is created again")
                .isEqualTo("dead/unclear");
        assertThat(faults.lookUps("xbridge")).hasSize(1);
        assertThat(Caller.customer(reference).at("/providers/0").has("providerCustomerId"))
                .isFalse();
    }

    @Test
    void withoutAPhoneXbridgeCannotBeAskedAndNothingIsSentAgain() {
        String reference = Caller.reference("no-phone");
        ObjectNode customer = Caller.person(reference, "xbridge.lost-once", "xbridge");
        ((ObjectNode) customer.get("contact")).remove("phone");

        Report report = Caller.deliver(customer);

        staysUnclear(report, reference, Caller.email(reference, "xbridge.lost-once"));
        assertThat(faults.lookUps("xbridge")).isEmpty();
    }

    @Test
    void withoutAPhoneTheNextMessageDoesNotCreateASecondCustomerEither() {
        String reference = Caller.reference("no-phone-again");
        ObjectNode customer = Caller.person(reference, "xbridge.lost-once", "xbridge");
        ((ObjectNode) customer.get("contact")).remove("phone");
        Caller.deliver(customer);

        Report report = Caller.deliver(customer);

        staysUnclear(report, reference, Caller.email(reference, "xbridge.lost-once"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void whoIsLookedUpBySomethingElseThanWhatWasSentIsNotTakenForNobody(String provider) {
        String reference = Caller.reference("other-look-up");
        String magic = provider + ".lost-once";
        ObjectNode customer = Caller.person(reference, magic, provider);
        sandbox.server()
                .stubFor(get(urlPathMatching("/" + provider + "/.*"))
                        .willReturn(aResponse().withStatus(200).withBody("{}")));
        assertThat(Caller.deliver(customer).outcome(provider)).isEqualTo("dead/unclear");
        sandbox.server().resetToDefaultMappings();

        customer.withObject("/contact")
                .put("email", "other-" + Caller.email(reference, ""))
                .put("phone", "+255700987654");
        Report changed = Caller.deliver(customer);

        assertThat(changed.outcome(provider)).isEqualTo("dead/unclear");
        assertThat(changed.delivery(provider).at("/error/message").asText())
                .contains("cannot be looked up by any more");
        assertThat(faults.customers(provider, Caller.email(reference, magic))).hasSize(1);
        assertThat(faults.sends(provider, "other-" + Caller.email(reference, "")))
                .isEmpty();

        String letter = changed.body().path("message").textValue() + "." + provider;
        Api.underTest().send("POST", "/v1/dead-letters/" + letter + "/replay?force=true", null);
        await().atMost(Duration.ofSeconds(60))
                .until(() -> faults.sends(provider, "other-" + Caller.email(reference, ""))
                                .size()
                        == 1);
    }

    @ParameterizedTest
    @CsvSource({
        "xbridge, 200, retrying, <html><script>window.dataLayer = window.dataLayer || [];</script></html>",
        "yativo, 200, retrying, <html><script>window.dataLayer = window.dataLayer || [];</script></html>",
        "yativo, 200, retrying, <html><script>var page = {};</script></html>",
        "xbridge, 404, retrying, <html><body>nginx: no such path</body></html>",
        "xbridge, 404, retrying, '{\"message\": \"no Route matched with those values\"}'",
        "xbridge, 404, retrying, '{\"error\": {\"code\": 404, \"message\": \"The current request is not defined\"}}'",
        "xbridge, 404, retrying, '{\"statusCode\": 404, \"code\": \"NOT_FOUND\", \"message\": \"Cannot find this route\"}'",
        "xbridge, 404, retrying, '{\"code\": \"NOT_FOUND\", \"message\": \"Cannot GET /v1/kyc/customers/mobile\"}'",
        "xbridge, 200, retrying, Please wait",
        "xbridge, 200, retrying, ''",
        "yativo, 200, dead, 'null'",
        "yativo, 200, dead, '{\"status\": \"success\"}'"
    })
    void anAnswerToALookUpThatCannotBeReadIsNotTakenForNobody(String provider, int status, String state, String body) {
        String reference = Caller.reference("unreadable");
        String magic = provider + ".lost-once";
        sandbox.server()
                .stubFor(get(urlPathMatching("/" + provider + "/.*"))
                        .willReturn(aResponse()
                                .withStatus(status)
                                .withHeader("Content-Type", "text/html")
                                .withBody(body)));

        Report report = Caller.deliver(Caller.person(reference, magic, provider));

        assertThat(report.outcome(provider)).isEqualTo(state + "/unclear");
        assertThat(faults.sends(provider, Caller.email(reference, magic))).hasSize(1);
    }

    /** Who is promised may be made later than the look-up comes; a 200 without an id may be of somebody on the way. */
    @ParameterizedTest
    @CsvSource({"201, {}, 1", "202, '', 1", "204, '', 1", "200, <html></html>, 3"})
    void whoIsPromisedAndNotFoundIsNotCreatedAgain(int status, String body, int sends) {
        String reference = Caller.reference("promised");
        sandbox.server()
                .stubFor(post(urlPathEqualTo("/xbridge/v1/kyc/customers"))
                        .willReturn(aResponse().withStatus(status).withBody(body)));

        Report report = Caller.deliver(Caller.person(reference, "", "xbridge"));

        assertThat(report.outcome("xbridge")).isEqualTo("dead/unreadable_answer");
        assertThat(sandbox.requests("xbridge"))
                .filteredOn(request -> request.path().equals("/v1/kyc/customers"))
                .hasSize(sends);
        assertThat(faults.lookUps("xbridge")).hasSize(2);
    }

    @Test
    void aListOfYativoWithoutAnEndEndsTheDelivery() {
        String reference = Caller.reference("endless");
        String magic = "yativo.lost-once";
        sandbox.server()
                .stubFor(
                        get(urlPathMatching("/yativo/customer"))
                                .willReturn(
                                        aResponse()
                                                .withHeader("Content-Type", "application/json")
                                                .withBody(
                                                        "{\"status\": \"success\", \"data\": [], \"pagination\": {\"current_page\": 1, \"last_page\": 2}}")));

        Report report = Caller.deliver(Caller.person(reference, magic, "yativo"));

        assertThat(report.outcome("yativo")).isEqualTo("dead/unclear");
        assertThat(faults.lookUps("yativo")).hasSizeLessThan(10);
    }

    @Test
    void aPageOfYativoThatFailsIsReadAgainFromTheFirst() {
        String reference = Caller.reference("page-fails");
        String magic = "yativo.lost-once";
        String ours = "{\"customer_id\": \"3f0c6b1e-0000-4000-8000-5a9db0c0ffee\", \"customer_name\": \"Jane Doe\","
                + " \"customer_email\": \"" + Caller.email(reference, magic) + "\"}";
        yativoAnswersPage(1, ours);
        yativoAnswersPage(2, "");
        sandbox.server()
                .stubFor(get(urlPathMatching("/yativo/customer"))
                        .withQueryParam("page", equalTo("2"))
                        .inScenario("page 2")
                        .whenScenarioStateIs("Started")
                        .willSetStateTo("passed")
                        .willReturn(aResponse().withStatus(503)));

        Report report = Caller.deliver(Caller.person(reference, magic, "yativo"));

        assertThat(faults.lookUps("yativo")).extracting(Received::answered).containsExactly(200, 503, 200, 200);
        assertThat(report.outcome("yativo")).isEqualTo("delivered");
        assertThat(report.attempts("yativo")).isEqualTo(1);
    }

    @Test
    void theRestOfTheListIsNotReadOnceTwoCustomersMatch() {
        String reference = Caller.reference("two");
        String magic = "yativo.lost-once";
        String ours = "{\"customer_id\": \"%s\", \"customer_name\": \"Jane Doe\", \"customer_email\": \""
                + Caller.email(reference, magic) + "\"}";
        yativoAnswersPage(1, ours.formatted("4711") + "," + ours.formatted("4712"));

        Report report = Caller.deliver(Caller.person(reference, magic, "yativo"));

        assertThat(report.outcome("yativo")).isEqualTo("dead/unclear");
        assertThat(faults.lookUps("yativo")).hasSize(1);
    }

    private void yativoAnswersPage(int number, String customers) {
        sandbox.server()
                .stubFor(get(urlPathMatching("/yativo/customer"))
                        .withQueryParam("page", equalTo(Integer.toString(number)))
                        .willReturn(aResponse()
                                .withHeader("Content-Type", "application/json")
                                .withBody("{\"status\": \"success\", \"data\": [" + customers + "], \"pagination\":"
                                        + " {\"current_page\": " + number + ", \"last_page\": 2}}")));
    }

    @Test
    void aDuplicateAfterALostAnswerOfOurOwnIsLookedUpOnceMore() {
        String reference = Caller.reference("own-duplicate");
        String magic = "yativo.lost-once";
        sandbox.server()
                .stubFor(get(urlPathMatching("/yativo/customer"))
                        .inScenario("not seen yet")
                        .whenScenarioStateIs("Started")
                        .willSetStateTo("seen")
                        .willReturn(aResponse()
                                .withHeader("Content-Type", "application/json")
                                .withBody("{\"status\": \"success\", \"data\": [], \"pagination\":"
                                        + " {\"current_page\": 1, \"last_page\": 1}}")));

        Report report = Caller.deliver(Caller.person(reference, magic, "yativo"));

        assertThat(faults.sends("yativo", Caller.email(reference, magic)))
                .extracting(Received::answered)
                .containsExactly(200, 422);
        assertThat(report.outcome("yativo")).isEqualTo("delivered");
        assertThat(report.delivery("yativo").path("providerCustomerId").asText())
                .isEqualTo(sandbox.customers("yativo").get(0).path("id").asText());
    }

    private void staysUnclear(Report report, String reference, String email) {
        assertThat(report.status()).isEqualTo(207);
        assertThat(report.outcome("xbridge")).isEqualTo("dead/unclear");
        assertThat(report.delivery("xbridge").at("/error/code").asText()).isEqualTo("unclear");
        assertThat(report.delivery("xbridge").has("providerCustomerId")).isFalse();
        assertThat(faults.sends("xbridge", email)).hasSize(1);
        assertThat(Caller.customer(reference).at("/providers/0").has("providerCustomerId"))
                .isFalse();
    }

    @Test
    void yativosFilterMatchesPartsOfAddressesAndEveryPageIsRead() {
        String reference = Caller.reference("paged");
        String email = Caller.email(reference, "");
        int others = 7;
        for (int i = 0; i < others; i++) {
            ObjectNode other = Caller.person(Caller.reference("paged-other"), "", "yativo");
            ((ObjectNode) other.get("contact")).put("email", "x" + i + "." + email);
            assertThat(Caller.deliver(other).outcome("yativo")).isEqualTo("delivered");
        }
        faults.instead(
                "yativo: list; email matches parts of an address; twenty a page",
                list -> ((ObjectNode) list.at("/response/transformerParameters/work")).put("perPage", "3"));
        faults.losesTheAnswerOnce("yativo", email);

        Report report = Caller.deliver(Caller.person(reference, "", "yativo"));

        assertThat(report.outcome("yativo")).isEqualTo("delivered");
        assertThat(report.attempts("yativo")).isEqualTo(1);
        assertThat(report.delivery("yativo").path("providerCustomerId").asText())
                .isEqualTo(sandbox.customers("yativo").get(others).path("id").asText());
        assertThat(faults.lookUps("yativo"))
                .extracting(Received::path)
                .satisfiesExactly(
                        page -> assertThat(page).endsWith("page=1"),
                        page -> assertThat(page).endsWith("page=2"),
                        page -> assertThat(page).endsWith("page=3"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"xbridge", "yativo"})
    void anAnswerInACharsetThatNobodyKnowsIsReadAsUtf8(String provider) {
        String reference = Caller.reference("charset");
        String email = Caller.email(reference, "");
        faults.answersInAnUnknownCharsetOnce(provider, email);

        Report report = Caller.deliver(Caller.person(reference, "", provider));

        assertThat(report.outcome(provider)).isEqualTo("delivered");
        assertThat(faults.sends(provider, email)).hasSize(1);
    }

    @Test
    void aRetrySendsTheSameBytesUnderTheSameKey() {
        String reference = Caller.reference("bytes");
        String magic = "all.500";
        String email = Caller.email(reference, magic);

        Report report = Caller.deliver(Caller.person(reference, magic));

        Set<String> keys = new HashSet<>();
        assertThat(PROVIDERS).allSatisfy(provider -> {
            List<Received> sends = faults.sends(provider, email);
            assertThat(sends).hasSize(report.attempts(provider)).hasSizeGreaterThan(1);
            assertThat(sends).allSatisfy(send -> {
                assertThat(send.body()).isEqualTo(sends.get(0).body());
                assertThat(send.path()).isEqualTo(sends.get(0).path());
                assertThat(send.header("Idempotency-Key"))
                        .isEqualTo(sends.get(0).header("Idempotency-Key"));
            });
            sends.get(0).header("Idempotency-Key").ifPresent(keys::add);
        });
        assertThat(keys).as("yativo's and bridge-xyz's").hasSize(2).allSatisfy(key -> assertThat(
                        UUID.fromString(key).version())
                .isEqualTo(5));
    }

    @Test
    void anotherMessageHasAnotherKey() {
        String reference = Caller.reference("keys");
        String magic = "bridge-xyz.422";
        Caller.deliver(Caller.person(reference, magic, "bridge-xyz"));

        Caller.deliver(Caller.person(reference, magic, "bridge-xyz"));

        assertThat(faults.sends("bridge-xyz", Caller.email(reference, magic)))
                .hasSize(2)
                .extracting(send -> send.header("Idempotency-Key"))
                .doesNotHaveDuplicates();
    }

    /** A provider that remembers its answers by the key would answer the update with what it said of the create. */
    @Test
    void anUpdateThatFollowsACreateOfTheSameMessageHasAnotherKey() {
        Delivery delivery = delivery();
        UUID ofTheCreate = delivery.getIdempotencyKey();
        delivery.setFoundLink("id-1");
        Delivery afterARestart = delivery();
        afterARestart.setLink(Optional.of("id-1"));

        assertThat(delivery.getIdempotencyKey()).isNotEqualTo(ofTheCreate).isEqualTo(afterARestart.getIdempotencyKey());
    }

    @Test
    void aPathOrALookUpIsFilledInWithAnyFieldOfTheRequest() throws UnclearException {
        Delivery delivery = delivery();
        delivery.setRequest(
                JsonNodeFactory.instance
                        .objectNode()
                        .put("e-mail", "a+b@example.com")
                        .put("phone_1", 7),
                new byte[0]);

        assertThat(steps.expand("/x/{phone_1}?email={e-mail}", delivery)).isEqualTo("/x/7?email=a%2Bb%40example.com");
    }

    /** To ask for nothing, or for what the route file says word for word, finds nobody, and then there would be two. */
    @Test
    void whatTheRequestLacksIsNotAskedFor() {
        Delivery delivery = delivery();
        delivery.setRequest(
                JsonNodeFactory.instance
                        .objectNode()
                        .put("customer_email", "a@example.com")
                        .put("empty", ""),
                new byte[0]);

        assertThatThrownBy(() -> steps.expand("/x/{id}", delivery)).isInstanceOf(MappingFailedException.class);
        assertThatThrownBy(() -> steps.expand("email={customer_mail}", delivery))
                .isInstanceOf(MappingFailedException.class)
                .hasMessage("routes/providers/yativo.camel.yaml: names the field 'customer_mail', which this request"
                        + " has not");
        delivery.doubt().raise(Instant.EPOCH);
        assertThatThrownBy(() -> steps.expand("email={empty}", delivery))
                .isInstanceOf(UnclearException.class)
                .hasMessageContaining("'empty'");
    }

    private static Delivery delivery() {
        return new Delivery(
                new Message(
                        new UUID(0, 1),
                        1,
                        "reference",
                        Instant.EPOCH,
                        JsonNodeFactory.instance.objectNode(),
                        List.of("yativo")),
                "yativo");
    }

    private static ObjectNode withPhone(ObjectNode customer, String phone) {
        ((ObjectNode) customer.get("contact")).put("phone", phone);
        return customer;
    }
}
