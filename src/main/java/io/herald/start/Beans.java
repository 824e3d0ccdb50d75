package io.herald.start;

import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import java.util.Arrays;
import java.util.Set;

/** The names that a route file may refer to, told without making any of the beans. */
final class Beans {

    private final BeanManager manager;
    private final Set<String> bound;

    /** @param bound the names that are bound beside the named beans */
    Beans(BeanManager manager, Set<String> bound) {
        this.manager = manager;
        this.bound = bound;
    }

    boolean has(String name) {
        return bound.contains(name) || !manager.getBeans(name).isEmpty();
    }

    /** Whether it has a public method of that name. */
    boolean hasMethod(String name, String method) {
        return manager.getBeans(name).stream()
                .map(Bean::getBeanClass)
                .flatMap(type -> Arrays.stream(type.getMethods()))
                .anyMatch(found -> found.getName().equals(method));
    }
}
