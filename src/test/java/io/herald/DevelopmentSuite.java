package io.herald;

import org.junit.platform.suite.api.SelectClasses;
import org.junit.platform.suite.api.Suite;

/** The tests that share one Herald as it is in development: it is started once for all of them; see {@link SuitesTest}. */
@Suite
@SelectClasses(names = {"io.herald.OneCustomerFourProvidersTest", "io.herald.ReadmeTest"})
class DevelopmentSuite {}
