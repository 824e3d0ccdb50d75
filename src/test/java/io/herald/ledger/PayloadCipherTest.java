package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is sealed opens with the same key, for the same purpose and unchanged, and in no other case. */
class PayloadCipherTest {

    private static final byte[] TEXT = "Jane Doe, jane@example.com".getBytes(StandardCharsets.UTF_8);
    private static final String PURPOSE = "outcome 7 xbridge";

    private final PayloadCipher cipher = new PayloadCipher(key("one"));

    @Test
    void opensWhatItSealed() {
        assertThat(cipher.open(PURPOSE, cipher.seal(PURPOSE, TEXT))).isEqualTo(TEXT);
        assertThat(cipher.open(PURPOSE, cipher.seal(PURPOSE, new byte[0]))).isEmpty();
    }

    @Test
    void opensWhatAnotherProgramSealedWithTheSameKey() {
        assertThat(new PayloadCipher(key("one")).open(PURPOSE, cipher.seal(PURPOSE, TEXT)))
                .isEqualTo(TEXT);
    }

    @Test
    void hidesTheText() {
        String sealed = new String(cipher.seal(PURPOSE, TEXT), StandardCharsets.ISO_8859_1);

        assertThat(sealed).doesNotContain("Jane").doesNotContain("example");
    }

    @Test
    void sealsTheSameTextDifferentlyEachTime() {
        assertThat(cipher.seal(PURPOSE, TEXT)).isNotEqualTo(cipher.seal(PURPOSE, TEXT));
    }

    @Test
    void ofSeveralKeysTheFirstSealsAndAllOpen() {
        byte[] before = cipher.seal(PURPOSE, TEXT);
        PayloadCipher both = new PayloadCipher(key("two"), key("one"));

        assertThat(both.open(PURPOSE, before)).isEqualTo(TEXT);
        assertThat(new PayloadCipher(key("two")).open(PURPOSE, both.seal(PURPOSE, TEXT)))
                .isEqualTo(TEXT);
    }

    @Test
    void aKeyThatIsMissingIsNamedByItsIdAndNotShown() {
        byte[] sealed = cipher.seal(PURPOSE, TEXT);
        String id = HexFormat.of().formatHex(sha256(key("one")), 0, 4);

        assertThatIllegalStateException()
                .isThrownBy(() -> new PayloadCipher(key("two"), key("three")).open(PURPOSE, sealed))
                .withMessage(
                        "a payload in the ledger was encrypted with another herald.payload-key, that of the id " + id);
    }

    @Test
    void needsAKey() {
        assertThatIllegalArgumentException().isThrownBy(PayloadCipher::new).withMessage("there is no payload key");
    }

    @Test
    void opensForNoOtherPurpose() {
        byte[] sealed = cipher.seal(PURPOSE, TEXT);

        assertThatIllegalStateException()
                .isThrownBy(() -> cipher.open("outcome 8 xbridge", sealed))
                .withMessageContaining("damaged");
    }

    @Test
    void opensNothingThatWasChangedAnywhere() {
        byte[] sealed = cipher.seal(PURPOSE, TEXT);
        for (int i = 0; i < sealed.length; i++) {
            byte[] changed = sealed.clone();
            changed[i] ^= 1;
            assertThatIllegalStateException()
                    .as("byte " + i + " changed")
                    .isThrownBy(() -> cipher.open(PURPOSE, changed));
        }
    }

    @Test
    void opensNothingThatWasCutShort() {
        byte[] sealed = cipher.seal(PURPOSE, TEXT);
        for (int length = 0; length < sealed.length; length++) {
            byte[] shorter = Arrays.copyOf(sealed, length);
            assertThatIllegalStateException()
                    .as("the first " + length + " bytes")
                    .isThrownBy(() -> cipher.open(PURPOSE, shorter));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 16, 24, 31, 33})
    void takesNoKeyOfAnotherLength(int length) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PayloadCipher(new byte[length]))
                .withMessage("a payload key has 32 bytes, this one has " + length);
    }

    private static byte[] key(String text) {
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
