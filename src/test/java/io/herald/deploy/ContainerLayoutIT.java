package io.herald.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.herald.Customers;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What Dockerfile.jvm puts together runs as its user, with a root that cannot be written, one volume and an empty {@code /tmp},
 * and with routes, mappings and properties mounted as Kubernetes mounts them.
 */
class ContainerLayoutIT {

    private static final Duration QUICKLY = Duration.ofSeconds(60);

    /** Options of the JVM that an older one does not know. */
    private static final Pattern SINCE_25 = Pattern.compile("-XX:(AOTCache=|\\+UseCompactObjectHeaders)");

    /** Becomes the command, in a root of its own: the system's folders, and what the test has laid out, none to be written. */
    private static final String CONTAINER = """
            set -eu
            root=$1 user=$2 directory=$3 java=$4
            shift 4
            mount --make-rprivate /
            mount --bind "$root" "$root"
            mount --bind "$root/data" "$root/data"
            mount --bind "$PROGRAM" "$root/opt/herald"
            for folder in bin lib lib64 usr etc "${java#/}"; do
                if [ -L "/$folder" ]; then
                    ln -s "$(readlink "/$folder")" "$root/$folder"
                elif [ -d "/$folder" ] && [ ! -e "$root/$folder" ]; then
                    mkdir -p "$root/$folder"
                    mount --bind "/$folder" "$root/$folder"
                    mount -o remount,bind,ro "$root/$folder"
                fi
            done
            mkdir "$root/dev" "$root/proc" "$root/tmp"
            mount --rbind /dev "$root/dev"
            mount --rbind /proc "$root/proc"
            mount -t tmpfs tmpfs "$root/tmp"
            mount -o remount,bind,ro "$root/opt/herald"
            mount -o remount,bind,ro "$root"
            exec chroot "$root" setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs \\
                --bounding-set=-all env -u PROGRAM -C "$directory" "$@"
            """;

    private final Dockerfile file = Dockerfile.read(Dockerfile.JVM);
    private final Dockerfile image = file.lastStage();

    @TempDir
    Path directory;

    @AutoClose
    private final Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);

    private Path root;

    @BeforeEach
    void layOut() throws IOException, InterruptedException {
        assumeTrue(mayMount(), "this system gives no mount namespace to this user: run it on Linux, as root");
        root = Files.createDirectory(directory.resolve("root"));
        Files.createDirectories(root.resolve("opt/herald"));
        Path data = Files.createDirectory(root.resolve("data"));
        Files.setAttribute(data, "unix:uid", Integer.parseInt(user().split(":")[0]));
    }

    private static boolean mayMount() throws InterruptedException {
        try {
            return new ProcessBuilder("unshare", "--mount", "true")
                            .inheritIO()
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void deliversAndWritesToItsVolumeOnly() throws IOException {
        mount(Volume.files("routes"), Volume.files("mappings"), Files.readString(Path.of("application.properties")));
        List<Path> before = written();

        try (PackagedProgram program = PackagedProgram.ready(container(Map.of()))) {
            program.submit(Customers.person("CUST-container"))
                    .statusCode(200)
                    .body("deliveries", hasSize(4))
                    .body("deliveries.state", everyItem(is("delivered")));
            assertThat(program.isReady()).isTrue();
            Path process = Path.of("/proc", Long.toString(program.pid()));
            String user = user().split(":")[0];
            assertThat(Files.readAllLines(process.resolve("status")))
                    .as("its user, and what it may beyond a user")
                    .contains(String.join("\t", "Uid:", user, user, user, user), "CapEff:\t0000000000000000");
            assertThat(Files.readAllLines(process.resolve("mountinfo")))
                    .as("the mounts that can be written")
                    .filteredOn(mount -> mount.split(" ")[5].startsWith("rw"))
                    .extracting(mount -> mount.split(" ")[4])
                    .filteredOn(mount -> !mount.matches("/(dev|proc)(/.*)?"))
                    .containsExactlyInAnyOrder("/data", "/tmp");
            program.stop();
        }

        assertThat(written()).containsExactlyElementsOf(before);
        try (Stream<Path> kept = Files.list(root.resolve("data"))) {
            assertThat(kept).containsExactly(root.resolve("data/herald"));
        }
    }

    @Test
    void theCheckFindsMistakesInWhatIsMounted() throws IOException {
        Map<String, String> routes = Volume.files("routes");
        Map<String, String> mappings = Volume.files("mappings");
        routes.computeIfPresent(
                "providers/xbridge.camel.yaml", (name, text) -> text.replace("uri: direct", "uri: dirct"));
        mappings.computeIfPresent("yativo/request.jslt", (name, text) -> text + "}");
        mount(routes, mappings, "herald.ledger=none\n");
        Files.setPosixFilePermissions(
                root.resolve(image.only("WORKDIR").rest().substring(1)).resolve("mappings/fraudspect"),
                PosixFilePermissions.fromString("rwx------"));

        try (PackagedProgram program = container(Map.of("HERALD_CHECK", "true"))) {
            assertThat(program.awaitExit(QUICKLY)).as(program.output()).isEqualTo(1);
            assertThat(program.output())
                    .contains("routes/providers/xbridge.camel.yaml:", "there is no component 'dirct'")
                    .contains("mappings/yativo/request.jslt:")
                    .contains("mappings/fraudspect/request.jslt: cannot be read by this user")
                    .contains("herald.ledger: must be embedded or postgresql")
                    .doesNotContain("Listening on", "the file is missing", "routes/providers/fraudspect.camel.yaml");
        }
        assertThat(root.resolve("data")).isEmptyDirectory();
    }

    private void mount(Map<String, String> routes, Map<String, String> mappings, String properties) throws IOException {
        Path herald = root.resolve(image.only("WORKDIR").rest().substring(1));
        Volume.lay(routes, herald.resolve("routes"));
        Volume.lay(mappings, herald.resolve("mappings"));
        Volume.lay(Map.of("application.properties", properties), herald.resolve("config"));
    }

    /** The image's program, with the variables that a container gets. */
    private PackagedProgram container(Map<String, String> more) {
        String java = System.getProperty("java.home");
        List<String> command = new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", CONTAINER, "sh"));
        command.addAll(List.of(root.toString(), user(), image.only("WORKDIR").rest(), java));
        image.only("ENTRYPOINT").exec().stream()
                .filter(word -> Runtime.version().feature() >= 25
                        || !SINCE_25.matcher(word).lookingAt())
                .forEach(command::add);
        Map<String, String> environment = new TreeMap<>(PackagedProgram.environment(sandbox));
        environment.putAll(image.environment());
        environment.put(
                "PATH", String.join(File.pathSeparator, java + "/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"));
        environment.put("PROGRAM", program().toString());
        environment.put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1");
        environment.putAll(more);
        return PackagedProgram.run(command, directory, environment);
    }

    private String user() {
        return image.only("USER").rest();
    }

    /** What the first stage copies to where the last one takes it from. */
    private Path program() {
        assertThat(image.all("COPY").map(Dockerfile.Instruction::rest))
                .containsExactly("--from=train /opt/herald/ /opt/herald/");
        return file.all("COPY")
                .map(Dockerfile.Instruction::words)
                .filter(words -> words.get(1).equals("/opt/herald/"))
                .map(words -> Path.of(words.get(0)).toAbsolutePath())
                .findFirst()
                .orElseThrow();
    }

    /** What stands in the root beside the volume and the places of mounts. */
    private List<Path> written() throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            return files.filter(path -> !Files.isDirectory(path) && !path.startsWith(root.resolve("data")))
                    .filter(path -> !path.getParent().equals(root))
                    .sorted()
                    .toList();
        }
    }
}
