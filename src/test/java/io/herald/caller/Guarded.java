package io.herald.caller;

import io.herald.SandboxResource;
import io.quarkus.test.junit.QuarkusTestProfile;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Herald as it runs where people depend on it: who has no token of the one issuer that it trusts is not let in. */
public final class Guarded implements QuarkusTestProfile {

    /** {@code herald.caller.rate} */
    static final int RATE = 10;

    @Override
    public Map<String, String> getConfigOverrides() {
        Map<String, String> settings = new HashMap<>(Issuer.TRUSTED.settings());
        settings.put("herald.caller.rate", Integer.toString(RATE));
        return settings;
    }

    @Override
    public List<TestResourceEntry> testResources() {
        return List.of(new TestResourceEntry(SandboxResource.class));
    }

    @Override
    public boolean disableGlobalTestResources() {
        return true;
    }
}
