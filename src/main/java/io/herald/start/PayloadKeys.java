package io.herald.start;

import io.herald.ledger.PayloadCipher;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Reads {@code herald.payload-key}: keys in base64, with commas between. */
final class PayloadKeys {

    private PayloadKeys() {}

    /**
     * The cipher with the keys of the property, of which the first seals; null if one of them is no key.
     *
     * @param mistakes takes what is wrong, a line each, without the keys
     */
    static PayloadCipher cipher(Optional<String> property, List<String> mistakes) {
        if (property.isEmpty()) {
            mistakes.add("herald.payload-key: required and not set (32 random bytes in base64)");
            return null;
        }
        List<String> wrong = new ArrayList<>();
        String[] texts = property.get().split(",", -1);
        byte[][] keys = new byte[texts.length][];
        for (int i = 0; i < texts.length; i++) {
            keys[i] = key(texts[i].strip());
            if (keys[i] == null) {
                String which = texts.length == 1 ? "" : "key " + (i + 1) + " of " + texts.length + " ";
                wrong.add("herald.payload-key: " + which + "must be 32 bytes in base64");
            }
        }
        mistakes.addAll(wrong);
        return wrong.isEmpty() ? new PayloadCipher(keys) : null;
    }

    /** The key that a text stands for; null if it is none. */
    private static byte[] key(String text) {
        try {
            byte[] key = Base64.getDecoder().decode(text);
            return key.length == PayloadCipher.KEY_BYTES ? key : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
