package io.herald.benchmark;

import io.herald.caller.Issuer;
import io.vertx.core.buffer.Buffer;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is compared, and how each is started. All take {@code POST /v1/customers} and answer with a report. */
enum Contender {
    HERALD("Herald"),
    CEILING("Vert.x fan-out"),
    BY_HAND("by hand"),
    BY_HAND_WITHOUT_LEDGER("by hand, no ledger");

    /** The folder of the Java that runs the benchmark. */
    static final Path OWN_JAVA = Path.of(System.getProperty("java.home"));

    private static final Pattern DELIVERED = Pattern.compile("\"state\":\"delivered\"");

    private final String title;

    Contender(String title) {
        this.title = title;
    }

    @Override
    public String toString() {
        return title;
    }

    /** The command that runs one of the benchmark's own programs. */
    static List<String> java(Path java, List<String> options, String main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(java.resolve("bin/java").toString());
        command.addAll(options);
        String classpath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
        command.addAll(List.of("-cp", classpath, main));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Starts it, and waits until it listens. */
    Program start(Path java, Stub stub, List<String> options) throws IOException, InterruptedException {
        Program program = launch(java, stub, options, Map.of());
        program.awaitListening();
        return program;
    }

    /**
     * Starts it, and does not wait.
     *
     * @param java the folder of a Java runtime
     * @param options of the JVM
     * @param properties of Herald, beside those that it needs
     */
    Program launch(Path java, Stub stub, List<String> options, Map<String, String> properties) throws IOException {
        int port = Program.freePort();
        String name = name().toLowerCase(Locale.ROOT).replace('_', '-');
        return switch (this) {
            case HERALD -> {
                List<String> command = new ArrayList<>(options);
                command.add(0, java.resolve("bin/java").toString());
                command.addAll(List.of(
                        "-jar",
                        Path.of("target/herald/herald.jar").toAbsolutePath().toString()));
                Map<String, String> environment = new TreeMap<>();
                herald(stub, port).forEach((property, value) -> environment.put(variable(property), value));
                properties.forEach((property, value) -> environment.put(variable(property), value));
                yield Program.launch(name, command, environment, port);
            }
            case CEILING ->
                Program.launch(
                        name,
                        java(java, options, VertxFanOut.class.getName(), Integer.toString(port), stub.url()),
                        Map.of(),
                        port);
            case BY_HAND -> byHand(java, stub, options, name, port, List.of("ledger.db"));
            case BY_HAND_WITHOUT_LEDGER -> byHand(java, stub, options, name, port, List.of());
        };
    }

    /** Without these two the JDK's server waits for more to send, and closes connections that are busy. */
    private static Program byHand(
            Path java, Stub stub, List<String> options, String name, int port, List<String> ledger) throws IOException {
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of("-Dsun.net.httpserver.nodelay=true", "-Dsun.net.httpserver.maxIdleConnections=10000"));
        List<String> command = java(
                java,
                all,
                ByHand.class.getName(),
                Integer.toString(port),
                stub.url(),
                Path.of("mappings").toAbsolutePath().toString());
        command.addAll(ledger);
        return Program.launch(name, command, Map.of(), port);
    }

    /**
     * All that Herald is told. What is no address, key or credential and not the default: places for 5,000 messages in flight,
     * 1,000 deliveries at once to each provider, and a caller who may call as often as it likes.
     */
    private static Map<String, String> herald(Stub stub, int port) throws IOException {
        Map<String, String> settings = new TreeMap<>(Issuer.TRUSTED.settings());
        for (String provider : Stub.PROVIDERS) {
            settings.put("provider." + provider + ".url", stub.url() + "/" + provider);
            settings.put("provider." + provider + ".max-connections", "1000");
        }
        settings.put("herald.in-flight.max", "6000");
        settings.put("herald.caller.rate", "1000000");
        settings.put("provider.xbridge.key-id", "sandbox-key-id");
        settings.put("provider.xbridge.secret", "sandbox-secret");
        settings.put("provider.yativo.account-id", "sandbox-account-id");
        settings.put("provider.yativo.app-secret", "sandbox-app-secret");
        settings.put("provider.fraudspect.api-key", "sandbox-fraudspect-key");
        settings.put("provider.bridge-xyz.api-key", "sandbox-bridge-xyz-key");
        settings.put("herald.payload-key", Base64.getEncoder().encodeToString(new byte[32]));
        settings.put("quarkus.http.port", Integer.toString(port));
        settings.put("quarkus.management.port", Integer.toString(Program.freePort()));
        return settings;
    }

    private static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    }

    /** Its customers' address; right is 200 with as many providers that have the customer. */
    static LoadGenerator.Target customers(Program program, int delivered) {
        return new LoadGenerator.Target(
                program.port(),
                "/v1/customers",
                Map.of("Authorization", Issuer.TRUSTED.bearer(), "Prefer", "wait=30"),
                (status, body) -> fault(status, body, delivered));
    }

    static String fault(int status, Buffer body, int delivered) {
        Matcher found = DELIVERED.matcher(body.toString(StandardCharsets.ISO_8859_1));
        int count = 0;
        while (found.find()) {
            count++;
        }
        return status == 200 && count == delivered ? null : status + ": " + body;
    }
}
