package io.herald.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.herald.Customers;
import io.herald.rest.Api;
import io.herald.sandbox.Sandbox;
import io.herald.start.PackagedProgram;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged program and a PostgreSQL that is not there, goes away, and comes back. */
class PostgresqlIT {

    private static final Duration BOUND = Duration.ofSeconds(120);
    private static final Duration QUICKLY = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @AutoClose
    private final Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);

    private final Map<String, String> environment = PackagedProgram.environment(sandbox);
    private int port;

    @BeforeEach
    void settings() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        environment.put("HERALD_LEDGER", "postgresql");
        environment.put(
                "QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL",
                "jdbc:postgresql://localhost:" + port + "/postgres?user=postgres");
        environment.put("PROVIDER_XBRIDGE_PARK_SCHEDULE", "500ms,1s,2s,5s,10s");
    }

    @Test
    void whileItIsAwayCallersAreToldAndAfterwardsAllIsDelivered() throws IOException, SQLException {
        EmbeddedPostgres server = server();
        try (PackagedProgram program = PackagedProgram.start(directory, environment)) {
            Api herald = Api.at(URI.create(program.url()).getPort());
            List<Api.Answer> kept = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                kept.add(herald.submit(Customers.person("CUST-before-" + i), "Prefer", "respond-async"));
            }
            callersAreToldWhileTheLockIsHeld(herald);
            kept.add(herald.submit(Customers.person("CUST-locked"), "Prefer", "respond-async"));
            server.close();

            Api.Answer refused = herald.submit(Customers.person("CUST-while"));
            assertThat(refused.status()).as(refused.body()).isEqualTo(503);
            assertThat(refused.millis()).isLessThan(QUICKLY.toMillis());
            assertThat(program.isReady()).isFalse();
            assertThat(herald.get("/v1/customers/CUST-before-1").status()).isEqualTo(503);
            Api.Answer preview = herald.preview(Customers.person("CUST-before-1"));
            assertThat(preview.status()).as(preview.body()).isEqualTo(503);

            server = server();
            kept.add(await().atMost(BOUND)
                    .until(
                            () -> herald.submit(Customers.person("CUST-after"), "Prefer", "respond-async"),
                            answer -> answer.status() == 202));
            assertThat(kept).extracting(Api.Answer::status).containsOnly(202);
            assertThat(program.isReady()).isTrue();
            kept.forEach(answer -> await().atMost(BOUND)
                    .until(() -> herald.report(answer.json().path("message").asText())
                            .path("status")
                            .asText()
                            .equals("delivered")));
            assertThat(program.output()).doesNotContain("\tat ");
        } finally {
            server.close();
        }
    }

    /** As by a program that was stopped in the middle of a write, and whose server does not notice. */
    private void callersAreToldWhileTheLockIsHeld(Api herald) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(environment.get("QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL"));
                Statement lock = connection.createStatement()) {
            connection.setAutoCommit(false);
            lock.execute(Dialect.POSTGRESQL.beginGroup().orElseThrow());
            lock.execute("set local idle_in_transaction_session_timeout = 0; set local transaction_timeout = 0");

            Api.Answer refused = herald.submit(Customers.person("CUST-locked"));

            assertThat(refused.status()).as(refused.body()).isEqualTo(503);
            assertThat(refused.header("Retry-After")).isEqualTo("1");
            assertThat(refused.json().path("detail").asText()).contains("cannot keep");
            assertThat(refused.millis()).isLessThan(QUICKLY.toMillis());
            connection.rollback();
        }
    }

    /** With the same data each time. */
    private EmbeddedPostgres server() throws IOException {
        return EmbeddedPostgres.builder()
                .setDataDirectory(directory.resolve("postgresql"))
                .setCleanDataDirectory(false)
                .setPort(port)
                .start();
    }

    @Test
    void withoutItThereIsNoStart() {
        try (PackagedProgram program = PackagedProgram.launch(directory, environment)) {
            assertThat(program.awaitExit(QUICKLY)).isEqualTo(1);
            assertThat(program.output())
                    .contains(
                            "Herald does not start: the ledger, the database of quarkus.datasource.postgresql.jdbc.url, cannot be used: ")
                    .contains("localhost:" + port + " refused")
                    .doesNotContain("\tat ", "Exception", "Listening on");
        }
    }
}
