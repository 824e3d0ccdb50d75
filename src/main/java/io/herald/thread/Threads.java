package io.herald.thread;

import java.lang.reflect.Method;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

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

    /** Threads for as many tasks as there are at once. Virtual ones are not kept for the next task: a new one costs less than to wait. */
    public static ExecutorService pool(String prefix) {
        ThreadFactory threads = named(prefix);
        return Runtime.version().feature() >= 21
                ? new ThreadPoolExecutor(0, Integer.MAX_VALUE, 0, TimeUnit.SECONDS, new SynchronousQueue<>(), threads)
                : Executors.newCachedThreadPool(threads);
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
