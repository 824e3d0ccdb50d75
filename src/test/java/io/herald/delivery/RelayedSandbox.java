package io.herald.delivery;

import io.herald.SandboxResource;
import io.herald.sandbox.Sandbox;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.nio.file.Path;
import java.security.NoSuchAlgorithmException;
import java.util.Map;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/**
 * The sandbox, where xbridge stands behind a {@link Relay} that can be shut, and bridge-xyz behind one that speaks TLS. Its
 * certificate is trusted as a private authority is in production: by the default trust of the JVM.
 */
public final class RelayedSandbox implements QuarkusTestResourceLifecycleManager {

    private Sandbox sandbox;
    private Relay xbridge;
    private Relay tls;
    private SSLContext usual;

    @Override
    public Map<String, String> start() {
        SSLContext context = PrivateAuthority.newContext();
        try {
            usual = SSLContext.getDefault();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
        SSLContext.setDefault(context);
        sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);
        xbridge = new Relay(ServerSocketFactory.getDefault(), sandbox.port());
        tls = new Relay(context.getServerSocketFactory(), sandbox.port());
        Map<String, String> settings = SandboxResource.settings(sandbox);
        settings.put("provider.xbridge.url", "http://localhost:" + xbridge.port() + "/xbridge");
        settings.put("provider.bridge-xyz.url", "https://localhost:" + tls.port() + "/bridge-xyz");
        return settings;
    }

    @Override
    public void inject(TestInjector testInjector) {
        testInjector.injectIntoFields(sandbox, new TestInjector.MatchesType(Sandbox.class));
        testInjector.injectIntoFields(xbridge, new TestInjector.MatchesType(Relay.class));
    }

    @Override
    public void stop() {
        if (usual != null) {
            SSLContext.setDefault(usual);
        }
        if (sandbox != null) {
            xbridge.close();
            tls.close();
            sandbox.close();
        }
    }
}
