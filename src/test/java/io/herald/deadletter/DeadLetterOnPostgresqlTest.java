package io.herald.deadletter;

import io.herald.delivery.QuickRetries;
import io.herald.ledger.TestPostgres;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The same in PostgreSQL. */
@QuarkusTest
@TestProfile(DeadLetterOnPostgresqlTest.Profile.class)
class DeadLetterOnPostgresqlTest extends DeadLetterTest {

    /** {@link QuickRetries}, with the other ledger. */
    public static final class Profile extends QuickRetries {

        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> config = super.getConfigOverrides();
            config.put("herald.ledger", "postgresql");
            return config;
        }

        @Override
        public List<TestResourceEntry> testResources() {
            return Stream.concat(super.testResources().stream(), Stream.of(new TestResourceEntry(NewDatabase.class)))
                    .toList();
        }
    }

    /** An empty database for Herald. */
    public static final class NewDatabase implements QuarkusTestResourceLifecycleManager {

        @Override
        public Map<String, String> start() {
            return Map.of("quarkus.datasource.postgresql.jdbc.url", TestPostgres.newDatabase());
        }

        @Override
        public void stop() {
            // the server ends with the JVM
        }
    }
}
