package io.herald.privacy;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** How a value is written in a URL, within a string of JSON, and in HTML: a provider may quote the request it got. */
final class Spelling {

    private static final int LAST_ASCII = 0x7E;

    private Spelling() {}

    static Set<String> of(String value) {
        String form = URLEncoder.encode(value, StandardCharsets.UTF_8);
        String json = new String(JsonStringEncoder.getInstance().quoteAsString(value));
        String ascii = ascii(json);
        return Set.copyOf(List.of(form, form.replace("+", "%20"), json, ascii, ascii.replace("/", "\\/"), html(value)));
    }

    /** JSON in which what is not ASCII is escaped, as many programs write it. */
    private static String ascii(String json) {
        StringBuilder ascii = new StringBuilder();
        json.chars().forEach(unit -> {
            if (unit > LAST_ASCII) {
                ascii.append(String.format("\\u%04x", unit));
            } else {
                ascii.append((char) unit);
            }
        });
        return ascii.toString();
    }

    private static String html(String value) {
        return value.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#039;");
    }
}
