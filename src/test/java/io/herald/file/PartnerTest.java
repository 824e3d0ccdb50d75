package io.herald.file;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is needed to ask a partner's server for files is checked before Herald starts; without a URL nothing is. */
class PartnerTest {

    private static final String URL = "sftp://herald@files.example.com/out";
    private static String key;

    @TempDir
    Path directory;

    @BeforeAll
    static void makeKey() throws Exception {
        key = PublicKeyEntry.toString(
                KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256).getPublic());
    }

    @Test
    void withoutAnAddressThereIsNoPartner() {
        Partner none = partner(null, null, null, null);

        assertThat(none.isThere()).isFalse();
        assertThat(none.mistakes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://herald@files.example.com/out",
                "sftp://files.example.com/out",
                "sftp://@files.example.com/out",
                "sftp://herald:sesame@files.example.com/out",
                "sftp://herald@files.example.com/out?strictHostKeyChecking=no",
                "sftp://herald@/out",
                "sftp:herald",
                "sftp://a b@files.example.com"
            })
    void anAddressThatIsNoneIsToldWithoutItsValue(String url) {
        assertThat(partner(url, "sesame", null, key).mistakes())
                .hasSize(1)
                .allMatch(mistake -> mistake.startsWith("intake.sftp.url: must be"))
                .noneMatch(mistake -> mistake.contains("sesame"));
    }

    @Test
    void aLogInAndTheServersKeyAreRequired() {
        assertThat(partner(URL, null, null, null).mistakes())
                .hasSize(2)
                .anyMatch(mistake -> mistake.startsWith("intake.sftp.password, or intake.sftp.private-key: required"))
                .anyMatch(mistake -> mistake.startsWith("intake.sftp.known-hosts: required"));
    }

    @ParameterizedTest
    @CsvSource({"/out, files.example.com", ":22/out, files.example.com", ":2222/out, [files.example.com]:2222"})
    void theKeyIsGivenAloneWithItsHostOrInAFile(String rest, String host) throws IOException {
        String url = "sftp://herald@files.example.com" + rest;
        Path file = Files.writeString(directory.resolve("known_hosts"), "# all\n" + host + " " + key + "\n");

        assertThat(partner(url, "sesame", null, key).mistakes()).isEmpty();
        assertThat(partner(url, "sesame", null, host + " " + key).mistakes()).isEmpty();
        assertThat(partner(url, "sesame", null, file.toString()).mistakes()).isEmpty();
        assertThat(new String(partner(url, "sesame", null, key).knownHosts(), StandardCharsets.UTF_8))
                .isEqualTo(host + " " + key + "\n");
    }

    @Test
    void aKeyOfAnotherHostIsNone() {
        assertThat(partner(URL, "sesame", null, "other.example.com " + key).mistakes())
                .containsExactly("intake.sftp.known-hosts: has no key of files.example.com");
        assertThat(partner(URL, "sesame", null, directory.resolve("missing").toString())
                        .mistakes())
                .containsExactly("intake.sftp.known-hosts: is neither a key nor a file with keys that can be read");
    }

    @Test
    void aPrivateKeyThatCannotBeReadIsTold() throws IOException {
        Path file = Files.writeString(directory.resolve("key"), "no key");

        assertThat(partner(URL, null, file.toString(), key).mistakes())
                .containsExactly("intake.sftp.private-key: there is no private key in that file that can be read");
    }

    @Test
    void aPassphraseIsThatOfTheKey() throws IOException {
        Path file = directory.resolve("key");
        PartnerServer.write(PartnerServer.newKey(), file);

        assertThat(partner(URL, null, file.toString(), key).mistakes())
                .containsExactly("intake.sftp.private-key-passphrase: the private key needs one");
        assertThat(withPassphrase(file, "wrong").mistakes())
                .containsExactly("intake.sftp.private-key-passphrase: is not that of the private key");
        assertThat(withPassphrase(file, PartnerServer.PASSPHRASE).mistakes()).isEmpty();
    }

    private static Partner withPassphrase(Path file, String passphrase) {
        return new Partner(
                Optional.of(URL),
                Optional.empty(),
                Optional.of(file.toString()),
                Optional.of(passphrase),
                Optional.of(key));
    }

    private static Partner partner(String url, String password, String privateKey, String knownHosts) {
        return new Partner(
                Optional.ofNullable(url),
                Optional.ofNullable(password),
                Optional.ofNullable(privateKey),
                Optional.empty(),
                Optional.ofNullable(knownHosts));
    }
}
