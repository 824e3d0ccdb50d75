package io.herald.caller;

import io.quarkus.runtime.PreventFurtherStepsException;
import io.quarkus.vertx.http.HttpServerOptionsCustomizer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServerOptions;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * Whether callers must show a certificate, {@code herald.client-certificate}; Quarkus' own setting of that is fixed when
 * Herald is built. Which certificates are taken is the trust store of the TLS configuration of our port.
 */
@Singleton
public final class ClientCertificates implements HttpServerOptionsCustomizer {

    private final ClientAuth wanted;

    public ClientCertificates(
            @ConfigProperty(name = "herald.client-certificate", defaultValue = "none") ClientAuth wanted) {
        this.wanted = wanted;
    }

    /** @throws PreventFurtherStepsException if one is required and nothing says which are trusted */
    @Override
    public void customizeHttpsServer(HttpServerOptions options) {
        if (wanted != ClientAuth.NONE && options.getTrustOptions() == null) {
            throw new PreventFurtherStepsException(
                    "Herald does not start: herald.client-certificate: needs a trust store beside the key store,"
                            + " see docs/configuration.md#tls",
                    1);
        }
        options.setClientAuth(wanted);
    }
}
