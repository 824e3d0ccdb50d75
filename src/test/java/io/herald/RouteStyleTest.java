package io.herald;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The route files are valid, in Camel's canonical notation, and in the style of this project. */
class RouteStyleTest {

    private static final Path ROUTES = Path.of("routes");
    private static final RouteStyle STYLE = new RouteStyle();

    static List<Path> files() throws IOException {
        try (Stream<Path> found = Files.walk(ROUTES)) {
            return found.filter(Files::isRegularFile)
                    .filter(file -> !file.equals(ROUTES.resolve("kustomization.yaml")))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void isInStyle(Path file) throws IOException {
        assertThat(file.getFileName().toString())
                .as("a file that does not end in .camel.yaml is not loaded; rename it, or move it elsewhere")
                .endsWith(".camel.yaml");
        assertThat(STYLE.faults(file.toString(), Files.readString(file))).isEmpty();
    }

    @Test
    void theRulesOfOneFileLookAtAllOfThem() throws IOException {
        assertThat(files())
                .extracting(Path::toString)
                .contains("routes/customer.camel.yaml", "routes/providers/xbridge.camel.yaml");
    }

    @Test
    void takesWhatIsInStyle() {
        assertThat(steps("""
                - setBody:
                    expression:
                      constant:
                        expression: a
                """)).isEmpty();
    }

    @Test
    void tellsWhereTheYamlIsBroken() {
        assertThat(faults("- route:\n    id: a\n   description: b\n"))
                .singleElement()
                .asString()
                .startsWith("routes/a.camel.yaml:3:4: not YAML: ");
    }

    @Test
    void tellsWhatCamelDoesNotKnow() {
        assertThat(steps("""
                - setBoddy:
                    expression:
                      constant:
                        expression: a
                """)).containsExactly("routes/a.camel.yaml:9: Camel knows no 'setBoddy' here");
        assertThat(steps("""
                - recipientList:
                    parallelProcessing: "true"
                    expression:
                      constant:
                        expression: direct
                """)).containsExactly("routes/a.camel.yaml:10: string found, boolean expected");
        assertThat(faults("""
                - route:
                    id: a
                    description: A route
                    from:
                      parameters:
                        name: a
                      steps: []
                """)).contains("routes/a.camel.yaml:4: required property 'uri' not found");
    }

    @Test
    void wantsExpressionsSpelledOut() {
        assertThat(steps("""
                - setBody:
                    constant:
                      expression: a
                """))
                .containsExactly("routes/a.camel.yaml:10: write 'expression:' and 'constant:' below it, indented");
        assertThat(steps("""
                - setBody:
                    expression:
                      constant: a
                """))
                .containsExactly("routes/a.camel.yaml:11: write the keys below it instead of the short form");
        assertThat(steps("- log: hello\n"))
                .containsExactly("routes/a.camel.yaml:9: write the keys below it instead of the short form");
    }

    @Test
    void wantsParametersSpelledOut() {
        assertThat(steps("- to:\n    uri: direct:b\n"))
                .containsExactly(
                        "routes/a.camel.yaml:10: write 'uri: direct' and the rest in a 'parameters:' map beside it");
        assertThat(steps("- to:\n    uri: \"{{provider.b.url}}?httpMethod=GET\"\n"))
                .containsExactly(
                        "routes/a.camel.yaml:10: a uri has no query string; write a 'parameters:' map beside it");
    }

    @Test
    void wantsNamesForRoutes() {
        assertThat(faults("- route:\n    from:\n      uri: direct\n      steps: []\n"))
                .containsExactly(
                        "routes/a.camel.yaml:1: a route has an id; write 'id:'",
                        "routes/a.camel.yaml:1: a route has a description; write 'description:', a sentence of what it does");
        assertThat(faults("- routeConfiguration:\n    id: a\n"))
                .containsExactly(
                        "routes/a.camel.yaml:2: a routeConfiguration has a description; write 'description:', a sentence of"
                                + " what it does");
        assertThat(faults("- routeTemplate:\n    id: a\n"))
                .containsExactly(
                        "routes/a.camel.yaml:2: a routeTemplate has a description; write 'description:', a sentence of what"
                                + " it does");
    }

    @Test
    void wantsShortRoutes() {
        String twelve = "- marshal:\n    json: {}\n".repeat(12) + "- filter:\n    steps:\n      - marshal:\n"
                + "          json: {}\n    expression:\n      constant:\n        expression: a\n";
        assertThat(steps(twelve))
                .containsExactly(
                        "routes/a.camel.yaml:2: route a has 13 steps, 12 at most; make two routes of it, with names");
    }

    @Test
    void wantsTheRoutesOfAProviderNamedForIt() {
        assertThat(STYLE.faults("routes/providers/b.camel.yaml", route("- marshal:\n    json: {}\n")))
                .containsExactly(
                        "routes/providers/b.camel.yaml:2: a route in a provider's file starts with its name; write 'id: b-a'");
    }

    @Test
    void wantsNoAddressAndNoSecret() {
        assertThat(steps("- to:\n    uri: \"https://api.example.com\"\n"))
                .contains("routes/a.camel.yaml:10: an address is a property; write '{{provider.<id>.url}}'");
        assertThat(steps("""
                - setHeader:
                    name: X-Api-Key
                    expression:
                      constant:
                        expression: abc
                """))
                .containsExactly("routes/a.camel.yaml:13: a secret is a property; write '{{provider.<id>.<name>}}'");
        assertThat(steps("""
                - setHeaders:
                    headers:
                      - name: Accept
                        expression:
                          constant:
                            expression: application/json
                      - name: X-Api-Key
                        expression:
                          constant:
                            expression: abc
                """))
                .containsExactly("routes/a.camel.yaml:18: a secret is a property; write '{{provider.<id>.<name>}}'");
        assertThat(steps("""
                - setBody:
                    expression:
                      simple:
                        expression: '{"id": "1", "app_secret": "abc"}'
                """))
                .containsExactly("routes/a.camel.yaml:12: a secret is a property; write '{{provider.<id>.<name>}}'");
    }

    @Test
    void wantsWhatIsTheSameForEveryMessageReadOnce() {
        assertThat(steps("""
                - setHeader:
                    name: X-Api-Key
                    expression:
                      simple:
                        expression: ${properties:provider.a.api-key}
                """))
                .containsExactly("routes/a.camel.yaml:13: '${properties:…}' reads all properties for every message;"
                        + " write a constant '{{provider.<id>.<name>}}', which is read once");
    }

    private static List<String> steps(String steps) {
        return faults(route(steps));
    }

    private static String route(String steps) {
        return """
                - route:
                    id: a
                    description: A route
                    from:
                      uri: direct
                      parameters:
                        name: a
                      steps:
                """ + steps.indent(8);
    }

    private static List<String> faults(String text) {
        return STYLE.faults("routes/a.camel.yaml", text);
    }
}
