package io.herald.ledger;

import static io.herald.ledger.Database.query;

import io.herald.provider.RateSlots;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The slots of the providers that have a rate, shared by all who use one ledger. Times are in microseconds. */
@Singleton
public final class RateLedger implements RateSlots {

    private static final String RESERVE = "insert into rate (provider, next_at) values (?, ?)"
            + " on conflict (provider) do update set"
            + " next_at = case when rate.next_at > ? and rate.next_at < ? then rate.next_at + ? else excluded.next_at end"
            + " returning next_at";

    private final Database database;

    RateLedger(Database database) {
        this.database = database;
    }

    /** Waits until it is durable; fails with a {@link LedgerException} as the cause if the ledger cannot be written. */
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
                        .get(0))
                .join();
        return Instant.EPOCH.plus(after - length, ChronoUnit.MICROS);
    }
}
