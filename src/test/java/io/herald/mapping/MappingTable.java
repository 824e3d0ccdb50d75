package io.herald.mapping;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.herald.canonical.Countries;
import io.herald.schema.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code src/test/resources/mapping-table/table.txt}: which canonical field goes where. Its head tells its notation. */
final class MappingTable {

    private static final Path FILE = Path.of("src/test/resources/mapping-table/table.txt");
    private static final String NOT_SENT = "—";
    static final String LINK = "$link";

    /** A place in the request and how its value comes from the canonical one. */
    record Cell(String pointer, String how) {}

    /** A canonical field and, per provider, where it goes: nowhere when the list is empty. */
    record Row(int line, String field, String when, Map<String, List<Cell>> cells) {

        boolean appliesTo(boolean person, boolean update) {
            return (when.startsWith("any") || when.startsWith(person ? "person" : "business"))
                    && !when.endsWith(update ? "create" : "update");
        }

        @Override
        public String toString() {
            return FILE + ":" + line + " (" + field + ", " + when + ")";
        }
    }

    /** A canonical field that is there, and what its wildcards stood for. */
    record Match(String pointer, List<String> bindings) {}

    private final List<String> providers;
    private final List<Row> rows;

    private MappingTable(List<String> providers, List<Row> rows) {
        this.providers = providers;
        this.rows = rows;
    }

    static MappingTable read() {
        List<String> lines;
        try {
            lines = Files.readAllLines(FILE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<String> providers = List.of();
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            List<String> columns =
                    Arrays.stream(line.split("\\|")).map(String::strip).toList();
            if (providers.isEmpty()) {
                providers = columns.subList(2, columns.size());
            } else if (columns.size() != providers.size() + 2) {
                throw new IllegalStateException(
                        FILE + ":" + (i + 1) + ": " + columns.size() + " columns, expected " + (providers.size() + 2));
            } else {
                Map<String, List<Cell>> cells = new LinkedHashMap<>();
                for (int p = 0; p < providers.size(); p++) {
                    cells.put(providers.get(p), cells(columns.get(p + 2)));
                }
                rows.add(new Row(i + 1, columns.get(0), columns.get(1), cells));
            }
        }
        return new MappingTable(providers, rows);
    }

    private static List<Cell> cells(String text) {
        return text.equals(NOT_SENT)
                ? List.of()
                : Stream.of(text.split(","))
                        .map(cell -> cell.strip().split(" +", 2))
                        .map(cell -> new Cell(cell[0], cell.length == 1 ? "same" : cell[1]))
                        .toList();
    }

    List<String> providers() {
        return providers;
    }

    List<Row> rows() {
        return rows;
    }

    /** The one row that tells about a field of that message. */
    Row rowOf(String pointer, JsonNode canonical, boolean update) {
        boolean person = canonical.path("type").asText().equals("person");
        List<Row> found = rows.stream()
                .filter(row -> row.appliesTo(person, update))
                .filter(row -> matches(row.field(), canonical).stream()
                        .anyMatch(match -> match.pointer().equals(pointer)))
                .toList();
        if (found.size() != 1) {
            throw new AssertionError("the canonical field " + pointer + " must have one row in " + FILE + " for a "
                    + (person ? "person" : "business") + ", but has " + found);
        }
        return found.get(0);
    }

    /** Every place of the message that a row's field stands for. */
    static List<Match> matches(String field, JsonNode canonical) {
        List<Match> matches = List.of(new Match("", List.of()));
        for (String segment : field.substring(1).split("/")) {
            matches = matches.stream()
                    .flatMap(match -> step(match, segment, canonical))
                    .toList();
        }
        return matches;
    }

    private static Stream<Match> step(Match match, String segment, JsonNode canonical) {
        JsonNode node = canonical.at(match.pointer());
        if (!segment.equals("*") && !segment.startsWith("[")) {
            return node.has(segment) || node.isArray() && segment.matches("\\d+") && node.has(Integer.parseInt(segment))
                    ? Stream.of(new Match(match.pointer() + "/" + segment, match.bindings()))
                    : Stream.empty();
        }
        List<Match> children = new ArrayList<>();
        if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                children.add(bound(match, Integer.toString(i)));
            }
        } else {
            node.fieldNames().forEachRemaining(name -> children.add(bound(match, name)));
        }
        if (segment.equals("*")) {
            return children.stream();
        }
        boolean not = segment.contains("!=");
        String[] condition = segment.substring(1, segment.length() - 1).split("!?=");
        Stream<Match> chosen = children.stream()
                .filter(child -> not
                        != canonical
                                .at(child.pointer())
                                .path(condition[0])
                                .asText()
                                .equals(condition[1]));
        return not ? chosen : chosen.limit(1);
    }

    private static Match bound(Match parent, String name) {
        List<String> bindings = new ArrayList<>(parent.bindings());
        bindings.add(name);
        return new Match(Fault.child(parent.pointer(), name), bindings);
    }

    /** Where in the request a field of the message goes by that cell. */
    static String target(Cell cell, Match match, JsonNode canonical) {
        StringBuilder pointer = new StringBuilder();
        int bound = 0;
        for (String segment : cell.pointer().substring(1).split("/")) {
            if (segment.equals("*")) {
                segment = match.bindings().get(bound++);
            } else if (segment.startsWith("{")) {
                String sibling = segment.substring(1, segment.length() - 1);
                String parent = match.pointer().substring(0, match.pointer().lastIndexOf('/'));
                segment = canonical.at(parent).path(sibling).asText();
            }
            pointer.append(Fault.child("", segment));
        }
        return pointer.toString();
    }

    /** What stands there, by that cell, for that field; a missing node where any value may. */
    static JsonNode expected(Cell cell, Match match, JsonNode canonical) {
        JsonNode value = canonical.at(match.pointer());
        String[] how = cell.how().split(" ");
        return switch (how[0]) {
            case "same" -> value;
            case "alpha3" -> TextNode.valueOf(Countries.alpha3(value.asText()));
            case "upper" -> TextNode.valueOf(value.asText().toUpperCase(Locale.ROOT));
            case "local" -> TextNode.valueOf(value.asText().split("-", 2)[1]);
            case "full-name" ->
                TextNode.valueOf(String.join(
                        " ",
                        Stream.of("firstName", "middleName", "lastName")
                                .map(part -> canonical.path("person").path(part).asText())
                                .filter(part -> !part.isEmpty())
                                .toList()));
            case "is" ->
                Arrays.stream(how[1].split(Pattern.quote("+")))
                        .map(pair -> pair.split(":"))
                        .filter(pair -> pair[0].equals(value.asText()))
                        .map(pair -> (JsonNode) TextNode.valueOf(pair[1]))
                        .findFirst()
                        .orElseThrow();
            case "present", "selects" -> MissingNode.getInstance();
            default -> throw new IllegalStateException(FILE + ": unknown derivation " + cell.how());
        };
    }

    /** Whether a request has what a cell says. */
    static boolean yields(Cell cell, Match match, JsonNode canonical, JsonNode request) {
        JsonNode actual = request.at(target(cell, match, canonical));
        return switch (cell.how().split(" ")[0]) {
            case "selects" -> true;
            case "present" -> !actual.isMissingNode();
            case "is" -> actual.asText().equals(expected(cell, match, canonical).asText());
            default -> JsonDiff.same(expected(cell, match, canonical), actual);
        };
    }

    /** Another value of the same kind as the one that is there, and in no other field of the message. */
    static JsonNode marker(String pointer, JsonNode value) {
        String name = pointer.substring(pointer.lastIndexOf('/') + 1);
        if (value.isBoolean()) {
            return BooleanNode.valueOf(!value.booleanValue());
        }
        return TextNode.valueOf(
                switch (name) {
                    case "country", "nationality" -> "IS";
                    case "subdivision" -> "IS-1";
                    default -> "marker" + pointer.replace('/', '-');
                });
    }
}
