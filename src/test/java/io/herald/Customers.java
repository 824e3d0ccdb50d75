package io.herald;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;

/** Invented customers. */
public final class Customers {

    private Customers() {}

    /** A person that every provider takes; the email is made of the reference, because it is unique at two of them. */
    public static ObjectNode person(String reference) {
        return person(reference, reference.toLowerCase(Locale.ROOT) + "@example.com");
    }

    /** A person with that email, whose local part may carry one of the sandbox's magic values. */
    public static ObjectNode person(String reference, String email) {
        ObjectNode customer = JsonNodeFactory.instance
                .objectNode()
                .put("reference", reference)
                .put("type", "person");
        customer.putObject("person")
                .put("firstName", "Jane")
                .put("lastName", "Doe")
                .put("birthDate", "1995-01-10")
                .put("nationality", "TZ");
        customer.putObject("contact").put("email", email).put("phone", phone(reference));
        customer.putObject("address")
                .put("city", "Dar es Salaam")
                .put("country", "TZ")
                .putArray("lines")
                .add("12 Uhuru Street");
        return customer;
    }

    private static String phone(String reference) {
        return "+2557" + String.format("%08d", Math.floorMod(reference.hashCode(), 100_000_000));
    }
}
