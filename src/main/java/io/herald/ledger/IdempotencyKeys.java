package io.herald.ledger;

import static io.herald.ledger.Database.execute;
import static io.herald.ledger.Database.first;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;

/** The table of idempotency keys: which message was accepted under each. */
final class IdempotencyKeys {

    private final Sealing sealing;

    IdempotencyKeys(Sealing sealing) {
        this.sealing = sealing;
    }

    /**
     * A key as it is kept.
     *
     * @param id a digest of the caller and of its key
     * @param digest that of the customer that came under it
     * @param sealed the same, encrypted
     */
    record Kept(String id, byte[] digest, byte[] sealed) {}

    /**
     * The message that was accepted under a key.
     *
     * @param isSame whether it is of the same customer
     */
    record Earlier(UUID message, long sequence, Instant acceptedAt, boolean isSame) {}

    /** @param text the customer that came under the key */
    Kept kept(IdempotencyKey key, byte[] text) {
        String id = id(key);
        byte[] digest = PayloadCipher.sha256(text);
        return new Kept(id, digest, sealing.digest(id, digest));
    }

    static String id(IdempotencyKey key) {
        return HexFormat.of().formatHex(PayloadCipher.sha256(key.caller() + '\n' + key.key()));
    }

    void keep(Connection connection, Kept key, UUID message, Instant now) throws SQLException {
        execute(
                connection,
                "insert into idempotency (id, message, digest, kept_at) values (?, ?, ?, ?)",
                key.id(),
                message.toString(),
                key.sealed(),
                now.toEpochMilli());
    }

    Optional<Earlier> earlier(Connection connection, Kept key) throws SQLException {
        return first(
                connection,
                "select m.id, m.sequence, m.accepted_at, i.digest from idempotency i join message m on m.id = i.message"
                        + " where i.id = ?",
                row -> new Earlier(
                        UUID.fromString(row.getString(1)),
                        row.getLong(2),
                        Instant.ofEpochMilli(row.getLong(3)),
                        Arrays.equals(sealing.openDigest(key.id(), row.getBytes(4)), key.digest())),
                key.id());
    }
}
