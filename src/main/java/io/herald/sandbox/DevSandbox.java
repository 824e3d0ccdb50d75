package io.herald.sandbox;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/** Starts the sandbox with Herald in development mode. */
@Singleton
@IfBuildProfile("dev")
final class DevSandbox {

    private static final Logger LOG = Logger.getLogger(DevSandbox.class);

    private Sandbox sandbox;

    void start(
            @Observes StartupEvent event,
            @ConfigProperty(name = "herald.sandbox.port") int port,
            @ConfigProperty(name = "herald.data-directory", defaultValue = "data") Path data) {
        sandbox = Sandbox.start(port, Path.of("src/sandbox"), data.resolve("sandbox.json"));
        LOG.infof("Sandbox of the providers on port %d; magic values: src/sandbox/README.md", port);
    }

    void stop(@Observes ShutdownEvent event) {
        sandbox.close();
    }
}
