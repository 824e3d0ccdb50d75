package io.herald.caller;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.util.Map;

/** Has the program under test trust {@link Issuer#TRUSTED}. */
public final class TrustedIssuer implements QuarkusTestResourceLifecycleManager {

    @Override
    public Map<String, String> start() {
        return Issuer.TRUSTED.settings();
    }

    @Override
    public void stop() {}
}
