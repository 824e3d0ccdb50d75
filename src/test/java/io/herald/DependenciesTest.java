package io.herald;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/**
 * Each dependency has its reason in {@code docs/dependencies.md}, and none is there that the build does not use. Herald's own
 * packages depend on each other one way only.
 */
class DependenciesTest {

    private static final Path PAGE = Path.of("docs/dependencies.md");
    private static final Path SOURCES = Path.of("src/main/java/io/herald");
    private static final Pattern IMPORT = Pattern.compile("(?m)^import (?:static )?io\\.herald\\.([a-z]+)\\.");
    private static final Pattern LINE = Pattern.compile("\\| `([^`]+)` \\| \\S.* \\|");
    private static final String DEPENDENCIES = "/project/dependencies/dependency|/project/profiles//dependency";

    /** Who reads a package need not know those that use it. */
    @Test
    void noPackagesNeedEachOtherInACircle() throws IOException {
        Map<String, Set<String>> needs = new TreeMap<>();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = file.getParent().getFileName().toString();
                Set<String> others = needs.computeIfAbsent(name, first -> new TreeSet<>());
                IMPORT.matcher(Files.readString(file)).results().forEach(other -> others.add(other.group(1)));
                others.remove(name);
            }
        }
        assertThat(needs.get("start")).contains("lane");

        boolean fewer;
        do {
            fewer = needs.values().removeIf(others -> Collections.disjoint(others, needs.keySet()));
        } while (fewer);

        assertThat(needs)
                .as("packages that are in a circle, or need one, and what they need: move a class to where it is used")
                .isEmpty();
    }

    @Test
    void eachHasItsReasonInItsSection() throws Exception {
        Set<String> used = new TreeSet<>();
        Document pom = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(Path.of("pom.xml").toFile());
        add(used, "Bills of materials", pom, "/project/dependencyManagement//dependency[scope='import']");
        add(used, "In the program", pom, restricted("[not(scope) or scope='compile' or scope='runtime']"));
        add(used, "At build time and in development only", pom, restricted("[scope='provided']"));
        add(used, "In tests", pom, restricted("[scope='test']"));
        add(used, "Build plugins", pom, "/project/build/plugins/plugin|/project/profiles//plugin");

        assertThat(used).contains("In the program: org.apache.camel.quarkus:camel-quarkus-core");
        assertThat(documented())
                .as("docs/dependencies.md (actual) has a line with a reason for each dependency and plugin of pom.xml"
                        + " (expected), in its section; write it there, or take it out")
                .containsExactlyInAnyOrderElementsOf(used);
    }

    /** What is built tomorrow is made of the same parts: no range, no snapshot, and nothing left to Maven's choice. */
    @Test
    void eachVersionIsPinned() throws Exception {
        Document pom = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(Path.of("pom.xml").toFile());
        XPath xpath = XPathFactory.newInstance().newXPath();
        NodeList named = (NodeList) xpath.evaluate(
                "//plugin|//dependencyManagement//dependency[scope='import']|//dependency[version]|//palantirJavaFormat",
                pom,
                XPathConstants.NODESET);
        List<String> loose = new ArrayList<>();
        for (int i = 0; i < named.getLength(); i++) {
            String version = xpath.evaluate("version", named.item(i));
            Matcher property = Pattern.compile("\\$\\{(.+)}").matcher(version);
            String resolved = property.matches()
                    ? xpath.evaluate("/project/properties/*[name()='" + property.group(1) + "']", pom)
                    : version;
            if (!resolved.matches("[0-9][0-9A-Za-z.-]*") || resolved.contains("SNAPSHOT")) {
                loose.add(xpath.evaluate("artifactId", named.item(i)) + ": " + version);
            }
        }

        assertThat(named.getLength()).isGreaterThan(15);
        assertThat(loose).as("versions that are not one release").isEmpty();
    }

    private static String restricted(String predicate) {
        return DEPENDENCIES.replace("dependency|", "dependency" + predicate + "|") + predicate;
    }

    private static void add(Set<String> used, String section, Document pom, String path)
            throws XPathExpressionException {
        XPath xpath = XPathFactory.newInstance().newXPath();
        NodeList found = (NodeList) xpath.evaluate(path, pom, XPathConstants.NODESET);
        for (int i = 0; i < found.getLength(); i++) {
            String group = xpath.evaluate("groupId", found.item(i));
            used.add(section + ": " + (group.isEmpty() ? "org.apache.maven.plugins" : group) + ":"
                    + xpath.evaluate("artifactId", found.item(i)));
        }
    }

    private static List<String> documented() throws IOException {
        List<String> documented = new ArrayList<>();
        String section = "";
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("## ")) {
                section = line.substring(3);
            }
            Matcher row = LINE.matcher(line);
            if (row.matches()) {
                documented.add(section + ": " + row.group(1));
            }
        }
        return documented;
    }
}
