package io.herald.privacy;

/** What may be said of an exception in the log. */
public final class Thrown {

    private Thrown() {}

    /** What was thrown, and where; not its message, which may quote the customer. HotSpot omits the place of what it throws often. */
    public static String described(Throwable thrown) {
        if (thrown == null) {
            return "for no reason that is known";
        }
        StackTraceElement[] trace = thrown.getStackTrace();
        return thrown.getClass().getName() + " at " + (trace.length > 0 ? trace[0] : "an unknown place");
    }
}
