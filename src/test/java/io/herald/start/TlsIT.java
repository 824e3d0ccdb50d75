package io.herald.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.herald.caller.Issuer;
import io.herald.sandbox.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Herald's own port speaks TLS only, and only with who has a certificate, where the configuration says so. */
class TlsIT {

    private static final String PASSWORD = "a-password-of-a-test";
    private static final Pattern LISTENING = Pattern.compile("Listening on: https://[^:]+:(\\d+)");

    @TempDir
    Path directory;

    @Test
    void onlyHttpsWithACertificateOfTheCallerIsServed() throws Exception {
        makeKey("herald");
        makeKey("caller");
        KeyStore herald = load("herald");
        KeyStore caller = load("caller");
        trust("trusted-callers", caller.getCertificate("caller"));
        Path config = Files.createDirectories(directory.resolve("config")).resolve("application.properties");
        Files.writeString(config, """
                quarkus.tls.herald.key-store.p12.path=herald.p12
                quarkus.tls.herald.key-store.p12.password=%1$s
                quarkus.tls.herald.trust-store.p12.path=trusted-callers.p12
                quarkus.tls.herald.trust-store.p12.password=%1$s
                quarkus.http.tls-configuration-name=herald
                quarkus.http.insecure-requests=disabled
                quarkus.http.ssl-port=0
                herald.client-certificate=required
                """.formatted(PASSWORD));

        try (Sandbox sandbox = Sandbox.start(0, Path.of("src/sandbox"), null);
                PackagedProgram program = PackagedProgram.launch(directory, PackagedProgram.environment(sandbox))) {
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(program.output()).containsPattern(LISTENING));
            Matcher listening = LISTENING.matcher(program.output());
            assertThat(listening.find()).isTrue();
            String place = "localhost:" + listening.group(1) + "/v1/dead-letters";

            assertThat(status("https://" + place, context(herald, caller))).isEqualTo(200);
            assertThatThrownBy(() -> status("https://" + place, context(herald, null)))
                    .as("a caller without a certificate")
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> status("https://" + place, context(herald, herald)))
                    .as("a caller with a certificate that is not trusted")
                    .isInstanceOf(IOException.class);
            assertThatThrownBy(() -> status("http://" + place, context(herald, caller)))
                    .as("plain http")
                    .isInstanceOf(IOException.class);
            assertThat(program.output()).doesNotContain("Listening on: http:", " and http:");
        }
    }

    private static int status(String url, SSLContext context) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .sslContext(context)
                .build();
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .timeout(Duration.ofSeconds(30))
                .header("Authorization", Issuer.TRUSTED.bearer())
                .build();
        return client.send(request, BodyHandlers.discarding()).statusCode();
    }

    /** A client that trusts Herald's certificate, and shows its own if it has one. */
    private static SSLContext context(KeyStore herald, KeyStore own) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("herald", herald.getCertificate("herald"));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        if (own != null) {
            keys.init(own, PASSWORD.toCharArray());
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own == null ? null : keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }

    private KeyStore load(String name) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(directory.resolve(name + ".p12"))) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    private void trust(String name, Certificate certificate) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("caller", certificate);
        try (var out = Files.newOutputStream(directory.resolve(name + ".p12"))) {
            store.store(out, PASSWORD.toCharArray());
        }
    }

    private void makeKey(String name) throws IOException, InterruptedException {
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        name,
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=" + name,
                        "-ext",
                        "san=dns:localhost,ip:127.0.0.1",
                        "-validity",
                        "2",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        directory.resolve(name + ".p12").toString(),
                        "-storepass",
                        PASSWORD))
                .redirectErrorStream(true)
                .start();
        String output = new String(keytool.getInputStream().readAllBytes());
        assertThat(keytool.waitFor()).as(output).isZero();
    }
}
