package io.herald;

import org.junit.platform.suite.api.SelectClasses;
import org.junit.platform.suite.api.Suite;

/** The other tests of such a Herald as {@link DeliverySuite} has. */
@Suite
@SelectClasses(
        names = {
            "io.herald.deadletter.DeadLetterTest",
            "io.herald.file.FileDropTest",
            "io.herald.file.HostileFilesTest",
            "io.herald.rest.HostileJsonTest"
        })
class FilesAndDeadLettersSuite {}
