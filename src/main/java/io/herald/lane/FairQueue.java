package io.herald.lane;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A queue for several sources, each in its own order, from which they are served in turn: one that brings much waits for
 * itself, and not the others for it. Not safe for several threads by itself.
 */
final class FairQueue<T> {

    private final Map<String, ArrayDeque<T>> sources = new LinkedHashMap<>();
    private int size;

    void add(String source, T element) {
        sources.computeIfAbsent(source, first -> new ArrayDeque<>()).add(element);
        size++;
    }

    /** Takes the first of the source whose turn it is, or null if there is none at all. */
    T poll() {
        if (size == 0) {
            return null;
        }
        String source = sources.keySet().iterator().next();
        ArrayDeque<T> queue = sources.remove(source);
        T element = queue.poll();
        if (!queue.isEmpty()) {
            sources.put(source, queue);
        }
        size--;
        return element;
    }

    /** The one that {@link #poll} takes next, or null. */
    T peek() {
        return size == 0 ? null : sources.values().iterator().next().peek();
    }

    int size() {
        return size;
    }
}
