package io.herald.provider;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.herald.metrics.Meters;
import io.herald.trace.Traces;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.io.IOException;
import java.math.BigInteger;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLHandshakeException;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes to a provider goes to it alone: no redirect is followed, and no certificate is taken that nobody vouches for. */
class OnTheWireTest {

    private final WireMockServer provider = new WireMockServer(WireMockConfiguration.options()
            .bindAddress("127.0.0.1")
            .dynamicPort()
            .dynamicHttpsPort());
    private final WireMockServer elsewhere = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
    private ProviderHttp http;

    @BeforeEach
    void start() {
        provider.start();
        elsewhere.start();
        elsewhere.stubFor(any(anyUrl()).willReturn(ok()));
        SmallRyeConfig config = new SmallRyeConfigBuilder()
                .withMapping(ProviderConfig.class)
                .withConverter(Duration.class, 200, new DurationConverter())
                .withDefaultValues(Map.of("provider.xbridge.url", provider.baseUrl()))
                .build();
        Providers providers = new Providers(config.getConfigMapping(ProviderConfig.class));
        http = new ProviderHttp(
                providers,
                new Breakers(providers, Clock.systemUTC()),
                (id, now, slots, interval) -> now,
                Clock.systemUTC(),
                new Meters(new SimpleMeterRegistry()),
                new Traces("none", null),
                new MemorySize(BigInteger.valueOf(1024 * 1024)));
    }

    @AfterEach
    void stop() throws IOException {
        http.close();
        provider.stop();
        elsewhere.stop();
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void aRedirectIsNotFollowed(int status) throws IOException {
        provider.stubFor(any(anyUrl())
                .willReturn(aResponse().withStatus(status).withHeader("Location", elsewhere.baseUrl() + "/customers")));

        assertThat(post("http://localhost:" + provider.port() + "/customers")).isEqualTo(status);
        assertThat(provider.getAllServeEvents()).hasSize(1);
        assertThat(elsewhere.getAllServeEvents()).isEmpty();
    }

    @Test
    void aCertificateThatNobodyVouchesForIsRefusedBeforeAnythingIsSent() {
        provider.stubFor(any(anyUrl()).willReturn(ok()));

        assertThatThrownBy(() -> post("https://localhost:" + provider.httpsPort() + "/customers"))
                .isInstanceOf(NotSentException.class)
                .hasCauseInstanceOf(SSLHandshakeException.class);
        assertThat(provider.getAllServeEvents()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "https, true",
        "https://login.example.com/${variable.path}?key=a b, true",
        "http://localhost:8089/${variable.path}, true",
        "http://[::1]/x, true",
        "http, false",
        "http://login.example.com/${variable.path}, false",
        "http://${variable.host}/x, false",
        "http:login.example.com, false"
    })
    void whatStandsBehindTheHostOfAnAddressDoesNotMatter(String address, boolean isProtected) {
        assertThat(BaseUrl.isProtected(address)).isEqualTo(isProtected);
    }

    @ParameterizedTest
    @CsvSource({
        "https://api.example.com/v1, true",
        "http://localhost:8089/xbridge, true",
        "http://127.0.0.1:8089, true",
        "http://[::1]:8089, true",
        "http://api.example.com, false",
        "http://10.0.0.1, false",
        "http://localhost.example.com, false",
        "http://127.0.0.1.example.com, false",
        "ftp://localhost, false",
        "https://user:secret@api.example.com, false",
        "https://api.example.com/, false",
        "https://api.example.com?key=secret, false",
        "api.example.com, false"
    })
    void anAddressIsHttpsOrOnThisMachine(String url, boolean good) {
        List<String> mistakes = new ArrayList<>();

        BaseUrl.check("provider.xbridge.url", url, mistakes);

        assertThat(mistakes).hasSize(good ? 0 : 1);
        assertThat(mistakes.toString()).doesNotContain(url, "secret");
    }

    private int post(String url) throws IOException {
        HttpPost request = new HttpPost(url);
        request.setHeader("Authorization", "Bearer a-token");
        request.setHeader("x-api-key", "a-key");
        request.setEntity(new StringEntity("{}"));
        return http.clients().get("xbridge").execute(request, answer -> answer.getCode());
    }
}
