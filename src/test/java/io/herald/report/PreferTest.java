package io.herald.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PreferTest {

    private static final Duration USUAL = Duration.ofSeconds(10);
    private static final Duration LONGEST = Duration.ofSeconds(30);

    @ParameterizedTest(name = "{0}: {1} s")
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "wait=0; 0",
                "wait=5; 5",
                "wait=30; 30",
                "wait=31; 30",
                "wait=999999999; 30",
                "respond-async; 0",
                "respond-async, wait=3; 3",
                "wait=3, respond-async; 3",
                "WAIT=7; 7",
                "Respond-Async; 0",
                "wait = 7; 7",
                "wait=\"7\"; 7",
                "return=minimal, wait=7; 7",
                "handling=lenient,,wait=7,; 7"
            })
    void saysHowLongToWait(String header, int seconds) {
        assertThat(Prefer.parse(header).patience(USUAL, LONGEST)).isEqualTo(Duration.ofSeconds(seconds));
    }

    @Test
    void aParameterOfAPreferenceIsNotThePreference() {
        assertThat(Prefer.parse("foo=bar; wait=7").patience(USUAL, LONGEST)).isEqualTo(USUAL);
        assertThat(Prefer.parse("wait=7; foo=bar").patience(USUAL, LONGEST)).isEqualTo(Duration.ofSeconds(7));
        assertThat(Prefer.parse("respond-async; foo").patience(USUAL, LONGEST)).isEqualTo(Duration.ZERO);
    }

    /** RFC 7240 section 2: when a preference is given twice, the first one counts. */
    @Test
    void theFirstOfTwoCounts() {
        assertThat(Prefer.parse("wait=3, wait=9").patience(USUAL, LONGEST)).isEqualTo(Duration.ofSeconds(3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "wait",
                "wait=",
                "wait=soon",
                "wait=-1",
                "wait=1.5",
                "wait=1s",
                "waiting=3",
                "=3",
                ";",
                "\""
            })
    void whatIsNotUnderstoodIsIgnored(String header) {
        assertThat(Prefer.parse(header).patience(USUAL, LONGEST)).isEqualTo(USUAL);
    }

    @Test
    void whatCannotBeCountedIsStillALongTime() {
        assertThat(Prefer.parse("wait=99999999999999999999").patience(USUAL, LONGEST))
                .isEqualTo(LONGEST);
    }

    @Test
    void withoutAPreferenceTheUsualTimeWithinTheLongest() {
        assertThat(Prefer.parse(null).patience(USUAL, LONGEST)).isEqualTo(USUAL);
        assertThat(Prefer.parse(null).patience(USUAL, Duration.ofSeconds(4))).isEqualTo(Duration.ofSeconds(4));
    }
}
