package io.herald.caller;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.herald.SandboxResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.List;
import java.util.Map;

/** Herald with the address of a server that issues tokens, which is not there yet when Herald starts. */
public final class IssuingServer implements QuarkusTestProfile {

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(SandboxResource.class), new TestResourceEntry(Resource.class));
    }

    @Override
    public boolean disableGlobalTestResources() {
        return true;
    }

    /** The server. It says that it is {@link #url}, and shows the keys that it is given. */
    public static final class Resource implements QuarkusTestResourceLifecycleManager {

        private final WireMockServer server =
                new WireMockServer(WireMockConfiguration.options().dynamicPort().bindAddress("127.0.0.1"));

        @Override
        public Map<String, String> start() {
            server.start();
            isAway();
            return Map.of("quarkus.oidc.auth-server-url", url());
        }

        @Override
        public void inject(TestInjector injector) {
            injector.injectIntoFields(this, new TestInjector.MatchesType(Resource.class));
        }

        @Override
        public void stop() {
            server.stop();
        }

        String url() {
            return "http://localhost:" + server.port();
        }

        void isAway() {
            server.resetAll();
            server.stubFor(get("/.well-known/openid-configuration")
                    .willReturn(aResponse().withStatus(503)));
        }

        void has(String keyId, Issuer issuer) {
            server.resetAll();
            server.stubFor(get("/.well-known/openid-configuration")
                    .willReturn(okJson(
                            "{\"issuer\": \"%1$s\", \"jwks_uri\": \"%1$s/keys\", \"token_endpoint\": \"%1$s/token\"}"
                                    .formatted(url()))));
            server.stubFor(get("/keys").willReturn(okJson(issuer.keySet(keyId))));
        }

        /** The paths that were asked for. */
        List<String> asked() {
            return server.getAllServeEvents().stream()
                    .map(event -> event.getRequest().getUrl())
                    .toList();
        }
    }
}
