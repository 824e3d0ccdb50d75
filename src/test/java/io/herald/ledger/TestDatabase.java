package io.herald.ledger;

import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.herald.metrics.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;

/** A new database of either kind, set up as {@code application.properties} says; opened as often as a test likes. */
final class TestDatabase implements AutoCloseable {

    private static final List<String> TABLES = List.of(
            "message",
            "delivery",
            "attempt",
            "link",
            "idempotency",
            "replica",
            "rate",
            "file",
            "record",
            "claim",
            "provider");

    private final Dialect dialect;
    private final Path directory;
    private final String url;
    private final Properties settings;

    private DataDirectory dataDirectory;
    private AgroalDataSource dataSource;
    private Database database;

    private TestDatabase(Dialect dialect, Path directory, Properties settings, String url) {
        this.dialect = dialect;
        this.directory = directory;
        this.settings = settings;
        this.url = url;
    }

    /** @param directory of the test's own */
    static TestDatabase make(Dialect dialect, Path directory) {
        Properties settings = new Properties();
        try (var file = Files.newBufferedReader(Path.of("application.properties"))) {
            settings.load(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path data = directory.resolve("data");
        String url = dialect == Dialect.POSTGRESQL
                ? TestPostgres.newDatabase()
                : settings.getProperty("quarkus.datasource.embedded.jdbc.url")
                        .replace("${herald.data-directory:data}", data.toString());
        return new TestDatabase(dialect, data, settings, url);
    }

    /** The same database, for a second program; an embedded one is locked elsewhere. */
    TestDatabase again() {
        return new TestDatabase(dialect, directory.resolveSibling("again"), settings, url);
    }

    /** Opens it, as a program does that starts; throws what the start would throw. */
    void open() {
        dataDirectory = new DataDirectory(directory);
        dataSource = pool();
        try {
            database = new Database(
                    dialect,
                    dataDirectory,
                    dataSource,
                    flyway(dataSource, "db/migration"),
                    new Meters(new SimpleMeterRegistry()));
        } catch (RuntimeException e) {
            closeConnections();
            throw e;
        }
    }

    /** As PostgreSQL's own programs take it. */
    String uri() {
        return url.substring("jdbc:".length());
    }

    Database get() {
        return database;
    }

    /** What brings the database to the form that the migrations of a location give it. */
    Flyway flyway(DataSource connections, String location) {
        return Flyway.configure()
                .dataSource(connections)
                .locations(location)
                .placeholders(placeholders())
                .callbacks(named("quarkus.flyway.%s.callbacks").values().toArray(String[]::new))
                .load();
    }

    /** A pool of connections, without the tables of the ledger. */
    AgroalDataSource pool() {
        return pool("");
    }

    /** @param parameters further ones of the URL; they count more than those of {@code application.properties} */
    AgroalDataSource pool(String parameters) {
        try {
            Path file = Files.createDirectories(directory).resolve("herald.db");
            if (dialect == Dialect.EMBEDDED && !Files.exists(file)) {
                Files.createFile(file);
            }
            return AgroalDataSource.from(
                    new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration(pool -> pool.maxSize(4)
                            .acquisitionTimeout(Duration.ofSeconds(10))
                            .connectionFactoryConfiguration(connection -> {
                                connection.jdbcUrl(url + parameters).connectionProviderClass(driver());
                                named("quarkus.datasource.%s.jdbc.additional-jdbc-properties.")
                                        .forEach(connection::jdbcProperty);
                                return connection;
                            })));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Named, as Quarkus does: whoever came first in this JVM decided which drivers the driver manager knows. */
    private Class<?> driver() {
        return dialect == Dialect.EMBEDDED ? org.sqlite.JDBC.class : org.postgresql.Driver.class;
    }

    /** What the migrations call a sequence, and bytes. */
    Map<String, String> placeholders() {
        return named("quarkus.flyway.%s.placeholders.");
    }

    /** The properties behind that prefix. */
    private Map<String, String> named(String prefixOfDialect) {
        String prefix = prefixOfDialect.formatted(dialect.name().toLowerCase(Locale.ROOT));
        return settings.stringPropertyNames().stream()
                .filter(name -> name.startsWith(prefix))
                .collect(Collectors.toMap(name -> name.substring(prefix.length()), settings::getProperty));
    }

    /** The one number that a query finds. */
    long number(String query) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getLong(1);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    void change(String statement) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement update = connection.createStatement()) {
            update.executeUpdate(statement);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** All that it keeps, a character for each byte: the bytes of every file, or of every field of every table. */
    String contents() {
        StringBuilder all = new StringBuilder();
        try {
            if (dialect == Dialect.EMBEDDED) {
                addFiles(all);
            } else {
                addTables(all);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return all.toString();
    }

    /** What is in each column of bytes, by its table and name. */
    Map<String, List<byte[]>> columnsOfBytes() {
        String bytes = placeholders().get("bytes");
        Map<String, List<byte[]>> columns = new TreeMap<>();
        try (Connection connection = DriverManager.getConnection(url);
                ResultSet column = connection.getMetaData().getColumns(null, connection.getSchema(), "%", "%")) {
            while (column.next()) {
                if (column.getString("TYPE_NAME").equalsIgnoreCase(bytes)) {
                    String table = column.getString("TABLE_NAME");
                    String name = column.getString("COLUMN_NAME");
                    columns.put(
                            table + "." + name,
                            database.all(
                                    "select " + name + " from " + table + " where " + name + " is not null",
                                    row -> row.getBytes(1)));
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
        return columns;
    }

    private void addFiles(StringBuilder all) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                all.append(Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
    }

    private void addTables(StringBuilder all) throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String table : TABLES) {
                try (ResultSet rows = statement.executeQuery("select * from " + table)) {
                    while (rows.next()) {
                        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
                            byte[] field = rows.getBytes(i);
                            all.append(field == null ? "" : new String(field, StandardCharsets.ISO_8859_1))
                                    .append('\n');
                        }
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        database.close();
        closeConnections();
    }

    private void closeConnections() {
        dataSource.close();
        try {
            dataDirectory.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
