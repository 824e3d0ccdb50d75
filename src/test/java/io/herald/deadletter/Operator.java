package io.herald.deadletter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.delivery.Caller;
import io.herald.rest.Api;
import io.herald.rest.Api.Answer;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;

/** Somebody who looks after the deliveries that did not succeed. */
final class Operator {

    private static final String LETTERS = "/v1/dead-letters";

    private final Api herald = Api.underTest();

    /** Submits a customer whose one delivery is to end as that, and answers the id of its dead letter. */
    static String letter(ObjectNode customer, String outcome) {
        String provider = customer.at("/targets/0").textValue();
        Caller.Report report = Caller.deliver(customer);
        assertThat(report.outcome(provider)).as(report.body().toString()).isEqualTo(outcome);
        return report.body().path("message").textValue() + "." + provider;
    }

    Answer list(String query) {
        return herald.get(LETTERS + query);
    }

    /** The ids of those that match. */
    List<String> ids(String query) {
        Answer answer = list(query);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        return StreamSupport.stream(answer.json().path("items").spliterator(), false)
                .map(item -> item.path("id").textValue())
                .toList();
    }

    Answer show(String id) {
        return herald.get(LETTERS + "/" + id);
    }

    Answer replay(String id) {
        return herald.send("POST", LETTERS + "/" + id + "/replay", null);
    }

    Answer replay(String id, String body, String... headers) {
        return herald.send("POST", LETTERS + "/" + id + "/replay", body, headers);
    }

    Answer replayWithForce(String id, String force) {
        return herald.send("POST", LETTERS + "/" + id + "/replay?force=" + force, null);
    }

    Answer replayAll(String query) {
        return herald.send("POST", LETTERS + "/replay" + query, null);
    }

    Answer discard(String id) {
        return herald.send("DELETE", LETTERS + "/" + id, null);
    }

    /** The delivery of a dead letter, as the report of its message has it. */
    JsonNode delivery(String id) {
        return Api.delivery(report(id), id.substring(id.indexOf('.') + 1));
    }

    JsonNode report(String id) {
        return herald.report(id.substring(0, id.indexOf('.')));
    }

    void awaitState(String id, String state) {
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(
                        () -> assertThat(delivery(id).path("state").asText()).isEqualTo(state));
    }
}
