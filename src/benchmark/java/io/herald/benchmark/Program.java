package io.herald.benchmark;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process of its own that listens on a port, in a directory of its own below {@code target/benchmark}. */
final class Program implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final Process process;
    private final Path directory;
    private final int port;

    private Program(Process process, Path directory, int port) {
        this.process = process;
        this.directory = directory;
        this.port = port;
    }

    /** Starts it, and does not wait until it listens. */
    static Program launch(String name, List<String> command, Map<String, String> environment, int port)
            throws IOException {
        Path directory = Files.createTempDirectory(
                Files.createDirectories(Path.of("target/benchmark").toAbsolutePath()), name + "-");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output.log").toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return new Program(builder.start(), directory, port);
    }

    /** Starts it, and waits until it takes connections. */
    static Program start(String name, List<String> command, Map<String, String> environment, int port)
            throws IOException, InterruptedException {
        Program program = launch(name, command, environment, port);
        program.awaitListening();
        return program;
    }

    /** A port that nobody listens on now. */
    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    void awaitListening() throws InterruptedException, IOException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!listens()) {
            if (!process.isAlive() || System.nanoTime() > end) {
                String output = Files.readString(directory.resolve("output.log"));
                close();
                throw new IllegalStateException("does not listen; " + directory + "/output.log:\n" + output);
            }
            Thread.sleep(5);
        }
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    int port() {
        return port;
    }

    long pid() {
        return process.pid();
    }

    Path directory() {
        return directory;
    }

    /** Processor time of all its threads since it was started, by the operating system; in steps of 10 ms. */
    Duration processorTime() {
        return process.info().totalCpuDuration().orElseThrow();
    }

    double residentMegabytes() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + pid() + "/status")).stream()
                        .filter(line -> line.startsWith("VmRSS:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                        .findFirst()
                        .orElseThrow()
                / 1024.0;
    }

    /** Ends it as an operator does, and waits until it has ended. */
    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            close();
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
