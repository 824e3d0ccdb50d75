package io.herald.provider;

import io.herald.inflight.InFlight;
import io.herald.rest.Api;
import jakarta.inject.Inject;
import org.junit.jupiter.api.BeforeEach;

/** What tests with {@link Neighbours} share: impostors that behave and count anew before each test, and who calls Herald. */
public abstract class AmongImpostors {

    protected final Api herald = Api.underTest();

    protected Impostors impostors;

    @Inject
    InFlight inFlight;

    @BeforeEach
    protected void resetImpostors() {
        impostors.reset(inFlight);
    }
}
