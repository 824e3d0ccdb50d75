package io.herald;

import org.junit.platform.suite.api.SelectClasses;
import org.junit.platform.suite.api.Suite;

/** The tests that share one Herald, with an impostor before each provider: it is started once for all of them; see {@link SuitesTest}. */
@Suite
@SelectClasses(
        names = {
            "io.herald.intake.FullTest",
            "io.herald.lane.HundredAtOnceTest",
            "io.herald.provider.BadNeighbourTest",
            "io.herald.rest.ContractServedTest",
            "io.herald.rest.HeadersTest",
            "io.herald.rest.IdempotentIntakeTest",
            "io.herald.rest.InjectionTest",
            "io.herald.rest.PreviewTest",
            "io.herald.rest.RandomMessagesTest",
            "io.herald.rest.RefusalsTest",
            "io.herald.rest.SubmitTest",
            "io.herald.retention.EraseCustomerTest"
        })
class NeighboursSuite {}
