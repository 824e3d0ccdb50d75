package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The SQL that {@code docs/backup.md} has for a restored ledger. */
@Timeout(60)
class RestoreTest {

    private static final Pattern MARK = Pattern.compile("^update delivery set unclear_since[^;]*", Pattern.MULTILINE);

    private static final Pattern GIVES_UP = Pattern.compile("^update delivery set state[^;]*", Pattern.MULTILINE);

    private static final Pattern READS_THE_LOG = Pattern.compile("^jq .*\n.*", Pattern.MULTILINE);

    private static final Pattern FILES = Pattern.compile("^select filed_as, [^;]*", Pattern.MULTILINE);

    private static final Pattern COPIES_THE_LINKS = Pattern.compile("^sqlite3 -csv .*\n.*", Pattern.MULTILINE);

    @TempDir
    Path directory;

    /** An update that was marked would be taken for the create, and never sent. */
    @ParameterizedTest
    @EnumSource
    void whatIsOpenIsMarkedUnlessItIsAnUpdate(Dialect dialect) throws IOException {
        try (TestDatabase database = TestDatabase.make(dialect, directory)) {
            database.open();
            database.change(
                    "insert into message (id, reference, accepted_at, source, size) values ('m', 'CUST-1', 0, 'rest', 1)");
            database.change("insert into delivery (sequence, provider, reference, source, state, updated_at) values"
                    + " (1, 'xbridge', 'CUST-1', 'rest', 'retrying', 0), (1, 'yativo', 'CUST-1', 'rest', 'pending', 0),"
                    + " (1, 'fraudspect', 'CUST-1', 'rest', 'dead', 0)");
            database.change("insert into link (reference, provider, provider_customer_id, updated_at) values"
                    + " ('CUST-1', 'xbridge', 'id-1', 0), ('CUST-2', 'yativo', 'id-2', 0)");

            database.change(marksWhatIsOpen(1795255200007L));

            assertThat(database.number(
                            "select count(*) from delivery where unclear_since is not null or sent_at is not null"))
                    .isEqualTo(1);
            assertThat(database.number("select min(unclear_since + sent_at) from delivery where provider = 'yativo'"))
                    .isEqualTo(2 * 1795255200007L);
        }
    }

    /** A file that was read after the backup is none of them. */
    @ParameterizedTest
    @EnumSource
    void theFilesThatTheLedgerKnowsAreListed(Dialect dialect) throws IOException {
        try (TestDatabase database = TestDatabase.make(dialect, directory)) {
            database.open();
            database.change(
                    "insert into file (name, filed_as, digest, run, state, reader, size, begun_at) values"
                            + " ('a.csv', 'a.csv', 'd1', 0, 'read', 'r', 1, 0), ('a.csv', 'a-2.csv', 'd2', 0, 'reading', 'r', 1, 0)");

            assertThat(database.get()
                            .all(
                                    listsTheFiles(),
                                    row -> row.getString(1) + " " + row.getString(2) + " " + row.getString(3)))
                    .containsExactlyInAnyOrder("a.csv a.csv read", "a-2.csv a.csv reading");
        }
    }

    /** In a container's log the JVM's warnings stand among the lines of the program. */
    @Test
    void whatWasDeliveredSinceIsFoundInTheLog() throws Exception {
        Assumptions.assumeThat(run("command -v jq")).isNotEmpty();
        Files.write(
                directory.resolve("herald.log"),
                List.of(
                        "WARNING: A restricted method in java.lang.System has been called",
                        audit("{\"at\":\"2026-11-21T09:59:59.000Z\",\"action\":\"outcome\",\"state\":\"delivered\","
                                + "\"reference\":\"CUST-before\",\"provider\":\"xbridge\"}"),
                        audit("{\"at\":\"2026-11-21T10:00:01.000Z\",\"action\":\"outcome\",\"state\":\"delivered\","
                                + "\"reference\":\"CUST-late\",\"provider\":\"yativo\"}"),
                        audit("{\"at\":\"2026-11-21T10:00:02.000Z\",\"action\":\"outcome\",\"state\":\"rejected\","
                                + "\"reference\":\"CUST-refused\",\"provider\":\"yativo\"}"),
                        "{\"loggerName\":\"io.herald.start\",\"message\":\"Listening\"}",
                        "5",
                        audit("{\"at\":\"2026-11-21T10:00:03.000Z\",\"action\":\"outcome\",\"state\":\"delivered\","
                                + "\"reference\":\"CUST-late\",\"provider\":\"fraudspect\"}")));

        assertThat(run(statement(READS_THE_LOG))).containsExactly("CUST-late\tfraudspect", "CUST-late\tyativo");
    }

    @Test
    void theLinksOfAnEmbeddedLedgerAreCopiedIntoPostgresql() throws Exception {
        Assumptions.assumeThat(run("command -v sqlite3 && command -v psql")).hasSize(2);
        try (TestDatabase from = TestDatabase.make(Dialect.EMBEDDED, directory);
                TestDatabase to = TestDatabase.make(Dialect.POSTGRESQL, directory.resolve("to"))) {
            from.open();
            to.open();
            from.change("insert into link (reference, provider, provider_customer_id, updated_at) values"
                    + " ('CUST-1', 'xbridge', 'id, \"1\" é', 1795255200007), ('CUST-1', 'yativo', '7', 0)");

            run("export HERALD_DATABASE='" + to.uri() + "'; " + statement(COPIES_THE_LINKS));

            assertThat(to.get()
                            .all(
                                    "select reference, provider, provider_customer_id, updated_at from link",
                                    row -> row.getString(1) + " " + row.getString(2) + " " + row.getString(3) + " "
                                            + row.getLong(4)))
                    .containsExactlyInAnyOrder("CUST-1 xbridge id, \"1\" é 1795255200007", "CUST-1 yativo 7 0");
        }
    }

    private static String audit(String event) throws IOException {
        return new ObjectMapper()
                .writeValueAsString(Map.of("loggerName", "io.herald.audit", "level", "INFO", "message", event));
    }

    private List<String> run(String command) throws IOException {
        Process shell = new ProcessBuilder("sh", "-c", command)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines = shell.inputReader()) {
            return lines.lines().toList();
        }
    }

    /** What is open for who was erased since is not sent again, and does not keep the erasure from being repeated. */
    @ParameterizedTest
    @EnumSource
    void whoWasErasedSinceIsErasedAgain(Dialect dialect) throws IOException {
        try (TestDatabase database = TestDatabase.make(dialect, directory)) {
            database.open();
            database.change("insert into message (id, reference, accepted_at, source, size) values"
                    + " ('m', 'CUST-000123', 0, 'rest', 1), ('n', 'CUST-2', 0, 'rest', 1)");
            database.change(
                    "insert into delivery (sequence, provider, reference, source, state, owner, updated_at) values"
                            + " (1, 'xbridge', 'CUST-000123', 'rest', 'retrying', null, 0),"
                            + " (1, 'yativo', 'CUST-000123', 'rest', 'pending', 'of the backup', 0),"
                            + " (2, 'yativo', 'CUST-2', 'rest', 'pending', null, 0)");
            ObjectMapper json = new ObjectMapper();
            Erasure erasure = new Erasure(
                    database.get(),
                    new Sealing(new PayloadCipher(new byte[32]), json),
                    json,
                    Clock.systemUTC(),
                    Duration.ofDays(30),
                    Duration.ofDays(7));
            assertThat(erasure.ofCustomer("CUST-000123", List.of("xbridge", "yativo")))
                    .isEqualTo(Erasure.Result.IN_FLIGHT);

            database.change(statement(GIVES_UP));

            assertThat(database.number("select count(*) from delivery where state in ('pending', 'retrying')"))
                    .isEqualTo(1);
            assertThat(erasure.ofCustomer("CUST-000123", List.of("xbridge", "yativo")))
                    .isEqualTo(Erasure.Result.ERASED);
        }
    }

    /** The statement, with the time of the backup. */
    static String marksWhatIsOpen(long atBackup) throws IOException {
        return statement(MARK).replace("1795255200000", Long.toString(atBackup));
    }

    /** The query for what each file was filed as, its name and its state. */
    static String listsTheFiles() throws IOException {
        return statement(FILES);
    }

    private static String statement(Pattern statement) throws IOException {
        Matcher found = statement.matcher(Files.readString(Path.of("docs/backup.md")));
        assertThat(found.find()).isTrue();
        return found.group();
    }
}
