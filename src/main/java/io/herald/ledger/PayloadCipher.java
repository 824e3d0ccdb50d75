package io.herald.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Encrypts what the ledger keeps of a customer: AES-256 in Galois/Counter Mode, a random 96-bit nonce for each record (NIST
 * SP 800-38D). A record is a format byte, four bytes that name the key, the nonce, and the text with its tag; it opens only
 * for the purpose that it was sealed for.
 */
public final class PayloadCipher {

    private static final byte FORMAT = 1;
    private static final int KEY_ID_BYTES = 4;
    private static final int NONCE_BYTES = 12;
    private static final int HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES;
    private static final int TAG_BYTES = 16;

    private final SecretKeySpec key;
    private final byte[] keyId;
    private final SecureRandom random = new SecureRandom();

    /**
     * @param key 32 bytes
     * @throws IllegalArgumentException if it has another length
     */
    public PayloadCipher(byte[] key) {
        if (key.length != 32) {
            throw new IllegalArgumentException("a payload key has 32 bytes, this one has " + key.length);
        }
        this.key = new SecretKeySpec(key, "AES");
        this.keyId = Arrays.copyOf(sha256(key), KEY_ID_BYTES);
    }

    /** Seals a text for a purpose, such as {@code "message 0199…"}. */
    public byte[] seal(String purpose, byte[] text) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce, purpose).doFinal(text);
            return ByteBuffer.allocate(HEADER_BYTES + sealed.length)
                    .put(FORMAT)
                    .put(keyId)
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
     * @throws IllegalStateException if it was sealed with another key or for another purpose, or was changed since
     */
    public byte[] open(String purpose, byte[] record) {
        ByteBuffer in = ByteBuffer.wrap(record);
        byte[] sealedBy = new byte[KEY_ID_BYTES];
        byte[] nonce = new byte[NONCE_BYTES];
        if (record.length < HEADER_BYTES + TAG_BYTES || in.get() != FORMAT) {
            throw new IllegalStateException("not an encrypted payload of this program");
        }
        in.get(sealedBy).get(nonce);
        if (!Arrays.equals(sealedBy, keyId)) {
            throw new IllegalStateException("a payload in the ledger was encrypted with another herald.payload-key");
        }
        try {
            return cipher(Cipher.DECRYPT_MODE, nonce, purpose)
                    .doFinal(record, HEADER_BYTES, record.length - HEADER_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a payload in the ledger is damaged", e);
        }
    }

    private Cipher cipher(int mode, byte[] nonce, String purpose) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        cipher.updateAAD(purpose.getBytes(StandardCharsets.UTF_8));
        return cipher;
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }
}
