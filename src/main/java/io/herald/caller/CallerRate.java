package io.herald.caller;

import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * How often each caller may call: so many requests a second, and as many as those of one second at once. Of each caller one
 * number is kept, the time at which it will have made up for its calls (the generic cell rate algorithm), and no more than
 * {@value #MOST_CALLERS} of them: one that did not call for longest is forgotten first.
 */
@Singleton
public final class CallerRate {

    static final int MOST_CALLERS = 10_000;

    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final double rate;
    private final LongSupplier nanos;
    private final Map<String, Long> evenAt = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MOST_CALLERS;
        }
    };

    @Inject
    public CallerRate(@ConfigProperty(name = "herald.caller.rate", defaultValue = "500") double rate) {
        this(rate, System::nanoTime);
    }

    CallerRate(double rate, LongSupplier nanos) {
        this.rate = rate;
        this.nanos = nanos;
    }

    /**
     * Counts a call, unless it comes too early after those before it.
     *
     * @return how long to wait until it may be made; empty if it may be now
     */
    public synchronized Optional<Duration> tooEarlyBy(String subject) {
        long now = nanos.getAsLong();
        long interval = Math.round(SECOND / rate);
        long behind = Math.max(0, evenAt.getOrDefault(subject, now) - now);
        long wait = behind - Math.max(0, SECOND - interval);
        if (wait > 0) {
            return Optional.of(Duration.ofNanos(wait));
        }
        evenAt.put(subject, now + behind + interval);
        return Optional.empty();
    }

    synchronized int kept() {
        return evenAt.size();
    }
}
