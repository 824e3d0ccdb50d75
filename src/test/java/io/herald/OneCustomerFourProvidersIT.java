package io.herald;

import io.herald.caller.TrustedIssuer;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusIntegrationTest;

@QuarkusIntegrationTest
@QuarkusTestResource(value = SandboxResource.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = TrustedIssuer.class, restrictToAnnotatedClass = true)
class OneCustomerFourProvidersIT extends OneCustomerFourProviders {}
