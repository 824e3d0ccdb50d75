package io.herald.caller;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;
import org.junit.jupiter.api.Test;

/** Whose tokens are taken is configured without a gap, or Herald does not start; the start itself: {@code FailEarlyIT}. */
class TrustTest {

    private static final String KEY = Issuer.TRUSTED.settings().get("quarkus.oidc.public-key");
    private static final String SERVER = "https://issuer.example.com";

    @Test
    void aKeyOrAServerIsEnough() {
        assertThat(mistakes(null, KEY, "issuer", "herald")).isEmpty();
        assertThat(mistakes(null, KEY, null, "herald")).isEmpty();
        assertThat(mistakes(SERVER, null, null, "herald")).isEmpty();
    }

    @Test
    void thereIsOneIssuerAndOneThatTheTokensAreFor() {
        assertThat(mistakes(SERVER, null, "any", "any"))
                .containsExactly(
                        "quarkus.oidc.token.issuer: must name one issuer",
                        "quarkus.oidc.token.audience: must name who the tokens are for");
    }

    @Test
    void whoTrustsMoreThanOneIssuerIsWarnedAtStart() {
        LaunchMode before = LaunchMode.current();
        try {
            LaunchMode.set(LaunchMode.DEVELOPMENT);
            assertThat(warnings(callers(null, null, null, "herald")))
                    .singleElement()
                    .asString()
                    .contains("DEVELOPMENT MODE");
            LaunchMode.set(LaunchMode.NORMAL);
            assertThat(warnings(callers(null, null, null, "herald"))).isEmpty();
        } finally {
            LaunchMode.set(before);
        }
        assertThat(warnings(callers(null, KEY, null, "herald")))
                .singleElement()
                .asString()
                .contains("quarkus.oidc.token.issuer is not set");
        assertThat(warnings(callers(null, KEY, "issuer", "herald"))).isEmpty();
        assertThat(warnings(callers(SERVER, null, null, "herald"))).isEmpty();
    }

    private static List<String> warnings(Callers callers) {
        List<String> lines = new ArrayList<>();
        Logger log = Logger.getLogger(Callers.class.getName());
        Handler collector = new StreamHandler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line.getLevel() + " " + line.getMessage());
            }
        };
        log.addHandler(collector);
        try {
            callers.warn(new StartupEvent());
        } finally {
            log.removeHandler(collector);
        }
        assertThat(lines).allMatch(line -> line.startsWith("WARN"));
        return lines;
    }

    private static List<String> mistakes(String server, String key, String issuer, String audience) {
        return callers(server, key, issuer, audience).mistakes();
    }

    private static Callers callers(String server, String key, String issuer, String audience) {
        return new Callers(
                Optional.ofNullable(server),
                Optional.ofNullable(key),
                Optional.ofNullable(issuer),
                Optional.of(List.of(audience)));
    }
}
