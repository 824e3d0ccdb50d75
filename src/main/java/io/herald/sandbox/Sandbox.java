package io.herald.sandbox;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.common.FatalStartupException;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All providers on one local port, each under its own name: {@code http://localhost:<port>/xbridge/v1/kyc/customers}.
 * They check and answer as {@code src/sandbox} says, the stubs of WireMock; {@code src/sandbox/README.md} tells how, and
 * lists the magic values that make them fail.
 */
public final class Sandbox implements AutoCloseable {

    /** How many requests {@link #requests} looks back to unless told otherwise, and while their bodies are at most 64 MiB. */
    public static final int JOURNAL = 10_000;

    private static final int ADMIN_JOURNAL = 100;
    private static final int THREADS = 500;
    private static final int STOP_MILLIS = 1_000;

    private final WireMockServer server;
    private final Providers providers;
    private final Answers answers;
    private final Memory memory;
    private final Journal journal;

    private Sandbox(WireMockServer server, Providers providers, Answers answers, Memory memory, Journal journal) {
        this.server = server;
        this.providers = providers;
        this.answers = answers;
        this.memory = memory;
        this.journal = journal;
    }

    /**
     * Starts the sandbox.
     *
     * @param port where to listen, on the loopback interface only; 0 for any free port
     * @param files the folder with {@code mappings}, {@code schemas} and {@code after-the-work.json}: {@code src/sandbox}
     * @param memory the file in which customers, tokens and keys survive a restart, also a kill; null for none
     * @throws RuntimeException when the port is taken, or a stub or a schema has a mistake; the message says which
     */
    public static Sandbox start(int port, Path files, Path memory) {
        return start(port, files, memory, JOURNAL);
    }

    /**
     * Starts the sandbox with a journal of another length.
     *
     * @param journal how many requests, bodies included, {@link #requests} looks back to; 0 keeps none, for load tests
     */
    public static Sandbox start(int port, Path files, Path memory, int journal) {
        return start(port, files, memory, journal, Clock.systemUTC());
    }

    static Sandbox start(int port, Path files, Path memory, int journal, Clock clock) {
        Path mappings = files.resolve("mappings");
        if (!Files.isDirectory(mappings)) {
            throw new IllegalStateException(
                    "the sandbox finds no stubs: there is no folder " + mappings.toAbsolutePath());
        }
        Memory remembered = new Memory(memory);
        Providers providers = new Providers(folders(mappings), clock, remembered);
        FaultyBody faultyBody = new FaultyBody(files.resolve("schemas"), clock);
        Answers answers = new Answers(providers, faultyBody, afterTheWork(files));

        WireMockConfiguration configuration = WireMockConfiguration.options()
                .bindAddress("127.0.0.1")
                .usingFilesUnderDirectory(files.toString())
                .extensions(new Magic(providers), new IssuedToken(providers), faultyBody, answers)
                .containerThreads(THREADS)
                .jettyAcceptors(1)
                .jettyStopTimeout((long) STOP_MILLIS)
                .gzipDisabled(true)
                .http2PlainDisabled(true)
                .stubRequestLoggingDisabled(true);
        configuration = port == 0 ? configuration.dynamicPort() : configuration.port(port);
        Journal kept = journal == 0 ? null : new Journal(journal);
        if (kept == null) {
            configuration.disableRequestJournal();
        } else {
            configuration.extensions(kept).maxRequestJournalEntries(ADMIN_JOURNAL);
        }
        WireMockServer server = null;
        try {
            server = new WireMockServer(configuration);
            server.start();
            for (StubMapping stub : server.getStubMappings()) {
                faultyBody.prepare(stub);
                answers.prepare(stub);
            }
            return new Sandbox(server, providers, answers, remembered, kept);
        } catch (RuntimeException e) {
            remembered.close();
            if (server != null && server.isRunning()) {
                server.stop();
            }
            if (e instanceof FatalStartupException) {
                throw new IllegalStateException("the sandbox cannot listen on port " + port + ": " + e.getMessage(), e);
            }
            throw e;
        }
    }

    private static Set<String> folders(Path mappings) {
        try (Stream<Path> entries = Files.list(mappings)) {
            return entries.filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .collect(Collectors.toSet());
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox cannot list " + mappings, e);
        }
    }

    private static Map<String, JsonNode> afterTheWork(Path files) {
        Path file = files.resolve("after-the-work.json");
        try {
            return Json.MAPPER.readValue(Files.readAllBytes(file), new TypeReference<>() {});
        } catch (IOException e) {
            throw new UncheckedIOException("the sandbox cannot read " + file, e);
        }
    }

    /** The base URL of a provider, as {@code provider.<id>.url} wants it. */
    public String url(String provider) {
        providers.named(provider);
        return "http://localhost:" + server.port() + "/" + provider;
    }

    /** The port it listens on. */
    public int port() {
        return server.port();
    }

    /** How often somebody tried to log in at a provider, refused tries included. */
    public int logIns(String provider) {
        return providers.named(provider).logIns();
    }

    /** Makes every token issued so far worthless: its next use is a 401. */
    public void revokeTokens(String provider) {
        providers.named(provider).revokeTokens();
    }

    /** The life of the tokens issued from now on, stated in the answer (whole seconds) and enforced. */
    public void expireTokensAfter(String provider, Duration life) {
        providers.named(provider).tokenLife(life);
    }

    /**
     * The customers of a provider, oldest first: {@code {id, otherId, createdAt, updatedAt, fields, connections}}, where
     * {@code fields} are those of the requests, an update laid over what was there. Of a text longer than 4096 characters only length and
     * SHA-256 are kept.
     */
    public List<JsonNode> customers(String provider) {
        return providers.named(provider).customers().stream()
                .map(customer -> (JsonNode) customer.toJson())
                .toList();
    }

    /**
     * The requests to a provider, log-ins and look-ups included, oldest first, as far back as the journal goes.
     *
     * @throws IllegalStateException when the sandbox was started without a journal
     */
    public List<Received> requests(String provider) {
        if (journal == null) {
            throw new IllegalStateException("the sandbox was started without a journal");
        }
        providers.named(provider);
        return journal.requests(provider);
    }

    /**
     * Forgets customers, keys, faults shown, counts, the journal, and every stub and setting that a test made. Tokens
     * stay good, so that the next test does not begin with a 401; {@link #revokeTokens} is there for that.
     */
    public void reset() {
        providers.reset();
        answers.reset();
        server.resetToDefaultMappings();
        if (journal != null) {
            journal.reset();
            server.resetRequests();
        }
        memory.rewrite(providers.changes());
    }

    /** Customers created from now on, and those there already, are found by a look-up only this long after creation. */
    public void visibleAfter(String provider, Duration delay) {
        providers.named(provider).visibleAfter(delay);
    }

    /**
     * WireMock itself, to add a stub for one test. A stub without a priority goes before those of the sandbox; {@link
     * #reset} takes it away.
     */
    public WireMockServer server() {
        return server;
    }

    @Override
    public void close() {
        server.stop();
        memory.close();
    }
}
