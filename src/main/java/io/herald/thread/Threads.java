package io.herald.thread;

import java.lang.reflect.Method;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;

/** Virtual threads where the runtime has them (Java 21 and later), daemon platform threads elsewhere. */
public final class Threads {

    private Threads() {}

    /** A factory of threads whose names start with that prefix. Neither kind bounds how many there are. */
    public static ThreadFactory named(String prefix) {
        if (Runtime.version().feature() >= 21) {
            return virtual(prefix);
        }
        ThreadFactory platform = Executors.defaultThreadFactory();
        return task -> {
            Thread thread = platform.newThread(task);
            thread.setName(prefix + thread.getId());
            thread.setDaemon(true);
            return thread;
        };
    }

    /** By reflection, because Herald is compiled for Java 17. */
    private static ThreadFactory virtual(String prefix) {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            Method name = type.getMethod("name", String.class, long.class);
            return (ThreadFactory) type.getMethod("factory").invoke(name.invoke(builder, prefix, 0L));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("this Java runtime has no virtual threads", e);
        }
    }
}
