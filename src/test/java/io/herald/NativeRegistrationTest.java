package io.herald;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Named;
import java.lang.reflect.Method;
import java.lang.reflect.Parameter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.ExchangeProperty;
import org.junit.jupiter.api.Test;

/**
 * A native program keeps only what it is told to keep: every class that a route file reaches by its name, by a bean's name
 * or through a property in an expression is registered for reflection.
 */
class NativeRegistrationTest {

    private static final Pattern PROPERTY_OF =
            Pattern.compile("(exchangeProperty\\.[A-Za-z]+|body)\\.([A-Za-z]+)(?![A-Za-z])");

    private final Map<String, Class<?>> beans = new HashMap<>();
    private final Map<String, Class<?>> exchangeProperties = new HashMap<>();
    private final Set<String> registered = new TreeSet<>();
    private final Set<String> missing = new TreeSet<>();
    private int looked;

    @Test
    void whatRoutesReachIsRegistered() throws Exception {
        for (Class<?> type : OurClasses.all()) {
            learn(type);
        }
        try (Stream<Path> files = Files.walk(Path.of("routes"))) {
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                LocatedYaml yaml = LocatedYaml.read(Files.readString(file));
                look(file, yaml, "", yaml.tree());
            }
        }
        assertThat(beans).containsKeys("delivery", "reports");
        assertThat(looked).as("names found in the route files").isGreaterThan(50);
        assertThat(missing)
                .as(
                        "add @RegisterForReflection to the class, or the class to the targets of io.herald.start.HeraldRoutes")
                .isEmpty();
    }

    private void learn(Class<?> type) {
        Optional.ofNullable(type.getAnnotation(Named.class)).ifPresent(named -> beans.put(named.value(), type));
        RegisterForReflection registration = type.getAnnotation(RegisterForReflection.class);
        if (registration != null && registration.targets().length + registration.classNames().length == 0) {
            registered.add(type.getName());
        } else if (registration != null) {
            Stream.of(registration.targets()).map(Class::getName).forEach(registered::add);
            registered.addAll(List.of(registration.classNames()));
        }
        for (Method method : type.getDeclaredMethods()) {
            for (Parameter parameter : method.getParameters()) {
                ExchangeProperty property = parameter.getAnnotation(ExchangeProperty.class);
                if (property != null && parameter.getType().getName().startsWith("io.herald.")) {
                    exchangeProperties.put(property.value(), parameter.getType());
                }
            }
        }
    }

    private void look(Path file, LocatedYaml yaml, String at, JsonNode node) {
        String place = file + ":" + yaml.line(at) + ": ";
        if (node.isTextual()) {
            String text = node.textValue();
            String key = at.substring(at.lastIndexOf('/') + 1);
            boolean isClass = at.matches(".*/(exception/[0-9]+|convertBodyTo/type)");
            if (isClass || text.startsWith("#class:")) {
                need(text.replace("#class:", ""), place);
            } else if (key.equals("ref") && beans.containsKey(text)) {
                need(beans.get(text).getName(), place);
            } else {
                lookIntoExpression(text, place);
            }
        }
        node.properties().forEach(field -> look(file, yaml, at + "/" + field.getKey(), field.getValue()));
        for (int i = 0; node.isArray() && i < node.size(); i++) {
            look(file, yaml, at + "/" + i, node.get(i));
        }
    }

    private void lookIntoExpression(String text, String place) {
        Matcher property = PROPERTY_OF.matcher(text);
        while (property.find()) {
            if (property.group(1).equals("body")) {
                needSomeWith(property.group(2), place);
                continue;
            }
            String name = property.group(1).substring("exchangeProperty.".length());
            Class<?> type = exchangeProperties.get(name);
            if (type == null) {
                missing.add(place + "no bean says of what class the exchange property " + name + " is");
            } else if (!has(type, property.group(2))) {
                missing.add(place + type.getName() + " has no property or method " + property.group(2));
            } else {
                need(type.getName(), place);
            }
        }
    }

    private void need(String type, String place) {
        looked++;
        if (!registered.contains(type)) {
            missing.add(place + type + " is not registered");
        }
    }

    private void needSomeWith(String property, String place) {
        looked++;
        boolean found = registered.stream()
                .filter(name -> name.startsWith("io.herald."))
                .anyMatch(name -> has(load(name), property));
        if (!found) {
            missing.add(place + "no registered class has a property " + property);
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name, false, NativeRegistrationTest.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean has(Class<?> type, String property) {
        String capital = property.substring(0, 1).toUpperCase(Locale.ROOT) + property.substring(1);
        return Stream.of(type.getMethods())
                .map(Method::getName)
                .anyMatch(Set.of(property, "get" + capital, "is" + capital)::contains);
    }
}
