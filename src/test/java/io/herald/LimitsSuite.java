package io.herald;

import org.junit.platform.suite.api.SelectClasses;
import org.junit.platform.suite.api.Suite;

/** The tests that share one Herald with breakers and rates, and those that it does not matter to: it is started once for all of them; see {@link SuitesTest}. */
@Suite
@SelectClasses(
        names = {
            "io.herald.OneCustomerFourProvidersTest",
            "io.herald.ReadmeTest",
            "io.herald.lane.OutageTest",
            "io.herald.provider.BreakerTest",
            "io.herald.provider.RateTest"
        })
class LimitsSuite {}
