package io.herald;

import io.herald.sandbox.Sandbox;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Runs the sandbox of the providers beside the program under test, and gives it a data directory of its own. */
public final class SandboxResource implements QuarkusTestResourceLifecycleManager {

    private Sandbox sandbox;

    @Override
    public Map<String, String> start() {
        sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);
        return settings(sandbox);
    }

    /** All that Herald needs to run against a sandbox. */
    public static Map<String, String> settings(Sandbox sandbox) {
        Map<String, String> settings = new TreeMap<>();
        for (String provider : List.of("xbridge", "yativo", "fraudspect", "bridge-xyz")) {
            settings.put("provider." + provider + ".url", sandbox.url(provider));
        }
        settings.put("provider.xbridge.key-id", "sandbox-key-id");
        settings.put("provider.xbridge.secret", "sandbox-secret");
        settings.put("provider.yativo.account-id", "sandbox-account-id");
        settings.put("provider.yativo.app-secret", "sandbox-app-secret");
        settings.put("provider.fraudspect.api-key", "sandbox-fraudspect-key");
        settings.put("provider.bridge-xyz.api-key", "sandbox-bridge-xyz-key");
        settings.put("herald.payload-key", Base64.getEncoder().encodeToString(new byte[32]));
        settings.put("herald.data-directory", emptyDirectory().toString());
        return settings;
    }

    @Override
    public void inject(TestInjector testInjector) {
        testInjector.injectIntoFields(sandbox, new TestInjector.MatchesType(Sandbox.class));
    }

    @Override
    public void stop() {
        sandbox.close();
    }

    private static Path emptyDirectory() {
        try {
            return Files.createTempDirectory(Files.createDirectories(Path.of("target/test-data")), "data-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
