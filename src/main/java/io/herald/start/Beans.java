package io.herald.start;

import java.util.Arrays;
import java.util.Set;
import java.util.function.Function;

/** The names that a route file may refer to, told without making any of the beans. */
final class Beans {

    private final Function<String, Set<Class<?>>> named;
    private final Set<String> bound;

    /**
     * @param named the classes of the beans of a name, none if there is no such bean
     * @param bound the names that are bound beside the named beans
     */
    Beans(Function<String, Set<Class<?>>> named, Set<String> bound) {
        this.named = named;
        this.bound = bound;
    }

    boolean has(String name) {
        return bound.contains(name) || !named.apply(name).isEmpty();
    }

    /** Whether it has a public method of that name. */
    boolean hasMethod(String name, String method) {
        return named.apply(name).stream()
                .flatMap(type -> Arrays.stream(type.getMethods()))
                .anyMatch(found -> found.getName().equals(method));
    }
}
