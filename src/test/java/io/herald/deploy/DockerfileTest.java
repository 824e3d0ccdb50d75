package io.herald.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;

/** What can be said of an image without making it. That its layout runs, as another user and read-only, is {@code ContainerLayoutIT}. */
class DockerfileTest {

    private static final String JVM = "src/main/docker/Dockerfile.jvm";
    private static final String NATIVE = "src/main/docker/Dockerfile.native";
    private static final Pattern PINNED =
            Pattern.compile("[a-z0-9.-]+(/[a-z0-9-]+)+:(?!latest)[a-z0-9._-]*[0-9][a-z0-9._-]*");

    @ParameterizedTest
    @ValueSource(strings = {JVM, NATIVE})
    void isMadeOfWhatIsNamed(String path) {
        Dockerfile file = Dockerfile.read(Path.of(path));

        List<String> images = new ArrayList<>();
        file.all("ARG").forEach(arg -> images.add(arg.rest().replaceFirst("^[A-Z]+=", "")));
        file.all("FROM").map(from -> from.words().get(0)).forEach(images::add);
        images.remove("${JAVA}");
        images.remove("${JAVA}");
        assertThat(images).as("base images, with registry and tag").hasSize(1).allMatch(PINNED.asMatchPredicate());
    }

    @ParameterizedTest
    @ValueSource(strings = {JVM, NATIVE})
    void runsAsNobodyAndWritesToOneVolume(String path) throws IOException {
        Dockerfile image = Dockerfile.read(Path.of(path)).lastStage();

        assertThat(image.only("USER").rest()).matches("[1-9][0-9]*:[1-9][0-9]*");
        assertThat(image.only("VOLUME").rest()).isEqualTo("/data");
        assertThat(image.environment()).containsEntry("HERALD_DATA_DIRECTORY", "/data/herald");
        assertThat(image.environment().keySet())
                .filteredOn(variable -> !variable.equals("LC_ALL"))
                .isSubsetOf(Settings.variables());
        assertThat(image.only("EXPOSE").words()).containsExactlyElementsOf(Settings.ports());
        assertThat(image.only("ENTRYPOINT").exec()).isNotEmpty();
        String user = image.only("USER").rest();
        assertThat(image.only("RUN").rest()).isEqualTo("mkdir /data && chown " + user + " /data");
    }

    @ParameterizedTest
    @ValueSource(strings = {JVM, NATIVE})
    void copiesWhatPackagingMakes(String path) throws Exception {
        List<String> copied = Dockerfile.read(Path.of(path))
                .all("COPY")
                .filter(copy -> !copy.rest().startsWith("--from="))
                .map(copy -> copy.words().get(0))
                .toList();
        List<String> sent = Files.readAllLines(Path.of(".dockerignore"));

        assertThat(sent).startsWith("*");
        assertThat(copied).isNotEmpty().allSatisfy(source -> {
            assertThat(sent).as(".dockerignore").contains("!" + source.replaceFirst("/$", ""));
            assertThat(made()).as("what there is after packaging").anyMatch(made -> FileSystems.getDefault()
                    .getPathMatcher("glob:" + source.replaceFirst("/$", ""))
                    .matches(made));
        });
    }

    /** What the two packagings make, and what stands in the repository. */
    private static List<Path> made() throws Exception {
        Document pom = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(Path.of("pom.xml").toFile());
        XPath xpath = XPathFactory.newInstance().newXPath();
        String program =
                xpath.evaluate("/project/artifactId", pom) + "-" + xpath.evaluate("/project/version", pom) + "-runner";
        List<Path> made = new ArrayList<>(List.of(Path.of("target/herald"), Path.of("target", program)));
        try (var files = Files.list(Path.of("src/main/docker"))) {
            files.forEach(made::add);
        }
        return made;
    }

    /** A cache that was made by another JVM, or with options that lay out objects otherwise, is left aside. */
    @Test
    void theCacheIsMadeAsItIsUsed() throws IOException {
        Dockerfile file = Dockerfile.read(Path.of(JVM));
        List<String> entry = file.only("ENTRYPOINT").exec();
        List<String> training = file.all("RUN").findFirst().orElseThrow().exec();
        String script = Files.readString(Path.of("src/main/docker/train"));
        List<String> options = training.subList(2, training.size());

        assertThat(training.subList(0, 2)).containsExactly("/bin/sh", "/opt/train");
        assertThat(file.all("FROM").map(from -> from.words().get(0))).containsExactly("${JAVA}", "${JAVA}");
        assertThat(entry.get(1)).isEqualTo("-XX:AOTCache=/opt/herald/herald.aot");
        assertThat(entry.subList(2, entry.size()))
                .containsExactlyElementsOf(concat(options, "-jar", "/opt/herald/herald.jar"));
        assertThat(options)
                .as("the collector, which the JVM would choose by the machine")
                .contains("-XX:+UseSerialGC");
        assertThat(script)
                .contains("java \"$@\" -XX:AOTCacheOutput=/opt/herald/herald.aot -jar /opt/herald/herald.jar ");
    }

    private static List<String> concat(List<String> some, String... more) {
        List<String> all = new ArrayList<>(some);
        all.addAll(List.of(more));
        return all;
    }
}
