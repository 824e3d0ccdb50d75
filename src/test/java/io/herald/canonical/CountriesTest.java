package io.herald.canonical;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CountriesTest {

    @Test
    void thereAre249() {
        assertThat(letters().flatMap(first -> letters().map(first::concat)).filter(Countries::isAssigned))
                .hasSize(249);
    }

    private static Stream<String> letters() {
        return IntStream.rangeClosed('A', 'Z').mapToObj(Character::toString);
    }

    /** Reserved, withdrawn, for private use, or not a code at all. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "EU", "UK", "UN", "AC", "EA", "IC", "TA", "CP", "DG", "SU", "FX", "AN", "YU", "CS", "TP", "BU", "DD",
                "ZR", "XK", "AA", "QM", "XA", "ZZ", "us", "USA", "U", ""
            })
    void anythingElseIsNotAssigned(String code) {
        assertThat(Countries.isAssigned(code)).isFalse();
        assertThat(Countries.alpha3(code)).isNull();
    }

    @Test
    void noTwoCountriesHaveOneAlpha3AndTheJdkAgreesOnEach() {
        var alpha3s = new HashSet<String>();
        for (String alpha2 : Locale.getISOCountries()) {
            if (Countries.isAssigned(alpha2)) {
                String alpha3 = new Locale.Builder().setRegion(alpha2).build().getISO3Country();
                assertThat(Countries.alpha3(alpha2)).isEqualTo(alpha3);
                alpha3s.add(alpha3);
            }
        }
        assertThat(alpha3s).hasSize(249);
    }
}
