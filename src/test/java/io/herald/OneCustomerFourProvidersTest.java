package io.herald;

import io.herald.provider.Limits;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@TestProfile(Limits.class)
class OneCustomerFourProvidersTest extends OneCustomerFourProviders {}
