package io.herald.sandbox;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.common.FatalStartupException;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.http.HttpHeaders;
import com.github.tomakehurst.wiremock.matching.CustomMatcherDefinition;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.stubbing.StubMapping;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * All providers on one local port, each under its own name: {@code http://localhost:<port>/xbridge/v1/kyc/customers}.
 * They check and answer as {@code src/sandbox} says, the stubs of WireMock; {@code src/sandbox/README.md} tells how, and
 * lists the magic values that make them fail.
 */
public final class Sandbox implements AutoCloseable {

    /** How many requests {@link #requests} looks back to unless told otherwise. */
    public static final int JOURNAL = 10_000;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int THREADS = 500;
    private static final int STOP_MILLIS = 1_000;

    private final WireMockServer server;
    private final Providers providers;
    private final Answers answers;
    private final Memory memory;
    private final int journal;

    private Sandbox(WireMockServer server, Providers providers, Answers answers, Memory memory, int journal) {
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
     * @throws IllegalStateException when the port is taken or a stub cannot be read; the message says which
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
        Answers answers = new Answers(providers, faultyBody, clock, afterTheWork(files));

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
        configuration =
                journal == 0 ? configuration.disableRequestJournal() : configuration.maxRequestJournalEntries(journal);
        try {
            WireMockServer server = new WireMockServer(configuration);
            server.start();
            prepare(server, faultyBody);
            return new Sandbox(server, providers, answers, remembered, journal);
        } catch (FatalStartupException e) {
            remembered.close();
            throw new IllegalStateException("the sandbox cannot listen on port " + port + ": " + e.getMessage(), e);
        }
    }

    private static void prepare(WireMockServer server, FaultyBody faultyBody) {
        for (StubMapping stub : server.getStubMappings()) {
            CustomMatcherDefinition matcher = stub.getRequest().getCustomMatcher();
            if (matcher != null && FaultyBody.NAME.equals(matcher.getName())) {
                faultyBody.prepare(matcher.getParameters());
            }
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
            return JSON.readValue(Files.readAllBytes(file), new TypeReference<>() {});
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
     * {@code fields} are those of the requests, an update laid over what was there.
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
        if (journal == 0) {
            throw new IllegalStateException("the sandbox was started without a journal");
        }
        providers.named(provider);
        List<Received> received = new ArrayList<>();
        for (ServeEvent event : server.getAllServeEvents()) {
            if (Providers.nameIn(event.getRequest().getUrl()).equals(provider)) {
                received.add(received(event, provider));
            }
        }
        Collections.reverse(received);
        return received;
    }

    private static Received received(ServeEvent event, String provider) {
        LoggedRequest request = event.getRequest();
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        HttpHeaders all = request.getHeaders();
        all.all().stream()
                .filter(header -> !header.keyEquals(Magic.FAULT) && !header.keyEquals(Magic.ONCE))
                .forEach(header -> headers.put(header.key(), List.copyOf(header.values())));
        return new Received(
                request.getMethod().getName(),
                request.getUrl().substring(provider.length() + 1),
                Collections.unmodifiableMap(headers),
                request.getBody(),
                event.getResponse() == null
                        ? event.getResponseDefinition().getStatus()
                        : event.getResponse().getStatus());
    }

    /**
     * Forgets customers, keys, faults shown, counts, the journal, and every stub and setting that a test made. Tokens
     * stay good, so that the next test does not begin with a 401; {@link #revokeTokens} is there for that.
     */
    public void reset() {
        providers.reset();
        answers.reset();
        server.resetToDefaultMappings();
        if (journal > 0) {
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
