package io.herald.schema;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * One thing that is wrong with a document.
 *
 * <p>A field that is missing, or that is not known, is named by its own pointer, not by that of the object around it.
 *
 * @param pointer RFC 6901 JSON pointer to the field at fault; the empty string is the whole document
 * @param message a sentence without its subject ("is required"); never holds a value of the document
 */
public record Fault(String pointer, String message) implements Comparable<Fault> {

    private static final int MOST = 100;

    private static final Comparator<Fault> ORDER =
            Comparator.comparing(Fault::pointer).thenComparing(Fault::message);

    public Fault {
        Objects.requireNonNull(pointer, "pointer");
        Objects.requireNonNull(message, "message");
    }

    /**
     * A pointer to a child of the place that {@code parent} points to.
     *
     * @param parent RFC 6901 pointer
     * @param name a field's name, not yet escaped, or an index
     */
    public static String child(String parent, String name) {
        return parent + '/' + name.replace("~", "~0").replace("/", "~1");
    }

    /** So many of them as are worth keeping, and then how many more there are. */
    public static List<Fault> most(List<Fault> faults) {
        if (faults.size() <= MOST) {
            return faults;
        }
        List<Fault> most = new ArrayList<>(faults.subList(0, MOST));
        most.add(new Fault("", "has " + (faults.size() - MOST) + " more faults"));
        return most;
    }

    /** As reports, problems and the ledger have them: an array of objects with {@code pointer} and {@code message}. */
    public static ArrayNode toJson(List<Fault> faults) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        faults.forEach(fault -> array.addObject().put("pointer", fault.pointer).put("message", fault.message));
        return array;
    }

    /** By pointer, then by message; both in the order of their UTF-16 code units. */
    @Override
    public int compareTo(Fault other) {
        return ORDER.compare(this, other);
    }
}
