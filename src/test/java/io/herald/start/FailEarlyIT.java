package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A mistake in what an integration team edits stops the start: one message names all of them, each with its file, line and
 * column, or its property, and with what is wrong. No stack trace, no secret.
 */
class FailEarlyIT {

    /** It takes two or three seconds; ten times as long on a machine that does much else. */
    private static final Duration QUICKLY = Duration.ofSeconds(120);

    private static final String SHORT_KEY = PackagedProgram.payloadKey("short").substring(0, 32);
    private static final String BRACES = "a}}b" + PackagedProgram.payloadKey("braces");
    private static final String TWICE = PackagedProgram.payloadKey("twice");
    private static final String HEAD = "Herald does not start, ";
    private static final String NOBODY_MAY_CALL =
            "quarkus.oidc.auth-server-url or quarkus.oidc.public-key: one of them is required, and neither is set (who may"
                    + " call)";

    @TempDir
    Path directory;

    private final Map<String, String> environment = new TreeMap<>();
    private final List<String> secrets = new ArrayList<>();

    @BeforeEach
    void everythingInOrder() {
        for (String provider : List.of("XBRIDGE", "YATIVO", "FRAUDSPECT", "BRIDGE_XYZ")) {
            environment.put(
                    "PROVIDER_" + provider + "_URL",
                    "https://" + provider.toLowerCase(Locale.ROOT).replace('_', '-') + ".example.com");
        }
        for (String credential : List.of(
                "XBRIDGE_KEY_ID",
                "XBRIDGE_SECRET",
                "YATIVO_ACCOUNT_ID",
                "YATIVO_APP_SECRET",
                "FRAUDSPECT_API_KEY",
                "BRIDGE_XYZ_API_KEY")) {
            secrets.add(PackagedProgram.payloadKey(credential));
            environment.put("PROVIDER_" + credential, PackagedProgram.payloadKey(credential));
        }
        secrets.add(PackagedProgram.payloadKey("fail early"));
        environment.put("HERALD_PAYLOAD_KEY", PackagedProgram.payloadKey("fail early"));
    }

    @Test
    void withoutAMistakeItStartsAndASecondProcessOnTheSameDataDoesNot() throws IOException {
        mount("routes");
        mount("mappings");
        environment.put("HERALD_CHECK", "true");
        try (PackagedProgram check = PackagedProgram.launch(directory, environment)) {
            assertThat(check.awaitExit(QUICKLY)).as(check.output()).isZero();
            assertThat(check.output())
                    .contains("Herald would start: ", " for bridge-xyz, fraudspect, xbridge, yativo")
                    .doesNotContain("Listening on", "Exception");
            assertThat(directory.resolve("data")).doesNotExist();
        }
        environment.remove("HERALD_CHECK");
        try (PackagedProgram first = PackagedProgram.start(directory, environment)) {
            assertThat(first.output()).doesNotContain(HEAD);

            String output = refused();

            assertThat(output)
                    .containsOnlyOnce("Herald does not start")
                    .contains("herald.data-directory: " + directory.toRealPath().resolve("data")
                            + " is in use by process " + first.pid() + ";")
                    .contains("give this one a directory of its own");
            first.stop();
        }
        try (PackagedProgram next = PackagedProgram.start(directory, environment)) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("data"))))
                    .isEqualTo("rwx------");
            assertThat(next.output()).doesNotContain("is in use");
        }
    }

    @Test
    void allMistakesOfAllKindsAreToldAtOnce() throws IOException {
        mount("routes");
        mount("mappings");
        environment.put("HERALD_CHECK", "true");
        environment.put("PROVIDER_FRAUDSPECT_API_KEY", "pa${sword}");
        secrets.add("pa${sword}");
        environment.put("PROVIDER_BRIDGE_XYZ_URL", "http://bridge-xyz.example.com");
        environment.put("PROVIDER_FRAUDSPECT_RETRY_ATTEMPTS", "0");
        environment.put("PROVIDER_FRAUDSPECT_REQUEST_TIMEOUT", "0s");
        environment.put("PROVIDER_YATIVO_PARK_SCHEDULE", "1m,-1m");
        environment.put("HERALD_IN_FLIGHT_MAX", "0");
        environment.put("HERALD_BODY_MAX", "3G");
        environment.put("HERALD_ANSWER_MAX", "3G");
        environment.put("HERALD_PARK_POLL", "0s");
        environment.put("HERALD_RETENTION", "-1d");
        environment.put("HERALD_PAYLOAD_KEY", SHORT_KEY);
        secrets.add(SHORT_KEY);
        environment.remove("PROVIDER_XBRIDGE_SECRET");
        environment.put("PROVIDER_BRIDGE_XYZ_API_KEY", BRACES);
        secrets.add(BRACES);
        environment.put("HERALD_LEDGER", "postgres");
        environment.put("QUARKUS_OIDC_AUTH_SERVER_URL", "http://issuer.example.com");
        environment.put("HERALD_SERVICE_HOST", "10.0.0.1");
        environment.put("HERALD_PORT_8080_TCP", "tcp://10.0.0.1:8080");
        environment.put("INTAKE_SVC_PORT", "8080");
        Path config = Files.createDirectory(directory.resolve("config")).resolve("application.properties");
        Files.writeString(
                config,
                "herald.retetion=9d\nprovider.xbridge.retires=5\n\nherald.payload-key=" + TWICE
                        + "\nherald.payload-key = " + TWICE + "\n");
        secrets.add(TWICE);
        List<String> expected = List.of(
                config.toRealPath() + ":1: there is no property herald.retetion; the nearest is herald.retention",
                config.toRealPath() + ":2: there is no property provider.xbridge.retires; the nearest is"
                        + " provider.xbridge.retry.*",
                config.toRealPath() + ":5: herald.payload-key is set twice",
                "herald.ledger: must be embedded or postgresql",
                "quarkus.oidc.public-key: not together with quarkus.oidc.auth-server-url, which has the keys",
                "quarkus.oidc.auth-server-url: must be https (http is for a loopback host only)",
                "provider.bridge-xyz.url: must be https (http is for a loopback host only)",
                "provider.fraudspect.retry.attempts: must be at least 1",
                "provider.fraudspect.request-timeout: must be at least 1ms",
                "provider.yativo.park.schedule: must be at least 0ms",
                "herald.in-flight.max: must be at least 1",
                "herald.body.max: must be from 1 to 1G",
                "herald.answer.max: must be from 1 to 1G",
                "herald.park.poll: must be at least 1ms",
                "herald.retention: must be at least 0ms",
                "herald.payload-key: must be 32 bytes in base64",
                place("routes/providers/xbridge.camel.yaml", "${properties:provider.xbridge.secret}")
                        + ": the property provider.xbridge.secret is required and not set",
                place("routes/providers/bridge-xyz.camel.yaml", "{{provider.bridge-xyz.api-key}}")
                        + ": the property provider.bridge-xyz.api-key has '{{' or '}}' in it, which Camel takes for another property",
                place("routes/providers/fraudspect.camel.yaml", "{{provider.fraudspect.api-key}}")
                        + ": the property provider.fraudspect.api-key has '${' in it, which stands for another property, and that is"
                        + " not set; where it is meant as it is, write '$${'",
                edit("routes/customer.camel.yaml", "- wireTap:", "- ^wireTapp:") + ": Unknown node id: wireTapp",
                edit(
                                "routes/providers/yativo.camel.yaml",
                                "leave\n            ref: delivery",
                                "leave\n             ref^: delivery")
                        + ": mapping values are not allowed here",
                edit("routes/providers/fraudspect.camel.yaml", "method: findLink", "method: ^findLinks")
                        + ": the bean 'delivery' has no method 'findLinks'",
                edit("mappings/xbridge/request.jslt", "\"email\": .contact", "\"email\": ^, .contact")
                        + ": syntax error: unexpected ','",
                edit("mappings/yativo/request.jslt", ".contact.email", "^$contact.email")
                        + ": no variable $contact; there are $link and what a let declares",
                edit("mappings/yativo/request.schema.json", "\"type\": \"object\"", "\"type\": ^\"objekt\"")
                        + ": \"type\" is not a type of JSON Schema",
                edit("mappings/canonical/customer.schema.json", "\"required\": [", "\"requierd\": ^[")
                        + ": \"requierd\" is not a keyword that is known here");

        assertThat(mistakes()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(directory.resolve("data")).doesNotExist();
    }

    /** Its directories are those that properties name, and not the built-in ones. */
    @Test
    void aRouteFileNamesOnlyWhatThereIsAndSoDoProperties() throws IOException {
        mount("routes");
        mount("mappings");
        Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
        Files.move(directory.resolve("routes"), elsewhere.resolve("routes"));
        Files.move(directory.resolve("mappings"), elsewhere.resolve("maps"));
        environment.put("HERALD_ROUTES", elsewhere.resolve("routes").toString());
        environment.put("HERALD_MAPPINGS", "elsewhere/maps");
        environment.put("HERALD_LEDGER", "postgresql");
        environment.put("QUARKUS_DATASOURCE_POSTGRESQL_JDBC_URL", "jdbc:postgresql://herald:" + TWICE + "@db/herald");
        secrets.add(TWICE);
        environment.put(
                "HERALD_PAYLOAD_KEY", String.join(", ", PackagedProgram.payloadKey("fail early"), SHORT_KEY, ""));
        environment.put("QUARKUS_OIDC_PUBLIC_KEY", SHORT_KEY);
        secrets.add(SHORT_KEY);
        environment.put("QUARKUS_OIDC_TOKEN_ISSUER", "any");
        environment.put("QUARKUS_OIDC_TOKEN_AUDIENCE", "any");
        environment.put("HERALD_CALLER_RATE", "0");
        environment.put("PROVIDER_XBRIDGE_REQUEST_TIMEOUT", "11s");
        environment.put("HERALD_WAIT_MAX", "75s");
        environment.put("HERALD_CLIENT_CERTIFICATE", "required");
        environment.put("HERALD_IDEMPOTENCY_RETENTION", "7");
        environment.put("QUARKUS_CONFIG_LOCATIONS", "/nowhere/typo.properties");
        List<String> expected = new ArrayList<>(List.of(
                "herald.replica.lease: must be at least one and a half times provider.xbridge.request-timeout, which is 11000 ms",
                "quarkus.http.idle-timeout: must be longer than herald.wait.max, which is 75000 ms",
                "herald.client-certificate: needs a trust store beside the key store, see docs/configuration.md#tls",
                "herald.idempotency.retention: must be a number with ms, s, m, h or d",
                "quarkus.config.locations: there is no file /nowhere/typo.properties",
                "quarkus.datasource.postgresql.jdbc.url: must be jdbc:postgresql://host:port/database, and the user and the"
                        + " password are properties of their own",
                "herald.payload-key: key 2 of 3 must be 32 bytes in base64",
                "herald.payload-key: key 3 of 3 must be 32 bytes in base64",
                "quarkus.oidc.public-key: must be an RSA public key of 2048 bits or more, the base64 text of its PEM file",
                "quarkus.oidc.token.issuer: must name one issuer",
                "quarkus.oidc.token.audience: must name who the tokens are for",
                "herald.caller.rate: must be more than 0",
                "mappings/yativo/find.jslt: the file is missing, and direct:yativo-find is there",
                "routes/providers/fraudspect.camel.yaml: no route begins with direct:fraudspect-find, which"
                        + " mappings/fraudspect/find.jslt is there for",
                edit("elsewhere/maps/xbridge/find.jslt", "  {\n", "  {^,\n") + ": syntax error: unexpected ','"));
        Path maps = elsewhere.resolve("maps");
        Files.move(maps.resolve("yativo/find.jslt"), maps.resolve("fraudspect/find.jslt"));
        Files.writeString(maps.resolve("bridge-xyz/response.jslt"), "// é\n{}", StandardCharsets.ISO_8859_1);
        expected.add("elsewhere/maps/bridge-xyz/response.jslt: is not UTF-8");
        Stream.of(
                        edit("elsewhere/routes/customer.camel.yaml", "id: accept", "idd: ^accept")
                                + ": Unsupported field: idd",
                        edit("elsewhere/routes/customer.camel.yaml", "\"#class:org.apache", "^\"#class:org.apatche")
                                + ": there is no class"
                                + " org.apatche.camel.processor.aggregate.GroupedBodyAggregationStrategy",
                        edit(
                                        "elsewhere/routes/customer.camel.yaml",
                                        "ConfigurationId: delivery",
                                        "ConfigurationId: ^delivry")
                                + ": there is no routeConfiguration 'delivry'",
                        edit("elsewhere/routes/customer.camel.yaml", "\"{{id}}-lanes\"", "^\"{{id}}-lane\"")
                                + ": there is no bean 'bridge-xyz-lane'",
                        edit(
                                        "elsewhere/routes/providers/fraudspect.camel.yaml",
                                        "name: fraudspect-customer",
                                        "name: ^fraudspect-custmer")
                                + ": no route begins with direct:fraudspect-custmer",
                        edit("elsewhere/routes/providers/yativo.camel.yaml", "  httpMethod:", "  ^httpMehtod:")
                                + ": the component 'https' has no parameter 'httpMehtod'",
                        edit("elsewhere/routes/providers/yativo.camel.yaml", "ref: delivery", "ref: ^delivary")
                                + ": there is no bean 'delivary'",
                        edit(
                                        "elsewhere/routes/providers/yativo.camel.yaml",
                                        "expression: email={customer_email}",
                                        "expression: ^email={customer_mail}")
                                + ": there is no field 'customer_mail' in what mappings/yativo/request.schema.json accepts",
                        edit(
                                        "elsewhere/routes/providers/yativo.camel.yaml",
                                        "expression: $.data.access",
                                        "expression: ^$.data[access")
                                + ": not a jsonpath expression: Could not parse token starting at position 6."
                                + " Expected ?, ', 0-9, *",
                        edit(
                                        "elsewhere/routes/providers/fraudspect.camel.yaml",
                                        "expression: ${exchangeP",
                                        "expression: ^${exchangP")
                                + ": not a simple expression: Unknown function:"
                                + " exchangProperty.delivery.update at location 0",
                        edit("elsewhere/routes/providers/fraudspect.camel.yaml", "uri: \"{{p", "uri: ^\"{{p")
                                + ": a call needs the parameter httpClient: \"#fraudspect-http\";"
                                + " without it nothing limits its time, its connections and its answer",
                        edit(
                                        "elsewhere/routes/providers/fraudspect.camel.yaml",
                                        "\"#fraudspect-http\"",
                                        "^\"#fraudspekt-http\"")
                                + ": there is no bean 'fraudspekt-http'",
                        edit(
                                        "elsewhere/routes/providers/yativo.camel.yaml",
                                        "uri: \"{{provider.yativo.url}}/auth",
                                        "uri: ^\"http://login.example.com/auth")
                                + ": must be https (http is for a loopback host only)",
                        edit(
                                        "elsewhere/routes/providers/bridge-xyz.camel.yaml",
                                        "            method: bytesToSend",
                                        "            method: ^authorize")
                                + ": no route begins with direct:bridge-xyz-log-in",
                        edit("elsewhere/routes/providers/bridge-xyz.camel.yaml", "uri: direct", "uri: ^dirct")
                                + ": there is no component 'dirct'",
                        place("elsewhere/routes/providers/fraudspect.camel.yaml", "fraudspect-customer\n      steps")
                                + ": nothing goes to direct:fraudspect-customer",
                        place("elsewhere/routes/customer.camel.yaml", "\"{{id}}-request\"\n          - to")
                                + ": no route begins with direct:bridge-xyz-request",
                        place("elsewhere/routes/customer.camel.yaml", "\"{{id}}-request\"\n          - filter")
                                + ": no route begins with direct:bridge-xyz-request")
                .map(mistake -> directory + "/" + mistake)
                .forEach(expected::add);

        assertThat(mistakes()).containsExactlyInAnyOrderElementsOf(expected);
    }

    /** Of two ids, one of which begins with the other, each has names of its own. */
    @Test
    void whatIsLeftOfTheFileThatAProvidersWasCopiedFromIsTold() throws IOException {
        mount("routes");
        mount("mappings");
        String acme = copy("xbridge", "acme");
        String pay = copy("xbridge", "xbridge-pay");
        String xbridge = "routes/providers/xbridge.camel.yaml";
        String fraudspect = "routes/providers/fraudspect.camel.yaml";
        String ofXbridge = "is of the provider xbridge, and this file is of acme";
        String noCall = place("routes/customer.camel.yaml", "\"{{id}}-call\"") + ": no route begins with direct:";
        List<String> expected = List.of(
                acme + ": no route begins with direct:acme-find, which mappings/acme/find.jslt is there for",
                edit(acme, "name: acme-find\n      steps", "name: ^xbridge-find\n      steps") + ": 'xbridge-find' "
                        + ofXbridge,
                place(acme, "200-299,404")
                        + ": any other status than 200-299 must fail the call, but for 404 in a look-up (200-299,404)",
                edit(acme, "name: acme-call", "name: ^xbridge-call") + ": 'xbridge-call' " + ofXbridge,
                noCall + "acme-call",
                edit(acme, "\"{{provider.acme.url}}", "\"^{{provider.xbridge.url}}") + ": 'provider.xbridge.url' "
                        + ofXbridge,
                edit(acme, "${properties:provider.acme.secret}", "^${properties:provider.xbridge.secret}")
                        + ": 'provider.xbridge.secret' " + ofXbridge,
                edit(xbridge, "name: xbridge-call", "name: ^xbridge-pay-call")
                        + ": 'xbridge-pay-call' is of the provider xbridge-pay, and this file is of xbridge",
                noCall + "xbridge-call",
                edit(pay, "name: xbridge-pay-call", "name: ^xbridge-call")
                        + ": 'xbridge-call' is of the provider xbridge, and this file is of xbridge-pay",
                noCall + "xbridge-pay-call",
                edit(fraudspect, "name: fraudspect-connections\n      steps", "name: ^fraudspect-call\n      steps")
                        + ": a route begins with direct:fraudspect-call already, in "
                        + place(fraudspect, "fraudspect-call\n      steps"),
                place(fraudspect, "fraudspect-connections\n- route")
                        + ": no route begins with direct:fraudspect-connections");

        assertThat(mistakes()).containsExactlyInAnyOrderElementsOf(expected);
    }

    /** Else a delivery that fails is not recorded, and is sent again without end. */
    @Test
    void everyFailureOfAProvidersRoutesComesToTheErrorHandlers() throws IOException {
        mount("routes");
        String common = "routes/customer.camel.yaml";
        String file = "routes/providers/fraudspect.camel.yaml";
        String handlers = "routes/error-handlers.camel.yaml";
        String otherHandler = "errorHandler:\n      defaultErrorHandler: {}\n";
        String notForIt =
                "' is not for what a provider's route goes on to; with it a failure is neither tried again nor recorded";
        edit(common, "      routeConfigurationId: delivery\n", "");
        edit(file, "    id: fraudspect-request\n", "    id: fraudspect-request\n    " + otherHandler);
        edit(file, "    id: fraudspect-call\n", "    id: fraudspect-call\n    routeConfigurationId: delivery\n");
        Files.writeString(directory.resolve(file), "- " + otherHandler, StandardOpenOption.APPEND);
        edit(handlers, "      noErrorHandler: {}", "      defaultErrorHandler: {}");

        assertThat(mistakes())
                .containsExactlyInAnyOrder(
                        place(common, "id: deliver\n")
                                + ": the route of each provider needs 'routeConfigurationId: delivery'; without it a failure"
                                + " is neither tried again nor recorded",
                        place(file, "id: fraudspect-request\n") + ": 'errorHandler" + notForIt,
                        place(file, "id: fraudspect-call\n") + ": 'routeConfigurationId" + notForIt,
                        place(file, "- " + otherHandler).replaceFirst("1$", "3") + ": 'errorHandler" + notForIt,
                        place(handlers, "id: \"*\"")
                                + ": the routeConfiguration of all routes that name none needs 'errorHandler:' and"
                                + " 'noErrorHandler: {}' below it; without it a failure is neither tried again nor recorded");
    }

    @Test
    void withoutWhatAllProvidersHaveItDoesNotStart() throws IOException {
        mount("routes");
        edit("routes/error-handlers.camel.yaml", "    id: \"*\"", "    id: others");
        edit("routes/customer.camel.yaml", "    id: send\n", "    id: sent\n");
        String own = edit("routes/providers/fraudspect.camel.yaml", "name: fraudspect-request", "name: ^fraudspect");
        String ownId =
                edit("routes/providers/fraudspect.camel.yaml", "id: fraudspect-call\n", "id: ^fraudspect-send\n");
        String yativo = "routes/providers/yativo.camel.yaml";
        String second = edit(yativo, "method: readAnswer", "method: ^readFurtherAnswer");
        String method = edit(yativo, "expression: PUT", "expression: ^Put");
        String logIn = place(yativo, "yativo-log-in\n      steps");
        Files.writeString(
                directory.resolve(yativo),
                Files.readString(directory.resolve(yativo)).replace("method: authorize", "method: isCreate"));
        edit("routes/providers/bridge-xyz.camel.yaml", "method: idempotencyKey", "method: isCreate");
        environment.put("PROVIDER_FRAUDSPECT_UPSERT", "false");
        String key = edit(
                "routes/providers/fraudspect.camel.yaml",
                "            method: bytesToSend",
                "            method: ^idempotencyKey");

        assertThat(mistakes())
                .contains(
                        "routes/error-handlers.camel.yaml: there is no routeConfiguration '*'; without it a failure is neither"
                                + " tried again nor recorded",
                        "routes/customer.camel.yaml: there is no routeTemplate 'send', which each provider has a route of",
                        ownId + ": the id 'fraudspect-send' is that of a route which each provider has",
                        method + ": 'Put' is no method of HTTP; they are in capitals",
                        logIn + ": nothing goes to direct:yativo-log-in; the method 'authorize' of the bean 'delivery'"
                                + " does, and puts the token on a call",
                        "provider.bridge-xyz.idempotency-lifetime: routes/providers/bridge-xyz.camel.yaml sends no"
                                + " idempotencyKey; a create that may have arrived would be sent again without one",
                        key + ": how long the provider remembers the key is not set,"
                                + " provider.fraudspect.idempotency-lifetime",
                        second
                                + ": a second call is only for a provider where a create that comes again is an update,"
                                + " provider.yativo.upsert=true: when it fails, both are sent again",
                        own + ": a route begins with direct:fraudspect already, in "
                                + place("routes/customer.camel.yaml", "\"{{id}}\""));
    }

    @Test
    void everyMissingPropertyIsNamed() throws IOException {
        environment.clear();
        environment.put("QUARKUS_OIDC_PUBLIC_KEY", "");
        environment.put("QUARKUS_OIDC_TOKEN_ISSUER", "");

        assertThat(mistakes())
                .contains(NOBODY_MAY_CALL)
                .contains("herald.payload-key: required and not set (32 random bytes in base64)")
                .contains("provider.fraudspect.url: required and not set")
                .anyMatch(line -> line.endsWith(": the property provider.fraudspect.api-key is required and not set"))
                .anyMatch(line -> line.endsWith(": the property provider.xbridge.key-id is required and not set"))
                .anyMatch(line -> line.endsWith(": the property provider.xbridge.secret is required and not set"))
                .anyMatch(line -> line.endsWith(": the property provider.yativo.account-id is required and not set"))
                .anyMatch(line -> line.endsWith(": the property provider.yativo.app-secret is required and not set"))
                .anyMatch(line -> line.endsWith(": the property provider.bridge-xyz.api-key is required and not set"))
                .as("each of them once")
                .hasSize(9);
    }

    /** Nor a directory that is not there; and what is mounted overrides what is built in. */
    @ParameterizedTest
    @ValueSource(strings = {"dev", "test"})
    void noProfileOfThePackagedProgramLetsAnybodyInWithoutAToken(String profile) throws IOException {
        environment.put("QUARKUS_PROFILE", profile);
        environment.put("QUARKUS_OIDC_PUBLIC_KEY", "");
        environment.put("HERALD_ROUTES", "rootes");
        environment.put("HERALD_MAPPINGS", directory.resolve("mapings").toString());
        environment.remove("PROVIDER_XBRIDGE_URL");
        Files.createDirectory(directory.resolve("config"));
        Files.writeString(
                directory.resolve("config/application.properties"),
                "provider.xbridge.url=http://10.0.0.1/api\n%dev,test.provider.xbridge.url=http://10.0.0.1/api\n");

        assertThat(mistakes())
                .containsExactlyInAnyOrder(
                        NOBODY_MAY_CALL,
                        "quarkus.profile: " + profile
                                + " is of development, where the providers are the sandbox; a packaged Herald needs another one",
                        "herald.routes: there is no directory rootes",
                        "herald.mappings: there is no directory " + directory.resolve("mapings"),
                        "provider.xbridge.url: must be https (http is for a loopback host only)");
    }

    /** The lines of the one message that a start ends with. */
    private List<String> mistakes() {
        String output = refused();
        int head = output.indexOf(HEAD);
        assertThat(head).as("a message in\n" + output).isNotNegative();
        assertThat(output.indexOf(HEAD, head + 1))
                .as("a second message in\n" + output)
                .isNegative();
        List<String> message = output.substring(head + HEAD.length()).lines().toList();
        List<String> mistakes = message.stream()
                .skip(1)
                .takeWhile(line -> line.startsWith("  "))
                .map(String::strip)
                .toList();
        assertThat(message.get(0)).isEqualTo(mistakes.size() == 1 ? "1 mistake:" : mistakes.size() + " mistakes:");
        return mistakes;
    }

    /** What a start prints that ends by itself, quickly and with an error; no stack trace and no secret is in it. */
    private String refused() {
        try (PackagedProgram program = PackagedProgram.launch(directory, environment)) {
            int exit = program.awaitExit(QUICKLY);
            String output = program.output();
            assertThat(exit).as("exit code, after\n" + output).isNotZero();
            assertThat(output)
                    .doesNotContain("\tat ", "Exception", "Listening on")
                    .doesNotContain(secrets);
            return output;
        }
    }

    /** Puts a copy of one of the project's directories into the working directory, as an integration team mounts it. */
    private void mount(String name) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of(name))) {
            for (Path file :
                    files.filter(path -> !path.toString().contains("/examples")).toList()) {
                Files.copy(file, directory.resolve(file.toString()));
            }
        }
    }

    /**
     * Adds a provider that is another one but for its name.
     *
     * @return its route file
     */
    private String copy(String provider, String id) throws IOException {
        Path mapping = Files.createDirectory(directory.resolve("mappings").resolve(id));
        try (Stream<Path> files = Files.list(directory.resolve("mappings").resolve(provider))) {
            for (Path file : files.toList()) {
                Files.copy(file, mapping.resolve(file.getFileName()));
            }
        }
        Path config = Files.createDirectories(directory.resolve("config")).resolve("application.properties");
        Files.writeString(
                config,
                "provider." + id + ".url=https://" + id + ".example.com\n",
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        for (String credential : List.of("_KEY_ID", "_SECRET")) {
            String variable = "PROVIDER_" + id.toUpperCase(Locale.ROOT).replace('-', '_') + credential;
            environment.put(variable, PackagedProgram.payloadKey(variable));
        }
        String file = "routes/providers/" + id + ".camel.yaml";
        String text = Files.readString(directory.resolve("routes/providers/" + provider + ".camel.yaml"));
        Files.writeString(directory.resolve(file), text.replace(provider, id));
        return file;
    }

    /**
     * Puts a mistake into a file.
     *
     * @param right the first place of this text is replaced
     * @param wrong by this one, without its {@code ^}, which marks the place that the message shall name
     * @return that place
     */
    private String edit(String file, String right, String wrong) throws IOException {
        String text = Files.readString(directory.resolve(file));
        int start = text.indexOf(right);
        assertThat(start).as("'" + right + "' in " + file).isNotNegative();
        String edited = text.substring(0, start) + wrong.replace("^", "") + text.substring(start + right.length());
        Files.writeString(directory.resolve(file), edited);
        return place(file, edited, start + wrong.indexOf('^'));
    }

    private String place(String file, String marker) throws IOException {
        String text = Files.readString(directory.resolve(file));
        return place(file, text, text.indexOf(marker));
    }

    private static String place(String file, String text, int offset) {
        long line = text.substring(0, offset).chars().filter(c -> c == '\n').count() + 1;
        return file + ":" + line + ":" + (offset - text.lastIndexOf('\n', offset - 1));
    }
}
