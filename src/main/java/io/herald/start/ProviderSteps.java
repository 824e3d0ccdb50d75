package io.herald.start;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The steps of the bean {@code delivery} that a provider's file has, and the names that its steps set and read. Without one of
 * these steps, or with a name misspelt, Herald would start, and a customer be made twice, or lost.
 */
final class ProviderSteps {

    private static final List<String> OF_ALL = List.of("findLink", "map", "bytesToSend", "readAnswer");
    private static final List<String> OF_A_LOOK_UP = List.of("beginLookUp", "readFound", "settleFound");

    /** The variables that Herald reads. */
    private static final Set<String> READ_BY_HERALD =
            Set.of("method", "path", "lookUp", "token", "expiresIn", "expiresAt");

    /** In an expression, and as the source of one; what is after a dot may be a part of the name, or of the value. */
    private static final Pattern VARIABLE = read("variables?");

    private static final Pattern PROPERTY = read("exchangeProperty");

    /** The property that Herald gives; Camel's own begin with its name. */
    private static final Pattern GIVEN = Pattern.compile("(delivery|Camel\\w*)(\\..*)?");

    private static Pattern read(String functions) {
        return Pattern.compile(
                "(?:\\{(?:%1$s)(?:As\\(|\\??[.:\\[])|^(?:%1$s):)\\s*'?([A-Za-z_][\\w.-]*)".formatted(functions));
    }

    private final String file;
    private final Map<String, List<String>> steps = new HashMap<>();
    private final Set<String> routes = new HashSet<>();
    private final Map<String, String> setVariables = new LinkedHashMap<>();
    private final Map<String, String> readVariables = new LinkedHashMap<>();
    private final Set<String> setProperties = new HashSet<>();
    private final Map<String, String> readProperties = new LinkedHashMap<>();

    /** @param file the path of the provider's file */
    ProviderSteps(String file) {
        this.file = file;
    }

    /** A route begins with {@code direct:} and this name. */
    void route(String name) {
        routes.add(name);
    }

    /** A step is this method of the bean {@code delivery}. */
    void step(String method, String place) {
        steps.computeIfAbsent(method, first -> new ArrayList<>()).add(place);
    }

    /** Where its steps are this method of the bean {@code delivery}. */
    List<String> placesOf(String method) {
        return steps.getOrDefault(method, List.of());
    }

    /** A step sets a variable. */
    void setsVariable(String name, String place) {
        setVariables.putIfAbsent(name, place);
    }

    /** A step sets a property of the exchange. */
    void setsProperty(String name) {
        setProperties.add(name);
    }

    /** A step reads a variable. */
    void readsVariable(String name, String place) {
        readVariables.putIfAbsent(name, place);
    }

    /** A step has a text, which may name variables and properties in braces. */
    void text(String text, String place) {
        VARIABLE.matcher(text).results().forEach(name -> readsVariable(name.group(1), place));
        PROPERTY.matcher(text).results().forEach(name -> readProperties.putIfAbsent(name.group(1), place));
    }

    /**
     * To be called when the whole file was read, and nothing else is wrong in it.
     *
     * @param provider whose file it is
     * @param mistakes takes what is missing, and what is misspelt
     */
    void check(String provider, List<String> mistakes) {
        boolean finds = routes.contains(provider + RouteNames.FIND);
        boolean logsIn = routes.contains(provider + RouteNames.LOG_IN);
        Stream.concat(OF_ALL.stream(), finds ? OF_A_LOOK_UP.stream() : Stream.empty())
                .filter(method -> !steps.containsKey(method))
                .forEach(method ->
                        mistakes.add(file + ": no step is the method '" + method + "' of the bean 'delivery'"));
        Stream.of(
                        Stream.of("method", "path"),
                        finds ? Stream.of("lookUp") : Stream.<String>empty(),
                        logsIn ? Stream.of("token") : Stream.<String>empty())
                .flatMap(names -> names)
                .filter(name -> !setVariables.containsKey(name))
                .forEach(name -> mistakes.add(file + ": no step sets the variable '" + name + "'"));
        setVariables.entrySet().stream()
                .filter(set -> !READ_BY_HERALD.contains(set.getKey())
                        && readVariables.keySet().stream().noneMatch(read -> isOf(set.getKey(), read)))
                .forEach(set -> mistakes.add(set.getValue() + ": nothing reads the variable '" + set.getKey() + "'"));
        readVariables.entrySet().stream()
                .filter(read -> setVariables.keySet().stream().noneMatch(set -> isOf(set, read.getKey())))
                .forEach(read -> mistakes.add(read.getValue() + ": nothing sets the variable '" + read.getKey() + "'"));
        readProperties.entrySet().stream()
                .filter(read -> setProperties.stream().noneMatch(set -> isOf(set, read.getKey()))
                        && !GIVEN.matcher(read.getKey()).matches())
                .forEach(read -> mistakes.add(
                        read.getValue() + ": nothing sets the property '" + read.getKey() + "' of the exchange"));
    }

    /** Whether what is read is what that name is set to, or a part of it. */
    private static boolean isOf(String set, String read) {
        return read.equals(set) || read.startsWith(set + ".");
    }
}
