package io.herald.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.csv.CsvFactory;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import io.herald.canonical.CanonicalReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The columns of a CSV file, each a place in a canonical customer; makes a row into a customer's JSON. */
final class CsvColumns {

    private static final Pattern STEP = Pattern.compile("([^.\\[\\]]+)((?:\\[[0-9]{1,3}])*)(\\.|$)");
    private static final Pattern INDEX = Pattern.compile("\\[([0-9]+)]");
    private static final Pattern NUMBER = Pattern.compile("-?(0|[1-9][0-9]{0,99})(\\.[0-9]{1,99})?");
    /** As deep, and with names as long, as JSON may be. */
    private static final int MOST_STEPS = 90;

    private static final int LONGEST_STEP = 1024;
    private static final int LONGEST_NAME = 4096;

    /** Columns of a file. */
    static final int MOST = 5_000;

    /** A cell is as long as its row may be. */
    private static final CsvFactory CSV = CsvFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** @param types of what may stand there; empty if anything may */
    private record Column(List<String> path, Set<String> types) {}

    private final ObjectReader rows;
    private final List<Column> columns;

    /**
     * Reads the header.
     *
     * @throws UnreadableFileException if it is none: tells which column and why
     */
    CsvColumns(byte[] header, char delimiter, CanonicalReader customers) throws IOException {
        rows = CsvMapper.builder(CSV)
                .enable(CsvParser.Feature.WRAP_AS_ARRAY)
                .build()
                .readerFor(String[].class)
                .with(CsvSchema.emptySchema().withColumnSeparator(delimiter));
        columns = columns(header, customers);
        refuseOverlaps(columns);
    }

    private List<Column> columns(byte[] header, CanonicalReader customers) throws IOException {
        String[] names;
        try {
            names = cells(header);
        } catch (BadRecordException e) {
            throw new UnreadableFileException("its header " + e.getMessage());
        }
        List<Column> columns = new ArrayList<>();
        Set<List<String>> seen = new HashSet<>();
        for (int i = 0; i < names.length; i++) {
            Optional<List<String>> path = path(names[i].strip());
            Optional<Set<String>> types = path.flatMap(customers::typesAt);
            if (types.isEmpty()) {
                throw new UnreadableFileException("the name of its column " + (i + 1)
                        + " is no place in a canonical customer, such as contact.email or address.lines[0]");
            }
            if (!seen.add(path.get())) {
                throw new UnreadableFileException("the name of its column " + (i + 1) + " is that of another one too");
            }
            columns.add(new Column(path.get(), types.get()));
        }
        return columns;
    }

    /** Refuses a column within another one, and two of which one takes for an array what is an object to the other. */
    private static void refuseOverlaps(List<Column> columns) throws UnreadableFileException {
        Set<List<String>> whole = columns.stream().map(Column::path).collect(Collectors.toSet());
        Map<List<String>, Integer> firstIn = new HashMap<>();
        for (int i = 0; i < columns.size(); i++) {
            List<String> path = columns.get(i).path();
            for (int length = 1; length < path.size(); length++) {
                List<String> parent = path.subList(0, length);
                if (whole.contains(parent)) {
                    throw new UnreadableFileException(
                            "its column " + (i + 1) + " is a part of what another column holds");
                }
                int first = Objects.requireNonNullElse(firstIn.putIfAbsent(parent, i), i);
                if (isIndex(columns.get(first).path().get(length)) != isIndex(path.get(length))) {
                    throw new UnreadableFileException("its columns " + (first + 1) + " and " + (i + 1)
                            + " are in one place, which can be an array or an object, but not both");
                }
            }
        }
    }

    private static Optional<List<String>> path(String name) {
        if (name.length() > LONGEST_NAME) {
            return Optional.empty();
        }
        List<String> path = new ArrayList<>();
        Matcher step = STEP.matcher(name);
        int end = 0;
        while (end < name.length()) {
            if (!step.find(end) || step.start() != end) {
                return Optional.empty();
            }
            path.add(step.group(1));
            INDEX.matcher(step.group(2))
                    .results()
                    .forEach(index -> path.add("[" + Integer.parseInt(index.group(1)) + "]"));
            end = step.end();
        }
        boolean isPlace = !name.isEmpty()
                && !name.endsWith(".")
                && path.size() <= MOST_STEPS
                && path.stream().allMatch(part -> part.length() <= LONGEST_STEP);
        return isPlace ? Optional.of(path) : Optional.empty();
    }

    /**
     * The customer of a row; whether it is a canonical one is not known yet.
     *
     * @throws BadRecordException if it is no row of this file
     */
    ObjectNode customer(byte[] row) throws BadRecordException {
        String[] cells = cells(row);
        if (cells.length != columns.size()) {
            throw new BadRecordException("has " + cells.length + (cells.length == 1 ? " column" : " columns")
                    + " where the header has " + columns.size());
        }
        ObjectNode customer = JSON.objectNode();
        for (int i = 0; i < cells.length; i++) {
            if (!cells[i].isEmpty()) {
                Column column = columns.get(i);
                set(customer, column.path(), value(cells[i], column.types()));
            }
        }
        return (ObjectNode) withArrays(customer);
    }

    private String[] cells(byte[] row) throws BadRecordException {
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(row))
                    .toString();
            MappingIterator<String[]> one = rows.readValues(text);
            String[] cells = one.nextValue();
            if (one.hasNextValue()) {
                throw new BadRecordException("has a line break that is neither LF nor CRLF");
            }
            return cells;
        } catch (CharacterCodingException e) {
            throw new BadRecordException("is not UTF-8");
        } catch (JsonProcessingException e) {
            throw new BadRecordException(
                    "is not a row of CSV (RFC 4180): a quoted cell is not closed, or has text after it");
        } catch (IOException e) {
            throw new BadRecordException("cannot be read");
        }
    }

    private static void set(ObjectNode root, List<String> path, JsonNode value) {
        ObjectNode parent = root;
        for (String step : path.subList(0, path.size() - 1)) {
            parent = parent.withObjectProperty(step);
        }
        parent.set(path.get(path.size() - 1), value);
    }

    /** Makes arrays of the objects whose names are indexes; an element that no cell gave is not there. */
    private static JsonNode withArrays(JsonNode node) {
        if (!(node instanceof ObjectNode object)) {
            return node;
        }
        object.properties().forEach(member -> member.setValue(withArrays(member.getValue())));
        if (object.isEmpty() || !isIndex(object.fieldNames().next())) {
            return object;
        }
        ArrayNode array = JSON.arrayNode();
        object.properties().stream()
                .sorted(Comparator.comparingInt(member -> indexOf(member.getKey())))
                .forEach(member -> array.add(member.getValue()));
        return array;
    }

    private static boolean isIndex(String step) {
        return step.startsWith("[");
    }

    private static int indexOf(String step) {
        return Integer.parseInt(step.substring(1, step.length() - 1));
    }

    /** What a cell stands for: a number or a boolean where one may stand and it is one, else the text. */
    private static JsonNode value(String cell, Set<String> types) {
        if (types.contains("boolean") && (cell.equals("true") || cell.equals("false"))) {
            return JSON.booleanNode(cell.equals("true"));
        }
        if ((types.contains("integer") || types.contains("number"))
                && NUMBER.matcher(cell).matches()) {
            return JSON.numberNode(new BigDecimal(cell));
        }
        return JSON.textNode(cell);
    }
}
