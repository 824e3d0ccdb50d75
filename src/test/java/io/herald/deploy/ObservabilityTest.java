package io.herald.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The dashboard and the alerts ask for metrics, labels and values that docs/metrics.md has, whose truth MetricsTest keeps. */
class ObservabilityTest {

    private static final Path RULES = Path.of("kubernetes/observability/rules.yaml");
    private static final Path DASHBOARD = Path.of("kubernetes/observability/herald.json");
    private static final Path METRICS = Path.of("docs/metrics.md");
    private static final Path RUNBOOK = Path.of("docs/runbook.md");

    private static final Pattern METRIC =
            Pattern.compile("\\| `(herald_[a-z_]+)` \\| (counter|gauge|histogram) \\| ([^|]*)\\|");
    private static final Pattern LABEL = Pattern.compile("\\| `([a-z]+)`(?: of (`[^|]+`))? \\| ([^|]+) \\|");
    private static final Pattern QUOTED = Pattern.compile("`([^`]*)`");
    private static final Pattern ASKED = Pattern.compile("((?:herald|jvm|process|system)_[a-z_]+)(?:\\{([^}]*)})?");
    private static final Pattern MATCHER = Pattern.compile("([a-z_]+)(=~|!~|!=|=)\"([^\"]*)\"");
    private static final Pattern GROUPED = Pattern.compile("\\bby \\(([^)]*)\\)");
    private static final Pattern WINDOW = Pattern.compile("\\[([0-9]+)m]");
    private static final Pattern TOLD = Pattern.compile("\\{\\{ ?\\$?(?:labels\\.)?([a-z_]+)(?: [^}]*)?}}");

    /** What Prometheus puts to each sample, and the bound of a bucket. */
    private static final Set<String> OF_PROMETHEUS = Set.of("pod", "namespace", "le");

    private final Map<String, String> types = new HashMap<>();
    private final Map<String, Set<String>> labels = new HashMap<>();
    private final Map<String, Set<String>> values = new HashMap<>();

    ObservabilityTest() throws IOException {
        for (String line : Files.readAllLines(METRICS)) {
            Matcher metric = METRIC.matcher(line);
            Matcher label = LABEL.matcher(line);
            if (metric.find()) {
                types.put(metric.group(1), metric.group(2));
                labels.put(metric.group(1), quoted(metric.group(3)));
            } else if (label.matches() && label.group(2) == null) {
                values.put(label.group(1), quoted(label.group(3)));
            } else if (label.matches()) {
                quoted(label.group(2)).forEach(name -> values.put(name + "/" + label.group(1), quoted(label.group(3))));
            }
        }
    }

    @Test
    void everyPanelAsksForWhatThereIs() throws IOException {
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        Set<String> asked = new TreeSet<>();
        Set<Integer> ids = new TreeSet<>();
        for (JsonNode panel : dashboard.path("panels")) {
            assertThat(ids.add(panel.path("id").asInt())).as("an id of its own").isTrue();
            assertThat(panel.path("title").asText()).isNotBlank();
            assertThat(panel.path("targets")).isNotEmpty();
            for (JsonNode target : panel.path("targets")) {
                String expression = target.path("expr").asText();
                asked.addAll(assertThereIs(expression));
                assertThat(expression)
                        .as("an instant, where the panel shows a time")
                        .doesNotContainPattern("\\[[0-9]");
                assertTold(expression, target.path("legendFormat").asText());
            }
        }
        JsonNode variables = dashboard.at("/templating/list");
        assertThat(variables.at("/1/query/query").asText()).isEqualTo("label_values(herald_breaker_state, provider)");
        assertThat(Manifests.stream(variables)
                        .map(variable -> variable.path("name").asText()))
                .containsExactly("datasource", "provider");
        assertThat(labels.get("herald_breaker_state")).contains("provider");
        assertThat(labels.keySet())
                .as("metrics of %s that no panel shows", METRICS)
                .filteredOn(metric -> !asked.contains(metric))
                .isEmpty();
    }

    @Test
    void everyAlertAsksForWhatThereIsAndHasItsEntry() throws IOException {
        List<JsonNode> alerts = alerts();
        assertThat(alerts).hasSizeGreaterThan(6).allSatisfy(alert -> {
            String expression = alert.path("expr").asText();
            assertThereIs(expression);
            assertTold(expression, alert.at("/annotations/summary").asText());
            assertThat(alert.path("for").asText()).matches("[1-9][0-9]*m");
            assertThat(alert.at("/labels/severity").asText()).isIn("critical", "warning");
            assertThat(alert.at("/annotations/runbook_url").asText())
                    .startsWith("https://")
                    .endsWith("/" + RUNBOOK + "#" + alert.path("alert").asText().toLowerCase(Locale.ROOT));
        });
        List<String> entries = Files.readAllLines(RUNBOOK).stream()
                .filter(line -> line.startsWith("## Herald"))
                .map(line -> line.substring(3))
                .toList();
        assertThat(entries)
                .as("entries of %s (actual), alerts of %s (expected)", RUNBOOK, RULES)
                .containsExactlyElementsOf(alerts.stream()
                        .map(alert -> alert.path("alert").asText())
                        .toList());
    }

    /** What happened once is out of the window before the alert fires, or is followed by a success. */
    @Test
    void whatHappensOnceWakesNobody() throws IOException {
        assertThat(alerts())
                .filteredOn(alert -> alert.at("/labels/severity").asText().equals("critical"))
                .filteredOn(alert -> WINDOW.matcher(alert.path("expr").asText()).find())
                .hasSizeGreaterThan(2)
                .allSatisfy(alert -> {
                    String expression = alert.path("expr").asText();
                    List<Integer> windows = WINDOW.matcher(expression)
                            .results()
                            .map(found -> Integer.valueOf(found.group(1)))
                            .toList();
                    if (expression.contains("unless on (provider)")) {
                        assertThat(windows).as("both windows of %s", expression).containsOnly(windows.get(0));
                    } else {
                        int fires = Integer.parseInt(alert.path("for").asText().replace("m", ""));
                        assertThat(windows).as("minutes of %s", expression).allMatch(window -> window <= fires);
                    }
                });
    }

    @Test
    void everyEntryOfTheRunbookSaysWhatItMeansWhatToLookAtAndWhatToDo() throws IOException {
        String[] entries = Files.readString(RUNBOOK).split("\n## Herald");
        String contract = Files.readString(Path.of("src/main/resources/META-INF/openapi.yaml"));

        assertThat(entries).hasSize(alerts().size() + 1);
        assertThat(Arrays.stream(entries).skip(1))
                .allSatisfy(entry -> assertThat(entry).contains("**Means.**", "**Look at.**", "**Do.**"));
        Set<String> asked = new TreeSet<>();
        for (String entry : entries) {
            QUOTED.matcher(entry)
                    .results()
                    .map(found -> found.group(1))
                    .filter(text -> text.startsWith("herald_"))
                    .forEach(expression -> asked.addAll(assertThereIs(expression)));
            Pattern.compile("\\b(GET|POST|DELETE) (/v1/[a-z/{}-]+)")
                    .matcher(entry)
                    .results()
                    .forEach(call -> assertThat(contract).as(call.group()).contains("\n  " + call.group(2) + ":\n"));
        }
        assertThat(asked).isNotEmpty();
    }

    private static List<JsonNode> alerts() throws IOException {
        List<JsonNode> alerts = new ArrayList<>();
        Manifests.parse(Files.readString(RULES)).forEach(rule -> rule.at("/spec/groups")
                .forEach(group -> group.path("rules").forEach(alerts::add)));
        return alerts;
    }

    /** The metrics of the page that an expression asks for; each is there, with the labels, and the values, that it names. */
    private Set<String> assertThereIs(String expression) {
        Set<String> asked = new TreeSet<>();
        Set<String> known = new TreeSet<>(OF_PROMETHEUS);
        Matcher metric = ASKED.matcher(expression);
        while (metric.find()) {
            if (!metric.group(1).startsWith("herald_")) {
                continue;
            }
            String name = documented(metric.group(1));
            assertThat(labels).as("%s, in %s", metric.group(1), expression).containsKey(name);
            asked.add(name);
            known.addAll(labels.get(name));
            if (metric.group(2) != null) {
                MATCHER.matcher(metric.group(2)).results().forEach(matcher -> assertMatches(name, matcher));
            }
        }
        GROUPED.matcher(expression).results().forEach(by -> assertThat(known)
                .as("labels in %s", expression)
                .containsAll(List.of(by.group(1).split(", "))));
        return asked;
    }

    /** A histogram is told as buckets, a count and a sum, and nothing else is. */
    private String documented(String metric) {
        String whole = metric.replaceFirst("_(bucket|count|sum)$", "");
        return "histogram".equals(types.get(whole)) ^ whole.equals(metric) ? whole : metric + " in that form";
    }

    private void assertMatches(String metric, MatchResult matcher) {
        assertThat(labels.get(metric)).as("labels of " + metric).contains(matcher.group(1));
        if (!matcher.group(3).startsWith("$")) {
            assertThat(values.getOrDefault(metric + "/" + matcher.group(1), values.get(matcher.group(1))))
                    .as("values of %s of %s", matcher.group(1), metric)
                    .containsAll(List.of(matcher.group(3).split("\\|")));
        }
    }

    /** What a text tells of is left of the expression: what it is grouped by, or all labels of one metric. */
    private void assertTold(String expression, String text) {
        Set<String> left = GROUPED.matcher(expression)
                .results()
                .flatMap(by -> Stream.of(by.group(1).split(", ")))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> told = TOLD.matcher(text)
                .results()
                .map(found -> found.group(1))
                .filter(label -> !label.equals("value"))
                .collect(Collectors.toCollection(TreeSet::new));
        if (left.isEmpty()) {
            left.addAll(OF_PROMETHEUS);
        }
        assertThat(left).as("what '%s' tells, of %s", text, expression).containsAll(told);
    }

    private static Set<String> quoted(String text) {
        return QUOTED.matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
