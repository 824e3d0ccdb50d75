package io.herald.file;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.apache.camel.component.file.remote.FtpConstants;
import org.jboss.logging.Logger;

/** Puts the files of a partner's server into the inbox. */
@Singleton
@Named("partner")
@RegisterForReflection
public final class PartnerFiles {

    /** The digest of what this exchange put into the inbox. */
    static final String FETCHED = "fetched";

    private static final String PREFIX = ".sftp-";
    private static final String SUFFIX = ".part";
    private static final Duration LEFT_BEHIND = Duration.ofHours(1);
    private static final int REMEMBERED = 1000;
    private static final int BUFFER = 1 << 16;
    private static final Logger LOG = Logger.getLogger(PartnerFiles.class);

    private final Partner partner;
    private final Inbox inbox;
    private final CamelContext context;
    private final Clock clock;
    private final Map<String, String> notMoved = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    public PartnerFiles(Partner partner, Inbox inbox, CamelContext context, Clock clock) {
        this.partner = partner;
        this.inbox = inbox;
        this.context = context;
        this.clock = clock;
    }

    /** Deletes what a program that ended in the middle of a file has left behind. */
    void start(@Observes StartupEvent event) {
        if (!partner.isThere()) {
            return;
        }
        try (DirectoryStream<Path> parts = Files.newDirectoryStream(inbox.directory(), PREFIX + "*" + SUFFIX)) {
            for (Path part : parts) {
                if (Files.getLastModifiedTime(part)
                        .toInstant()
                        .plus(LEFT_BEHIND)
                        .isBefore(clock.instant())) {
                    Files.deleteIfExists(part);
                }
            }
        } catch (IOException e) {
            LOG.warnf("What was fetched in part only cannot be deleted now: %s", e);
        }
    }

    /**
     * Fetches a file, and lets it appear in the inbox when all of it is on disk. One that this program has fetched already, and only could
     * not move to {@code done} on the server, does not appear again.
     *
     * @param length that the server has told
     * @throws IOException if it cannot be fetched now, has another length, or its name is taken in the inbox
     */
    public void fetch(
            @Header(FtpConstants.REMOTE_FILE_INPUT_STREAM) InputStream content,
            @Header(FtpConstants.FILE_NAME_ONLY) String name,
            @Header(FtpConstants.FILE_LENGTH) long length,
            Exchange exchange)
            throws IOException {
        Path part = Files.createTempFile(inbox.directory(), PREFIX, SUFFIX);
        try {
            String digest = copy(content, length, part);
            if (!digest.equals(notMoved.remove(name))) {
                Files.createLink(inbox.file(name), part);
                force(inbox.directory());
                LOG.infof("File %s is fetched from the partner's server, %d bytes", name, length);
            }
            exchange.setProperty(FETCHED, digest);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** Remembers that a file still stands on the server, although it was fetched. */
    void isNotMoved(String name, String digest) {
        notMoved.put(name, digest);
    }

    private String copy(InputStream from, long length, Path to) throws IOException {
        MessageDigest sha256 = sha256();
        try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE);
                OutputStream out = new DigestOutputStream(Channels.newOutputStream(channel), sha256)) {
            byte[] buffer = new byte[BUFFER];
            long copied = 0;
            for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
                copied += read;
                if (context.isStopping()) {
                    throw new HeraldStopsException();
                }
                if (copied > length) {
                    break;
                }
                out.write(buffer, 0, read);
            }
            if (copied != length) {
                throw new IOException("it is not as long as the partner's server says, " + length + " bytes");
            }
            channel.force(true);
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    private static void force(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }
}
