package io.herald.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.schibsted.spt.data.jslt.Expression;
import com.schibsted.spt.data.jslt.JsltException;
import com.schibsted.spt.data.jslt.Parser;
import com.schibsted.spt.data.jslt.ResourceResolver;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One compiled JSLT file. Thread-safe: JSLT keeps what belongs to one run on that run's own stack. */
final class Template {

    private static final List<com.schibsted.spt.data.jslt.Function> FUNCTIONS = List.of(new Alpha3());

    /** A file of the same folder; what an import may name. */
    private static final Pattern SIBLING = Pattern.compile("[A-Za-z0-9_-]+\\.jslt");

    /** Strings and comments, which are skipped, or a variable, which is group 1. */
    private static final Pattern VARIABLE =
            Pattern.compile("\"(?:\\\\.|[^\"\\\\])*\"|//[^\\n]*|\\$([A-Za-z_][A-Za-z0-9_-]*)");

    private static final Pattern PARSER_POSITION = Pattern.compile("at line (\\d+), column (\\d+)");
    private static final Pattern UNEXPECTED =
            Pattern.compile("Encountered \" \\S+ \"(.*?) \"\" at line", Pattern.DOTALL);
    private static final Pattern UNEXPECTED_CHARACTER = Pattern.compile("Encountered: \"(.*?)\" \\(\\d+\\)");

    private final String file;
    private final Expression expression;

    private Template(String file, Expression expression) {
        this.file = file;
        this.expression = expression;
    }

    /**
     * Compiles a template; empty when it has a mistake, which then is in {@code mistakes}.
     *
     * @param path its path, relative to the mappings directory
     * @param source the text of a path, for the template's imports
     * @param variables the variables that a run is given
     */
    static Optional<Template> compile(
            String path,
            String text,
            Function<String, Optional<String>> source,
            Collection<String> variables,
            List<String> mistakes) {
        String file = Position.file(path);
        Map<String, String> texts = new LinkedHashMap<>(Map.of(file, text));
        try {
            Expression expression = new Parser(new StringReader(text))
                    .withSource(file)
                    .withFunctions(FUNCTIONS)
                    .withResourceResolver(siblings(path, source, texts))
                    .compile();
            List<String> unknown = unknownVariables(expression, texts, variables);
            mistakes.addAll(unknown);
            return unknown.isEmpty() ? Optional.of(new Template(file, expression)) : Optional.empty();
        } catch (ImportRefused refused) {
            mistakes.add(positionOf(refused.name, texts) + ": " + refused.getMessage());
        } catch (JsltException mistake) {
            mistakes.add(describe(mistake, file, text));
        } catch (UncheckedIOException unreadable) {
            mistakes.add(unreadable.getMessage());
        }
        return Optional.empty();
    }

    /**
     * What the template makes of the input. The result may share nodes with the input and the variables: all of them
     * are to be read only from then on.
     *
     * @throws MappingFailedException when the template fails on this input, or yields something else than an object
     */
    ObjectNode apply(Map<String, JsonNode> variables, JsonNode input) {
        JsonNode result;
        try {
            result = expression.apply(variables, input == null ? NullNode.instance : input);
        } catch (JsltException failure) {
            throw failed(failure, failure.getLine(), failure.getColumn());
        } catch (RuntimeException | StackOverflowError failure) {
            throw failed(failure, 0, 0);
        }
        if (result instanceof ObjectNode object) {
            return object;
        }
        throw new MappingFailedException(file, 0, 0, "the template yields no object for this input");
    }

    private MappingFailedException failed(Throwable failure, int line, int column) {
        MappingFailedException failed = new MappingFailedException(
                file, Math.max(line, 0), Math.max(column, 0), "the template fails on this input");
        failed.setStackTrace(failure.getStackTrace());
        return failed;
    }

    private static ResourceResolver siblings(
            String path, Function<String, Optional<String>> source, Map<String, String> texts) {
        String folder = path.substring(0, path.lastIndexOf('/') + 1);
        return name -> {
            if (!SIBLING.matcher(name).matches()) {
                throw new ImportRefused(
                        name, "imports \"" + name + "\", but only files of the same folder are allowed");
            }
            String text = source.apply(folder + name)
                    .orElseThrow(() -> new ImportRefused(name, "imports \"" + name + "\", but there is no such file"));
            texts.put(Position.file(folder + name), text);
            return new StringReader(text);
        };
    }

    /**
     * JSLT takes a variable that no {@code let} declares for one that the run will bring, and complains at run time. So
     * each is offered here, and those that JSLT takes but a run will not bring are mistakes.
     */
    private static List<String> unknownVariables(
            Expression expression, Map<String, String> texts, Collection<String> variables) {
        Map<String, String> places = new LinkedHashMap<>();
        texts.forEach((file, text) -> {
            Matcher found = VARIABLE.matcher(text);
            while (found.find()) {
                if (found.group(1) != null) {
                    places.putIfAbsent(found.group(1), Position.of(file, text, found.start()));
                }
            }
        });
        Set<String> taken = new TreeSet<>();
        Map<String, JsonNode> offer = new HashMap<>() {
            @Override
            public JsonNode get(Object name) {
                taken.add((String) name);
                return super.get(name);
            }
        };
        places.keySet().forEach(name -> offer.put(name, NullNode.instance));
        try {
            expression.apply(offer, NullNode.instance);
        } catch (RuntimeException | StackOverflowError aboutTheNullInput) {
            // only the variables that JSLT asked for before it ran are of interest
        }
        taken.removeAll(variables);
        String known =
                String.join(", ", variables.stream().map(name -> "$" + name).toList());
        return taken.stream()
                .map(name -> places.get(name) + ": no variable $" + name + "; there are " + known
                        + " and what a let declares")
                .toList();
    }

    private static String positionOf(String imported, Map<String, String> texts) {
        Pattern statement = Pattern.compile("import\\s+(\"" + Pattern.quote(imported) + "\")");
        for (Map.Entry<String, String> text : texts.entrySet()) {
            Matcher found = statement.matcher(text.getValue());
            if (found.find()) {
                return Position.of(text.getKey(), text.getValue(), found.start(1));
            }
        }
        return texts.keySet().iterator().next();
    }

    private static String describe(JsltException mistake, String file, String text) {
        String source = mistake.getSource();
        String where =
                source == null || source.equals(file) ? file : file.substring(0, file.lastIndexOf('/') + 1) + source;
        String told = mistake.getMessageWithoutLocation();
        if (where.equals(file) && text.isBlank()) {
            return file + ": the file is empty";
        }
        Matcher position = PARSER_POSITION.matcher(told);
        boolean parsed = position.find();
        int line = parsed ? Integer.parseInt(position.group(1)) : mistake.getLine();
        int column = parsed ? Integer.parseInt(position.group(2)) : mistake.getColumn();
        return Position.of(where, line, column) + ": " + (parsed ? syntax(told) : told);
    }

    private static String syntax(String told) {
        for (Pattern unexpected : List.of(UNEXPECTED, UNEXPECTED_CHARACTER)) {
            Matcher found = unexpected.matcher(told);
            if (found.find()) {
                return "syntax error: unexpected '" + found.group(1).strip() + "'";
            }
        }
        return "syntax error: unexpected end of file";
    }

    private static final class ImportRefused extends RuntimeException {

        private final String name;

        ImportRefused(String name, String message) {
            super(message);
            this.name = name;
        }
    }
}
