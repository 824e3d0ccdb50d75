package io.herald;

import org.junit.platform.suite.api.SelectClasses;
import org.junit.platform.suite.api.Suite;

/** The tests that share one Herald whose retries take no time: it is started once for all of them; see {@link SuitesTest}. */
@Suite
@SelectClasses(
        names = {
            "io.herald.deadletter.DeadLetterTest",
            "io.herald.delivery.ClassificationTest",
            "io.herald.delivery.OnceAtTheProviderTest",
            "io.herald.delivery.ReauthenticationTest",
            "io.herald.delivery.RedeliveryTest",
            "io.herald.file.FileDropTest",
            "io.herald.file.HostileFilesTest",
            "io.herald.rest.HostileJsonTest",
            "io.herald.token.OneLoginTest"
        })
class QuickRetriesSuite {}
