package io.herald.start;

import static io.herald.start.YamlNodes.value;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** The variables and properties that a provider's routes set and read, which have to be the same. */
final class ValueNames {

    /** The variable with the method of the call. */
    static final String METHOD = "method";

    /** The variable with its path. */
    static final String PATH = "path";

    /** The variable with the template of what a customer is looked up by. */
    static final String LOOK_UP = "lookUp";

    private static final String TOKEN = "token";

    /** The variables that Herald reads. */
    private static final Set<String> READ_BY_HERALD = Set.of(METHOD, PATH, LOOK_UP, TOKEN, "expiresIn", "expiresAt");

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
    private final List<String> mistakes;
    private final Map<String, String> setVariables = new LinkedHashMap<>();
    private final Map<String, String> readVariables = new LinkedHashMap<>();
    private final Set<String> setProperties = new HashSet<>();
    private final Map<String, String> readProperties = new LinkedHashMap<>();

    /**
     * @param file the path of the provider's file
     * @param mistakes takes what is wrong, with file, line and column
     */
    ValueNames(String file, List<String> mistakes) {
        this.file = file;
        this.mistakes = mistakes;
    }

    /** A key has a text. */
    void text(String key, ScalarNode text) {
        String place = place(text);
        VARIABLE.matcher(text.getValue()).results().forEach(name -> readVariables.putIfAbsent(name.group(1), place));
        PROPERTY.matcher(text.getValue()).results().forEach(name -> readProperties.putIfAbsent(name.group(1), place));
        switch (key) {
            case "variable", "variableSend" -> readsVariable(text);
            case "variableReceive" -> setsVariable(text);
            default -> {}
        }
    }

    /** @param name null if there is none */
    void setsVariable(ScalarNode name) {
        if (name != null) {
            setVariables.putIfAbsent(name.getValue(), place(name));
        }
    }

    /** @param name null if there is none */
    void readsVariable(ScalarNode name) {
        if (name != null) {
            readVariables.putIfAbsent(name.getValue(), place(name));
        }
    }

    /** @param name null if there is none */
    void setsProperty(ScalarNode name) {
        setProperties.add(value(name));
        if (GIVEN.matcher(value(name)).matches()) {
            mistakes.add(place(name) + ": the property '" + name.getValue() + "' is not for a provider's route to set");
        }
    }

    /**
     * To be called when the whole file was read.
     *
     * @param finds whether it looks customers up
     * @param logsIn whether it logs in
     */
    void check(boolean finds, boolean logsIn) {
        missingVariables(finds, logsIn);
        variables();
        properties();
    }

    private void missingVariables(boolean finds, boolean logsIn) {
        Stream.of(
                        Stream.of(METHOD, PATH),
                        finds ? Stream.of(LOOK_UP) : Stream.<String>empty(),
                        logsIn ? Stream.of(TOKEN) : Stream.<String>empty())
                .flatMap(names -> names)
                .filter(name -> !setVariables.containsKey(name))
                .forEach(name -> mistakes.add(file + ": no step sets the variable '" + name + "'"));
    }

    private void variables() {
        setVariables.entrySet().stream()
                .filter(set -> !READ_BY_HERALD.contains(set.getKey())
                        && readVariables.keySet().stream().noneMatch(read -> isOf(set.getKey(), read)))
                .forEach(set -> mistakes.add(set.getValue() + ": nothing reads the variable '" + set.getKey() + "'"));
        readVariables.entrySet().stream()
                .filter(read -> setVariables.keySet().stream().noneMatch(set -> isOf(set, read.getKey())))
                .forEach(read -> mistakes.add(read.getValue() + ": nothing sets the variable '" + read.getKey() + "'"));
    }

    private void properties() {
        readProperties.entrySet().stream()
                .filter(read -> setProperties.stream().noneMatch(set -> isOf(set, read.getKey()))
                        && !GIVEN.matcher(read.getKey()).matches())
                .forEach(read -> mistakes.add(
                        read.getValue() + ": nothing sets the property '" + read.getKey() + "' of the exchange"));
    }

    private String place(ScalarNode node) {
        return YamlNodes.place(file, node);
    }

    /** Whether what is read is what that name is set to, or a part of it. */
    private static boolean isOf(String set, String read) {
        return read.equals(set) || read.startsWith(set + ".");
    }
}
