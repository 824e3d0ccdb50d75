package io.herald;

import org.junit.platform.suite.api.SelectClasses;
import org.junit.platform.suite.api.Suite;

/**
 * The tests of deliveries that share one Herald whose retries take no time: it is started once for all of them; see
 * {@link SuitesTest}. Together with {@link FilesAndDeadLettersSuite} it would take longer than all else.
 */
@Suite
@SelectClasses(
        names = {
            "io.herald.delivery.ClassificationTest",
            "io.herald.delivery.OnceAtTheProviderTest",
            "io.herald.delivery.ReauthenticationTest",
            "io.herald.delivery.RedeliveryTest",
            "io.herald.token.OneLoginTest"
        })
class DeliverySuite {}
