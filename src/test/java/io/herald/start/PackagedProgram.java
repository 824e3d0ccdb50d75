package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.equalTo;

import io.herald.SandboxResource;
import io.herald.caller.Issuer;
import io.herald.sandbox.Sandbox;
import io.restassured.RestAssured;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import io.restassured.specification.RequestSpecification;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The packaged program, {@code java -jar target/herald/herald.jar} or what a native build made, as a process of its own: in the working
 * directory and with the environment variables that a test gives it, and no others but those that name the {@link Issuer} of
 * tokens. Listens on a free port. For tests
 * that run after packaging ({@code *IT}).
 */
public final class PackagedProgram implements AutoCloseable {

    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final String ARTIFACT = "quarkus-artifact.properties";

    /** Read by a JVM. A native program takes options of the heap among its arguments. */
    private static final List<String> JVM_OPTIONS = List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS");

    private static final Pattern LISTENING = Pattern.compile("Listening on: http://[^:]+:(\\d+)");
    private static final Pattern MANAGEMENT = Pattern.compile("Management interface listening on http://[^:]+:(\\d+)");
    private static final Duration START = Duration.ofSeconds(180);
    private static final Duration STOP = Duration.ofSeconds(60);

    private final Process process;
    private final Path output;
    private int port;

    private PackagedProgram(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /**
     * Starts it, on the Java that runs the test unless the environment has a {@code JAVA_HOME}, and returns at once: whether
     * it comes up is {@link #awaitReady}, how it ends {@link #awaitExit}. It comes up sooner than as it is shipped, and is slower
     * in the long run.
     */
    public static PackagedProgram launch(Path workingDirectory, Map<String, String> environment) {
        return run(command(environment), workingDirectory, environment);
    }

    /** The command of {@link #launch}. */
    public static List<String> command(Map<String, String> environment) {
        return command(environment, isNative() ? List.of() : QuickStart.options(java(environment)));
    }

    /** As it is shipped, with no option of ours, for what is measured; waits until it listens. */
    public static PackagedProgram startAsShipped(Path workingDirectory, Map<String, String> environment) {
        return ready(launch(workingDirectory, environment, List.of()));
    }

    private static Path java(Map<String, String> environment) {
        return Path.of(environment.getOrDefault("JAVA_HOME", System.getProperty("java.home")), "bin", "java");
    }

    static PackagedProgram launch(Path workingDirectory, Map<String, String> environment, List<String> options) {
        return run(command(environment, options), workingDirectory, environment);
    }

    private static List<String> command(Map<String, String> environment, List<String> options) {
        List<String> command = new ArrayList<>();
        if (!isNative()) {
            command.add(java(environment).toString());
            command.addAll(options);
            command.add("-jar");
        }
        command.add(file().toString());
        if (isNative()) {
            JVM_OPTIONS.stream()
                    .flatMap(variable ->
                            Stream.of(environment.getOrDefault(variable, "").split(" ")))
                    .filter(option -> option.startsWith("-X"))
                    .forEach(command::add);
        }
        return command;
    }

    /** What the last build packaged. */
    static Path file() {
        return TARGET.resolve(artifact().getProperty("path"));
    }

    /** Whether the last build made a native program, which has no options of a JVM. */
    public static boolean isNative() {
        return artifact().getProperty("type").equals("native");
    }

    /** What Quarkus tells of it. */
    private static Properties artifact() {
        Properties artifact = new Properties();
        try (Reader reader = Files.newBufferedReader(TARGET.resolve(ARTIFACT))) {
            artifact.load(reader);
        } catch (IOException e) {
            throw new UncheckedIOException(ARTIFACT + " is missing: ./mvnw package -DskipTests makes it", e);
        }
        return artifact;
    }

    /** As {@link #launch}, by a command that becomes the program. */
    public static PackagedProgram run(List<String> command, Path workingDirectory, Map<String, String> environment) {
        try {
            Path output = Files.createTempFile(Files.createDirectories(Path.of("target/packaged-program")), "", ".log");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(workingDirectory.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(output.toFile());
            builder.environment().clear();
            Issuer.TRUSTED.settings().forEach((property, value) -> builder.environment()
                    .put(variable(property), value));
            builder.environment().put("HERALD_CALLER_RATE", "1000000");
            builder.environment().put("QUARKUS_HTTP_PORT", "0");
            builder.environment().put("QUARKUS_MANAGEMENT_PORT", "0");
            builder.environment().put("QUARKUS_LOG_CONSOLE_JSON_ENABLED", "false");
            // a machine that does much else is no failure, and Vert.x prints a stack trace of it
            builder.environment().put("QUARKUS_VERTX_MAX_EVENT_LOOP_EXECUTE_TIME", "10m");
            builder.environment().putAll(environment);
            return new PackagedProgram(builder.start(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@link #launch}, and waits until it listens. */
    public static PackagedProgram start(Path workingDirectory, Map<String, String> environment) {
        return ready(launch(workingDirectory, environment));
    }

    /** Waits until it listens, and ends it if it does not. */
    public static PackagedProgram ready(PackagedProgram program) {
        try {
            program.awaitReady();
            return program;
        } catch (RuntimeException | Error e) {
            program.close();
            throw e;
        }
    }

    /** {@link SandboxResource#settings} as environment variables; the data directory is the default one. */
    public static Map<String, String> environment(Sandbox sandbox) {
        Map<String, String> environment = new TreeMap<>();
        SandboxResource.settings(sandbox).forEach((property, value) -> environment.put(variable(property), value));
        environment.remove("HERALD_DATA_DIRECTORY");
        return environment;
    }

    /** {@code provider.bridge-xyz.url} as {@code PROVIDER_BRIDGE_XYZ_URL}. */
    private static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }

    /** A payload key made of a text. */
    public static String payloadKey(String text) {
        try {
            byte[] key = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(key);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws AssertionError with the output, if it ends or does not listen in time */
    public void awaitReady() {
        try {
            Awaitility.await().atMost(START).until(() -> {
                Matcher listening = LISTENING.matcher(output());
                if (listening.find()) {
                    port = Integer.parseInt(listening.group(1));
                    return true;
                }
                if (!process.isAlive()) {
                    throw new AssertionError("the program ended with " + process.exitValue() + ":\n" + output());
                }
                return false;
            });
        } catch (ConditionTimeoutException e) {
            throw new AssertionError("the program does not listen after " + START + ":\n" + output(), e);
        }
    }

    /**
     * Waits until it has ended by itself.
     *
     * @return its exit code
     * @throws AssertionError with the output, if it does not end in time
     */
    public int awaitExit(Duration patience) {
        try {
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("the program still runs after " + patience + ":\n" + output());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while waiting for the program", e);
        }
    }

    /** What it wrote so far, to standard output and standard error. */
    public String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends it a signal, such as {@code STOP}, by the operating system's {@code kill}. */
    public void signal(String name) throws IOException, InterruptedException {
        int exit = new ProcessBuilder("kill", "-" + name, Long.toString(pid()))
                .inheritIO()
                .start()
                .waitFor();
        assertThat(exit).as("kill -" + name).isZero();
    }

    public long pid() {
        return process.pid();
    }

    /** Where it listens. */
    public String url() {
        return "http://localhost:" + port;
    }

    /** Whether it says that it is ready, on its management port. */
    public boolean isReady() {
        Matcher management = MANAGEMENT.matcher(output());
        assertThat(management.find()).as(output()).isTrue();
        return RestAssured.get("http://localhost:" + management.group(1) + "/q/health/ready")
                        .statusCode()
                == 200;
    }

    /** A call to it, by somebody who may do everything. */
    public RequestSpecification call() {
        return RestAssured.given().baseUri(url()).header("Authorization", Issuer.TRUSTED.bearer());
    }

    /** The answer to {@code POST /v1/customers} of this customer. */
    public ValidatableResponse submit(Object customer) {
        return call().contentType(ContentType.JSON)
                .body(customer.toString())
                .post("/v1/customers")
                .then();
    }

    /** Asserts that it still tells of a message what it once answered. */
    public void assertTellsOf(ValidatableResponse answered) {
        Map<String, Object> report = answered.extract().path("$");
        call().get(answered.extract().header("Location")).then().statusCode(200).body("$", equalTo(report));
    }

    /** Ends it as an operator does, with SIGTERM. */
    public void stop() {
        process.destroy();
        awaitExit(STOP);
    }

    /** Ends it as a power cut does, with SIGKILL. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(STOP);
    }

    @Override
    public void close() {
        kill();
    }
}
