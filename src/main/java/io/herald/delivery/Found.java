package io.herald.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/** What a look-up has found so far, page by page. */
final class Found {

    private final Instant end;

    /** An empty one stands for the customers that are not ours for certain. */
    private final Set<String> ids = new HashSet<>();

    private int page = 1;

    /** @param end when the look-up is to end */
    Found(Instant end) {
        this.end = end;
    }

    void add(JsonNode candidate) {
        JsonNode id = candidate.path("providerCustomerId");
        ids.add(candidate.path("same").asBoolean() && Outcome.isId(id) ? id.textValue() : "");
    }

    boolean isNobody() {
        return ids.isEmpty();
    }

    /** Whether it may be another customer than ours: nothing that is found besides changes that. */
    boolean isDoubtful() {
        return ids.size() > 1 || ids.contains("");
    }

    /** The id of the first customer. */
    String id() {
        return ids.iterator().next();
    }

    boolean isLate(Instant now) {
        return now.isAfter(end);
    }

    /** Goes on to the next page; answers its number. */
    int nextPage() {
        return ++page;
    }
}
