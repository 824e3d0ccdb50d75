package io.herald.caller;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whose tokens are taken is configured without a gap, or Herald does not start; the start itself: {@code FailEarlyIT}. */
class TrustTest {

    private static final String KEY = Issuer.TRUSTED.settings().get("quarkus.oidc.public-key");
    private static final String SERVER = "https://issuer.example.com";

    @Test
    void aKeyWithItsIssuerOrAServerIsEnough() {
        assertThat(mistakes(null, KEY, "issuer", "herald")).isEmpty();
        assertThat(mistakes(SERVER, null, null, "herald")).isEmpty();
    }

    @Test
    void aKeyNeedsItsIssuer() {
        assertThat(mistakes(null, KEY, null, "herald"))
                .containsExactly("quarkus.oidc.token.issuer: required with quarkus.oidc.public-key, and not set");
    }

    @Test
    void thereIsOneIssuerAndOneThatTheTokensAreFor() {
        assertThat(mistakes(SERVER, null, "any", "any"))
                .containsExactly(
                        "quarkus.oidc.token.issuer: must name one issuer",
                        "quarkus.oidc.token.audience: must name who the tokens are for");
    }

    private static List<String> mistakes(String server, String key, String issuer, String audience) {
        return new Callers(
                        Optional.ofNullable(server),
                        Optional.ofNullable(key),
                        Optional.ofNullable(issuer),
                        Optional.of(List.of(audience)))
                .mistakes();
    }
}
