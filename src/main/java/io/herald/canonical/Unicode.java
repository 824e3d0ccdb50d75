package io.herald.canonical;

/**
 * Is a body proper Unicode? The parser lets two things pass that would make trouble later, where the text is written
 * again: bytes that only look like UTF-8 (RFC 3629), and an escape that is half of a surrogate pair.
 */
final class Unicode {

    private Unicode() {}

    /** @throws NotJsonException when it is not */
    static void check(byte[] body) {
        int i = 0;
        while (i < body.length) {
            byte b = body[i];
            if (b == '\\') {
                i += escape(body, i);
            } else if (b > 0) {
                i++;
            } else {
                int length = length(body, i);
                if (length == 0) {
                    throw JsonText.notJson("the text is not UTF-8", body, i);
                }
                i += length;
            }
        }
    }

    /** How many bytes to go on: past the whole escape, so that an escaped backslash does not start another. */
    private static int escape(byte[] body, int at) {
        int unit = unit(body, at);
        if (unit < 0xD800 || unit > 0xDFFF) {
            return Math.min(2, body.length - at);
        }
        int next = unit(body, at + 6);
        if (unit > 0xDBFF || next < 0xDC00 || next > 0xDFFF) {
            throw JsonText.notJson("an escape is half of a surrogate pair", body, at);
        }
        return 12;
    }

    /** The UTF-16 code unit that is escaped there, or -1 when none is. */
    private static int unit(byte[] body, int at) {
        if (at + 6 > body.length || body[at] != '\\' || body[at + 1] != 'u') {
            return -1;
        }
        int unit = 0;
        for (int i = at + 2; i < at + 6; i++) {
            int digit = Character.digit(body[i], 16);
            if (digit < 0) {
                return -1;
            }
            unit = unit << 4 | digit;
        }
        return unit;
    }

    /** How many bytes the character has that starts there and is not ASCII, or 0 when it is not well-formed. */
    private static int length(byte[] body, int at) {
        int lead = body[at] & 0xFF;
        if (lead >= 0xC2 && lead <= 0xDF) {
            return isBetween(body, at + 1, 0x80, 0xBF) ? 2 : 0;
        }
        if (lead >= 0xE0 && lead <= 0xEF) {
            int from = lead == 0xE0 ? 0xA0 : 0x80;
            int to = lead == 0xED ? 0x9F : 0xBF;
            return isBetween(body, at + 1, from, to) && isBetween(body, at + 2, 0x80, 0xBF) ? 3 : 0;
        }
        if (lead >= 0xF0 && lead <= 0xF4) {
            int from = lead == 0xF0 ? 0x90 : 0x80;
            int to = lead == 0xF4 ? 0x8F : 0xBF;
            return isBetween(body, at + 1, from, to)
                            && isBetween(body, at + 2, 0x80, 0xBF)
                            && isBetween(body, at + 3, 0x80, 0xBF)
                    ? 4
                    : 0;
        }
        return 0;
    }

    private static boolean isBetween(byte[] body, int at, int from, int to) {
        return at < body.length && (body[at] & 0xFF) >= from && (body[at] & 0xFF) <= to;
    }
}
