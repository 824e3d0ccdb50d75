package io.herald.benchmark;

import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** What the {@link ProviderStub} remembers of one provider. Safe for use by many threads. */
final class Provider {

    /** @param key the idempotency key of the create, or null where there was none */
    record Customer(String id, String email, String name, String phone, String key) {}

    private final Map<String, Customer> byEmail = new ConcurrentHashMap<>();
    private final Map<String, Customer> byPhone = new ConcurrentHashMap<>();
    private final Map<String, Customer> byId = new ConcurrentHashMap<>();
    private final Set<String> tokens = ConcurrentHashMap.newKeySet();
    private final AtomicLong ids = new AtomicLong();
    private final AtomicLong logIns = new AtomicLong();
    private final AtomicLong unauthorized = new AtomicLong();
    private final AtomicLong twice = new AtomicLong();
    private final Histogram underWay = new ConcurrentHistogram(3_600_000_000L, 3);
    private volatile boolean hangs;

    String logIn() {
        String token = "token-" + logIns.incrementAndGet() + '-' + System.nanoTime();
        tokens.add(token);
        return token;
    }

    void revoke() {
        tokens.clear();
    }

    boolean isIssued(String token) {
        boolean issued = tokens.contains(token);
        if (!issued) {
            unauthorized.incrementAndGet();
        }
        return issued;
    }

    void hang(boolean on) {
        hangs = on;
    }

    boolean hangs() {
        return hangs;
    }

    /** Notes how long a customer took from its sender to here. */
    void arrived(String email) {
        int at = email.indexOf('@');
        int dash = email.lastIndexOf('-', at);
        if (dash > 0) {
            underWay.recordValue(Math.max(0, Customers.now() - Long.parseLong(email, dash + 1, at, 10)));
        }
    }

    /** A number that no customer has. */
    long nextId() {
        return ids.incrementAndGet();
    }

    Customer withEmail(String email) {
        return byEmail.get(email);
    }

    Customer withPhone(String phone) {
        return byPhone.get(phone);
    }

    Customer withId(String id) {
        return byId.get(id);
    }

    /** Keeps a new customer; that its email is there already is noted. */
    void create(Customer customer) {
        if (byEmail.put(customer.email, customer) != null) {
            twice.incrementAndGet();
        }
        byId.put(customer.id, customer);
        if (customer.phone != null) {
            byPhone.putIfAbsent(customer.phone, customer);
        }
    }

    /** Forgets customers and counts, but no token. */
    void reset() {
        byEmail.clear();
        byPhone.clear();
        byId.clear();
        underWay.reset();
        logIns.set(0);
        unauthorized.set(0);
        twice.set(0);
    }

    /** Times in milliseconds. */
    JsonObject counts() {
        return new JsonObject()
                .put("logIns", logIns.get())
                .put("unauthorized", unauthorized.get())
                .put("customers", byEmail.size())
                .put("twice", twice.get())
                .put("arrived99", underWay.getValueAtPercentile(99) / 1e3);
    }
}
