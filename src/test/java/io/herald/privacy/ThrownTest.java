package io.herald.privacy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ThrownTest {

    @Test
    void whatWasThrownIsToldWithoutItsWordsAndWithoutAPlaceWhereItHasNone() {
        RuntimeException thrown = new IllegalStateException("Jane Doe");
        assertThat(Thrown.described(thrown))
                .startsWith("java.lang.IllegalStateException at " + ThrownTest.class.getName())
                .doesNotContain("Jane");

        thrown.setStackTrace(new StackTraceElement[0]);
        assertThat(Thrown.described(thrown)).isEqualTo("java.lang.IllegalStateException at an unknown place");
        assertThat(Thrown.described(null)).isEqualTo("for no reason that is known");
    }
}
