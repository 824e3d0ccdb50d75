package io.herald.caller;

import io.herald.provider.BaseUrl;
import io.quarkus.oidc.Oidc;
import io.quarkus.oidc.OidcTenantConfig;
import io.quarkus.runtime.LaunchMode;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Whose tokens are taken. Calls are checked by Quarkus' OIDC extension, and by the permissions in {@code
 * application.properties}; here is what they need to be sure, and development mode, in which no token is needed.
 */
@Singleton
public final class Callers {

    /** The exchange property with the subject of the caller; see {@link #of}. */
    public static final String CALLER = "caller";

    /** Who does what nobody called for. */
    public static final String HERALD = "herald";

    private static final String SERVER = "quarkus.oidc.auth-server-url";
    private static final String KEY = "quarkus.oidc.public-key";
    private static final String ISSUER = "quarkus.oidc.token.issuer";
    private static final String AUDIENCE = "quarkus.oidc.token.audience";

    /** RFC 7518, 3.3: a key of this size or larger must be used. */
    private static final int LEAST_KEY_BITS = 2048;

    private static final Logger LOG = Logger.getLogger(Callers.class);

    private final List<String> mistakes = new ArrayList<>();
    private final boolean open;
    private final boolean anyIssuer;

    public Callers(
            @ConfigProperty(name = "quarkus.oidc.auth-server-url") Optional<String> server,
            @ConfigProperty(name = "quarkus.oidc.public-key") Optional<String> key,
            @ConfigProperty(name = "quarkus.oidc.token.issuer") Optional<String> issuer,
            @ConfigProperty(name = "quarkus.oidc.token.audience") Optional<List<String>> audience) {
        boolean configured = server.isPresent() || key.isPresent();
        open = !configured && LaunchMode.current().isDevOrTest();
        anyIssuer = key.isPresent() && issuer.isEmpty();
        if (configured) {
            check(server, key, issuer);
        } else if (!open) {
            mistakes.add(SERVER + " or " + KEY + ": one of them is required, and neither is set (who may call)");
        }
        if (audience.isEmpty() || audience.get().contains("any")) {
            mistakes.add(AUDIENCE + ": must name who the tokens are for");
        }
    }

    private void check(Optional<String> server, Optional<String> key, Optional<String> issuer) {
        server.ifPresent(url -> BaseUrl.check(SERVER, url, mistakes));
        if (server.isPresent() && key.isPresent()) {
            mistakes.add(KEY + ": not together with " + SERVER + ", which has the keys");
        } else if (key.isPresent()) {
            if (!isGood(key.get())) {
                mistakes.add(KEY + ": must be an RSA public key of " + LEAST_KEY_BITS
                        + " bits or more, the base64 text of its PEM file");
            }
        }
        if (issuer.filter("any"::equals).isPresent()) {
            mistakes.add(ISSUER + ": must name one issuer");
        }
    }

    private static boolean isGood(String pem) {
        try {
            byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
            PublicKey key = KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(der));
            return ((RSAPublicKey) key).getModulus().bitLength() >= LEAST_KEY_BITS;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    /** What is wrong with the configuration, a line each, without a value. */
    public List<String> mistakes() {
        return List.copyOf(mistakes);
    }

    /**
     * Whether calls need no token: in {@code quarkus:dev} and in tests, where no issuer is configured. Never in the packaged
     * program, whatever its profile.
     */
    boolean isOpen() {
        return open;
    }

    /** The subject of who caused this exchange; {@link #HERALD} if nobody called. */
    public static String of(Exchange exchange) {
        return exchange.getProperty(CALLER, HERALD, String.class);
    }

    /** Without an issuer to trust, no token is good; {@link #mistakes} are told where all others are. */
    void configure(@Observes Oidc oidc) {
        if (open || !mistakes.isEmpty()) {
            oidc.create(OidcTenantConfig.builder().tenantEnabled(false).build());
        }
    }

    void warn(@Observes StartupEvent event) {
        if (open) {
            LOG.warn(
                    "DEVELOPMENT MODE: calls need no token, and everybody may do everything. A packaged Herald never starts"
                            + " like this.");
        }
        if (anyIssuer) {
            LOG.warn(ISSUER + " is not set: a token that is signed with the key of " + KEY
                    + " is taken whatever issuer it names.");
        }
    }
}
