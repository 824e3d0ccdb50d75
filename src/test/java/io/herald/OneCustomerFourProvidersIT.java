package io.herald;

import io.quarkus.test.junit.QuarkusIntegrationTest;

@QuarkusIntegrationTest
class OneCustomerFourProvidersIT extends OneCustomerFourProvidersTest {}
