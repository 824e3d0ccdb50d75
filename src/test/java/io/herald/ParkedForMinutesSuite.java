package io.herald;

import org.junit.platform.suite.api.SelectClasses;
import org.junit.platform.suite.api.Suite;

/** The tests that share one Herald whose deliveries are parked for minutes: it is started once for all of them; see {@link SuitesTest}. */
@Suite
@SelectClasses(
        names = {
            "io.herald.delivery.ForgottenKeyTest",
            "io.herald.delivery.OutcomeLogTest",
            "io.herald.health.HealthTest",
            "io.herald.lane.ParkingTest",
            "io.herald.metrics.MetricsTest",
            "io.herald.trace.TracesTest"
        })
class ParkedForMinutesSuite {}
