package io.herald.sandbox;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What one provider knows: the tokens it issued, its customers, the idempotency keys it has seen, and the faults it has
 * already shown once. Every method is atomic, so that two requests at once cannot both be the first.
 */
final class Provider {

    /** How long a provider keeps an idempotency key. Source: bridge-xyz's documentation. */
    static final Duration KEY_LIFE = Duration.ofHours(24);

    private static final int TOKEN_BYTES = 32;

    /** An issued bearer; {@code seconds} is its life as the answer states it. */
    record Token(String value, long seconds, Instant expiresAt) {}

    /**
     * How a piece of work ended.
     *
     * @param instead the name of the other answer that this calls for ({@code taken}, {@code unknown}, …), or null
     * @param customer the customer concerned, or null
     * @param missing what was named but is not there
     */
    record Done(String instead, Customer customer, String missing) {

        static Done with(Customer customer) {
            return new Done(null, customer, null);
        }

        static Done instead(String name) {
            return new Done(name, null, null);
        }
    }

    private record Key(String digest, Instant at, Customer created) {}

    /** What customers are told apart by: a field, in any case or exactly. */
    private record By(String field, boolean anyCase) {

        static By inAnyCase(String field) {
            return new By(field, true);
        }

        static By exactly(String field) {
            return new By(field, false);
        }

        String key(String value) {
            return anyCase ? lower(value) : value;
        }

        String key(Customer customer) {
            return key(customer.fields().path(field).asText());
        }
    }

    private final String name;
    private final Clock clock;
    private final Consumer<ObjectNode> changes;
    private final SecureRandom random = new SecureRandom();

    private final Map<String, Instant> tokens = new HashMap<>();
    private final Map<String, Customer> customers = new LinkedHashMap<>();
    private final Map<By, Map<String, String>> indexes = new HashMap<>();
    private final Map<String, Key> keys = new HashMap<>();
    private final Set<String> shown = new HashSet<>();
    private long lastNumber;
    private int logIns;
    private Duration tokenLife;
    private Duration visibleAfter = Duration.ZERO;

    Provider(String name, Clock clock, Consumer<ObjectNode> changes) {
        this.name = name;
        this.clock = clock;
        this.changes = changes;
    }

    // log-in

    synchronized Token issueToken(Duration usualLife) {
        byte[] bytes = new byte[TOKEN_BYTES];
        random.nextBytes(bytes);
        String value = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        Duration life = tokenLife == null ? usualLife : tokenLife;
        Instant now = clock.instant();
        tokens.values().removeIf(end -> !end.isAfter(now));
        tokens.put(value, now.plus(life));
        changes.accept(tokenChange(value, now.plus(life)));
        return new Token(value, life.toSeconds(), now.plus(life));
    }

    synchronized boolean issued(String token) {
        Instant end = tokens.get(token);
        return end != null && clock.instant().isBefore(end);
    }

    synchronized void revokeToken(String token) {
        if (tokens.remove(token) != null) {
            changes.accept(change().put("revoked", token));
        }
    }

    synchronized void revokeTokens() {
        List.copyOf(tokens.keySet()).forEach(this::revokeToken);
    }

    synchronized void tokenLife(Duration life) {
        tokenLife = life;
    }

    synchronized void countLogIn() {
        logIns++;
    }

    synchronized int logIns() {
        return logIns;
    }

    // customers

    /**
     * Creates a customer, or finds that it is there already.
     *
     * @param numbered whether the provider counts its customers; else their ids are UUIDs
     * @param unique the field that no two customers share, in any case, or null
     * @param upsertBy the field that makes the request an update where a customer has exactly the same value, or null
     * @param apart the field that holds connections, kept apart from the customer, or null
     * @param key the idempotency key, or null where the provider honours none
     * @param digest of the request's bytes
     */
    synchronized Done create(
            ObjectNode body,
            boolean numbered,
            String unique,
            String upsertBy,
            String apart,
            String key,
            String digest) {
        Instant now = clock.instant();
        Key seen = key == null ? null : keys.get(key);
        if (seen != null) {
            boolean same =
                    seen.digest().equals(digest) && seen.at().plus(KEY_LIFE).isAfter(now);
            return same ? Done.with(seen.created()) : Done.instead("keyReused");
        }
        if (unique != null && ownerOf(By.inAnyCase(unique), body).isPresent()) {
            return Done.instead("taken");
        }
        ObjectNode fields = Customer.kept(body);
        ArrayNode connections = JsonNodeFactory.instance.arrayNode();
        if (apart != null && fields.remove(apart) instanceof ArrayNode given) {
            connections = given;
        }
        Optional<String> missing = missing(connections, upsertBy);
        if (missing.isPresent()) {
            return new Done("notConnected", null, missing.get());
        }
        Optional<Customer> there = upsertBy == null ? Optional.empty() : ownerOf(By.exactly(upsertBy), body);
        if (there.isPresent()) {
            Customer updated = there.get().with(fields, now);
            keep(updated);
            return new Done("updated", updated, null);
        }
        JsonNode id = numbered
                ? LongNode.valueOf(++lastNumber)
                : TextNode.valueOf(UUID.randomUUID().toString());
        Customer created = new Customer(id, now, now, fields, connections);
        keep(created);
        if (key != null) {
            keys.put(key, new Key(digest, now, created));
            changes.accept(keyChange(key, keys.get(key)));
        }
        return Done.with(created);
    }

    synchronized Done update(String id, ObjectNode body, String unique) {
        Customer there = customers.get(id);
        if (there == null) {
            return Done.instead("unknown");
        }
        if (unique != null
                && ownerOf(By.inAnyCase(unique), body)
                        .filter(owner -> !owner.id().equals(there.id()))
                        .isPresent()) {
            return Done.instead("taken");
        }
        Customer updated = there.with(Customer.kept(body), clock.instant());
        keep(updated);
        return Done.with(updated);
    }

    /**
     * Replaces the connections of the customer whose {@code field} is exactly {@code value}.
     *
     * @param sendersOf role -> the value that {@code senderField} must have in a customer that has this role
     */
    synchronized Done connect(
            String field, String value, ArrayNode connections, String senderField, Map<String, JsonNode> sendersOf) {
        Optional<Customer> there = owner(By.exactly(field), value);
        if (there.isEmpty()) {
            return Done.instead("unknown");
        }
        Optional<String> missing = missing(connections, field);
        if (missing.isPresent()) {
            return new Done("notConnected", null, missing.get());
        }
        for (JsonNode connection : connections) {
            JsonNode wanted = sendersOf.get(connection.path("role").asText());
            if (wanted != null && !wanted.equals(there.get().fields().get(senderField))) {
                return new Done("unfit", null, connection.path("role").asText());
            }
        }
        Customer connected = there.get().connected(connections, clock.instant());
        keep(connected);
        return Done.with(connected);
    }

    synchronized Done get(String id) {
        Customer there = customers.get(id);
        return there == null ? Done.instead("unknown") : Done.with(there);
    }

    /** The oldest customer whose field has exactly this value, if it can be seen already. */
    synchronized Done find(String field, String value) {
        return visible(customer -> customer.fields().path(field).asText().equals(value)).stream()
                .findFirst()
                .map(Done::with)
                .orElse(Done.instead("unknown"));
    }

    /** All customers that can be seen, and whose fields contain these texts, in any case. */
    synchronized List<Customer> list(Map<String, String> like) {
        return visible(customer -> like.entrySet().stream()
                .allMatch(part ->
                        lower(customer.fields().path(part.getKey()).asText()).contains(lower(part.getValue()))));
    }

    synchronized List<Customer> customers() {
        return List.copyOf(customers.values());
    }

    synchronized void visibleAfter(Duration delay) {
        visibleAfter = delay;
    }

    // faults that are shown once

    /** Whether this is the first time; only one of several requests at once is told so. */
    synchronized boolean showOnce(String fault) {
        boolean first = shown.add(fault);
        if (first) {
            changes.accept(change().put("shown", fault));
        }
        return first;
    }

    /** Takes back a {@link #showOnce} whose fault could not be shown after all. */
    synchronized void notShown(String fault) {
        if (shown.remove(fault)) {
            changes.accept(change().put("notShown", fault));
        }
    }

    // all of it

    /** Forgets everything but the tokens, which stay good. */
    synchronized void reset() {
        customers.clear();
        indexes.clear();
        keys.clear();
        shown.clear();
        logIns = 0;
        tokenLife = null;
        visibleAfter = Duration.ZERO;
    }

    /** Takes over one line of the memory. */
    synchronized void recall(JsonNode change) {
        if (change.has("token")) {
            tokens.put(
                    change.get("token").asText(),
                    Instant.parse(change.get("until").asText()));
        } else if (change.has("revoked")) {
            tokens.remove(change.get("revoked").asText());
        } else if (change.has("customer")) {
            Customer customer = Customer.fromJson(change.get("customer"));
            customers.put(customer.id().asText(), customer);
            lastNumber = Math.max(lastNumber, customer.id().asLong());
        } else if (change.has("key")) {
            keys.put(
                    change.get("key").asText(),
                    new Key(
                            change.get("digest").asText(),
                            Instant.parse(change.get("at").asText()),
                            Customer.fromJson(change.get("created"))));
        } else if (change.has("shown")) {
            shown.add(change.get("shown").asText());
        } else if (change.has("notShown")) {
            shown.remove(change.get("notShown").asText());
        }
    }

    /** Everything worth remembering, as the fewest lines that say it. */
    synchronized List<ObjectNode> toChanges() {
        List<ObjectNode> all = new ArrayList<>();
        Instant now = clock.instant();
        tokens.forEach((token, until) -> {
            if (until.isAfter(now)) {
                all.add(tokenChange(token, until));
            }
        });
        customers.values().forEach(customer -> all.add(customerChange(customer)));
        keys.forEach((key, seen) -> all.add(keyChange(key, seen)));
        shown.forEach(fault -> all.add(change().put("shown", fault)));
        return all;
    }

    private void keep(Customer customer) {
        String id = customer.id().asText();
        Customer before = customers.put(id, customer);
        indexes.forEach((by, index) -> {
            if (before != null) {
                index.remove(by.key(before), id);
            }
            index.putIfAbsent(by.key(customer), id);
        });
        changes.accept(customerChange(customer));
    }

    private Optional<Customer> ownerOf(By by, ObjectNode body) {
        return body.hasNonNull(by.field()) ? owner(by, body.get(by.field()).asText()) : Optional.empty();
    }

    private Optional<Customer> owner(By by, String value) {
        Map<String, String> index = indexes.computeIfAbsent(by, wanted -> {
            Map<String, String> built = new HashMap<>();
            customers.forEach((id, customer) -> built.putIfAbsent(wanted.key(customer), id));
            return built;
        });
        return Optional.ofNullable(index.get(by.key(value))).map(customers::get);
    }

    private Optional<String> missing(ArrayNode connections, String field) {
        List<String> missing = new ArrayList<>();
        for (JsonNode connection : connections) {
            String other = connection.path(field).asText();
            if (owner(By.exactly(field), other).isEmpty()) {
                missing.add(other);
            }
        }
        return missing.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", missing));
    }

    private List<Customer> visible(Predicate<Customer> which) {
        Instant now = clock.instant();
        return customers.values().stream()
                .filter(customer -> !customer.createdAt().plus(visibleAfter).isAfter(now))
                .filter(which)
                .toList();
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    private ObjectNode change() {
        return JsonNodeFactory.instance.objectNode().put("provider", name);
    }

    private ObjectNode tokenChange(String token, Instant until) {
        return change().put("token", token).put("until", until.toString());
    }

    private ObjectNode customerChange(Customer customer) {
        return change().set("customer", customer.toJson());
    }

    private ObjectNode keyChange(String key, Key seen) {
        ObjectNode change = change().put("key", key)
                .put("digest", seen.digest())
                .put("at", seen.at().toString());
        return change.set("created", seen.created().toJson());
    }
}
