package io.herald;

import org.junit.platform.suite.api.SelectClasses;
import org.junit.platform.suite.api.Suite;

/** The tests that share one Herald that asks who calls: it is started once for all of them; see {@link SuitesTest}. */
@Suite
@SelectClasses(names = {"io.herald.audit.AuditTest", "io.herald.caller.CallersTest"})
class GuardedSuite {}
