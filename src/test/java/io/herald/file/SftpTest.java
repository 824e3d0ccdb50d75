package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.jcraft.jsch.SftpException;
import io.herald.delivery.Caller;
import io.herald.delivery.QuickRetries;
import io.herald.file.DropBox.Report;
import io.herald.sandbox.Received;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.UnitOfWorkHelper;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file on a partner's server is a dropped file, fetched once, from that server and no other. */
@QuarkusTest
@TestProfile(SftpTest.WithPartner.class)
class SftpTest {

    public static class WithPartner extends QuickRetries {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> config = super.getConfigOverrides();
            config.put("intake.sftp.poll", "250ms");
            return config;
        }

        @Override
        public List<TestResourceEntry> testResources() {
            List<TestResourceEntry> resources = new ArrayList<>(super.testResources());
            resources.add(new TestResourceEntry(PartnerServer.class));
            return resources;
        }
    }

    @ConfigProperty(name = "intake.file.directory")
    Path inbox;

    @Inject
    PartnerFiles files;

    @Inject
    CamelContext context;

    Sandbox sandbox;
    PartnerServer partner;

    private final Queue<String> log = new ConcurrentLinkedQueue<>();
    private final Handler listener = new Handler() {
        private final PatternFormatter formatter = new PatternFormatter("%p %c %s%e%n");

        @Override
        public void publish(LogRecord entry) {
            log.add(formatter.format(entry));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };
    private DropBox box;

    @BeforeEach
    void fresh() {
        sandbox.reset();
        box = new DropBox(inbox);
        Logger.getLogger("").addHandler(listener);
    }

    @AfterEach
    void nothingSecretIsInTheLog() {
        Logger.getLogger("").removeHandler(listener);
        assertThat(String.join("", log)).doesNotContain("partner-p", "passphrase of", "Jane");
        log.clear();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ndjson", "json.gz", "csv"})
    void aFileIsDeliveredRecordByRecordAndThenStandsInDone(String extension) throws IOException {
        String reference = Caller.reference("SFTP");
        String name = reference + "." + extension;
        byte[] content = (extension.equals("csv")
                        ? "reference,type,person.firstName,person.lastName,targets[0]\n" + reference
                                + "-0,person,Jane,Doe,fraudspect\n"
                                + reference + "-1,person,Jane,Doe,fraudspect\n"
                        : extension.equals("ndjson")
                                ? person(reference + "-0") + "\n" + person(reference + "-1")
                                : "[" + person(reference + "-0") + "," + person(reference + "-1") + "]")
                .getBytes(StandardCharsets.UTF_8);
        Files.write(partner.folder().resolve(name), extension.endsWith("gz") ? DropBox.gzip(content) : content);
        Report report = box.report(name);

        assertThat(report.state(1, "fraudspect")).isEqualTo("delivered");
        assertThat(report.state(2, "fraudspect")).isEqualTo("delivered");
        box.hasMoved(name, box.done());
        await().atMost(Duration.ofSeconds(60)).until(() -> partner.done(name) == 1 && !partner.has(name));
        assertThat(requests(reference)).hasSize(2);
        assertThat(leftOvers()).isEmpty();
        assertThat(Files.getPosixFilePermissions(box.done().resolve(name))).hasSize(2);
    }

    @Test
    void aFileOfTheSameNameDoesNotReplaceTheOneInDone() {
        String name = Caller.reference("AGAIN") + ".json";
        partner.put(name, person(Caller.reference("AGAIN")));
        await().atMost(Duration.ofSeconds(60)).until(() -> partner.done(name) == 1);
        box.report(name);
        partner.put(name, person(Caller.reference("AGAIN")));

        await().atMost(Duration.ofSeconds(60)).until(() -> partner.done(name) == 2);
    }

    @Test
    void whatIsOfferedAgainAfterACrashIsADuplicate() throws IOException {
        String reference = Caller.reference("CRASH");
        String name = reference + ".json";
        partner.put(name, person(reference));
        box.report(name);
        await().atMost(Duration.ofSeconds(60)).until(() -> partner.done(name) == 1);
        Path moved = Files.list(partner.done())
                .filter(file -> file.toString().endsWith(name))
                .findFirst()
                .orElseThrow();
        Files.move(moved, partner.folder().resolve(name));
        Report again = box.report(reference + "-2.json");

        assertThat(again.summary().path("state").asText()).isEqualTo("duplicate");
        await().atMost(Duration.ofSeconds(60)).until(() -> partner.done(name) == 1);
        assertThat(requests(reference)).hasSize(1);
    }

    @Test
    void aFileThatGrowsIsFetchedWhenItIsComplete() {
        String reference = Caller.reference("GROWS");
        partner.growAtEachListing(
                reference + ".ndjson", IntStream.range(0, 10).mapToObj(i -> person(reference + "-" + i) + "\n"));

        assertThat(box.report(reference + ".ndjson").records()).hasSize(10);
    }

    @Test
    void anotherHostUnderItsAddressGetsNothingAndGivesNothing() {
        String reference = Caller.reference("HOSTKEY");
        partner.close();
        int tried = partner.passwordsTried();
        partner.openAsAnother();
        partner.put(reference + ".json", person(reference));
        await().atMost(Duration.ofSeconds(60)).until(() -> said("cannot be asked for files now: .*[Kk]ey"));
        partner.close();

        assertThat(partner.passwordsTried())
                .as("the password is not told to it")
                .isEqualTo(tried);
        assertThat(partner.has(reference + ".json")).isTrue();
        assertThat(requests(reference)).isEmpty();
        partner.open();
        assertThat(box.report(reference + ".json").state(1, "fraudspect")).isEqualTo("delivered");
    }

    @Test
    void withoutAPasswordOrAKeyThatIsTakenNothingIsFetchedUntilOneIs() {
        String reference = Caller.reference("REFUSED");
        partner.takes(false, false);
        partner.put(reference + ".json", person(reference));
        await().atMost(Duration.ofSeconds(60)).until(() -> said("cannot be asked for files now: Auth fail"));

        assertThat(partner.has(reference + ".json")).isTrue();
        partner.takes(true, true);
        assertThat(box.report(reference + ".json").state(1, "fraudspect")).isEqualTo("delivered");
        assertThat(said("can be asked for files again")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, true"})
    void aPasswordIsEnoughAndSoIsAKey(boolean withPassword, boolean withKey) {
        partner.takes(withPassword, withKey);
        String reference = Caller.reference("LOGIN");
        partner.put(reference + ".json", person(reference));

        assertThat(box.report(reference + ".json").state(1, "fraudspect")).isEqualTo("delivered");
        await().atMost(Duration.ofSeconds(60)).until(() -> partner.done(reference + ".json") == 1);
        partner.takes(true, true);
    }

    @Test
    void aServerThatIsAwayIsAskedWhenItIsBack() {
        String reference = Caller.reference("AWAY");
        partner.close();
        partner.put(reference + ".json", person(reference));
        await().atMost(Duration.ofSeconds(60)).until(() -> said("cannot be asked for files now"));
        partner.open();

        assertThat(box.report(reference + ".json").state(1, "fraudspect")).isEqualTo("delivered");
    }

    @Test
    void namesOfAHostileServerDoNotLeaveTheInbox() throws IOException {
        String reference = Caller.reference("HOSTILE");
        List<String> names = List.of(
                "../" + reference + "-up.json",
                "a/../../" + reference + "-through.json",
                box.inbox().toAbsolutePath().getParent() + "/" + reference + "-absolute.json",
                "..\\" + reference + "-backslash.json",
                reference + "\n-line.json",
                reference + "-*.json",
                reference + "ü".repeat(120) + ".json");
        for (int i = 0; i < names.size(); i++) {
            partner.show(reference + i + ".json", names.get(i));
            partner.put(reference + i + ".json", person(reference + "-" + i));
        }
        theNextFileIsFetched();
        partner.showAsTheyAre();

        Path data = box.inbox().toAbsolutePath().getParent();
        try (Stream<Path> inside = Files.walk(data);
                Stream<Path> beside = Files.list(data.getParent())) {
            assertThat(Stream.concat(inside, beside)
                            .map(path -> path.getFileName().toString()))
                    .noneMatch(name -> name.contains(reference));
        }
        assertThat(requests(reference)).isEmpty();
        assertThat(log.stream().filter(line -> line.contains("stays on the partner's server")))
                .as("all but those that start with a dot")
                .hasSize(names.size() - 2);
        for (int i = 0; i < names.size(); i++) {
            assertThat(box.report(reference + i + ".json").records())
                    .as("by its own name")
                    .hasSize(1);
        }
    }

    @Test
    void whatIsNoFileOrNotCompleteStaysOnTheServer() throws IOException {
        String reference = Caller.reference("STAYS");
        Path outside = Files.writeString(partner.folder().resolveSibling(reference + ".txt"), person(reference));
        Path link = Files.createSymbolicLink(
                partner.folder().resolve(reference + "-link.json"),
                Path.of("..").resolve(outside.getFileName()));
        Path directory = Files.createDirectory(partner.folder().resolve(reference + "-directory.json"));
        Files.writeString(directory.resolve("inside.json"), person(reference));
        for (String name : List.of(reference + ".json.part", reference + ".json.TMP", "." + reference + ".json")) {
            Files.writeString(partner.folder().resolve(name), person(reference));
        }
        theNextFileIsFetched();

        assertThat(requests(reference)).isEmpty();
        assertThat(link).isSymbolicLink();
        assertThat(directory.resolve("inside.json")).exists();
        assertThat(DropBox.names(partner.folder()).stream().filter(name -> name.contains(reference)))
                .hasSize(5);
        assertThat(said("link")).isTrue();
    }

    @Test
    void whatStandsInTheInboxIsNotReplaced() throws IOException {
        String reference = Caller.reference("STANDS");
        Path stands = Files.createDirectory(box.inbox().resolve(reference + ".json"));
        partner.put(reference + ".json", person(reference));
        theNextFileIsFetched();

        assertThat(stands).isDirectory();
        assertThat(partner.has(reference + ".json")).isTrue();
        Files.delete(stands);
        assertThat(box.report(reference + ".json").state(1, "fraudspect")).isEqualTo("delivered");
    }

    @Test
    void whatAppearsInTheInboxAtTheLastMomentIsNotReplaced() throws IOException {
        String name = Caller.reference("MOMENT") + ".json";
        Path stands = Files.createDirectory(box.inbox().resolve(name));

        assertThatThrownBy(() -> fetch(name, "{}", 2)).isInstanceOf(IOException.class);
        assertThat(stands).isDirectory();
        assertThat(leftOvers()).isEmpty();
        Files.delete(stands);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 2_000_000_000})
    void whatIsNotAsLongAsTheServerSaidIsNotTaken(int length) {
        String name = Caller.reference("LENGTH") + ".json";

        assertThatThrownBy(() -> fetch(name, "{}", length)).hasMessageContaining("not as long");
        assertThat(box.inbox().resolve(name)).doesNotExist();
        assertThat(leftOvers()).isEmpty();
    }

    /** Of several that are listed, each may have had room. */
    @Test
    void whatWouldLeaveTooLittleOfTheDiskIsNotTaken() throws IOException {
        long free = Files.getFileStore(inbox).getUsableSpace();

        assertThatThrownBy(() -> fetch(Caller.reference("ROOM") + ".json", "{}", free - 1_000))
                .hasMessage("it would leave too little of the disk here");
    }

    @Test
    void whatIsReplacedWhileItIsFetchedIsFetchedAsItIsThen() {
        String reference = Caller.reference("REPLACED");
        String name = reference + ".json";
        partner.replaceWhenRead(name, person(reference + "-second"));
        partner.put(name, person(reference + "-first"));

        assertThat(box.report(name).state(1, "fraudspect")).isEqualTo("delivered");

        assertThat(requests(reference + "-second")).hasSize(1);
        assertThat(requests(reference + "-first")).isEmpty();
        assertThat(said("was changed on the partner's server while it was fetched"))
                .isTrue();
        await().until(() -> partner.done(name) == 1);
    }

    @Test
    void whatIsReplacedWhenItWasFetchedStaysAndComesNext() throws IOException {
        String name = Caller.reference("LATER") + ".json";
        Iterator<Boolean> isAsListed = List.of(true, false).iterator();
        InputStream stream = new ByteArrayInputStream("{}".getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> files.fetch(stream, name, 2, 0, isAsListed::next, new DefaultExchange(context)))
                .hasMessageContaining("was changed");

        assertThat(box.report(name).records()).isNotEmpty();
        Files.delete(box.inbox().resolve(PartnerFiles.mark(name)));
    }

    @Test
    void whatWasFetchedAndNotMovedDoesNotComeAgainAlsoIfItIsToBeSentAgain() throws IOException {
        String reference = Caller.reference("UNMOVED");
        String name = reference + ".again.json";
        fetch(name, person(reference), person(reference).length());
        assertThat(box.report(name).state(1, "fraudspect")).isEqualTo("delivered");

        fetch(name, person(reference), person(reference).length());
        theNextFileIsFetched();

        assertThat(requests(reference)).hasSize(1);
        fetch(name, person(reference), person(reference).length(), 1);
        assertThat(box.report(reference + "-2.again.json").state(1, "fraudspect"))
                .as("offered once more")
                .isEqualTo("delivered");
        String other = person(reference).replace("Jane", "Joan");
        Exchange moved = fetch(name, other, other.length());
        assertThat(box.report(reference + "-3.again.json").state(1, "fraudspect"))
                .as("another file of that name")
                .isEqualTo("delivered");
        UnitOfWorkHelper.doneSynchronizations(
                moved, moved.getExchangeExtension().handoverCompletions());
        assertThat(leftOvers()).doesNotContain(PartnerFiles.mark(name));
    }

    @Test
    void whileNothingCanBeMovedOnTheServerAFileIsSentOnce() throws IOException {
        String reference = Caller.reference("STUCK");
        String name = reference + ".again.json";
        Path aside = partner.done().resolveSibling("aside");
        Files.move(partner.done(), aside);
        Files.createFile(partner.done());
        partner.put(name, person(reference));

        assertThat(box.report(name).state(1, "fraudspect")).isEqualTo("delivered");
        await().until(() -> said("cannot be moved to done"));
        assertThat(leftOvers()).contains(PartnerFiles.mark(name));

        Files.delete(partner.done());
        Files.move(aside, partner.done());
        await().until(() -> partner.done(name) == 1);
        await().until(() -> !leftOvers().contains(PartnerFiles.mark(name)));
        assertThat(requests(reference)).hasSize(1);
    }

    /** It begins a command to a terminal. */
    @Test
    void aControlCharacterThatTheServerSaysIsNoneInTheLog() {
        new PartnerCalls(null).handleException(new SftpException(4, "full\u009B2J"));

        assertThat(said("now: full\\?2J")).isTrue();
    }

    private Exchange fetch(String name, String content, long length) throws IOException {
        return fetch(name, content, length, 0);
    }

    private Exchange fetch(String name, String content, long length, long modified) throws IOException {
        DefaultExchange exchange = new DefaultExchange(context);
        InputStream stream = new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8));
        files.fetch(stream, name, length, modified, () -> true, exchange);
        return exchange;
    }

    private void theNextFileIsFetched() {
        String reference = Caller.reference("NEXT");
        partner.put(reference + ".json", person(reference));

        assertThat(box.report(reference + ".json").state(1, "fraudspect")).isEqualTo("delivered");
        await().until(() -> !leftOvers().contains(PartnerFiles.mark(reference + ".json")));
    }

    private boolean said(String pattern) {
        return log.stream().anyMatch(line -> line.matches("(?s).*" + pattern + ".*"));
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(60));
    }

    private List<String> leftOvers() {
        return DropBox.names(box.inbox()).stream()
                .filter(name -> name.startsWith(".sftp-"))
                .toList();
    }

    private List<Received> requests(String reference) {
        return sandbox.requests("fraudspect").stream()
                .filter(request -> request.method().equals("POST"))
                .filter(request -> new String(request.body(), StandardCharsets.UTF_8).contains(reference))
                .toList();
    }

    private static String person(String reference) {
        return Caller.person(reference, "", "fraudspect").toString();
    }
}
