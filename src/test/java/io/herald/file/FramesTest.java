package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where records begin and end in a file, whatever is in them. */
@Timeout(60)
class FramesTest {

    private static final int MOST = 100_000;

    @TempDir
    Path directory;

    /** By somebody who writes the same name once more, from its beginning. */
    @ParameterizedTest
    @CsvSource({
        "ndjson, '{\"a\":1}\n{\"b\":2}\n', '{\"a\":1}\n{\"b', 1",
        "ndjson, '{\"a\":1}\n{\"b\":2}', '{\"a\":1}\n{\"b\":2}, {\"c\":3}', 0",
        "ndjson, '{\"a\":1}\n{\"b\":2}', '{\"a\":1}\n{\"c\":2}', 1",
        "json, '[{\"a\":1},{\"b\":2}]', '[{\"a\":1},{\"b\"}}}]', 1"
    })
    void whatIsReadIsTheContentThatTheFileWasToldBy(String format, String content, String changed, int most)
            throws IOException {
        Path file = directory.resolve("changed." + format);
        Files.writeString(file, content);
        Content.Digest digest;
        try (Content before = Content.open(file, false, MOST)) {
            digest = before.digest();
        }
        Files.writeString(file, changed);

        try (Content now = Content.open(file, false, MOST)) {
            now.mustBe(digest);
            Frames frames = format.equals("json") ? new JsonFrames(now, MOST) : LineFrames.ofLines(now, MOST);
            List<Frame> read = new ArrayList<>();
            assertThatThrownBy(() -> {
                        for (Frame frame = frames.next(); frame != null; frame = frames.next()) {
                            read.add(frame);
                        }
                    })
                    .isExactlyInstanceOf(IOException.class)
                    .hasMessageContaining("was changed");
            assertThat(read).hasSizeLessThanOrEqualTo(most).noneMatch(frame -> frame.bytes() == null);
        }
    }

    @Test
    void aLineIsARecordAndBlankOnesAreNone() throws IOException {
        assertThat(lines("{1}\n\n  \t\r\n{2}\r\n{3}")).containsExactly("1 {1}", "4 {2}\r", "5 {3}");
        assertThat(lines("")).isEmpty();
        assertThat(lines("\n\n")).isEmpty();
        assertThat(lines(" ".repeat(300) + "\n{1}")).containsExactly("2 {1}");
    }

    @Test
    void aLineBreakInAQuotedCellEndsNoRow() throws IOException {
        assertThat(rows("a,\"b\nc\",d\n\"x\"\"\ny\",z\np\"q,r\n\"\",s"))
                .containsExactly("1 a,\"b\nc\",d", "3 \"x\"\"\ny\",z", "5 p\"q,r", "6 \"\",s");
        assertThat(rows("a,\"open\nb\nc")).as("not closed").containsExactly("1 a,\"open\nb\nc");
    }

    /** Its cells would take many times as much memory as it has bytes. */
    @Test
    void aRowOfMoreCellsThanAFileMayHaveColumnsIsNotKept() throws IOException {
        String most = ",".repeat(4_999);
        String tooMany = ",".repeat(5_000);
        String quoted = "\"" + tooMany + "\"";

        assertThat(rows(tooMany + "\n" + most + "\n" + quoted + "\n\"\n\"" + tooMany + "\nb"))
                .containsExactly(
                        "1 ! has more than 5000 columns",
                        "2 " + most,
                        "3 " + quoted,
                        "4 ! has more than 5000 columns" + goesOnTo(5),
                        "6 b");
    }

    /** A quotation mark that is not closed takes the rows after it along, and who reads the report has to know. */
    @Test
    void aRowThatIsRefusedSaysWhichLinesWentWithIt() throws IOException {
        for (String text : List.of("a,\"open\nb\nc", "a,\"open\nb\nc\n")) {
            Frame open = LineFrames.ofRows(in(text), MOST, ',').next();
            assertThat(open.refusal("is not closed")).isEqualTo("is not closed" + goesOnTo(3));
        }
        assertThat(LineFrames.ofRows(in("a\nb"), MOST, ',').next().refusal("is none"))
                .isEqualTo("is none");
    }

    private static String goesOnTo(long line) {
        return "; it goes on to line " + line + ", and nothing there is read as a record of its own";
    }

    @Test
    void aRecordOfAnArrayBeginsInAColumn() throws IOException {
        Frames frames = new JsonFrames(in("[{\"a\":1},\n  {}, {}]"), MOST);

        assertThat(List.of(
                        frames.next().column(),
                        frames.next().column(),
                        frames.next().column()))
                .containsExactly(2, 3, 7);
    }

    @Test
    void theElementsOfAnArrayAreRecords() throws IOException {
        assertThat(json("[{\"a\":[1,{}]} ,\n{\"é\":\"}\\\"\"},\n\n {}]"))
                .containsExactly("1 {\"a\":[1,{}]}", "2 {\"é\":\"}\\\"\"}", "4 {}");
        assertThat(json(" {\"a\":1}\n")).containsExactly("1 {\"a\":1}");
        assertThat(json("[]")).isEmpty();
        assertThat(json(" \n")).containsExactly("1 ! has no JSON in it");
        assertThat(json("[{}, 1, [{}], \"x\", {\"b\":2}]"))
                .containsExactly(
                        "1 {}", "1 ! is not an object", "1 ! is not an object", "1 ! is not an object", "1 {\"b\":2}");
    }

    @Test
    void whereTextIsNotJsonTheRestCannotBeTold() throws IOException {
        assertThat(json("[{},\n{\"a\":tru},\n{}]"))
                .containsExactly("1 {}", "2 ! is not JSON, at column 10; nothing after that in the file can be read");
        assertThat(json("[{},\n{")).hasSize(2).last().asString().startsWith("2 ! is not JSON");
        assertThat(json("[{}, {\"a\":" + "[".repeat(150_000) + "]".repeat(150_000) + "}, {}]"))
                .containsExactly(
                        "1 {}",
                        "1 ! is nested too deep, or has too long a name or number; nothing after that in the file can be read");
        assertThat(json("{}\n{}"))
                .containsExactly(
                        "1 {}", "2 ! stands after the end of the JSON; a customer a line is a file named .ndjson");
        assertThat(json("[{}] 1")).hasSize(2).last().asString().startsWith("1 ! stands after");
        assertThat(json("[{}]]")).hasSize(2).last().asString().startsWith("1 ! is not JSON");
    }

    @Test
    void recordsOfAllSizesComeWholeWhereverTheBufferEnds() throws IOException {
        List<String> records = IntStream.range(0, 3000)
                .mapToObj(i -> "{\"n\":" + i + ",\"pad\":\"" + "ü".repeat(i % 257) + "\"}")
                .toList();
        assertThat(contents(json("[" + String.join(",", records) + "]"))).isEqualTo(records);
        assertThat(contents(lines(String.join("\n", records)))).isEqualTo(records);
    }

    @Test
    void oneThatIsTooLargeIsLeftOutAndTheNextIsRead() throws IOException {
        String large = "{\"a\":\"" + "x".repeat(MOST) + "\"}";
        String fits = "{\"a\":\"" + "x".repeat(MOST - 8) + "\"}";
        assertThat(fits).hasSize(MOST);
        String told = "! is larger than intake.file.max-line allows, " + MOST + " bytes";

        assertThat(json("[" + fits + "," + large + ",\n{}]")).containsExactly("1 " + fits, "1 " + told, "2 {}");
        assertThat(lines(fits + "\n" + large + "\n{}")).containsExactly("1 " + fits, "2 " + told, "3 {}");
        assertThat(rows("a,\"" + "x\n".repeat(MOST) + "\"\nb"))
                .containsExactly("1 " + told + goesOnTo(MOST + 1), (MOST + 2) + " b");
    }

    @Test
    void aLineThatIsLargerThanTheMemoryIsPassed() throws IOException {
        long larger = larger();
        assertThat(all(LineFrames.ofLines(new Endless(larger, 'x', "\n{}"), MOST)))
                .containsExactly("1 ! is larger than intake.file.max-line allows, " + MOST + " bytes", "2 {}");
    }

    @Test
    void aStringThatIsLargerThanTheMemoryIsPassed() throws IOException {
        InputStream start = new ByteArrayInputStream("[{\"a\":\"".getBytes(StandardCharsets.UTF_8));
        InputStream file = new SequenceInputStream(start, new Endless(larger(), 'x', "\"},{}]"));
        assertThat(all(new JsonFrames(file, MOST)))
                .containsExactly("1 ! is larger than intake.file.max-line allows, " + MOST + " bytes", "1 {}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"n\":%s}", "{\"%s\":1}"})
    void aNumberOrANameThatIsTooLongIsNoEndOfTheFile(String object) throws IOException {
        String record = object.formatted("1".repeat(100_000));

        assertThat(json("[" + record + ",{\"a\":2}]"))
                .hasSize(2)
                .last()
                .asString()
                .contains("{\"a\":2}");
    }

    /** In lower case that letter is two characters. */
    @Test
    void theNameOfAFileIsTakenApartWhereItsOwnLettersAre() {
        FileName name = new FileName("M\u00DC\u015ETER\u0130_B\u0130LG\u0130LER\u0130_\u0130\u0130\u0130.CSV");

        assertThat(name.format()).contains(FileName.Format.CSV);
        assertThat(name.filingNames().limit(2))
                .containsExactly(name.name(), name.name().replace(".CSV", "-2.CSV"));
    }

    /** With the last one a command to a terminal begins, as with the escape character. */
    @ParameterizedTest
    @ValueSource(strings = {"\n", "\u007F", "\u0085", "\u009B"})
    void aControlCharacterInANameIsNoneInTheLog(String control) {
        FileName name = new FileName("a" + control + "2Jb.json");

        assertThat(name.isPlain()).isFalse();
        assertThat(name.printable()).isEqualTo("a?2Jb.json");
    }

    @Test
    void nestingTenThousandDeepIsOneRecord() throws IOException {
        String deep = "{\"a\":" + "[".repeat(10_000) + "]".repeat(10_000) + "}";
        assertThat(json("[" + deep + ",{}]")).containsExactly("1 " + deep, "1 {}");
    }

    /** In bytes; five gigabytes in the soak. */
    private static long larger() {
        return Long.getLong("herald.long.line", 512L << 20);
    }

    /** One character again and again, and then something else. */
    private static final class Endless extends InputStream {

        private final byte[] end;
        private final int character;
        private long left;
        private int position;

        Endless(long count, char character, String end) {
            this.left = count;
            this.character = character;
            this.end = end.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(byte[] buffer, int offset, int length) {
            if (left > 0) {
                int count = (int) Math.min(length, left);
                Arrays.fill(buffer, offset, offset + count, (byte) character);
                left -= count;
                return count;
            }
            if (position == end.length) {
                return -1;
            }
            buffer[offset] = end[position++];
            return 1;
        }
    }

    private static List<String> lines(String text) throws IOException {
        return all(LineFrames.ofLines(in(text), MOST));
    }

    private static List<String> rows(String text) throws IOException {
        return all(LineFrames.ofRows(in(text), MOST, ','));
    }

    private static List<String> json(String text) throws IOException {
        return all(new JsonFrames(in(text), MOST));
    }

    private static InputStream in(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<String> contents(List<String> frames) {
        return frames.stream()
                .map(frame -> frame.substring(frame.indexOf(' ') + 1))
                .toList();
    }

    private static List<String> all(Frames frames) throws IOException {
        List<String> all = new ArrayList<>();
        for (Frame frame = frames.next(); frame != null; frame = frames.next()) {
            all.add(frame.line() + " "
                    + (frame.bytes() == null
                            ? "! " + frame.refusal(frame.fault())
                            : new String(frame.bytes(), StandardCharsets.UTF_8)));
        }
        return all;
    }
}
