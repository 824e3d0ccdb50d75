package io.herald.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts what the ledger keeps of a customer: AES-256 in Galois/Counter Mode, a random 96-bit nonce for each record (NIST
 * SP 800-38D). A record is a format byte, four bytes that name the key, the nonce, and the text with its tag; it opens only
 * for the purpose that it was sealed for. Of several keys the first one seals, and each opens what it sealed when it was the
 * first: so a key is replaced while records of the former one are kept.
 */
public final class PayloadCipher {

    /** The length of a key. */
    public static final int KEY_BYTES = 32;

    private static final byte FORMAT = 1;
    private static final int KEY_ID_BYTES = 4;
    private static final int NONCE_BYTES = 12;
    private static final int HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;
    private static final int TAG_BYTES = 16;

    private final Map<String, SecretKeySpec> keys = new LinkedHashMap<>();
    private final SecretKeySpec sealing;
    private final byte[] sealingId;
    private final SecureRandom random = new SecureRandom();
    private final Queue<Cipher> idle = new ConcurrentLinkedQueue<>();

    /**
     * @param keys 32 bytes each
     * @throws IllegalArgumentException if there is none, or one has another length
     */
    public PayloadCipher(byte[]... keys) {
        if (keys.length == 0) {
            throw new IllegalArgumentException("there is no payload key");
        }
        for (byte[] key : keys) {
            if (key.length != KEY_BYTES) {
                throw new IllegalArgumentException(
                        "a payload key has " + KEY_BYTES + " bytes, this one has " + key.length);
            }
            this.keys.put(HexFormat.of().formatHex(idOf(key)), new SecretKeySpec(key, "AES"));
        }
        this.sealing = new SecretKeySpec(keys[0], "AES");
        this.sealingId = idOf(keys[0]);
    }

    /** What names a key in a record: the first bytes of its SHA-256. */
    private static byte[] idOf(byte[] key) {
        return Arrays.copyOf(sha256(key), KEY_ID_BYTES);
    }

    /** Seals a text for a purpose, such as {@code "message 0199…"}. */
    public byte[] seal(String purpose, byte[] text) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed = run(Cipher.ENCRYPT_MODE, sealing, nonce, purpose, text, 0);
            return ByteBuffer.allocate(HEADER_BYTES + sealed.length)
                    .put(FORMAT)
                    .put(sealingId)
                    .put(nonce)
                    .put(sealed)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot encrypt a payload", e);
        }
    }

    /**
     * Opens what {@link #seal} made.
     *
     * @throws SealedException if it was sealed with a key that is not among these (its message has the key's id), or for another purpose, or was changed since
     */
    public byte[] open(String purpose, byte[] record) {
        ByteBuffer in = ByteBuffer.wrap(record);
        byte[] sealedBy = new byte[KEY_ID_BYTES];
        byte[] nonce = new byte[NONCE_BYTES];
        if (record.length < HEADER_BYTES + TAG_BYTES || in.get() != FORMAT) {
            throw new SealedException("not an encrypted payload of this program", null);
        }
        in.get(sealedBy).get(nonce);
        String keyId = HexFormat.of().formatHex(sealedBy);
        SecretKeySpec key = keys.get(keyId);
        if (key == null) {
            throw new SealedException(
                    "a payload in the ledger was encrypted with another herald.payload-key, that of the id " + keyId,
                    null);
        }
        try {
            return run(Cipher.DECRYPT_MODE, key, nonce, purpose, record, HEADER_BYTES);
        } catch (GeneralSecurityException e) {
            throw new SealedException("a payload in the ledger is damaged", e);
        }
    }

    /** With a cipher that is idle: to look one up costs more than what it does. One that failed is dropped. */
    private byte[] run(int mode, SecretKeySpec key, byte[] nonce, String purpose, byte[] input, int from)
            throws GeneralSecurityException {
        Cipher pooled = idle.poll();
        Cipher cipher = pooled == null ? Cipher.getInstance("AES/GCM/NoPadding") : pooled;
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        cipher.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
        byte[] output = cipher.doFinal(input, from, input.length - from);
        idle.offer(cipher);
        return output;
    }

    static byte[] sha256(String text) {
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }
}
