package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The SQL that {@code docs/backup.md} has for a restored ledger. */
@Timeout(60)
class RestoreTest {

    private static final Pattern MARK = Pattern.compile("^update delivery set [^;]*", Pattern.MULTILINE);

    private static final Pattern FILES = Pattern.compile("^select filed_as, [^;]*", Pattern.MULTILINE);

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
