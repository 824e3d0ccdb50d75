package io.herald.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a run of the benchmark is told, by system properties {@code benchmark.…}; {@code docs/performance.md} lists them.
 *
 * @param rounds how often each contender is started and measured
 * @param time how long one measurement takes
 * @param warmUp how long a contender is warmed up at most
 * @param scenarios the letters of the issue, {@code jmh} and {@code start}
 * @param javas the folders of the Java runtimes that the contenders run on
 * @param options of Herald's JVM
 * @param fileRecords how many records the file of scenario e has
 */
record Settings(
        int rounds,
        Duration time,
        Duration warmUp,
        Set<String> scenarios,
        List<Contender> contenders,
        List<Path> javas,
        List<String> options,
        int fileRecords) {

    private static final Path JVMS = Path.of("/usr/lib/jvm");

    static Settings read() {
        return new Settings(
                Integer.parseInt(property("rounds", "3")),
                Duration.ofSeconds(Long.parseLong(property("seconds", "6"))),
                Duration.ofSeconds(Long.parseLong(property("warm-up", "180"))),
                new TreeSet<>(list(property("scenarios", "limits,a,b,c,d,e,f,jmh,start"))),
                namedContenders(),
                namedJavas(),
                Arrays.stream(property("options", "").split(" "))
                        .filter(option -> !option.isBlank())
                        .toList(),
                Integer.parseInt(property("file-records", "20000")));
    }

    /** Something was asked for that runs contenders in rounds. */
    boolean hasRounds() {
        return Stream.of("a", "b", "c", "d", "f").anyMatch(scenarios::contains);
    }

    private static String property(String name, String otherwise) {
        String value = System.getProperty("benchmark." + name, "");
        return value.isBlank() ? otherwise : value;
    }

    private static List<String> list(String text) {
        return List.of(text.split(","));
    }

    private static List<Contender> namedContenders() {
        String all = Arrays.stream(Contender.values()).map(Contender::name).collect(Collectors.joining(","));
        return list(property("contenders", all)).stream()
                .map(name -> Contender.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_')))
                .toList();
    }

    /** Those that are named; or the one that runs this, and one with virtual threads, if one is found. */
    private static List<Path> namedJavas() {
        String named = property("java", "");
        if (!named.isBlank()) {
            return list(named).stream().map(Path::of).toList();
        }
        List<Path> javas = new ArrayList<>(List.of(Contender.OWN_JAVA));
        withVirtualThreads().ifPresent(javas::add);
        return javas;
    }

    /** The newest Java of this machine that has virtual threads, other than the one that runs this. */
    private static Optional<Path> withVirtualThreads() {
        if (!Files.isDirectory(JVMS)) {
            return Optional.empty();
        }
        try (Stream<Path> found = Files.list(JVMS)) {
            return found.filter(java -> !Files.isSymbolicLink(java) && Files.isExecutable(java.resolve("bin/java")))
                    .filter(java -> version(java) >= 21)
                    .filter(java -> version(java) != Runtime.version().feature())
                    .max(Comparator.comparingInt(Settings::version));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Of the runtime in that folder, by its file {@code release}; 0 where it has none. */
    static int version(Path java) {
        try (Stream<String> lines = Files.lines(java.resolve("release"))) {
            return lines.filter(line -> line.startsWith("JAVA_VERSION="))
                    .map(line -> line.replaceAll("[^0-9.]", "").split("\\.")[0])
                    .mapToInt(Integer::parseInt)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
