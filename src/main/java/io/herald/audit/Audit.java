package io.herald.audit;

import org.jboss.logging.Logger;

/** Who did what, in the log category {@code io.herald.audit}: names of things, and nothing of a customer. */
public final class Audit {

    private static final Logger LOG = Logger.getLogger("io.herald.audit");
    private static final String CALLER = "anonymous";

    private Audit() {}

    /** @param what it was done to, as {@code name=value} */
    public static void did(String action, String what) {
        LOG.infof("by=%s action=%s %s", CALLER, action, what);
    }
}
