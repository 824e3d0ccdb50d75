package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PropertyPairsTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:postgresql:herald",
                "jdbc:postgresql://db.example.com/herald?sslmode=verify-full&sslrootcert=/etc/herald/database-ca.pem",
                "jdbc:postgresql://db-1.example.com:5432,db-2:5433/herald?targetServerType=primary&prepareThreshold=0",
                "jdbc:postgresql://[::1]:5432/her%40ld",
                "jdbc:postgresql://127.0.0.1/postgres?user=postgres&password=p@ss%25",
            })
    void aUrlThatTheDriverTakes(String url) {
        assertThat(PropertyPairs.isReadable(url)).isTrue();
    }

    /** The driver, the pool or the start would print each of them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://herald:secret@db/herald",
                "postgres://herald:secret@db/herald",
                "jdbc:postgresql://herald:secret@db/herald",
                "jdbc:postgresql://herald@db/herald",
                "jdbc:postgresql:herald:secret@db",
                "jdbc:postgresq://db/herald?password=secret",
                "jdbc:postgresql://db:543210/herald?password=secret",
                "jdbc:postgresql://db:99999/herald?password=secret",
                "jdbc:postgresql://db:port/herald?password=secret",
                "jdbc:postgresql://db/herald?password=%zz",
                "jdbc:postgresql://db/her%zzald?password=secret",
                "jdbc:postgresql://db/one/two?password=secret",
                "jdbc:postgresql://db/herald?password=secret with a space",
                "JDBC:POSTGRESQL://db/herald?password=secret",
                "db.example.com",
            })
    void aUrlThatItWouldRefuse(String url) {
        assertThat(PropertyPairs.isReadable(url)).isFalse();
    }
}
