package io.herald.audit;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.herald.time.Timestamps;
import java.time.Instant;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/**
 * Who did what and when, in the log category {@code io.herald.audit}: each event is one JSON object, of names and numbers of
 * our own. Nothing of a customer is in it but the reference, and no word of a provider. Told when it is durable.
 */
public final class Audit {

    /** Who has a record of a dropped file accepted. */
    public static final String FILE = "file";

    private static final Logger LOG = Logger.getLogger("io.herald.audit");

    private Audit() {}

    /**
     * Tells of one event.
     *
     * @param by the subject of the caller, {@link #FILE}, or {@link io.herald.caller.Callers#HERALD}
     * @param what adds what it was done to
     */
    public static void did(String by, String action, Consumer<ObjectNode> what) {
        ObjectNode event = JsonNodeFactory.instance
                .objectNode()
                .put("at", Timestamps.of(Instant.now()))
                .put("by", by)
                .put("action", action);
        what.accept(event);
        LOG.info(event.toString());
    }
}
