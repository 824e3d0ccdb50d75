package io.herald.file;

import com.jcraft.jsch.JSch;
import com.jcraft.jsch.JSchException;
import com.jcraft.jsch.KeyPair;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/**
 * The SFTP server of a partner, from which files are fetched, and what is needed to log in there. Without a URL there is none.
 * Secrets are given to the route by the names of beans, so that none of them stands in the address of an endpoint.
 */
@Singleton
public final class Partner {

    private static final int USUAL_PORT = 22;
    private static final Pattern KEY = Pattern.compile("(ssh|ecdsa)-\\S+ \\S+.*");
    private static final Pattern HOST_AND_KEY = Pattern.compile("\\S+ " + KEY.pattern());

    private final Optional<String> url;
    private final Optional<String> password;
    private final Optional<String> privateKey;
    private final Optional<String> passphrase;
    private final Optional<String> knownHosts;

    public Partner(
            @ConfigProperty(name = "intake.sftp.url") Optional<String> url,
            @ConfigProperty(name = "intake.sftp.password") Optional<String> password,
            @ConfigProperty(name = "intake.sftp.private-key") Optional<String> privateKey,
            @ConfigProperty(name = "intake.sftp.private-key-passphrase") Optional<String> passphrase,
            @ConfigProperty(name = "intake.sftp.known-hosts") Optional<String> knownHosts) {
        this.url = url;
        this.password = password;
        this.privateKey = privateKey;
        this.passphrase = passphrase;
        this.knownHosts = knownHosts;
    }

    /** Whether there is one. */
    public boolean isThere() {
        return url.isPresent();
    }

    /** What is wrong with the settings, a line each. */
    public List<String> mistakes() {
        List<String> mistakes = new ArrayList<>();
        if (isThere()) {
            Optional<URI> address = address();
            if (address.isEmpty()) {
                mistakes.add(
                        "intake.sftp.url: must be as sftp://user@host:22/folder, with no password and nothing else in it");
            }
            if (password.isEmpty() && privateKey.isEmpty()) {
                mistakes.add(
                        "intake.sftp.password, or intake.sftp.private-key: required with intake.sftp.url, and not set");
            }
            privateKey.ifPresent(file -> checkKey(file, mistakes));
            checkKnownHosts(address, mistakes);
        }
        return mistakes;
    }

    private Optional<URI> address() {
        try {
            URI address = new URI(url.orElseThrow());
            boolean isPlain = "sftp".equals(address.getScheme())
                    && address.getHost() != null
                    && address.getUserInfo() != null
                    && !address.getUserInfo().isEmpty()
                    && !address.getUserInfo().contains(":")
                    && address.getRawQuery() == null
                    && address.getRawFragment() == null;
            return isPlain ? Optional.of(address) : Optional.empty();
        } catch (URISyntaxException e) {
            return Optional.empty();
        }
    }

    private void checkKey(String file, List<String> mistakes) {
        try {
            KeyPair key = KeyPair.load(new JSch(), file);
            if (key.isEncrypted() && !key.decrypt(passphrase.orElse(""))) {
                mistakes.add("intake.sftp.private-key-passphrase: "
                        + (passphrase.isEmpty() ? "the private key needs one" : "is not that of the private key"));
            }
            key.dispose();
        } catch (JSchException e) {
            mistakes.add("intake.sftp.private-key: there is no private key in that file that can be read");
        }
    }

    private void checkKnownHosts(Optional<URI> address, List<String> mistakes) {
        if (knownHosts.isEmpty()) {
            mistakes.add("intake.sftp.known-hosts: required with intake.sftp.url, and not set;"
                    + " a file as ssh-keyscan writes it, or the line of the server's key");
            return;
        }
        address.ifPresent(there -> {
            try {
                JSch client = new JSch();
                client.setKnownHosts(new ByteArrayInputStream(keys(there)));
                var keys = client.getHostKeyRepository().getHostKey(host(there), null);
                if (keys == null || keys.length == 0) {
                    mistakes.add("intake.sftp.known-hosts: has no key of " + host(there));
                }
            } catch (IOException | InvalidPathException | JSchException e) {
                mistakes.add("intake.sftp.known-hosts: is neither a key nor a file with keys that can be read");
            }
        });
    }

    /** The keys that the server may have, as a file of known hosts has them. */
    private byte[] keys(URI address) throws IOException {
        String given = knownHosts.orElseThrow();
        if (KEY.matcher(given).matches()) {
            return (host(address) + " " + given + "\n").getBytes(StandardCharsets.UTF_8);
        }
        return HOST_AND_KEY.matcher(given).matches()
                ? (given + "\n").getBytes(StandardCharsets.UTF_8)
                : Files.readAllBytes(Path.of(given));
    }

    /** How a server is named in a file of known hosts. */
    private static String host(URI address) {
        boolean isUsual = address.getPort() < 0 || address.getPort() == USUAL_PORT;
        return isUsual ? address.getHost() : "[" + address.getHost() + "]:" + address.getPort();
    }

    @Produces
    @Singleton
    @Named("partnerPassword")
    String password() {
        return password.orElse("");
    }

    @Produces
    @Singleton
    @Named("partnerKey")
    String privateKey() {
        return privateKey.orElse("");
    }

    @Produces
    @Singleton
    @Named("partnerPassphrase")
    String passphrase() {
        return passphrase.orElse("");
    }

    @Produces
    @Singleton
    @Named("partnerKnownHosts")
    byte[] knownHosts() throws IOException {
        return keys(address().orElseThrow());
    }
}
