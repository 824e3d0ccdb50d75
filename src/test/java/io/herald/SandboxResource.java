package io.herald;

import io.herald.sandbox.Sandbox;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Runs the sandbox of the providers beside the program under test, and gives it a data directory of its own. */
public final class SandboxResource implements QuarkusTestResourceLifecycleManager {

    private Sandbox sandbox;

    @Override
    public Map<String, String> start() {
        sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);
        return Map.of(
                "herald.sandbox.port", Integer.toString(sandbox.port()),
                "herald.data-directory", emptyDirectory().toString());
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
