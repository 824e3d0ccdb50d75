package io.herald.ledger;

import static io.herald.ledger.Database.query;

import io.herald.provider.RateSlots;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The slots of the providers that have a rate, shared by all programs that use the ledger. Its times are in microseconds.
 */
@Singleton
public final class RateLedger implements RateSlots {

    /**
     * Takes the slots behind those that are taken, or from now on, if those have passed or are so far ahead that the clock
     * must have been set back. Returns the end of the slots that were taken.
     */
    private static final String RESERVE = """
            insert into rate (provider, next_at) values (?, ?)
            on conflict (provider) do update set next_at =
              case when rate.next_at > ? and rate.next_at < ? then rate.next_at + ? else excluded.next_at end
            returning next_at
            """;

    private final Database database;

    RateLedger(Database database) {
        this.database = database;
    }

    /**
     * Returns when it is durable.
     *
     * @throws LedgerException if the ledger cannot be written
     */
    @Override
    public Instant reserve(String provider, Instant now, int slots, Duration interval) {
        long earliest = ChronoUnit.MICROS.between(Instant.EPOCH, now);
        long farthest = RateSlots.farthest(slots, interval).dividedBy(ChronoUnit.MICROS.getDuration());
        long length = interval.multipliedBy(slots).toNanos() / 1_000;
        long after = database.write(connection -> query(
                        connection,
                        RESERVE,
                        row -> row.getLong(1),
                        provider,
                        earliest + length,
                        earliest,
                        earliest + farthest,
                        length)
                .get(0));
        return Instant.EPOCH.plus(after - length, ChronoUnit.MICROS);
    }
}
