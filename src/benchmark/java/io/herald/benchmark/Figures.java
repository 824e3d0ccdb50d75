package io.herald.benchmark;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What was measured, round by round, and the table of it: the median of the rounds, with the least and the most. */
final class Figures {

    private static final int MOST_OF_A_FAULT = 300;

    private static final class Row {

        private final Map<String, Map<Integer, Double>> columns = new LinkedHashMap<>();
        private String fault;
    }

    private final Map<String, Map<String, Row>> scenarios = new TreeMap<>();

    void add(String scenario, String row, int round, String column, double value) {
        System.out.printf(Locale.ROOT, "  %s | %s | %s: %s%n", scenario, row, column, written(value));
        row(scenario, row)
                .columns
                .computeIfAbsent(column, name -> new TreeMap<>())
                .put(round, value);
    }

    /** Something was wrong, so there is no figure. */
    void fault(String scenario, String row, String fault) {
        String told = fault.length() > MOST_OF_A_FAULT ? fault.substring(0, MOST_OF_A_FAULT) + "…" : fault;
        System.out.printf("  %s | %s: %s%n", scenario, row, told);
        Row faulty = row(scenario, row);
        if (faulty.fault == null) {
            faulty.fault = told;
        }
    }

    private Row row(String scenario, String row) {
        return scenarios
                .computeIfAbsent(scenario, name -> new LinkedHashMap<>())
                .computeIfAbsent(row, name -> new Row());
    }

    /** Adds a column: of each round, how much of the other row's figure this row's is, where that is at most so much. */
    void ratio(String scenario, String row, String column, String other, double most, String name) {
        Map<Integer, Double> mine = values(scenario, row, column);
        Map<Integer, Double> base = values(scenario, other, column);
        mine.forEach((round, value) -> {
            if (base.containsKey(round)) {
                row(scenario, row)
                        .columns
                        .computeIfAbsent(name, none -> new TreeMap<>())
                        .put(round, value / Math.min(most, base.get(round)));
            }
        });
    }

    private Map<Integer, Double> values(String scenario, String row, String column) {
        Row found = scenarios.getOrDefault(scenario, Map.of()).get(row);
        return found == null || found.fault != null ? Map.of() : found.columns.getOrDefault(column, Map.of());
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        scenarios.forEach((scenario, rows) -> {
            text.append("\n### ").append(scenario).append("\n\n");
            List<String> columns = rows.values().stream()
                    .flatMap(row -> row.columns.keySet().stream())
                    .distinct()
                    .toList();
            int width = Math.max(columns.size(), 1);
            text.append("| | ").append(String.join(" | ", columns)).append(" |\n|---");
            text.append("|---".repeat(width)).append("|\n");
            rows.forEach((name, row) -> {
                text.append("| ").append(name);
                if (row.fault != null) {
                    text.append(" | no figure: ").append(row.fault).append(" |\n");
                    return;
                }
                for (String column : columns) {
                    text.append(" | ").append(cell(row.columns.getOrDefault(column, Map.of())));
                }
                text.append(" |\n");
            });
        });
        return text.toString();
    }

    private static String cell(Map<Integer, Double> values) {
        List<Double> sorted = values.values().stream().sorted().toList();
        if (sorted.isEmpty()) {
            return "";
        }
        int middle = sorted.size() / 2;
        double median = sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
        return sorted.size() == 1
                ? written(median)
                : written(median) + " (" + written(sorted.get(0)) + " to " + written(sorted.get(sorted.size() - 1))
                        + ")";
    }

    /** Three digits that count; all of those before the point. */
    private static String written(double value) {
        double size = Math.abs(value);
        int digits = size >= 100 || value == Math.rint(value) ? 0 : size >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%,." + digits + "f", value);
    }
}
