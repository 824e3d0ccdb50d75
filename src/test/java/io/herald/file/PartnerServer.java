package io.herald.file;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.sshd.common.config.keys.KeyUtils;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyEncryptionContext;
import org.apache.sshd.common.config.keys.writer.openssh.OpenSSHKeyPairResourceWriter;
import org.apache.sshd.common.file.virtualfs.VirtualFileSystemFactory;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.sftp.server.DirectoryHandle;
import org.apache.sshd.sftp.server.FileHandle;
import org.apache.sshd.sftp.server.SftpFileSystemAccessor;
import org.apache.sshd.sftp.server.SftpSubsystemFactory;
import org.apache.sshd.sftp.server.SftpSubsystemProxy;

/** The SFTP server of a partner, in the test's own process; what it does to those who log in is changed while it runs. */
public final class PartnerServer implements QuarkusTestResourceLifecycleManager {

    static final String PASSWORD = "partner-" + "p w&%25+#";
    static final String PASSPHRASE = "passphrase of a test";
    private static final String USER = "herald";
    private static final String FOLDER = "in";

    private final Map<String, String> shown = new ConcurrentHashMap<>();
    private final Map<String, String> replacements = new ConcurrentHashMap<>();
    private final Queue<Map.Entry<String, String>> growth = new ConcurrentLinkedQueue<>();
    private final AtomicInteger passwords = new AtomicInteger();
    private final AtomicInteger keys = new AtomicInteger();
    private KeyPair hostKey;
    private KeyPair otherHostKey;
    private KeyPair userKey;
    private Path root;
    private SshServer server;
    private volatile boolean takesPasswords = true;
    private volatile boolean takesKeys = true;
    private int port;

    @Override
    public Map<String, String> start() {
        try {
            Path directory = Files.createTempDirectory(Files.createDirectories(Path.of("target/test-data")), "sftp-");
            root = Files.createDirectory(directory.resolve("partner"));
            Files.createDirectory(folder());
            hostKey = newKey();
            otherHostKey = newKey();
            userKey = newKey();
            Path keyFile = directory.resolve("key");
            write(userKey, keyFile);
            open(hostKey);
            Map<String, String> settings = new HashMap<>();
            settings.put("intake.sftp.url", "sftp://" + USER + "@localhost:" + port + "/" + FOLDER);
            settings.put("intake.sftp.password", PASSWORD.replace("$", "\\$"));
            settings.put("intake.sftp.private-key", keyFile.toString());
            settings.put("intake.sftp.private-key-passphrase", PASSPHRASE);
            settings.put("intake.sftp.known-hosts", PublicKeyEntry.toString(hostKey.getPublic()));
            return settings;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void inject(TestInjector testInjector) {
        testInjector.injectIntoFields(this, new TestInjector.MatchesType(PartnerServer.class));
    }

    @Override
    public void stop() {
        if (server != null) {
            close();
        }
    }

    static KeyPair newKey() {
        try {
            return KeyUtils.generateKeyPair("ecdsa-sha2-nistp256", 256);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    static void write(KeyPair key, Path file) throws IOException {
        OpenSSHKeyEncryptionContext encryption = new OpenSSHKeyEncryptionContext();
        encryption.setPassword(PASSPHRASE);
        encryption.setCipherName("AES");
        encryption.setCipherMode("CTR");
        encryption.setCipherType("256");
        try (OutputStream out = Files.newOutputStream(file)) {
            OpenSSHKeyPairResourceWriter.INSTANCE.writePrivateKey(key, "test", encryption, out);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** It is there again, with its own key. */
    void open() {
        open(hostKey);
    }

    /** Somebody else is there, under its address. */
    void openAsAnother() {
        open(otherHostKey);
    }

    private void open(KeyPair key) {
        server = SshServer.setUpDefaultServer();
        server.setHost("localhost");
        server.setPort(port);
        server.setKeyPairProvider(KeyPairProvider.wrap(key));
        server.setFileSystemFactory(new VirtualFileSystemFactory(root.toAbsolutePath()));
        server.setPasswordAuthenticator((user, password, session) -> {
            passwords.incrementAndGet();
            return takesPasswords && user.equals(USER) && password.equals(PASSWORD);
        });
        server.setPublickeyAuthenticator((user, given, session) -> {
            keys.incrementAndGet();
            return takesKeys && user.equals(USER) && KeyUtils.compareKeys(given, userKey.getPublic());
        });
        server.setSubsystemFactories(List.of(new SftpSubsystemFactory.Builder()
                .withFileSystemAccessor(new Listing())
                .build()));
        try {
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        port = server.getPort();
    }

    /** It is away, and whoever is connected no longer is. */
    void close() {
        try {
            server.stop(true);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Those who are logged in have to do it again. */
    void disconnectAll() {
        server.getActiveSessions().forEach(session -> session.close(true));
    }

    void takes(boolean withPassword, boolean withKey) {
        takesPasswords = withPassword;
        takesKeys = withKey;
        disconnectAll();
    }

    /** How often somebody tried to log in with a password. */
    int passwordsTried() {
        return passwords.get();
    }

    /** Names a file otherwise than it is. */
    void show(String name, String as) {
        shown.put(name, as);
    }

    void showAsTheyAre() {
        shown.clear();
    }

    Path folder() {
        return root.resolve(FOLDER);
    }

    Path done() {
        return folder().resolve("done");
    }

    /** Writes it under another name, and renames it. */
    void put(String name, String content) {
        try {
            Path part = Files.writeString(folder().resolve(name + ".part"), content);
            Files.move(part, folder().resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean has(String name) {
        return Files.exists(folder().resolve(name));
    }

    /** How many files of that name stand in {@code done}. */
    long done(String name) {
        return Files.exists(done())
                ? DropBox.names(done()).stream()
                        .filter(there -> there.matches("[0-9]{8}-[0-9]{9}-\\Q" + name + "\\E"))
                        .count()
                : 0;
    }

    /** When somebody has opened a file of that name to read it, its content is replaced, once. */
    void replaceWhenRead(String name, String content) {
        replacements.put(name, content);
    }

    /** Whenever somebody has begun to list the folder, the next of the parts is appended to a file of that name. */
    void growAtEachListing(String name, Stream<String> parts) {
        parts.forEach(part -> growth.add(Map.entry(name, part)));
    }

    /** Whatever it is asked for by the name that it shows, it has. */
    private final class Listing implements SftpFileSystemAccessor {

        @Override
        public SeekableByteChannel openFile(
                SftpSubsystemProxy subsystem,
                FileHandle handle,
                Path file,
                String name,
                Set<? extends OpenOption> options,
                FileAttribute<?>... attributes)
                throws IOException {
            SeekableByteChannel channel =
                    SftpFileSystemAccessor.super.openFile(subsystem, handle, file, name, options, attributes);
            String replacement = replacements.remove(file.getFileName().toString());
            if (replacement != null) {
                put(file.getFileName().toString(), replacement);
            }
            return channel;
        }

        @Override
        public DirectoryStream<Path> openDirectory(
                SftpSubsystemProxy subsystem,
                DirectoryHandle handle,
                Path directory,
                String name,
                LinkOption... options)
                throws IOException {
            Map.Entry<String, String> more = growth.poll();
            if (more != null) {
                Files.writeString(
                        folder().resolve(more.getKey()),
                        more.getValue(),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
            return SftpFileSystemAccessor.super.openDirectory(subsystem, handle, directory, name, options);
        }

        @Override
        public void putRemoteFileName(
                SftpSubsystemProxy subsystem, Path path, Buffer buffer, String name, boolean shortName)
                throws IOException {
            SftpFileSystemAccessor.super.putRemoteFileName(
                    subsystem, path, buffer, shown.getOrDefault(name, name), shortName);
        }

        @Override
        public Path resolveLocalFilePath(SftpSubsystemProxy subsystem, Path rootDir, String remotePath)
                throws IOException {
            String path = shown.entrySet().stream()
                    .filter(name -> remotePath.endsWith(name.getValue()))
                    .findFirst()
                    .map(name -> FOLDER + "/" + name.getKey())
                    .orElse(remotePath);
            return SftpFileSystemAccessor.super.resolveLocalFilePath(subsystem, rootDir, path);
        }
    }
}
